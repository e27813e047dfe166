"""The compute thread, under the hand of an impatient user: nothing lost, nothing left, in order."""

import gc
import threading
import weakref

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gui.jobs import Gate, Log, for_ever
from visualizer.engine.errors import UserError
from visualizer.engine.technique import Frame
from visualizer.gui.core import crash_log
from visualizer.gui.core.compute import Compute, Phase, once


def test_a_function_gives_its_result_on_the_window_thread(compute, log, settle):
    threads = []
    compute.done.connect(lambda *_: threads.append(threading.current_thread()))
    compute.submit_keyed("name", once(lambda: threading.current_thread().name))
    settle(compute)
    assert log.told == [("done", "name", "compute")]
    assert threads == [threading.main_thread()]


def test_live_jobs_take_turns(compute, settle):
    order = []

    def job(name):
        def slices():
            for _ in range(50):
                order.append(name)
                yield

        return slices

    gate = Gate()
    compute.submit_keyed("gate", once(gate))
    for name in "abc":
        compute.submit_keyed(name, job(name))
    gate.open.set()
    settle(compute)
    assert "".join(order) == "abc" * 50


def test_the_newest_request_replaces_those_that_wait_but_not_the_one_that_runs(
    compute, log, settle
):
    gate = Gate()
    first = compute.submit_keyed("picture", once(gate))
    assert gate.entered.wait(5)
    waiting = [compute.submit_keyed("picture", once(lambda n=n: n)) for n in range(1000)]
    gate.open.set()
    settle(compute)
    assert log.of("picture") == ["through", 999]
    assert first.phase is Phase.DONE
    assert {job.phase for job in waiting[:-1]} == {Phase.REPLACED}


def test_a_running_live_job_makes_room_for_its_successor(compute, log, qtbot, settle):
    closed = []

    def camera():
        try:
            yield from for_ever()
        finally:
            closed.append(threading.current_thread().name)

    compute.submit_keyed("camera", camera, live=True)
    qtbot.waitUntil(lambda: bool(log.of("camera", "frame")))
    compute.submit_keyed("camera", once(lambda: "other camera"), live=True)
    settle(compute)
    assert closed == ["compute"]
    assert [told[0] for told in log.told if told[0] != "frame"] == ["cancelled", "done"]


def test_cancel_closes_the_generator_on_the_compute_thread(compute, log, qtbot, settle):
    closed = []

    def job():
        try:
            yield from for_ever()
        finally:
            closed.append(threading.current_thread().name)

    compute.submit_keyed("job", job)
    qtbot.waitUntil(lambda: bool(log.of("job", "frame")))
    compute.cancel_keyed("job")
    shown = len(log.of("job", "frame"))
    settle(compute)
    assert closed == ["compute"]
    assert len(log.of("job", "frame")) == shown  # nothing more of it after cancel returned
    assert log.endings() == {"job": 1}
    assert log.told[-1][0] == "cancelled"


def test_cancel_before_the_start_never_makes_the_generator(compute, log, settle):
    made = []
    gate = Gate()
    compute.submit_keyed("gate", once(gate))
    assert gate.entered.wait(5)
    compute.submit_keyed("job", lambda: made.append(1) or iter(()))
    compute.cancel_keyed("job")
    gate.open.set()
    settle(compute)
    assert not made
    assert log.of("job", "cancelled") == [None]


def test_cancel_of_nothing_is_nothing(compute, log, settle):
    compute.cancel_keyed("nobody")
    settle(compute)
    assert log.told == []


def test_pause_and_resume(compute, log, qtbot):
    compute.submit_keyed("job", for_ever, title="Job")
    qtbot.waitUntil(lambda: bool(log.of("job", "frame")))
    compute.pause_keyed("job")
    qtbot.wait(80)
    held = log.of("job", "frame")[-1]
    qtbot.wait(80)
    assert log.of("job", "frame")[-1] == held
    assert [state.paused for state in compute.jobs()] == [True]
    compute.resume_keyed("job")
    qtbot.waitUntil(lambda: log.of("job", "frame")[-1] > held)


def test_a_paused_job_can_be_cancelled(compute, log, qtbot, settle):
    compute.submit_keyed("job", for_ever)
    qtbot.waitUntil(lambda: bool(log.of("job", "frame")))
    compute.pause_keyed("job")
    compute.cancel_keyed("job")
    settle(compute)
    assert log.told[-1][0] == "cancelled"


def test_a_user_error_is_told_in_its_own_words(compute, log, settle):
    def job():
        yield 1
        raise UserError("The file is empty; choose another.")

    compute.submit_keyed("job", job)
    settle(compute)
    assert log.of("job", "failed") == ["The file is empty; choose another."]
    assert not crash_log.path().exists()


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), KeyboardInterrupt(), SystemExit(3)])
def test_any_other_error_is_a_short_sentence_and_a_traceback_in_the_log(
    compute, log, settle, error
):
    def job():
        raise error
        yield

    compute.submit_keyed("job", job, title="Dreaming")
    compute.submit_keyed("next", once(lambda: "alive"))
    settle(compute)
    (sentence,) = log.of("job", "failed")
    assert sentence.startswith("Dreaming stopped because of an unexpected error")
    assert "Traceback" not in sentence
    assert type(error).__name__ in crash_log.path().read_text()
    assert log.of("next") == ["alive"]


def test_errors_in_making_the_generator_and_things_that_are_none(compute, log, settle):
    compute.submit_keyed("cannot make", lambda: 1 / 0)
    compute.submit_keyed("no generator", lambda: 7)
    settle(compute)
    assert log.endings() == {"cannot make": 1, "no generator": 1}
    assert {signal for signal, *_ in log.told} == {"failed"}


def test_running_out_of_memory_says_what_to_do(compute, log, settle):
    def job():
        raise MemoryError
        yield

    compute.submit_keyed("job", job, title="Opening it")
    settle(compute)
    assert "needs more memory than is free" in log.of("job", "failed")[0]


def test_an_error_while_closing_does_not_harm(compute, log, qtbot, settle):
    def job():
        try:
            yield from for_ever()
        finally:
            raise ValueError("on the way out")

    def stubborn():
        try:
            yield from for_ever()
        except GeneratorExit:
            yield "not yet"

    for key, make in (("a", job), ("b", stubborn)):
        compute.submit_keyed(key, make)
        qtbot.waitUntil(lambda key=key: bool(log.of(key, "frame")))
        compute.cancel_keyed(key)
    compute.submit_keyed("next", once(lambda: 1))
    settle(compute)
    assert log.endings() == {"a": 1, "b": 1, "next": 1}
    assert "on the way out" in crash_log.path().read_text()


def test_a_job_may_submit_and_cancel_from_a_slot(compute, log, settle):
    def again(key, value):
        if value < 5:
            compute.submit_keyed("chain", once(lambda: value + 1))

    compute.done.connect(again)
    compute.submit_keyed("chain", once(lambda: 0))
    settle(compute)
    assert log.of("chain") == [0, 1, 2, 3, 4, 5]


def test_a_thousand_jobs_leave_nothing_behind(compute, log, settle):
    class Result:
        pass

    results = []

    def make():
        result = Result()
        results.append(weakref.ref(result))
        return result

    for number in range(1000):
        compute.submit_keyed(f"job {number}", once(make))
    settle(compute, 60_000)
    assert len(log.told) == 1000
    assert [key for _, key, _ in log.told] == [f"job {number}" for number in range(1000)]
    log.told.clear()
    gc.collect()
    assert not [result for result in results if result() is not None]
    assert compute.jobs() == []
    assert not compute._due


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["submit", "live", "cancel", "pause", "resume", "fail", "wait"]),
        st.sampled_from("abc"),
        st.integers(0, 4),
    ),
    max_size=25,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_is_done_every_job_ends_once(qtbot, settle, steps):
    """Each job ends exactly once or was replaced; every generator that was made is closed."""
    compute = Compute()
    log, jobs, made, closed = Log(compute), [], [], []

    def job(length, fails):
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

    for what, key, number in steps:
        if what in ("submit", "live", "fail"):
            live = what == "live"
            jobs.append(compute.submit_keyed(key, job(number * 3, what == "fail"), live=live))
        elif what == "wait":
            qtbot.wait(number)
        else:
            getattr(compute, what)(key)
    for key in "abc":
        compute.resume_keyed(key)
    settle(compute)
    assert all(job.ended for job in jobs)
    replaced = sum(job.phase is Phase.REPLACED for job in jobs)
    assert sum(log.endings().values()) == len(jobs) - replaced
    assert len(made) == len(closed)
    assert set(closed) <= {"compute"}
    assert compute.stop()
