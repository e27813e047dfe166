"""The session, as the parts of the window use it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.gui.desk import changes
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.compute import Compute, once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change, Session
from visualizer.gui.core.store import Store

# The network


def test_opening_a_network_shows_its_first_convolution(open_session):
    assert open_session.network.name == "plain"
    assert open_session.stage == "conv1"
    assert open_session.busy == ""
    assert open_session.devices.known
    assert open_session.devices.current == open_session.devices.known[0].id


def test_the_answer_comes_before_what_others_ask_of_another_network(open_session, plate, settle):
    ended = []
    open_session.add(plate("red"))
    settle(open_session.compute)

    def follow(change):
        if Change.NETWORK in change:
            question = once(lambda: "another question")
            Latest(open_session.compute, parent=open_session).ask(question, on_done=ended.append)
        if Change.ACTIVATIONS in change:
            ended.append("the answer")

    open_session.changed.connect(follow)
    open_session.open_network("residual")
    settle(open_session.compute)
    assert ended == ["the answer", "another question"]


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
    told = changes(open_session, Change.ACTIVATIONS)
    open_session.devices.use(open_session.devices.current)
    settle(open_session.compute)
    assert told == [Change.ACTIVATIONS]


def test_the_device_chosen_last_is_used_at_the_next_start(session, catalogue, settle, monkeypatch):
    from visualizer.engine import backend

    here = [backend.Device("GPU:0", "Fast"), backend.Device("CPU:0", "Slow")]
    used = []
    monkeypatch.setattr(backend, "devices", lambda: here)
    monkeypatch.setattr(backend, "use_device", used.append)
    session.store.remember("device", "CPU:0")
    session.open_network("plain")
    settle(session.compute)
    assert used == ["CPU:0"]
    assert session.devices.current == "CPU:0"
    session.devices.use("GPU:0")
    settle(session.compute)
    assert session.store.text("device") == "GPU:0"


def test_a_device_that_is_gone_is_not_asked_for(session, catalogue, settle):
    session.store.remember("device", "GPU:7")
    session.open_network("plain")
    settle(session.compute)
    assert session.devices.current == session.devices.known[0].id
    assert session.sentences == []


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


def test_a_sample_that_was_renamed_keeps_its_title(session, plate, settle):
    sample = plate("Coffee cup", (1.0, 0.0, 0.0))
    session.insert(sample, 0, built_in=True)
    session.rename(sample.id, "My cup")
    settle(session.compute)
    (file,) = Store().kept()
    later = Session(session.compute, Store())
    later.insert(sample, 0, built_in=True)
    later.insert(Store().read_kept(file), 1000)
    assert [s.title for s in later.specimens] == ["My cup"]
    later.remove(sample.id)
    settle(session.compute)
    assert Store().kept() == []


def test_nobody_changes_the_selection_while_the_session_tells_of_it(session, colours, qtbot):
    for specimen in colours:
        session.add(specimen)
    session.changed.connect(
        lambda change: session.select(colours[0].id) if change & Change.PICTURE else None
    )
    with qtbot.captureExceptions() as caught:
        session.select(colours[1].id)
    assert [kind for kind, *_ in caught] == [AssertionError]


def test_an_unknown_id_changes_nothing(session, colours):
    session.add(colours[0])
    told = changes(session, *Change)
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
    told = changes(session, Change.PICTURE, Change.NETWORK)
    session.start("plain")
    assert session.busy == "Loading the network…"
    settle(session.compute)
    assert session.specimen.title == "Coffee cup"
    assert told == [Change.PICTURE, Change.NETWORK]
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
    told = changes(open_session, Change.ACTIVATIONS)
    for specimen in colours:
        open_session.add(specimen)
    settle(open_session.compute)
    assert len(told) in (1, 2, 3)
    blue = open_session.activations.picture
    np.testing.assert_allclose(blue.mean((0, 1)), (0.1, 0.2, 0.9), atol=0.02)
    open_session.set_fit_mode("fit")
    settle(open_session.compute)
    assert not np.array_equal(open_session.activations.picture, blue)
    with pytest.raises(ValueError, match="stretch"):
        open_session.set_fit_mode("stretch")


def test_an_answer_for_another_picture_is_never_shown(open_session, colours, settle):
    shown = []

    def note(change):
        if change & Change.ACTIVATIONS:
            pixel = open_session.activations.picture[12, 12]
            shown.append((open_session.specimen.title, tuple(pixel.round(1))))

    open_session.changed.connect(note)
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


def test_the_unit_of_a_stage_is_the_strongest_at_first_and_then_the_chosen_one(
    open_session, colours, settle
):
    changes = []
    open_session.changed.connect(changes.append)
    open_session.add(colours[0])
    settle(open_session.compute)
    assert open_session.unit == open_session.activations.strongest_unit("conv1")
    open_session.select_stage("conv2")
    assert open_session.unit == open_session.activations.strongest_unit("conv2")
    chosen = (open_session.unit + 1) % 6
    open_session.select_unit(chosen)
    open_session.select_stage("conv1")
    changes.clear()
    open_session.select_stage("conv2")
    assert open_session.unit == chosen
    assert changes == [Change.STAGE | Change.UNIT]
    open_session.add(colours[1])
    settle(open_session.compute)
    assert open_session.unit == chosen


def test_who_looks_at_the_answer_sees_that_of_the_next_picture(
    open_session, plate, settle, monkeypatch
):
    from visualizer.engine import activations as forward

    session, through = open_session, forward.activations

    def answering_by_brightness(network, picture, mode):
        seen = through(network, picture, mode)
        answer = np.eye(5, dtype=np.float32)[round(4 * float(picture.mean()))]
        return replace(seen, maps={**seen.maps, "output": answer}, probabilities=answer)

    monkeypatch.setattr(forward, "activations", answering_by_brightness)
    session.select_stage("output")
    for answer in (0, 3, 1):
        session.add(plate(f"{answer}", (answer / 4,) * 3))
        settle(session.compute)
        assert session.unit == answer
    session.select_stage("conv2")
    session.add(plate("2", (0.5,) * 3))
    settle(session.compute)
    session.select_stage("output")
    assert session.unit == 2
    session.select_unit(4)  # not the answer: this one stays
    session.step_specimen(-1)
    settle(session.compute)
    assert session.unit == 4
