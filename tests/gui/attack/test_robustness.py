"""What becomes of an attacked picture: saved, blurred, shown to others, kept, walked through."""

import gc
import weakref

import numpy as np
import pytest

from tests.gui.attack.conftest import NAMES, small_network
from visualizer.engine.specimen import Provenance, Specimen


def test_what_survives_is_what_the_engine_finds(user):
    from visualizer.engine.adversarial.transform_robustness import transform_results, transforms

    user.turn(20)
    expected = transform_results(user.networks["small"], user.attacked, transforms())
    for name, answer in user.side.robustness.answers.items():
        found = expected["jpeg75" if name == "jpeg" else name]
        word = "yes" if found.survived else "no"
        assert answer.text() == f"{word}: {found.probability:.0%} {NAMES[found.index]}"
    user.side.robustness.quality.setValue(5)
    user.settle()
    from visualizer.engine.adversarial.transform_robustness import jpeg

    harsh = transform_results(
        user.networks["small"], user.attacked, {"jpeg": lambda p: jpeg(p, 5)}
    )["jpeg"]
    word = "yes" if harsh.survived else "no"
    shown = user.side.robustness.answers["jpeg"].text()
    assert shown == f"{word}: {harsh.probability:.0%} {NAMES[harsh.index]}"


def test_what_does_not_fool_has_nothing_to_survive(user):
    user.turn(0)
    assert {answer.text() for answer in user.side.robustness.answers.values()} == {""}
    assert not user.side.robustness.note.isHidden()
    user.turn(20)
    assert user.attacked.success
    assert user.side.robustness.note.isHidden()
    assert user.side.robustness.answers["png8"].text().startswith("yes")


@pytest.mark.parametrize(
    ("folder", "shown"), [("2", ""), ("holiday", ""), ("Sea_Cat", "sea cat"), ("bee/images", "bee")]
)
def test_a_picture_in_a_folder_named_after_a_class_is_known_to_be_it(user, folder, shown):
    source = Provenance(f"photos/{folder}/grain.png")
    user.session.add(Specimen(user.another().picture, "Other grain", source))
    user.settle()
    first = NAMES[int(user.attacked.before.argmax())]
    assert first not in ("bee", "sea cat")
    said = "misclassified already: by its folder this is "
    assert (said in user.side.verdict.text()) == bool(shown)
    assert shown in user.side.verdict.text().partition(said)[2]


def test_a_picture_whose_folder_says_what_the_network_says_is_no_mistake(user):
    first = NAMES[int(user.attacked.before.argmax())]
    same = np.clip(user.photo.picture, 0.11, 1)
    user.session.add(Specimen(same, "Grain", Provenance(f"photos/{first}/grain.png")))
    user.settle()
    assert NAMES[user.workspace.result.truth] == first
    assert "already" not in user.side.verdict.text()


def test_another_network_is_asked(user):
    user.turn(20)
    robustness = user.side.robustness
    user.ask_other("lenet")
    other = user.networks["lenet"]
    pair = np.stack([user.attacked.original, user.attacked.adversarial])
    before, after = other.forward(pair)["output"].argmax(axis=1)
    word = "yes" if before != after else "no"
    assert robustness.transfer.text().startswith(f"{word}: ")
    assert robustness.transfer.text().endswith(NAMES[after])
    assert ("still" in robustness.transfer.text()) == (before == after)


def test_to_the_tray_with_the_recipe(user):
    user.turn(7)
    before = len(user.session.specimens)
    user.side.to_tray.click()
    user.settle()
    made = user.session.specimens[-1]
    assert len(user.session.specimens) == before + 1
    assert user.session.specimen is user.photo
    np.testing.assert_array_equal(made.picture, user.attacked.adversarial)
    assert made.provenance.technique == "fgsm"
    assert made.provenance.settings["epsilon"] == pytest.approx(7 / 255)
    assert made.provenance.parents == (user.photo.id,)


def test_walking_through_the_layers_goes_there_with_the_two(user):
    wanted = []
    user.workspace.workspace_wanted.connect(wanted.append)
    user.side.walk.click()
    user.settle()
    made = user.session.specimens[-1]
    np.testing.assert_array_equal(made.picture, user.attacked.adversarial)
    assert user.session.compared is made
    assert user.session.specimen is user.photo
    assert wanted == ["layers"]


def test_the_walk_is_that_of_the_picture_that_was_attacked(user):
    user.turn(9)
    user.side.walk.click()
    other = user.another()
    user.session.add(other)  # before the picture is made
    user.settle()
    assert user.session.specimen is user.photo
    assert user.session.compared.provenance.parents == (user.photo.id,)


def test_only_one_other_network_is_kept(user, monkeypatch):
    opened = []
    from visualizer.models import catalog

    opening = catalog.opening
    monkeypatch.setattr(catalog, "opening", lambda name: opened.append(name) or opening(name))
    user.networks["alexnet"] = user.networks["small"]
    user.turn(20)
    for name in ("lenet", "lenet", "alexnet", "lenet"):
        user.ask_other(name)
    assert opened == ["lenet", "alexnet", "lenet"]


def test_a_network_that_is_closed_is_let_go(user):
    user.session.open_network("lenet")
    user.settle()
    assert user.workspace.result.network is user.networks["lenet"]
    clean, outcome = (
        weakref.ref(each)
        for each in (user.workspace.result.context.clean, user.workspace.result.outcome)
    )
    user.workspace.hide()
    user.session.open_network("small")
    user.settle()
    assert user.workspace.result is None
    gc.collect()  # nothing needs them
    assert clean() is outcome() is None


def test_the_other_network_goes_with_the_one_it_was_compared_with(user):
    user.turn(20)
    user.networks["alexnet"] = small_network("alexnet", seed=10)
    user.ask_other("alexnet")
    other = weakref.ref(user.networks.pop("alexnet"))
    assert other() is not None
    user.session.open_network("pair")
    user.settle()
    gc.collect()  # nothing needs it
    assert other() is None


@pytest.mark.parametrize("how", ["fails", "is cancelled"])
def test_when_another_network_does_not_come_nothing_waits_for_it(user, how):
    from visualizer.engine.errors import UserError

    def coming():
        while how == "is cancelled":
            yield
        raise UserError("It cannot be downloaded; try again later.")

    user.turn(20)
    robustness = user.side.robustness
    user.networks[robustness.networks.currentData()] = coming
    robustness.try_button.click()
    assert robustness.transfer.text() == "…"
    if how == "is cancelled":
        user.session.compute.cancel_all()
    user.settle()
    assert robustness.transfer.text() == ""


def test_a_target_is_what_another_network_has_to_answer(user):
    user.side.target.set_target("#2")
    user.turn(32)
    user.ask_other("lenet")
    other = user.networks["lenet"].forward(user.attacked.adversarial[None])["output"][0]
    word = "yes" if other.argmax() == 2 else "no"
    assert user.side.robustness.transfer.text().startswith(word)


def test_the_other_networks_begin_with_the_one_most_alike(user):
    names = user.side.robustness.networks
    order = [names.itemData(place) for place in range(names.count())]
    assert order[:3] == ["lenet", "alexnet", "efficientnet-lite0"]  # at hand: 10, 200, 1,000
    assert "vgg16" in order[3:]
