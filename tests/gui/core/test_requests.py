"""Questions of which the newest counts: what comes of an older one is heard nowhere."""

import threading

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QObject

from tests.gui.jobs import Gate, Log, for_ever
from visualizer.engine.errors import UserError
from visualizer.engine.technique import Frame
from visualizer.gui.core.compute import Compute, Job, once
from visualizer.gui.core.requests import Latest


def test_only_the_newest_of_many_is_answered(compute, log, gate, settle):
    latest, made = Latest(compute), []
    for number in range(1000):
        make = once(lambda number=number: made.append(number) or number)
        latest.ask(make, **log.callbacks(number))
    assert latest.running
    gate.open.set()
    settle(compute)
    assert made == [999]
    assert log.told == [("done", 999, 999)]
    assert not latest.running


def test_one_that_runs_is_closed_before_the_next_starts_and_says_nothing(
    compute, log, qtbot, settle
):
    closed = []

    def camera():
        try:
            yield from for_ever()
        finally:
            closed.append(threading.current_thread().name)

    latest = Latest(compute)
    latest.ask(camera, **log.callbacks("first"))
    qtbot.waitUntil(lambda: bool(log.of("first", "frame")))
    before = log.of("first")
    latest.ask(once(lambda: list(closed)), **log.callbacks("second"))
    settle(compute)
    assert log.of("first") == before
    assert log.of("second") == [["compute"]]


def test_started_ones_are_answered_where_they_shall_finish(compute, log, settle):
    latest, gate = Latest(compute, finish_started=True), Gate()
    latest.ask(once(gate), **log.callbacks("started"))
    assert gate.entered.wait(5)
    for name in ("waiting", "newest"):
        latest.ask(once(lambda name=name: name), **log.callbacks(name))
    gate.open.set()
    settle(compute)
    assert log.told == [("done", "started", "through"), ("done", "newest", "newest")]


def test_an_answer_that_is_on_its_way_counts_as_started(compute, log, qtbot, settle):
    latest, through = Latest(compute, finish_started=True), threading.Event()
    latest.ask(once(lambda: 1), **log.callbacks("first"))
    compute.submit(Job(once(through.set)))
    assert through.wait(5)  # nothing has been delivered meanwhile
    latest.ask(once(lambda: 2), **log.callbacks("second"))
    settle(compute)
    assert log.told == [("done", "first", 1), ("done", "second", 2)]


def test_a_held_one_does_not_hold_the_next_up(compute, log, qtbot, settle):
    latest = Latest(compute, finish_started=True)
    latest.ask(for_ever, **log.callbacks("held"))
    qtbot.waitUntil(lambda: bool(log.told))
    latest.pause()
    assert latest.paused
    latest.ask(once(lambda: 1), **log.callbacks("next"))
    assert not latest.paused
    settle(compute)
    assert log.of("next") == [1]


def test_cancel_is_told_and_drop_is_not(compute, log, gate, settle):
    one, other = Latest(compute), Latest(compute)
    one.ask(for_ever, **log.callbacks("cancelled"))
    other.ask(for_ever, **log.callbacks("dropped"))
    one.cancel()
    other.drop()
    assert not other.running
    gate.open.set()
    settle(compute)
    assert log.told == [("cancelled", "cancelled", None)]
    assert not one.running


def test_it_may_ask_again_from_its_own_answer(compute, settle):
    latest, answers = Latest(compute), []

    def on_done(value):
        answers.append(value)
        if value < 3:
            latest.ask(once(lambda: value + 1), on_done=on_done)

    latest.ask(once(lambda: 0), on_done=on_done)
    settle(compute)
    assert answers == [0, 1, 2, 3]


def test_a_deleted_owner_is_not_called(compute, log, gate, settle):
    owner = QObject()
    Latest(compute, parent=owner).ask(once(lambda: 1), **log.callbacks("gone"))
    Latest(compute, parent=owner).ask(once(lambda: 1 / 0), on_done=print)
    failures = []
    compute.failure.connect(failures.append)
    owner.deleteLater()
    settle_events(owner)
    gate.open.set()
    settle(compute)
    assert log.told == failures == []


def settle_events(owner):
    from PySide6.QtCore import QCoreApplication, QEvent

    QCoreApplication.sendPostedEvents(owner, QEvent.Type.DeferredDelete)


def test_a_failure_becomes_a_notice_unless_the_owner_says_it(compute, log, settle):
    failures = []
    compute.failure.connect(failures.append)

    def refuse():
        raise UserError("It failed.")

    silent, speaking = Latest(compute), Latest(compute)
    silent.ask(once(refuse))
    speaking.ask(once(refuse), **log.callbacks())
    settle(compute)
    assert failures == ["It failed."]
    assert log.told == [("failed", "job", "It failed.")]
    assert not silent.running


def test_its_row_has_the_title_of_the_question(compute, gate):
    latest = Latest(compute, "Curve")
    latest.ask(for_ever)
    assert compute.jobs()[-1].title == "Curve"
    latest.ask(for_ever, title="Curve of class 3")
    assert [state.title for state in compute.jobs()] == ["", "Curve of class 3"]
    latest.drop()


def recorded(made, closed, length, fails):
    """A job of so many slices that notes when its generator is made, and where it is closed."""

    def slices():
        made.append(1)
        try:
            for step in range(length):
                yield Frame(step, length)
            if fails:
                raise UserError("It failed.")
        finally:
            closed.append(threading.current_thread().name)

    return slices


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ask", "fail", "cancel", "drop", "pause", "resume", "wait"]),
        st.sampled_from("ab"),
        st.integers(0, 4),
    ),
    max_size=25,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_is_done_every_job_ends_once(qtbot, settle, steps):
    """A question is answered once, or superseded or dropped and never heard of again; every
    generator that was made is closed, on the compute thread."""
    compute, log, made, closed = Compute(), Log(), [], []
    askers = {"a": Latest(compute), "b": Latest(compute, finish_started=True)}
    pending = {"a": set(), "b": set()}  # the questions of which an ending may still come
    silent = set()

    for number, (what, key, length) in enumerate(steps):
        latest = askers[key]
        if what in ("ask", "fail"):
            if key == "a":  # all that were asked before are superseded now
                silent |= pending[key] - set(log.endings())
            latest.ask(recorded(made, closed, length * 3, what == "fail"), **log.callbacks(number))
            pending[key].add(number)
        elif what == "wait":
            qtbot.wait(length)
        else:
            if what == "drop":
                silent |= pending[key] - set(log.endings())
            getattr(latest, what)()
    newest = {key: max(asked, default=None) for key, asked in pending.items()}
    for latest in askers.values():
        latest.resume()
    settle(compute)
    endings = log.endings()
    assert set(endings.values()) <= {1}
    assert not silent & set(endings)
    for key, number in newest.items():
        assert number is None or number in silent or endings[number] == 1, key
        assert not askers[key].running
    assert len(made) == len(closed)
    assert set(closed) <= {"compute"}
    assert compute.stop()
