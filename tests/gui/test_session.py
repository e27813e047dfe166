"""The session, as the parts of the window use it."""

import threading

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.compute import Compute
from visualizer.gui.live import LIVE
from visualizer.gui.session import Session
from visualizer.gui.store import Store


@pytest.fixture
def open_session(session, catalogue, settle):
    """A session with the network "plain"."""
    session.open_network("plain")
    settle(session.compute)
    return session


@pytest.fixture
def colours(plate):
    return [plate("red"), plate("green", (0.1, 0.7, 0.2)), plate("blue", (0.1, 0.2, 0.9))]


def signals(session, *names):
    told = []
    for name in names:
        getattr(session, name).connect(lambda name=name: told.append(name))
    return told


class Camera:
    """Gives pictures that grow brighter; unplugged after `last` of them."""

    title = "Test camera"

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


# The network


def test_opening_a_network_shows_its_first_convolution(open_session):
    assert open_session.network.name == "plain"
    assert open_session.stage == "conv1"
    assert open_session.busy == ""
    assert open_session.devices.known
    assert open_session.devices.current == open_session.devices.known[0].id


def test_a_network_that_does_not_open_leaves_the_one_that_is(open_session, settle):
    before = open_session.network
    open_session.open_network("nowhere")
    assert open_session.busy == "Loading the network…"
    settle(open_session.compute)
    assert open_session.network is before
    assert open_session.network_wanted == "plain"
    assert open_session.busy == ""
    assert open_session.sentences == [("There is no network “nowhere”; choose another.", "error")]


def test_changing_the_network_keeps_a_stage_of_the_same_name(open_session, catalogue, settle):
    open_session.select_stage("data")
    open_session.open_network("residual")
    settle(open_session.compute)
    assert open_session.stage == "data"
    open_session.select_stage("sum")
    open_session.open_network("plain")
    settle(open_session.compute)
    assert open_session.stage == "conv1"


def test_using_a_device_computes_anew(open_session, colours, settle):
    open_session.add(colours[0])
    settle(open_session.compute)
    told = signals(open_session, "activations_changed")
    open_session.devices.use(open_session.devices.current)
    settle(open_session.compute)
    assert told == ["activations_changed"]


# The tray


def test_the_same_pixels_are_in_the_tray_once(session, plate):
    session.add(plate("first"))
    session.add(plate("again"))
    assert [specimen.title for specimen in session.specimens] == ["first"]


def test_removing_and_restoring_keep_the_place(session, colours):
    for specimen in colours:
        session.add(specimen)
    session.select(colours[1].id)
    session.compare_with(colours[1].id)
    session.remove(colours[1].id)
    assert [s.title for s in session.specimens] == ["red", "blue"]
    assert session.specimen.title == "blue"
    assert session.compared is None
    assert session.sentences == [("“green” is out of the tray; Ctrl+Z brings it back.", "info")]
    session.restore()
    assert [s.title for s in session.specimens] == ["red", "green", "blue"]
    assert session.specimen.title == "green"
    session.restore()  # nothing left to bring back
    assert len(session.specimens) == 3


def test_an_unknown_id_changes_nothing(session, colours):
    session.add(colours[0])
    told = signals(session, "specimen_changed", "specimens_changed", "compared_changed")
    session.select("none")
    session.remove("none")
    session.compare_with("none")
    assert told == []


def test_stepping_through_the_tray_stops_at_the_ends(session, colours):
    session.step_specimen(1)  # an empty tray
    for specimen in colours:
        session.add(specimen)
    session.step_specimen(1)
    assert session.specimen.title == "blue"
    session.step_specimen(-1)
    session.step_specimen(-1)
    session.step_specimen(-1)
    assert session.specimen.title == "red"


def test_what_was_added_and_chosen_is_there_at_the_next_start(
    session, colours, catalogue, settle, qtbot
):
    for specimen in colours:
        session.add(specimen)
    session.select(colours[1].id)
    session.remove(colours[2].id)
    settle(session.compute)
    session.store.save()
    compute = Compute()
    second = Session(compute, Store())
    second.start("plain")
    settle(compute)
    own = [s.title for s in second.specimens if s.provenance.source == "sample"]
    assert own == ["red", "green"]
    assert second.specimens[0].title == "Coffee cup"
    assert second.specimen.title == "green"
    assert second.network.name == "plain"
    assert compute.stop()


def test_a_picture_too_fine_for_png_is_forgotten_when_removed_later(session, catalogue, settle):
    fine = Specimen(np.full((8, 8, 3), 0.12345, np.float32), "fine", Provenance("made"))
    session.add(fine)
    settle(session.compute)
    for expected in (["fine"], []):
        compute = Compute()
        later = Session(compute, Store())
        later.start("plain")
        settle(compute)
        kept = [s for s in later.specimens if s.provenance.source == "made"]
        assert [s.title for s in kept] == expected
        for specimen in kept:
            later.remove(specimen.id)
        settle(compute)
        assert compute.stop()


def test_the_first_start_has_the_coffee_cup_before_there_is_a_network(session, catalogue, settle):
    told = signals(session, "specimen_changed", "network_changed")
    session.start("plain")
    assert session.busy == "Loading the network…"
    settle(session.compute)
    assert session.specimen.title == "Coffee cup"
    assert told == ["specimen_changed", "network_changed"]
    assert session.activations is not None
    assert len(session.specimens) > 5


def test_a_choice_made_while_it_starts_is_not_taken_back(session, catalogue, colours, settle):
    session.store.remember("specimen", "of last time")
    session.start("plain")
    session.open_network("residual")
    session.add(colours[0])
    settle(session.compute)
    assert session.specimen.title == "red"
    assert session.network.name == "residual"


def test_a_full_disk_is_said_and_the_picture_stays(session, plate, settle, monkeypatch):
    def full(self, path, scale=1):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Specimen, "save", full)
    session.add(plate("red"))
    settle(session.compute)
    ((text, level),) = session.sentences
    assert level == "error"
    assert text.startswith("“red” is in the tray but cannot be kept")
    assert [s.title for s in session.specimens] == ["red"]


# Stage and unit


def test_stages_and_units_stop_at_the_ends(open_session):
    for _ in range(20):
        open_session.step_stage(1)
    assert open_session.stage == "output"
    for _ in range(20):
        open_session.step_unit(1)
    assert open_session.unit == 4
    open_session.select_unit(-1)
    assert open_session.unit == 4
    open_session.select_unit(-99)
    assert open_session.unit == 0
    open_session.step_unit(-1)
    assert open_session.unit == 0
    for _ in range(20):
        open_session.step_stage(-1)
    assert open_session.stage == "data"
    open_session.select_stage("no such stage")
    assert open_session.stage == "data"


def test_without_a_network_the_keys_do_nothing(session):
    session.step_stage(1)
    session.step_unit(1)
    session.select_unit(3)
    assert session.unit == 0


# Activations


def test_activations_follow_picture_and_fit(open_session, colours, settle):
    told = signals(open_session, "activations_changed")
    for specimen in colours:
        open_session.add(specimen)
    settle(open_session.compute)
    assert told.count("activations_changed") in (1, 2, 3)
    blue = open_session.activations.picture
    np.testing.assert_allclose(blue.mean((0, 1)), (0.1, 0.2, 0.9), atol=0.02)
    open_session.set_fit_mode("fit")
    settle(open_session.compute)
    assert not np.array_equal(open_session.activations.picture, blue)
    with pytest.raises(ValueError, match="stretch"):
        open_session.set_fit_mode("stretch")


def test_an_answer_for_another_picture_is_never_shown(open_session, colours, settle):
    shown = []
    open_session.activations_changed.connect(
        lambda: shown.append(
            (open_session.specimen.title, tuple(open_session.activations.picture[12, 12].round(1)))
        )
    )
    for specimen in colours:
        open_session.add(specimen, select=False)
    for _ in range(10):
        for specimen in colours:
            open_session.select(specimen.id)
    settle(open_session.compute)
    assert shown[-1][0] == "blue"
    values = {s.title: tuple(s.picture[0, 0].round(1)) for s in colours}
    assert all(values[title] == colour for title, colour in shown)


def test_comparison(open_session, colours, settle):
    for specimen in colours:
        open_session.add(specimen)
    open_session.compare_with(colours[0].id)
    assert open_session.compared_activations is None
    settle(open_session.compute)
    np.testing.assert_allclose(
        open_session.compared_activations.picture.mean((0, 1)), (0.8, 0.2, 0.1), atol=0.02
    )
    open_session.compare_with(None)
    assert open_session.compared_activations is None


# The camera


def test_the_camera_shows_pictures_without_filling_the_tray(open_session, colours, qtbot, settle):
    open_session.add(colours[0])
    settle(open_session.compute)
    camera = Camera()
    told = signals(open_session, "activations_changed", "live_changed")
    open_session.start_live(lambda: camera)
    qtbot.waitUntil(lambda: told.count("activations_changed") > 5)
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


def test_choosing_a_picture_stops_the_camera(open_session, colours, qtbot, settle):
    for specimen in colours:
        open_session.add(specimen)
    open_session.start_live(Camera())
    qtbot.waitUntil(lambda: open_session.specimen.title == "Test camera")
    open_session.select(colours[0].id)
    settle(open_session.compute)
    assert not open_session.live
    assert open_session.specimen.title == "red"


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
    open_session.compute.cancel(LIVE)
    settle(open_session.compute)
    assert not open_session.live
    assert open_session.specimen.title == "red"
