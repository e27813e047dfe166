"""The compute thread: the only file of the window with a thread in it.

A job is a generator. The thread takes one slice (one ``next()``) of every job in turn, so a
training run and a live camera share it fairly; nothing else in the window ever computes or waits.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from visualizer.engine.errors import UserError
from visualizer.gui import crash_log

FRAMES_PER_SECOND = 30
"""The most often the window is told about new frames of one key."""

MakeGenerator = Callable[[], Iterator[Any]]


class Phase(Enum):
    """Where a job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


class Job:
    """One submitted request. Its fields are written by `Compute` only, under its lock."""

    def __init__(
        self,
        key: str,
        make_generator: MakeGenerator,
        live: bool = False,
        title: str = "",
        cancellable: bool = True,
    ) -> None:
        self.key = key
        self.title = title
        self.live = live
        self.cancellable = cancellable
        self.phase = Phase.WAITING
        self.paused = False
        self.step: int | None = None
        self.total: int | None = None
        self.rate: float | None = None
        self._make_generator: MakeGenerator | None = make_generator
        self._generator: Iterator[Any] | None = None
        self._cancelled = False
        self._last: Any = None
        self._last_time = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of this job."""
        return self.phase not in (Phase.WAITING, Phase.RUNNING)

    def _note_progress(self, frame: Any, now: float) -> None:
        """Take step and total from the frame, and smooth the rate (steps a second)."""
        step = getattr(frame, "step", None)
        advanced = 1 if step is None or self.step is None else step - self.step
        if self._last_time and advanced > 0:
            rate = advanced / max(now - self._last_time, 1e-6)
            self.rate = rate if self.rate is None else 0.8 * self.rate + 0.2 * rate
        self.step, self.total = step, getattr(frame, "total", None)
        self._last, self._last_time = frame, now


@dataclass(frozen=True)
class JobState:
    """What the window shows of a job. `rate` is in steps (or frames) a second.

    `unit` is what the steps are: "bytes" of a download, or "" for plain steps.
    """

    key: str
    title: str
    step: int | None
    total: int | None
    rate: float | None
    cancellable: bool
    paused: bool = False
    running: bool = True
    unit: str = ""


def once(function: Callable[..., Any], *arguments: Any) -> MakeGenerator:
    """Make a job of one slice out of a function; `Compute.done` carries what it returns."""

    def generator() -> Iterator[Any]:
        return function(*arguments)
        yield  # a generator, although it never yields

    return generator


class Compute(QObject):
    """Runs jobs on one thread and reports to the window thread by signals.

    Of every job that was not replaced before it started, the window hears exactly one of `done`,
    `failed` and `cancelled`, after the job's last frame; frames in between may be skipped.
    """

    frame = Signal(str, object)
    """key, what the generator yielded; at most `FRAMES_PER_SECOND` of a key, the newest wins."""
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
    ) -> Job:
        """Ask for a job. `make_generator` is called on the compute thread.

        A request replaces one of the same key that has not started. It waits for one of the same
        key that has, except a `live` one (which goes on until told to stop): that one is cancelled.
        Call `cancel(key)` first to have any running job make room. Jobs with a `title` are shown in
        the jobs bar.
        """
        job = Job(key, make_generator, live, title, cancellable)
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
            return [
                JobState(
                    job.key,
                    job.title,
                    job.step,
                    job.total,
                    job.rate,
                    job.cancellable and not job._cancelled,
                    job.paused,
                    job.phase is Phase.RUNNING,
                    getattr(job._last, "unit", ""),
                )
                for job in self._queue
            ]

    def is_idle(self) -> bool:
        """Whether nothing waits, runs or is still to be delivered."""
        with self._condition:
            return not (self._queue or self._frames or self._endings)

    def stop(self, timeout: float = 5.0) -> bool:
        """Close every generator and end the thread; True if it ended within `timeout` seconds.

        No signal comes after this. A slice that does not return in time is left to die with the
        process.
        """
        with self._condition:
            self._stopping = True
            self._condition.notify()
        self._timer.stop()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # Under the lock

    def _mark_cancelled(self, job: Job) -> None:
        job._cancelled = True
        self._frames.pop(job, None)

    def _end(self, job: Job, phase: Phase, result: Any = None) -> None:
        job.phase = phase
        job._generator = job._make_generator = job._last = None
        if job in self._queue:
            self._queue.remove(job)
        self._endings.append((job, phase, result))
        self._send_wake()

    def _set_paused(self, key: str, paused: bool) -> None:
        with self._condition:
            for job in self._queue:
                if job.key == key:
                    job.paused = paused
                    job._last_time = 0.0  # the rate does not count the pause
            self._condition.notify()
        self.jobs_changed.emit()

    def _next_job(self) -> Job | None:
        """The next job in turn that can use a slice, moved to the end of the queue."""
        started = {job.key for job in self._queue if job.phase is Phase.RUNNING}
        for job in self._queue:
            blocked = job.phase is Phase.WAITING and job.key in started
            if job._cancelled or not (job.paused or blocked):
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
        while True:
            with self._condition:
                job = None
                while not self._stopping and (job := self._next_job()) is None:
                    self._condition.wait()
                if job is None or self._stopping:
                    break
                cancelled = job._cancelled
                if not cancelled:
                    job.phase = Phase.RUNNING
            if cancelled:
                self._close(job)
                with self._condition:
                    self._end(job, Phase.CANCELLED)
            else:
                self._take_slice(job)
            del job  # an idle thread keeps nothing alive
        with self._condition:
            left, self._queue = list(self._queue), deque()
            self._frames.clear()
            self._endings.clear()
        for job in left:
            self._close(job)
            job.phase = Phase.CANCELLED

    def _take_slice(self, job: Job) -> None:
        try:
            if job._generator is None:
                assert job._make_generator is not None
                job._generator = iter(job._make_generator())
            frame = next(job._generator)
        except StopIteration as stop:
            result = job._last if stop.value is None else stop.value
            with self._condition:
                self._end(job, Phase.DONE, result)
        except BaseException as error:  # a job may never take the thread down
            with self._condition:
                cancelled = job._cancelled
            if cancelled and not isinstance(error, UserError):
                crash_log.record(error, f"while cancelling {job.title or job.key}")
            sentence = _sentence(error, job)
            with self._condition:
                if job._cancelled:
                    self._end(job, Phase.CANCELLED)
                else:
                    self._end(job, Phase.FAILED, sentence)
        else:
            with self._condition:
                job._note_progress(frame, time.monotonic())
                if not job._cancelled:
                    self._frames[job] = frame
                    self._send_wake()

    @staticmethod
    def _close(job: Job) -> None:
        close = getattr(job._generator, "close", None)
        try:
            if close is not None:
                close()
        except BaseException as error:  # as above
            crash_log.record(error, f"while stopping {job.title or job.key}")
        job._generator = job._make_generator = job._last = None

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
            later = [self._due[job.key] for job in self._frames]
        for job, frame in frames:
            # A steady beat, not "an interval after the last one", or thirty would become twenty.
            beat = 1 / FRAMES_PER_SECOND
            due_at = self._due.get(job.key, 0)
            self._due[job.key] = (due_at if now - due_at < beat else now) + beat
            if not job._cancelled:
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


def _sentence(error: BaseException, job: Job) -> str:
    """What to tell the user of an error; anything unexpected also goes to the crash log."""
    what = job.title or "That"
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{what} needs more memory than is free; try a smaller picture or network."
    path = crash_log.record(error, f"in {job.title or job.key}")
    kind = type(error).__name__
    kept = f" Details are in {path}." if path else ""
    return f"{what} stopped because of an unexpected error ({kind}); nothing was lost.{kept}"
