"""The Explain workspace on a camera."""

import numpy as np

from tests.live import film
from visualizer.engine.attribution import methods

SLOW = "integrated-gradients", "occlusion"


def test_a_camera_is_explained_picture_by_picture_and_in_full_when_it_is_held(meet):
    user = meet("saliency integrated-gradients occlusion").open()
    user.session.start_live(film)
    seen = {name: [] for name in user.controls.ticked}

    def note():
        for name, found in seen.items():
            result = user.workspace.results.get(name)
            if result is not None and result not in found:
                found.append(result)
        return all(len(found) > 3 for found in seen.values())

    user.until(note)
    usual = {name: each.settings() for name, each in methods().items()}
    for name, found in seen.items():
        assert all(result.done for result in found)
        parents = {result.recipe.parents for result in found[1:]}
        assert len(parents) > 1  # the newest picture each time
        assert any(not np.array_equal(found[1].frame.heat, other.frame.heat) for other in found[2:])
        if name in SLOW:
            assert found[-1].settings == found[-1].settings.quick()
    user.session.toggle_live()
    assert user.workspace.results == {}
    user.until(lambda: not user.workspace.running)
    for name in SLOW:
        result = user.workspace.results[name]
        assert result.done
        assert result.recipe.parents == (user.session.specimen.id,)
    held = user.workspace.results["occlusion"].settings
    assert held.stride == usual["occlusion"].stride
    assert held != held.quick()
    user.session.stop_live()
    user.settle()
    assert user.workspace.results["saliency"].recipe.parents == (user.photo.id,)


def test_maps_of_the_picture_before_are_gone_once_the_camera_runs(meet):
    user = meet("saliency occlusion").open()
    user.settle()
    cards = user.workspace.cards
    assert cards["occlusion"].view.image is not None
    user.session.start_live(film)
    assert all(card.view.image is None for card in cards.values())
    user.session.stop_live()
    user.settle()
