from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QInputDialog

from visualizer.engine import camera as engine
from visualizer.engine.camera import Camera, CameraError, CameraInfo
from visualizer.engine.resources import resource
from visualizer.gui.pictures.camera import SAMPLE, CameraControl
from visualizer.gui.pictures.inputs import Inputs


class Device:
    """OpenCV's camera that sees a film, again and again, until it is unplugged."""

    unplugged = False

    def __init__(self):
        self.film = cv2.VideoCapture(str(resource("sample-film.mp4")))

    def read(self):
        there, frame = self.film.read()
        if not there:
            self.film.open(str(resource("sample-film.mp4")))
            there, frame = self.film.read()
        return there and not Device.unplugged, frame

    def __getattr__(self, name):
        return getattr(self.film, name)


class Cameras:
    """Two cameras that are not there, and those that were opened."""

    def __init__(self):
        self.opened = []

    def open(self, index, name, mirror):
        if index == 5:
            raise CameraError("“Desk” is not there; plug in a camera and start it again.")
        self.opened.append(Camera(index, mirror=mirror, title=name))
        return self.opened[-1]

    def find(self):
        return (CameraInfo(0, "Built in"), CameraInfo(5, "Desk"))


@pytest.fixture
def cameras(monkeypatch):
    monkeypatch.setattr(engine, "_open", lambda index: Device())
    monkeypatch.setattr(engine, "PATIENCE", 0.05)
    monkeypatch.setattr(Device, "unplugged", False)
    return Cameras()


@pytest.fixture
def control(session, window, cameras):
    return CameraControl(session, window, cameras.open, cameras.find)


def live(session, kind="camera"):
    return session.specimen is not None and session.specimen.provenance.source == kind


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
    control.toggle()
    qtbot.waitUntil(lambda: live(session))
    Device.unplugged = True
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
    Device.unplugged = False
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
    (first,) = cameras.opened
    action(control, "Sample film").trigger()
    qtbot.waitUntil(lambda: live(session, "film"))
    assert control.title == "Sample film"
    assert not control.mirror_action.isEnabled()
    with pytest.raises(CameraError):
        first.read()  # it was let go of
    session.stop_live()
    assert control.toggle_action.text() == "Play Sample film"


def test_the_mirror_turns_a_running_camera_at_once_and_is_remembered(
    qtbot, session, window, control, cameras
):
    assert control.mirror_action.isChecked()
    control.toggle()
    qtbot.waitUntil(lambda: live(session))
    camera = cameras.opened[0]
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
    inputs.camera.choose_film(SAMPLE)
    inputs.toggle_camera()
    qtbot.waitUntil(lambda: live(session, "film"))
    inputs.freeze()
    assert session.specimens[0].title == "Sample film"
    inputs.toggle_camera()
    assert not session.live


@pytest.fixture
def walk(tmp_path):
    """A film of someone's own."""
    path = tmp_path / "walk.mp4"
    path.write_bytes(resource("sample-film.mp4").read_bytes())
    return path


def test_a_film_is_chosen_in_a_dialog(qtbot, session, window, control, walk):
    action(control, "A film…").trigger()
    dialog = window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(walk))
    dialog.close()
    qtbot.waitUntil(lambda: live(session, "film"))
    session.stop_live()


def test_what_is_no_address_of_a_stream_is_not_opened(session, window, control):
    action(control, "A stream…").trigger()
    dialog = window.findChild(QInputDialog)
    dialog.setTextValue("walk.mp4")
    dialog.accept()
    assert "“walk.mp4” is no address of a stream" in session.sentences[0][0]
    assert not session.live


def test_a_film_that_is_named_first_waits_for_its_key(qtbot, session, control, walk, settle):
    control.choose_named(str(walk))
    settle(session.compute)
    assert not session.live
    control.toggle()
    qtbot.waitUntil(lambda: live(session, "film"))
    session.stop_live()
    control.choose_named("3")
    assert control.film is None


def test_a_broken_film_ends_in_one_sentence(qtbot, session, control, plate, tmp_path):
    session.add(plate("before"))
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"\0\0\0\x20ftypisom" + bytes(2000))
    control.play(str(broken))
    qtbot.waitUntil(lambda: session.sentences != [])
    assert session.sentences == [
        (
            "“broken.mp4” cannot be played: it is damaged, or has a format that is not known; "
            "choose another.",
            "error",
        )
    ]
    assert not session.live
    assert session.specimen.title == "before"
