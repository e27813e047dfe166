"""What a job shows on its way: the newest frame, no more often than anyone can see, in order."""

import threading
import time
from itertools import pairwise

import pytest

from tests.gui.jobs import Gate, count_to, for_ever
from tests.gui.waiting import wait_until
from visualizer.engine.technique import Frame
from visualizer.gui.core.compute import FRAMES_PER_SECOND, Job, once

BEAT = 1 / FRAMES_PER_SECOND


def test_done_carries_the_last_frame_of_a_job_that_returns_nothing(compute, log, settle):
    log.submit(compute, count_to(5), "count")
    settle(compute)
    assert log.of("count", "done")[0].step == 5


def test_the_last_frame_comes_before_the_end_and_steps_only_go_up(compute, log, settle):
    log.submit(compute, count_to(200, 0.001), "count")
    settle(compute)
    steps = [frame.step for frame in log.of("count", "frame")]
    assert steps == sorted(set(steps))
    assert steps[-1] == 200
    assert log.told[-1][0] == "done"


def test_frames_are_coalesced_to_what_a_camera_gives(compute, log, clock):
    log.submit(compute, count_to(1_000_000, 0.001), "train")
    for beat in range(1, 11):
        wait_until(lambda beat=beat: len(log.of("train")) == beat)
        shown = log.of("train")[-1].step
        wait_until(lambda shown=shown: compute.jobs()[0].step > shown + 5)
        assert len(log.of("train")) == beat  # the thread made many more, none was shown
        clock.sleep(BEAT)
    steps = [frame.step for frame in log.of("train")]
    assert min(after - before for before, after in pairwise(steps)) > 5  # the newest won


def test_a_paced_job_makes_no_frame_that_nobody_sees(compute, log, clock):
    log.submit(compute, count_to(1_000_000), "live", paced=True)
    for beat in range(1, 11):
        wait_until(lambda beat=beat: len(log.of("live")) == beat)
        wait_until(lambda beat=beat: compute.jobs()[0].step == beat + 1)
        clock.sleep(BEAT)
    assert [frame.step for frame in log.of("live")] == list(range(1, 11))


def test_a_paced_job_that_waits_for_its_frame_leaves_the_thread_to_others(compute, log, settle):
    live = log.submit(compute, for_ever, "live", paced=True)
    counting, ended = log.submit(compute, count_to(300), "count"), threading.Event()
    compute.submit(Job(once(ended.set), after=counting))
    assert ended.wait(30)  # the window is busy: nothing is delivered
    assert counting.ended
    assert not live.ended
    compute.cancel(live)
    settle(compute)
    assert log.of("count", "done")[0].step == 300


def test_each_job_has_its_own_share_of_a_second(compute, log, clock):
    for name in "ab":
        log.submit(compute, for_ever, name)
    for beat in range(1, 6):
        wait_until(lambda beat=beat: [len(log.of(name)) for name in "ab"] == [beat, beat])
        clock.sleep(BEAT)


def test_progress_and_rate_are_known_while_it_runs(compute, log, clock, settle):
    gate = Gate()

    def dreaming():
        for step in range(1, 10):
            clock.sleep(0.005)
            yield Frame(step, 1000)
        gate()

    log.submit(compute, dreaming, title="Dreaming")
    assert gate.entered.wait(5)
    (state,) = compute.jobs()
    assert (state.title, state.total, state.cancellable) == ("Dreaming", 1000, True)
    assert state.step == 9
    assert state.rate == pytest.approx(200)
    gate.open.set()
    settle(compute)


def test_a_pause_for_others_is_no_progress(compute, log):
    pauses = []

    def waiting():
        while True:
            pauses.append(time.sleep(0.002))
            yield

    log.submit(compute, waiting, title="Opening")
    wait_until(lambda: len(pauses) > 5)
    (state,) = compute.jobs()
    assert state.running
    assert state.rate is None
