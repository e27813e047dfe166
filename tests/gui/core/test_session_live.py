"""The session while a camera runs."""

import threading

import numpy as np
import pytest

from tests.gui.desk import changes
from visualizer.engine.errors import UserError
from visualizer.gui.core.session import Change


class Camera:
    """Gives pictures that grow brighter; unplugged after `last` of them."""

    kind, title = "camera", "Test camera"

    def __init__(self, last=10_000):
        self.last, self.read_on, self.closed_on = last, set(), []
        self.count = 0

    def read(self):
        self.read_on.add(threading.current_thread().name)
        self.count += 1
        if self.count > self.last:
            raise UserError("The camera was unplugged; plug it in and start it again.")
        return np.full((30, 40, 3), min(1, self.count / 255), np.float32)

    def close(self):
        self.closed_on.append(threading.current_thread().name)


def test_the_camera_shows_pictures_without_filling_the_tray(open_session, colours, qtbot, settle):
    open_session.add(colours[0])
    settle(open_session.compute)
    camera = Camera()
    told = changes(open_session, Change.ACTIVATIONS, Change.LIVE)
    open_session.start_live(lambda: camera)
    qtbot.waitUntil(lambda: told.count(Change.ACTIVATIONS) > 5)
    assert open_session.live
    assert open_session.specimen.title == "Test camera"
    assert len(open_session.specimens) == 1
    open_session.freeze()
    assert [s.title for s in open_session.specimens] == ["red", "Test camera"]
    assert open_session.live
    open_session.stop_live()
    settle(open_session.compute)
    assert not open_session.live
    assert open_session.specimen.title == "red"
    np.testing.assert_allclose(open_session.activations.picture[0, 0], (0.8, 0.2, 0.1), atol=0.02)
    assert camera.read_on == {"compute"}
    assert camera.closed_on == ["compute"]


def test_holding_the_camera(open_session, qtbot):
    open_session.start_live(Camera())
    qtbot.waitUntil(lambda: open_session.activations is not None)
    open_session.toggle_live()
    qtbot.wait(100)
    held = open_session.specimen
    qtbot.wait(100)
    assert open_session.held
    assert open_session.specimen is held
    open_session.toggle_live()
    qtbot.waitUntil(lambda: open_session.specimen is not held)


@pytest.mark.parametrize("change", ["network", "fit mode", "device"])
def test_a_held_picture_goes_through_whatever_is_chosen(open_session, qtbot, settle, change):
    session = open_session
    session.start_live(Camera())
    qtbot.waitUntil(lambda: session.activations is not None)
    session.toggle_live()
    held, before = session.specimen, session.activations
    changes = {
        "network": lambda: session.open_network("residual"),
        "fit mode": lambda: session.set_fit_mode("fit"),
        "device": session.devices.used.emit,
    }
    changes[change]()
    qtbot.waitUntil(lambda: session.activations not in (before, None))
    assert session.held
    assert session.specimen is held
    assert set(session.activations.maps) == {s.name for s in session.network.stages}


def test_the_camera_goes_on_with_the_network_chosen_while_it_was_held(open_session, qtbot):
    session = open_session
    session.start_live(Camera())
    qtbot.waitUntil(lambda: session.activations is not None)
    session.toggle_live()
    session.open_network("residual")
    qtbot.waitUntil(lambda: session.network.name == "residual")
    session.toggle_live()
    held = session.specimen
    qtbot.waitUntil(lambda: session.specimen is not held)
    assert set(session.activations.maps) == {s.name for s in session.network.stages}


def test_another_camera_is_not_held_because_the_one_before_was(open_session, qtbot):
    open_session.start_live(Camera())
    qtbot.waitUntil(lambda: open_session.activations is not None)
    open_session.toggle_live()
    told = changes(open_session, Change.LIVE)
    other = Camera()
    open_session.start_live(other)
    assert told == [Change.LIVE]
    assert not open_session.held
    qtbot.waitUntil(lambda: bool(other.read_on))
    open_session.toggle_live()
    assert open_session.held


def test_choosing_a_picture_stops_the_camera(open_session, colours, qtbot, settle):
    for specimen in colours:
        open_session.add(specimen)
    open_session.start_live(Camera())
    qtbot.waitUntil(lambda: open_session.specimen.title == "Test camera")
    open_session.select(colours[0].id)
    settle(open_session.compute)
    assert not open_session.live
    assert open_session.specimen.title == "red"
    assert open_session.store.text("specimen") == colours[0].id  # for the next start


def test_an_unplugged_camera_is_said_and_the_last_picture_chosen_is_back(
    open_session, colours, settle
):
    open_session.add(colours[0])
    camera = Camera(last=3)
    open_session.start_live(camera)
    settle(open_session.compute)
    assert not open_session.live
    assert open_session.specimen.title == "red"
    assert camera.closed_on == ["compute"]
    assert open_session.sentences == [
        ("The camera was unplugged; plug it in and start it again.", "error")
    ]


def test_cancelling_the_camera_in_the_jobs_bar_stops_it(open_session, colours, qtbot, settle):
    open_session.add(colours[0])
    open_session.start_live(Camera())
    qtbot.waitUntil(lambda: open_session.specimen.title == "Test camera")
    open_session.compute.cancel_all()
    settle(open_session.compute)
    assert not open_session.live
    assert open_session.specimen.title == "red"
