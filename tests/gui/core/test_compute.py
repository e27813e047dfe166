"""The compute thread, under the hand of an impatient user: nothing lost, nothing left, in order."""

import gc
import sys
import threading
import weakref

import pytest

from tests.gui.jobs import for_ever
from visualizer.engine.errors import UserError
from visualizer.gui.core import crash_log
from visualizer.gui.core.compute import Job, Listener, Phase, once


def turns(order, name, slices=50, work=bool):
    """A job that writes its name down, and works, a slice at a time."""

    def make():
        for _ in range(slices):
            order.append(name)
            work()
            yield

    return make


def test_a_function_gives_its_result_on_the_window_thread(compute, settle):
    told = []
    listener = Listener(on_done=lambda name: told.append((name, threading.current_thread())))
    compute.submit(Job(once(lambda: threading.current_thread().name), listener))
    settle(compute)
    assert told == [("compute", threading.main_thread())]


@pytest.mark.skipif(sys.platform != "linux", reason="only there a thread has its own niceness")
def test_the_window_thread_is_scheduled_before_the_compute_thread(compute, settle):
    import os

    told = []
    niceness = lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())  # noqa: E731
    compute.submit(Job(once(niceness), Listener(on_done=told.append)))
    settle(compute)
    assert told[0] > niceness() or niceness() == 19


def test_jobs_take_turns(compute, gate, settle):
    order = []
    for name in "abc":
        compute.submit(Job(turns(order, name)))
    gate.open.set()
    settle(compute)
    assert "".join(order) == "abc" * 50


def test_what_answers_the_hand_goes_before_the_background(compute, gate, settle):
    order = []
    compute.submit(Job(turns(order, "b"), background=True))
    for _ in range(2):
        compute.submit(Job(turns(order, "i")))
    gate.open.set()
    settle(compute)
    assert "".join(order) == "i" * 100 + "b" * 50


def test_the_background_is_not_starved(compute, gate, settle, clock):
    order, work = [], lambda: clock.sleep(1 / 64)
    compute.submit(Job(turns(order, "b", slices=3), background=True))
    compute.submit(Job(turns(order, "i", slices=60, work=work)))
    gate.open.set()
    settle(compute)
    # After 7/64 s each, the first moment beyond 100 ms, although the other one never paused.
    assert [len(part) for part in "".join(order).split("b")] == [7, 7, 7, 39]


def test_a_job_waits_for_the_one_it_comes_after(compute, gate, settle):
    order = []
    first = Job(turns(order, "1", slices=3))
    compute.submit(Job(turns(order, "2", slices=3), after=first))
    compute.submit(first)
    gate.open.set()
    settle(compute)
    assert "".join(order) == "111222"


def test_cancel_closes_the_generator_on_the_compute_thread(compute, log, qtbot, settle):
    closed = []

    def make():
        try:
            yield from for_ever()
        finally:
            closed.append(threading.current_thread().name)

    job = log.submit(compute, make)
    qtbot.waitUntil(lambda: bool(log.of("job", "frame")))
    compute.cancel(job)
    shown = len(log.of("job", "frame"))
    settle(compute)
    assert closed == ["compute"]
    assert len(log.of("job", "frame")) == shown  # nothing more of it after cancel returned
    assert log.endings() == {"job": 1}
    assert log.told[-1][0] == "cancelled"


def test_cancel_before_the_start_never_makes_the_generator(compute, log, gate, settle):
    made = []
    job = log.submit(compute, lambda: made.append(1) or iter(()))
    compute.cancel(job)
    gate.open.set()
    settle(compute)
    assert not made
    assert log.told == [("cancelled", "job", None)]


def test_cancel_of_what_is_over_is_nothing(compute, log, settle):
    job = log.submit(compute, once(lambda: 1))
    settle(compute)
    compute.cancel(job)
    settle(compute)
    assert log.told == [("done", "job", 1)]


def test_a_dropped_job_is_closed_and_silent(compute, log, qtbot, settle):
    closed = []

    def make():
        try:
            yield from for_ever()
        finally:
            closed.append(1)

    job = log.submit(compute, make)
    qtbot.waitUntil(lambda: bool(log.told))
    before = len(log.told)
    compute.drop(job)
    settle(compute)
    assert closed == [1]
    assert len(log.told) == before


def test_cancel_all_leaves_what_may_not_be_cancelled(compute, log, gate, settle):
    log.submit(compute, once(lambda: 1), "kept", cancellable=False)
    log.submit(compute, once(lambda: 1), "stopped")
    compute.cancel_all()
    gate.open.set()
    settle(compute)
    assert log.of("kept", "done") == [1]
    assert log.of("stopped", "cancelled") == [None]


def test_pause_and_resume(compute, log, qtbot):
    job = log.submit(compute, for_ever, title="Job")
    qtbot.waitUntil(lambda: bool(log.of("job", "frame")))
    compute.pause(job)
    qtbot.wait(80)
    held = log.of("job", "frame")[-1]
    qtbot.wait(80)
    assert log.of("job", "frame")[-1] == held
    assert [state.paused for state in compute.jobs()] == [True]
    compute.pause(job, False)
    qtbot.waitUntil(lambda: log.of("job", "frame")[-1] > held)


def test_a_paused_job_can_be_cancelled(compute, log, qtbot, settle):
    job = log.submit(compute, for_ever)
    qtbot.waitUntil(lambda: bool(log.told))
    compute.pause(job)
    compute.cancel(job)
    settle(compute)
    assert log.told[-1][0] == "cancelled"


# What goes wrong


def test_a_user_error_is_told_in_its_own_words(compute, log, settle):
    def make():
        yield 1
        raise UserError("The file is empty; choose another.")

    log.submit(compute, make)
    settle(compute)
    assert log.of("job", "failed") == ["The file is empty; choose another."]
    assert not crash_log.path().exists()


def test_what_nobody_listens_for_is_still_said_to_the_user(compute, settle):
    sentences = []
    compute.failure.connect(sentences.append)

    def refuse():
        raise UserError("The disk is full; free some room.")

    compute.submit(Job(once(refuse)))
    compute.submit(Job(once(refuse), Listener(on_done=lambda _: None)))
    compute.submit(Job(once(refuse), Listener(on_failed=lambda _: None)))
    settle(compute)
    assert sentences == ["The disk is full; free some room."] * 2


@pytest.mark.parametrize("error", [ZeroDivisionError("secret"), KeyboardInterrupt(), SystemExit(3)])
def test_any_other_error_is_a_short_sentence_and_a_traceback_in_the_log(
    compute, log, settle, error
):
    def make():
        raise error
        yield

    log.submit(compute, make, title="Dreaming")
    log.submit(compute, once(lambda: "alive"), "next")
    settle(compute)
    (sentence,) = log.of("job", "failed")
    assert sentence.startswith("Dreaming stopped because of an unexpected error")
    assert "Traceback" not in sentence
    assert type(error).__name__ in crash_log.path().read_text()
    assert log.of("next") == ["alive"]


def test_errors_in_making_the_generator_and_things_that_are_none(compute, log, settle):
    log.submit(compute, lambda: 1 / 0, "cannot make")
    log.submit(compute, lambda: 7, "no generator")
    settle(compute)
    assert log.endings() == {"cannot make": 1, "no generator": 1}
    assert {what for what, *_ in log.told} == {"failed"}


def test_running_out_of_memory_says_what_to_do(compute, log, settle):
    def make():
        raise MemoryError
        yield

    log.submit(compute, make, title="Opening it")
    settle(compute)
    assert "needs more memory than is free" in log.of("job", "failed")[0]


def test_an_error_while_closing_does_not_harm(compute, log, qtbot, settle):
    def fails():
        try:
            yield from for_ever()
        finally:
            raise ValueError("on the way out")

    def stubborn():
        try:
            yield from for_ever()
        except GeneratorExit:
            yield "not yet"

    for name, make in (("a", fails), ("b", stubborn)):
        job = log.submit(compute, make, name)
        qtbot.waitUntil(lambda name=name: bool(log.of(name, "frame")))
        compute.cancel(job)
    log.submit(compute, once(lambda: 1), "next")
    settle(compute)
    assert log.endings() == {"a": 1, "b": 1, "next": 1}
    assert "on the way out" in crash_log.path().read_text()


@pytest.mark.parametrize("what", ["on_frame", "on_done", "on_failed", "on_cancelled"])
def test_an_error_in_a_listener_is_reported_and_stops_no_other(
    compute, log, gate, settle, monkeypatch, what
):
    caught = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: caught.append(str(error)))

    def broken(*_):
        raise ValueError("in a callback")

    def make():
        yield 1
        if what == "on_failed":
            raise UserError("It failed.")

    job = Job(make, Listener(**log.callbacks("broken") | {what: broken}))
    compute.submit(job)
    if what == "on_cancelled":
        compute.cancel(job)
    log.submit(compute, make, "other")
    gate.open.set()
    settle(compute)
    assert caught == ["in a callback"]
    assert log.endings()["other"] == 1


def test_a_listener_may_submit_another_job(compute, settle):
    values = []

    def again(value):
        values.append(value)
        if value < 5:
            compute.submit(Job(once(lambda: value + 1), Listener(on_done=again)))

    compute.submit(Job(once(lambda: 0), Listener(on_done=again)))
    settle(compute)
    assert values == [0, 1, 2, 3, 4, 5]


def test_a_thousand_jobs_leave_nothing_behind(compute, log, settle):
    class Result:
        pass

    results = []

    def make():
        result = Result()
        results.append(weakref.ref(result))
        return result

    jobs = [log.submit(compute, once(make), f"job {number}") for number in range(1000)]
    settle(compute, 60_000)
    assert [name for _, name, _ in log.told] == [f"job {number}" for number in range(1000)]
    assert {job.phase for job in jobs} == {Phase.DONE}
    log.told.clear()
    gc.collect()
    assert not [result for result in results if result() is not None]
    assert compute.jobs() == []
