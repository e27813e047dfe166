"""The compute thread, on which everything slow of the window runs.

A job is a generator. The thread takes one slice (one ``next()``) of every job in turn, so a
training run and a live camera share it fairly; nothing else in the window ever computes or waits.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from visualizer.engine.errors import UserError, is_of_keras, one_line
from visualizer.gui.core import crash_log

MakeGenerator = Callable[[], Iterator[Any]]
"""Called on the compute thread; each ``next()`` of what it returns is one slice."""

FRAMES_PER_SECOND = 40
"""The highest rate at which frames of one job are delivered, per second: a 30 fps camera's."""
BACKGROUND_SECONDS = 0.1
"""A background job gets a slice at least this often, however busy the interactive ones are."""
NICENESS = 5
"""Added to that of the window's thread, which so is scheduled first where processors are short."""


def _step_back() -> None:
    """Let the window's thread go before this one, and before those that libraries start on it.

    On Linux a thread has a niceness of its own, which the threads it starts inherit.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        wanted = min(os.getpriority(os.PRIO_PROCESS, thread) + NICENESS, 19)
        os.setpriority(os.PRIO_PROCESS, thread, wanted)


class Phase(Enum):
    """The state of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, eq=False)
class Listener:
    """What is called on the window thread as a job goes on; each may be None.

    Attributes:
        on_frame: with what the generator yielded; at most `FRAMES_PER_SECOND`, the newest wins.
        on_done: with what the generator returned, or its last frame if it returned nothing.
        on_failed: with one sentence for the user; without it the sentence becomes a notice.
        on_cancelled: once the generator is closed.
    """

    on_frame: Callable[[Any], object] | None = None
    on_done: Callable[[Any], object] | None = None
    on_failed: Callable[[str], object] | None = None
    on_cancelled: Callable[[], object] | None = None


@dataclass(frozen=True)
class JobState:
    """What the window shows of a job. `rate` is in steps (or frames) a second.

    `unit` is what the steps are: "bytes" of a download, or "" for plain steps.
    """

    job: Job
    title: str
    step: int | None
    total: int | None
    rate: float | None
    cancellable: bool
    paused: bool = False
    running: bool = True
    unit: str = ""


class Job:
    """One piece of work. Once it is submitted, only `Compute` writes its fields, under its lock.

    Attributes:
        listener: who is told; None once it was dropped, and nobody wants to know.
        title: of its row in the jobs bar; "" for no row.
        background: long work. Interactive jobs go first, but this one gets a slice at least every
            `BACKGROUND_SECONDS`; its slices should take 50 ms at most.
        paced: it makes no frame that nobody would see, as a camera should: the next one when the
            last has been delivered.
        cancellable: whether the user can stop it.
        must_finish: work that is lost if it is not done, such as writing a file: it is done even
            if the window closes before its turn.
        after: it does not start before this job has ended.
        name: what the log calls it.
        due: when the window may be told about its next frame.
        last: the frame it yielded last.
    """

    def __init__(
        self,
        make_generator: MakeGenerator,
        listener: Listener | None = None,
        *,
        title: str = "",
        background: bool = False,
        paced: bool = False,
        cancellable: bool = True,
        must_finish: bool = False,
        after: Job | None = None,
    ) -> None:
        self.title = title
        self.name = title or getattr(make_generator, "__qualname__", "a job")
        self.background = background
        self.paced = paced
        self.cancellable = cancellable
        self.must_finish = must_finish
        self.after = after
        self.listener: Listener | None = listener or Listener()
        self.phase = Phase.WAITING
        self.paused = self.cancelled = False
        self.due = 0.0
        self.last: Any = None
        self._step: int | None = None
        self._total: int | None = None
        self._rate: float | None = None
        self._last_time = 0.0
        self._make_generator: MakeGenerator | None = make_generator
        self._generator: Iterator[Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether its generator has returned or is closed; its ending may not be delivered yet."""
        return self.phase not in (Phase.WAITING, Phase.RUNNING)

    @property
    def state(self) -> JobState:
        """What the window shows of it now."""
        return JobState(
            self,
            self.title,
            self._step,
            self._total,
            self._rate,
            self.cancellable and not self.cancelled,
            self.paused,
            self.phase is Phase.RUNNING,
            getattr(self.last, "unit", ""),
        )

    def next_frame(self) -> Any:
        """Run one slice; raises StopIteration with the result at the end."""
        if self._generator is None:
            assert self._make_generator is not None
            self._generator = iter(self._make_generator())
        return next(self._generator)

    def note_progress(self, frame: Any, now: float) -> None:
        """Take step and total from the frame, and smooth the rate (steps a second).

        A frame that is None is a pause for others, no progress.
        """
        if frame is None:
            return
        step = getattr(frame, "step", None)
        advanced = 1 if step is None or self._step is None else step - self._step
        if self._last_time and advanced > 0:
            rate = advanced / max(now - self._last_time, 1e-6)
            self._rate = rate if self._rate is None else 0.8 * self._rate + 0.2 * rate
        if advanced != 0 or not self._last_time:  # a breath within a step counts to the step
            self._last_time = now
        self._step, self._total = step, getattr(frame, "total", None)
        self.last = frame

    def pause(self, paused: bool) -> None:
        """Give it no more slices, or go on; the rate does not count the pause."""
        self.paused = paused
        self._last_time = 0.0

    def close(self) -> None:
        """Close its generator; an error it raises is recorded and ignored."""
        close = getattr(self._generator, "close", None)
        try:
            if close is not None:
                close()
        except BaseException as error:  # a job may never take the thread down
            crash_log.record(error, f"while stopping {self.name}")
        self.release()

    def release(self) -> None:
        """Drop all references to the generator and the callbacks."""
        self._generator = self._make_generator = self.last = self.after = None


class Compute(QObject):
    """Runs jobs on one thread and calls their listeners on the window thread.

    Every listener hears exactly one of `on_done`, `on_failed` and `on_cancelled`, after the job's
    last frame; frames in between may be skipped. Who wants only the answer to the newest question
    asks through `requests.Latest`.
    """

    failure = Signal(str)
    """One sentence for the user: a job failed whose listener does not care."""
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
        self._background_time = 0.0  # when the last slice of a background job ended
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._deliver)
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._work, name="compute", daemon=True)
        self._thread.start()

    # What the window calls

    def submit(self, job: Job) -> bool:
        """Put a job into the queue; False if the window closes and it will never run."""
        with self._condition:
            if self._stopping:
                job.phase = Phase.CANCELLED
                job.release()
                return False
            if job.background and not any(each.background for each in self._queue):
                self._background_time = time.monotonic()  # it has not waited yet
            self._queue.append(job)
            self._condition.notify()
        self.jobs_changed.emit()
        return True

    def cancel(self, job: Job) -> None:
        """Stop a job at its next yield; its generator is closed on the compute thread."""
        with self._condition:
            if job in self._queue:
                self._mark_cancelled(job)
                if job.phase is Phase.WAITING:
                    self._end(job, Phase.CANCELLED)
            self._condition.notify()

    def drop(self, job: Job) -> None:
        """Cancel a job without calling its listener again."""
        job.listener = None
        self.cancel(job)

    def cancel_all(self) -> None:
        """Cancel every job that a user may cancel."""
        for state in self.jobs():
            if state.cancellable:
                self.cancel(state.job)

    def pause(self, job: Job, paused: bool = True) -> None:
        """Pause or resume a job."""
        with self._condition:
            if not job.ended and job.paused != paused:
                job.pause(paused)
            self._condition.notify()
        self.jobs_changed.emit()

    def jobs(self) -> list[JobState]:
        """The jobs that wait or run, in turn order."""
        with self._condition:
            return [job.state for job in self._queue]

    def is_idle(self, background: bool = True) -> bool:
        """Whether nothing waits, runs or is still to be delivered.

        Args:
            background: whether long work in the background counts.
        """
        with self._condition:
            left = {*self._queue, *self._frames, *(job for job, _, _ in self._endings)}
            return not any(background or not job.background for job in left)

    def stop(self, timeout: float = 5.0) -> bool:
        """End the thread: run jobs that cannot be cancelled to their end, close all others.

        No listener is called after this. A slice that does not return within `timeout` seconds is
        left to die with the process; what must be finished and waits behind it is done by the
        caller.

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
        job.release()
        if job in self._queue:
            self._queue.remove(job)
        self._endings.append((job, phase, result))
        self._send_wake()

    def _next_job(self) -> Job | None:
        """The next job that can use a slice, moved to the end of the queue.

        What is cancelled comes first, so that a camera is closed before it is opened again; then
        interactive jobs, unless the background has waited for too long.
        """
        starved = time.monotonic() - self._background_time >= BACKGROUND_SECONDS
        job = min(
            filter(self._is_ready, self._queue),
            key=lambda job: (not job.cancelled, job.background != starved),
            default=None,
        )
        if job is not None:
            self._queue.remove(job)
            self._queue.append(job)
        return job

    def _is_ready(self, job: Job) -> bool:
        blocked = job.paused or (job.after is not None and not job.after.ended)
        return job.cancelled or not (blocked or (job.paced and job in self._frames))

    def _send_wake(self) -> None:
        if not self._wake_sent and not self._stopping:
            self._wake_sent = True
            self._wake.emit()

    # The compute thread

    def _work(self) -> None:
        _step_back()
        while (job := self._next_turn()) is not None:
            if job.cancelled:
                job.close()
                with self._condition:
                    self._end(job, Phase.CANCELLED)
            else:
                self._take_slice(job)
                if job.background:
                    self._background_time = time.monotonic()
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
        """Deliver what is due: the newest frame of each job, then the endings."""
        now = time.monotonic()
        with self._condition:
            if self._stopping:
                return
            self._wake_sent = False
            endings, self._endings = self._endings, []
            ended = {job for job, _, _ in endings}
            ready = [job for job in self._frames if job in ended or job.due <= now]
            frames = [(job, self._frames.pop(job)) for job in ready]
            self._condition.notify()  # a paced job may go on
            later = [job.due for job in self._frames]
        for job, frame in frames:
            # A steady beat, not "an interval after the last one", or thirty would become twenty.
            beat = 1 / FRAMES_PER_SECOND
            job.due = (job.due if now - job.due < beat else now) + beat
            if not job.cancelled and job.listener is not None:
                self._call(job.listener.on_frame, frame)
        for job, phase, result in endings:
            self._tell_end(job, phase, result)
        if later:
            self._timer.start(max(0, round(1000 * (min(later) - now))))
        if frames or endings:
            self.jobs_changed.emit()

    def _tell_end(self, job: Job, phase: Phase, result: Any) -> None:
        listener, job.listener = job.listener, None
        if listener is None:
            return
        if phase is Phase.DONE:
            self._call(listener.on_done, result)
        elif phase is Phase.CANCELLED:
            self._call(listener.on_cancelled)
        else:
            self._call(listener.on_failed or self.failure.emit, result)

    def _call(self, callback: Callable[..., object] | None, *arguments: Any) -> None:
        """Call a listener; an error in it goes to sys.excepthook and stops no other listener."""
        try:
            if callback is not None and not self._stopping:  # one before may have stopped it
                callback(*arguments)
        except Exception:
            sys.excepthook(*sys.exc_info())


def once(function: Callable[..., Any], *arguments: Any) -> MakeGenerator:
    """Make a job of one slice out of a function; `on_done` gets what it returns."""

    def generator() -> Iterator[Any]:
        return function(*arguments)
        yield  # a generator, although it never yields

    return generator


def sentence(error: BaseException, job: Job) -> str:
    """What to tell the user of an error; anything unexpected also goes to the crash log."""
    what = job.title or "That"
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return f"{what} needs more memory than is free; try a smaller picture or network."
    path = crash_log.record(error, f"in {job.name}")
    kind = type(error).__name__
    kept = f" Details are in {path}." if path else ""
    if is_of_keras(error):
        return f"{what} stopped: Keras could not compute it ({one_line(error)}).{kept}"
    return f"{what} stopped because of an unexpected error ({kind}); nothing was lost.{kept}"
