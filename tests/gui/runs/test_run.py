"""A run on the compute thread, and a page around it that shows no pictures."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest
from PySide6.QtWidgets import QLabel

from tests.gui.jobs import Gate
from tests.gui.runs.test_history import counting, picture, recipe
from visualizer.engine.errors import UserError
from visualizer.engine.technique import Frame
from visualizer.gui.core.compute import Job, once
from visualizer.gui.runs.recipe import FrameSource
from visualizer.gui.runs.run import Run
from visualizer.gui.runs.run_page import RunPage
from visualizer.gui.runs.steered_run import RunState


@pytest.fixture
def run(compute):
    return Run(compute, "Counting")


@pytest.fixture
def wait(compute, settle):
    return lambda: settle(compute)


def test_start_step_undo_and_go_on(compute, run, wait):
    states, gate = [], Gate()
    run.state_changed.connect(states.append)
    compute.submit(Job(once(gate)))
    run.start(counting(9))
    run.pause()
    gate.open.set()
    wait()
    assert run.state is RunState.PAUSED
    while run.frame is None or run.frame.step < 3:
        run.take_step()
        wait()
    assert run.frame.step == 3
    run.undo()
    assert run.frame.step == 2
    run.go_on()
    wait()
    assert run.state is RunState.DONE
    assert run.values("loss") == [1 / step for step in range(1, 10)]
    assert set(states) == {RunState.RUNNING, RunState.PAUSED, RunState.DONE}


def test_undo_while_it_runs_pauses_first(run, wait, qtbot):
    run.start(counting(10**9, pictures=False))
    qtbot.waitUntil(lambda: run.frame is not None and run.frame.step > 5)
    run.undo()
    wait()
    assert run.state is RunState.PAUSED
    assert run.can_undo
    assert len(run.values("loss")) == run.frame.step


def test_what_is_replaced_or_cleared_is_closed_on_the_compute_thread(run, wait):
    closed = []

    def endless(name):
        def begin(_frame):
            try:
                while True:
                    yield Frame(1, None, picture(1))
            finally:
                closed.append((name, threading.current_thread().name))

        return FrameSource(recipe(), begin)

    gate = Gate()
    run.start(endless("first"))
    run.start(FrameSource(recipe(), lambda _: iter([gate() and None])))
    gate.entered.wait(10)
    assert closed in ([], [("first", "compute")])  # it may never have begun
    gate.open.set()
    run.start(endless("third"))
    run.take_step()
    assert run.running
    run.clear()
    assert run.state is RunState.EMPTY
    wait()
    assert run.step is None
    assert all(thread == "compute" for _, thread in closed)
    run.start(endless("fourth"))
    run.pause()
    wait()
    run.take_step()
    wait()
    run.clear()
    wait()
    assert closed[-1] == ("fourth", "compute")


def test_an_error_is_a_sentence_and_the_steps_before_it_stay(run, wait):
    def begin(_frame):
        yield Frame(1, 2, picture(1))
        raise UserError("There is no more paper.")

    run.start(FrameSource(recipe(), begin))
    wait()
    assert (run.state, run.error) == (RunState.FAILED, "There is no more paper.")
    assert run.frame.step == 1


class Epochs(QLabel):
    """A view of steps without pictures."""

    def show_step(self, step):
        self.setText("" if step is None else f"epoch {step.frame.step}")

    def set_hint(self, hint):
        self.hint = hint


class Training(RunPage):
    title = "Training"
    run_name, run_title, hint = "training", "Training", "Press Start."
    curves: Mapping[str, str] = {"loss": "loss", "accuracy": "accuracy"}
    steerable = False

    def start(self):
        self.begin(counting(4, pictures=False))


@pytest.fixture
def page(qtbot, open_session):
    page = Training(open_session, view=Epochs())
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    return page


def test_a_page_shows_epochs_and_two_curves(page, settle):
    transport = page.run_view.transport
    assert transport.start_button.isEnabled()
    assert not any(
        button.isEnabled()
        for button in (transport.go_button, transport.step_button, transport.undo_button)
    )
    transport.start_button.click()
    settle(page.session.compute)
    assert page.run_view.view.text() == "epoch 4"
    assert {name: len(plot.values) for name, plot in page.run_view.curves.items()} == {
        "loss": 4,
        "accuracy": 4,
    }
    assert page.run_view.status.text() == "done: step 4 of 4  ·  loss 0.25  ·  accuracy 1"
    assert page.table_for_export() == (
        ["step", "loss", "accuracy"],
        [[step, 1 / step, step / 4] for step in range(1, 5)],
    )
    assert not transport.tray_button.isEnabled()  # there is no picture to keep
    assert not transport.go_button.isEnabled()
    assert transport.undo_button.isEnabled()
    transport.undo_button.click()
    assert page.run_view.view.text() == "epoch 3"
    assert page.declared["step"].isEnabled()
    assert not page.declared["to_tray"].isEnabled()


def test_no_number_is_cut_where_there_is_little_room(page, settle):
    page.start()
    settle(page.session.compute)
    status = page.run_view.status
    whole = status.text()
    for width in range(40, status.fontMetrics().horizontalAdvance(whole) + 20, 7):
        status.resize(width, status.height())
        assert whole.startswith(status.text())
        assert (
            status.text().split("  ·  ")
            == whole.split("  ·  ")[: len(status.text().split("  ·  "))]
        )
    assert status.text() == whole
    assert status.toolTip() == whole


def test_another_network_ends_what_runs_also_behind_a_hidden_page(page, settle):
    page.begin(counting(10**9, pictures=False))
    page.hide()
    page.session.open_network("residual")
    settle(page.session.compute)
    assert page.run.state is RunState.EMPTY
    assert page.run_view.view.text() == ""


def test_pictures_kept_in_quick_succession_are_all_kept(page, plate, settle):
    gate = Gate()
    page.session.compute.submit(Job(once(gate)))
    kept = [plate("one", (0.1, 0.2, 0.3)), plate("two", (0.4, 0.5, 0.6))]
    for specimen in kept:
        page.to_tray(lambda specimen=specimen: specimen)
    gate.open.set()
    settle(page.session.compute)
    assert page.session.specimens == tuple(kept)
