from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.camera import CameraError, CameraInfo, SyntheticCamera
from visualizer.gui.pictures.camera import TEST_PICTURE, CameraControl
from visualizer.gui.pictures.inputs import Inputs


class Cameras:
    """Two cameras that are not there, and what was asked of them."""

    def __init__(self):
        self.opened = []
        self.frames = None

    def open(self, index, name, mirror):
        if index == 5:
            raise CameraError("“Desk” is not there; plug in a camera and start it again.")
        camera = SyntheticCamera(
            (30, 40), rate=100, frames=self.frames, mirror=mirror, title=name or f"Camera {index}"
        )
        self.opened.append((index, camera))
        return camera

    def find(self):
        return (CameraInfo(0, "Built in"), CameraInfo(5, "Desk"))


@pytest.fixture
def cameras():
    return Cameras()


@pytest.fixture
def control(session, window, cameras):
    return CameraControl(session, window, cameras.open, cameras.find)


def live(session):
    return session.specimen is not None and session.specimen.provenance.source == "camera"


def action(control, words):
    return next(a for a in control.menu.actions() if a.text().startswith(words))


def test_the_camera_starts_keeps_a_picture_and_stops(qtbot, session, control, plate):
    session.add(plate("before"))
    control.toggle_action.trigger()
    qtbot.waitUntil(lambda: live(session))
    assert control.toggle_action.text() == "Stop camera"
    control.freeze_action.trigger()
    assert [each.provenance.source for each in session.specimens] == ["sample", "camera"]
    kept = session.specimens[1].picture.copy()
    qtbot.wait(50)
    assert np.array_equal(session.specimens[1].picture, kept)
    control.toggle_action.trigger()
    assert not session.live
    assert session.specimen.title == "before"
    assert control.toggle_action.text() == "Start camera"
    assert not control.freeze_action.isEnabled()


def test_an_unplugged_camera_is_told_and_everything_else_goes_on(
    qtbot, session, control, cameras, plate
):
    session.add(plate("before"))
    cameras.frames = 5
    control.toggle()
    qtbot.waitUntil(lambda: session.sentences != [])
    assert session.sentences == [
        (
            "“Camera 0” has stopped giving pictures; plug it in again and start the camera once "
            "more.",
            "error",
        )
    ]
    assert not session.live
    assert session.specimen.title == "before"
    cameras.frames = None
    control.toggle()
    qtbot.waitUntil(lambda: live(session))
    session.stop_live()


def test_a_camera_that_is_missing_gets_a_sentence(qtbot, session, control, plate):
    session.add(plate("before"))
    control.choose(5)
    control.toggle()
    qtbot.waitUntil(lambda: session.sentences != [])
    assert "“Desk” is not there" in session.sentences[0][0]
    assert not session.live
    assert session.specimen.title == "before"


def test_the_menu_lists_the_cameras_and_exchanges_a_running_one(qtbot, session, control, cameras):
    assert not action(control, "No camera found").isEnabled()
    control.menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: any(a.text() == "Desk" for a in control.menu.actions()))
    assert action(control, "Built in").isChecked()
    control.toggle()
    qtbot.waitUntil(lambda: live(session))
    first = cameras.opened[0][1]
    action(control, "Moving test picture").trigger()
    qtbot.waitUntil(lambda: len(cameras.opened) == 2)
    assert cameras.opened[1][0] == TEST_PICTURE
    assert session.live
    with pytest.raises(CameraError):
        first.read()  # it was let go of
    session.stop_live()
    assert session.store.number("camera", 0, -1, 99) == TEST_PICTURE


def test_the_mirror_turns_a_running_camera_at_once_and_is_remembered(
    qtbot, session, window, control, cameras
):
    assert control.mirror_action.isChecked()
    control.toggle()
    qtbot.waitUntil(lambda: live(session))
    camera = cameras.opened[0][1]
    assert camera.mirror
    control.mirror_action.trigger()
    assert not camera.mirror
    session.stop_live()
    again = CameraControl(session, window, cameras.open, cameras.find)
    assert not again.mirror_action.isChecked()


def test_a_camera_that_went_away_gives_way_to_one_that_is_there(qtbot, session, control, cameras):
    control.choose(3)
    control.look_for_cameras()
    qtbot.waitUntil(lambda: any(a.text() == "Desk" for a in control.menu.actions()))
    assert action(control, "Built in").isChecked()


def test_the_windows_own_camera_without_a_device_says_so(qtbot, session, window, monkeypatch):
    from visualizer.engine import camera

    def nothing(*_args, **_options):
        raise CameraError("Camera 0 is not there; plug in a camera and start it again.")

    monkeypatch.setattr(camera, "Camera", nothing)
    inputs = Inputs(session, window)
    inputs.toggle_camera()
    qtbot.waitUntil(lambda: session.sentences != [])
    assert "plug in a camera" in session.sentences[0][0]
    inputs.camera.choose(TEST_PICTURE)
    inputs.toggle_camera()
    qtbot.waitUntil(lambda: live(session))
    inputs.freeze()
    assert session.specimens[0].title == "Test picture"
    inputs.toggle_camera()
    assert not session.live
