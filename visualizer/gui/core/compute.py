"""The compute thread: the only file of the window with a thread in it.

A job is a generator. The thread takes one slice (one ``next()``) of every job in turn, so a
training run and a live camera share it fairly; nothing else in the window ever computes or waits.
"""

import threading
import time
from collections import deque
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from visualizer.engine.errors import UserError
from visualizer.gui.core import crash_log
from visualizer.gui.core.job import Job, JobState, MakeGenerator, Phase, once, sentence

__all__ = ["Compute", "Job", "JobState", "MakeGenerator", "Phase", "once"]

FRAMES_PER_SECOND = 40
"""The most often the window is told about new frames of one key: all those of a camera of 30."""


class Compute(QObject):
    """Runs jobs on one thread and reports to the window thread by signals.

    Of every job that was not replaced before it started, the window hears exactly one of `done`,
    `failed` and `cancelled`, after the job's last frame; frames in between may be skipped.
    """

    frame = Signal(str, object)
    """key, what the generator yielded; at most `FRAMES_PER_SECOND` of a key, the newest wins.

    A paced job makes its next one when the last has been delivered.
    """
    done = Signal(str, object)
    """key, what the generator returned, or its last frame if it returned nothing."""
    failed = Signal(str, str)
    """key, one sentence for the user."""
    cancelled = Signal(str)
    """key, once the generator is closed."""
    jobs_changed = Signal()

    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._condition = threading.Condition()
        self._queue: deque[Job] = deque()  # in turn order; guarded by the condition
        self._frames: dict[Job, Any] = {}  # newest undelivered frame of each job
        self._endings: list[tuple[Job, Phase, Any]] = []
        self._wake_sent = False
        self._sliced: Job | None = None  # what the thread is at
        self._stopping = False
        self._due: dict[str, float] = {}  # window thread only: when a key may be shown again
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._deliver)
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="compute", daemon=True)
        self._thread.start()

    # What the window calls

    def submit(
        self,
        key: str,
        make_generator: MakeGenerator,
        *,
        live: bool = False,
        title: str = "",
        cancellable: bool = True,
        must_finish: bool = False,
        paced: bool = False,
    ) -> Job:
        """Ask for a job. `make_generator` is called on the compute thread.

        A request replaces one of the same key that has not started. It waits for one of the same
        key that has, except a `live` one (which goes on until told to stop): that one is cancelled.
        Call `cancel(key)` first to have any running job make room. Jobs with a `title` are shown in
        the jobs bar. Work that `must_finish`, such as writing a file, is done even if the window
        closes before its turn. A `paced` one makes no frame that nobody would see: the camera.
        """
        job = Job(key, make_generator, live, title, cancellable, must_finish, paced)
        with self._condition:
            if self._stopping:
                job.phase = Phase.CANCELLED
                return job
            for other in [other for other in self._queue if other.key == key]:
                if other.phase is Phase.WAITING:
                    other.phase = Phase.REPLACED
                    self._queue.remove(other)
                elif other.live:
                    self._mark_cancelled(other)
            self._queue.append(job)
            self._condition.notify()
        self.jobs_changed.emit()
        return job

    def cancel(self, key: str) -> None:
        """Stop the jobs of a key at their next yield; their generators are closed on the compute
        thread.
        """
        with self._condition:
            for job in [job for job in self._queue if job.key == key]:
                self._mark_cancelled(job)
                if job.phase is Phase.WAITING:
                    self._end(job, Phase.CANCELLED)
            self._condition.notify()

    def cancel_all(self) -> None:
        """Cancel every job that a user may cancel."""
        for job in self.jobs():
            if job.cancellable:
                self.cancel(job.key)

    def pause(self, key: str) -> None:
        """Give the jobs of a key no more slices until `resume`."""
        self._set_paused(key, True)

    def resume(self, key: str) -> None:
        """Go on with the jobs of a key."""
        self._set_paused(key, False)

    def jobs(self) -> list[JobState]:
        """The jobs that wait or run, oldest first by key order of submission."""
        with self._condition:
            return [job.state for job in self._queue]

    def is_idle(self) -> bool:
        """Whether nothing waits, runs or is still to be delivered."""
        with self._condition:
            return not (self._queue or self._frames or self._endings)

    def stop(self, timeout: float = 5.0) -> bool:
        """Do what must be finished, close every other generator and end the thread.

        No signal comes after this. A slice that does not return within `timeout` seconds is left to
        die with the process; what must be finished and waits behind it is done by the caller.

        Returns:
            Whether the thread ended in time.
        """
        with self._condition:
            self._stopping = True
            for job in self._queue:
                job.paused = False
                if not job.must_finish:
                    self._mark_cancelled(job)
            self._condition.notify_all()
        self._timer.stop()
        self._thread.join(timeout)
        for job in self._take_over():
            while not job.ended:
                self._take_slice(job)
        return not self._thread.is_alive()

    def _take_over(self) -> list[Job]:
        """Take what must be finished from a thread that is stuck in something else."""
        with self._condition:
            while self._sliced is not None and self._sliced.must_finish:
                self._condition.wait(1)  # not stuck, but at work on it
            left = [job for job in self._queue if job.must_finish]
            self._queue = deque(job for job in self._queue if not job.must_finish)
        return sorted(left, key=lambda job: job.phase is Phase.WAITING)  # what is begun first

    # Under the lock

    def _mark_cancelled(self, job: Job) -> None:
        job.cancelled = True
        self._frames.pop(job, None)

    def _end(self, job: Job, phase: Phase, result: Any = None) -> None:
        job.phase = phase
        job.let_go()
        if job in self._queue:
            self._queue.remove(job)
        self._endings.append((job, phase, result))
        self._send_wake()

    def _set_paused(self, key: str, paused: bool) -> None:
        with self._condition:
            for job in self._queue:
                if job.key == key:
                    job.pause(paused)
            self._condition.notify()
        self.jobs_changed.emit()

    def _next_job(self) -> Job | None:
        """The next job in turn that can use a slice, moved to the end of the queue."""
        started = {job.key for job in self._queue if job.phase is Phase.RUNNING}
        for job in self._queue:
            blocked = job.phase is Phase.WAITING and job.key in started
            unseen = job.paced and job in self._frames
            if job.cancelled or not (job.paused or blocked or unseen):
                self._queue.remove(job)
                self._queue.append(job)
                return job
        return None

    def _send_wake(self) -> None:
        if not self._wake_sent and not self._stopping:
            self._wake_sent = True
            self._wake.emit()

    # The compute thread

    def _work(self) -> None:
        while (job := self._next_turn()) is not None:
            if job.cancelled:
                job.close()
                with self._condition:
                    self._end(job, Phase.CANCELLED)
            else:
                self._take_slice(job)
            del job  # an idle thread keeps nothing alive
        with self._condition:
            self._frames.clear()
            self._endings.clear()

    def _next_turn(self) -> Job | None:
        """Wait for a job that can use a slice; None once there will be none."""
        with self._condition:
            self._sliced = None
            if self._stopping:
                self._condition.notify_all()
            while (job := self._next_job()) is None:
                if self._stopping:
                    return None
                self._condition.wait()
            if not job.cancelled:
                job.phase = Phase.RUNNING
            self._sliced = job
            return job

    def _take_slice(self, job: Job) -> None:
        try:
            frame = job.next_frame()
        except StopIteration as stop:
            result = job.last if stop.value is None else stop.value
            with self._condition:
                self._end(job, Phase.DONE, result)
        except BaseException as error:  # a job may never take the thread down
            words = sentence(error, job)
            with self._condition:
                phase = Phase.CANCELLED if job.cancelled else Phase.FAILED
                unheard = self._stopping and job.must_finish
                self._end(job, phase, words)
            if unheard and isinstance(error, UserError):
                crash_log.record(error, f"while closing, in {job.name}")
        else:
            with self._condition:
                job.note_progress(frame, time.monotonic())
                if not job.cancelled:
                    self._frames[job] = frame
                    self._send_wake()

    # The window thread

    @Slot()
    def _deliver(self) -> None:
        """Hand over what is due: the newest frame of each key, then the endings."""
        now = time.monotonic()
        with self._condition:
            if self._stopping:
                return
            self._wake_sent = False
            endings, self._endings = self._endings, []
            ended = {job for job, _, _ in endings}
            ready = [
                job for job in self._frames if job in ended or self._due.get(job.key, 0) <= now
            ]
            frames = [(job, self._frames.pop(job)) for job in ready]
            self._condition.notify()  # a paced job may go on
            later = [self._due[job.key] for job in self._frames]
        for job, frame in frames:
            # A steady beat, not "an interval after the last one", or thirty would become twenty.
            beat = 1 / FRAMES_PER_SECOND
            due_at = self._due.get(job.key, 0)
            self._due[job.key] = (due_at if now - due_at < beat else now) + beat
            if not job.cancelled:
                self.frame.emit(job.key, frame)
        for job, phase, result in endings:
            self._due.pop(job.key, None)
            if phase is Phase.DONE:
                self.done.emit(job.key, result)
            elif phase is Phase.FAILED:
                self.failed.emit(job.key, result)
            else:
                self.cancelled.emit(job.key)
        if later:
            self._timer.start(max(0, round(1000 * (min(later) - now))))
        if frames or endings:
            self.jobs_changed.emit()
