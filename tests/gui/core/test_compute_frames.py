"""What a job shows on its way: the newest frame, no more often than anyone can see, in order."""

import time

from tests.gui.jobs import count_to, for_ever
from visualizer.gui.core.compute import FRAMES_PER_SECOND


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


def test_frames_are_coalesced_to_what_a_camera_gives(compute, log, qtbot):
    log.submit(compute, for_ever, "train")
    qtbot.wait(1000)
    seen = log.of("train", "frame")
    assert 15 <= len(seen) <= 1.15 * FRAMES_PER_SECOND  # a busy machine shows fewer, none more
    assert seen[-1] > 3 * len(seen)  # the thread made many more, the newest won


def test_a_paced_job_makes_no_frame_that_nobody_sees(compute, log, qtbot):
    log.submit(compute, for_ever, "live", paced=True)
    qtbot.wait(1000)
    seen = log.of("live", "frame")
    assert 15 <= len(seen) <= 1.15 * FRAMES_PER_SECOND
    assert seen == list(range(len(seen)))


def test_a_paced_job_that_waits_for_its_frame_leaves_the_thread_to_others(compute, log, settle):
    live = log.submit(compute, for_ever, "live", paced=True)
    log.submit(compute, count_to(300), "count")
    time.sleep(0.5)  # the window is busy: nothing is delivered
    assert [state.job for state in compute.jobs()] == [live]
    compute.cancel(live)
    settle(compute)
    assert log.of("count", "done")[0].step == 300


def test_each_job_has_its_own_share_of_a_second(compute, log, qtbot):
    for name in "ab":
        log.submit(compute, for_ever, name)
    qtbot.wait(500)
    assert min(len(log.of(name, "frame")) for name in "ab") >= 5


def test_progress_and_rate_are_known_while_it_runs(compute, log, qtbot):
    log.submit(compute, count_to(1000, 0.005), title="Dreaming")
    qtbot.waitUntil(lambda: len(log.of("job", "frame")) > 5)
    (state,) = compute.jobs()
    assert (state.title, state.total, state.cancellable) == ("Dreaming", 1000, True)
    assert 0 < state.step < 1000
    assert 20 < state.rate < 260  # 200 a second, on a machine that may be busy


def test_a_pause_for_others_is_no_progress(compute, log, qtbot):
    def waiting():
        while True:
            time.sleep(0.002)
            yield

    log.submit(compute, waiting, title="Opening")
    qtbot.wait(100)
    (state,) = compute.jobs()
    assert state.running
    assert state.rate is None
