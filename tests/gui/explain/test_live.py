"""The Explain workspace on a camera."""

import numpy as np

from visualizer.engine.camera import SyntheticCamera


def test_a_camera_is_explained_frame_by_frame(meet):
    user = meet("saliency grad-cam integrated-gradients occlusion").open()
    heats = []
    user.workspace.jobs.look_made.connect(
        lambda look: heats.append(look.result.heat) if look.method == "saliency" else None
    )
    user.session.start_live(SyntheticCamera())
    user.qtbot.waitUntil(lambda: len(heats) > 3, timeout=60_000)
    assert any(not np.array_equal(heats[0], heat) for heat in heats[1:])
    slow = "integrated-gradients", "occlusion"
    quick = {}
    user.workspace.jobs.look_made.connect(
        lambda look: quick.setdefault(look.method, []).append(look) if look.done else None
    )
    user.qtbot.waitUntil(lambda: all(len(quick.get(name, ())) > 2 for name in slow), timeout=60_000)
    for name in slow:
        first, *_, last = quick[name]
        assert first.settings == first.settings.quick()
        assert first.specimen is not last.specimen  # the newest picture each time
    user.session.toggle_live()
    user.qtbot.waitUntil(
        lambda: all(
            name in user.workspace.looks
            and user.workspace.looks[name].done
            and user.workspace.looks[name].settings != quick[name][0].settings
            for name in slow
        ),
        timeout=60_000,
    )
    user.session.stop_live()
    user.settle()
    assert user.workspace.looks["saliency"].specimen is user.photo
