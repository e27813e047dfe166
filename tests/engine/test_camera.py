from __future__ import annotations

import cv2
import numpy as np
import pytest

from visualizer.engine import camera
from visualizer.engine.camera import (
    Camera,
    CameraError,
    CameraInfo,
    list_cameras,
)


class FakeDevice:
    """Stands in for OpenCV's: gives its frames, then none, as an unplugged camera does."""

    def __init__(self, frames, opened=True):
        self.frames = list(frames)
        self.opened = opened
        self.asked = {}
        self.released = 0

    def isOpened(self):  # noqa: N802
        return self.opened

    def set(self, what, value):
        self.asked[what] = value
        return True

    def read(self):
        frame = self.frames.pop(0) if self.frames else None
        return frame is not None, frame

    def release(self):
        self.opened = False
        self.released += 1


@pytest.fixture
def plug_in(monkeypatch):
    def plug(*devices):
        monkeypatch.setattr(camera, "_open", lambda index: devices[index])
        monkeypatch.setattr(camera, "PATIENCE", 0.05)
        return devices

    return plug


def bgr_frame():
    frame = np.zeros((4, 6, 3), np.uint8)
    frame[:, 0] = (10, 20, 255)  # the left edge is red, in OpenCV's order
    return frame


def test_a_camera_gives_rgb_as_in_a_mirror(plug_in):
    plug_in(FakeDevice([bgr_frame(), bgr_frame()]))
    with Camera(0, title="Desk") as source:
        assert source.title == "Desk"
        picture = source.read()
        assert picture.dtype == np.float32
        assert not picture.flags.writeable
        np.testing.assert_allclose(picture[:, -1] * 255, [[255, 20, 10]] * 4, rtol=1e-6)
        source.mirror = False
        np.testing.assert_allclose(source.read()[:, 0] * 255, [[255, 20, 10]] * 4, rtol=1e-6)


def test_a_grey_camera_gives_rgb(plug_in):
    plug_in(FakeDevice([np.full((4, 6), 51, np.uint8)]))
    picture = Camera().read()
    assert picture.shape == (4, 6, 3)
    np.testing.assert_allclose(picture, 0.2, rtol=1e-6)


def test_the_newest_picture_is_asked_for(plug_in):
    (device,) = plug_in(FakeDevice([]))
    Camera(size=(720, 1280))
    assert device.asked[cv2.CAP_PROP_BUFFERSIZE] == 1
    assert device.asked[cv2.CAP_PROP_FRAME_HEIGHT] == 720
    assert device.asked[cv2.CAP_PROP_FRAME_WIDTH] == 1280


def test_a_frame_lost_on_the_way_is_waited_for(plug_in):
    plug_in(FakeDevice([None, bgr_frame()]))
    assert Camera().read().shape == (4, 6, 3)


def test_an_unplugged_camera_is_said_and_let_go(plug_in):
    (device,) = plug_in(FakeDevice([bgr_frame()]))
    source = Camera(0, title="Desk")
    source.read()
    with pytest.raises(CameraError, match="“Desk” has stopped giving pictures; plug it in again"):
        source.read()
    assert device.released
    with pytest.raises(CameraError, match="closed"):
        source.read()


def test_a_missing_camera_is_said():
    with pytest.raises(CameraError, match=r"Camera 63 .*(is not there|does not open).*start it"):
        Camera(63)


def test_a_camera_of_another_program_is_said(plug_in, monkeypatch):
    plug_in(FakeDevice([], opened=False))
    monkeypatch.setattr(camera.sys, "platform", "linux")
    monkeypatch.setattr(camera.Path, "exists", lambda path: True)
    monkeypatch.setattr(camera.os, "access", lambda path, mode: True)
    with pytest.raises(CameraError, match="close other programs"):
        Camera(0)
    monkeypatch.setattr(camera.os, "access", lambda path, mode: False)
    with pytest.raises(CameraError, match="join the group “video”"):
        Camera(0)
    monkeypatch.setattr(camera.sys, "platform", "darwin")
    with pytest.raises(CameraError, match="Privacy"):
        Camera(0)


def test_looking_for_cameras_writes_nothing_to_the_terminal(capfd):
    assert isinstance(list_cameras(), tuple)
    with pytest.raises(CameraError):
        Camera(63)
    assert capfd.readouterr() == ("", "")


def test_linux_names_the_cameras_it_has(tmp_path):
    for number, index, name in ((10, 0, "Second"), (2, 0, "First\n"), (3, 1, "First")):
        place = tmp_path / f"video{number}"
        place.mkdir()
        (place / "index").write_text(f"{index}\n")
        (place / "name").write_text(name)
    (tmp_path / "vbi0").mkdir()
    assert camera._linux_cameras(tmp_path) == (CameraInfo(2, "First"), CameraInfo(10, "Second"))
    assert camera._linux_cameras(tmp_path / "gone") == ()


def test_elsewhere_cameras_are_opened_until_there_is_none(plug_in, monkeypatch):
    devices = plug_in(FakeDevice([]), FakeDevice([]), FakeDevice([], opened=False))
    monkeypatch.setattr(camera.sys, "platform", "win32")
    assert [info.index for info in list_cameras()] == [0, 1]
    assert all(device.released == 1 for device in devices)
