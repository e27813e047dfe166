"""A job of the compute thread: a generator, what is known of it, and how it fails."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from visualizer.engine.errors import UserError
from visualizer.gui.core import crash_log

MakeGenerator = Callable[[], Iterator[Any]]


class Phase(Enum):
    """Where a job is in its life."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REPLACED = "replaced"


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


class Job:
    """One submitted request. Its fields are written by `Compute` only, under its lock.

    Attributes:
        live: it goes on until told to stop.
        paced: it makes its next frame when the last has been delivered, as nobody would see more.
        must_finish: work that is lost if it is not done, such as writing a file: it is done even
            when the window closes.
        cancelled: whether it is to end at its next yield.
        last: the frame it yielded last.
    """

    def __init__(
        self,
        key: str,
        make_generator: MakeGenerator,
        live: bool = False,
        title: str = "",
        cancellable: bool = True,
        must_finish: bool = False,
        paced: bool = False,
    ) -> None:
        self.key = key
        self.title = title
        self.live = live
        self.cancellable = cancellable
        self.must_finish = must_finish
        self.paced = paced
        self.phase = Phase.WAITING
        self.paused = False
        self.cancelled = False
        self.last: Any = None
        self._step: int | None = None
        self._total: int | None = None
        self._rate: float | None = None
        self._last_time = 0.0
        self._make_generator: MakeGenerator | None = make_generator
        self._generator: Iterator[Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of this job."""
        return self.phase not in (Phase.WAITING, Phase.RUNNING)

    @property
    def name(self) -> str:
        """What the log calls it."""
        return self.title or self.key

    @property
    def state(self) -> JobState:
        """What the window shows of it now."""
        return JobState(
            self.key,
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
        """Take one slice; raises StopIteration with the result when it is through."""
        if self._generator is None:
            assert self._make_generator is not None
            self._generator = iter(self._make_generator())
        return next(self._generator)

    def note_progress(self, frame: Any, now: float) -> None:
        """Take step and total from the frame, and smooth the rate (steps a second)."""
        step = getattr(frame, "step", None)
        advanced = 1 if step is None or self._step is None else step - self._step
        if self._last_time and advanced > 0:
            rate = advanced / max(now - self._last_time, 1e-6)
            self._rate = rate if self._rate is None else 0.8 * self._rate + 0.2 * rate
        self._step, self._total = step, getattr(frame, "total", None)
        self.last, self._last_time = frame, now

    def pause(self, paused: bool) -> None:
        """Give it no more slices, or go on; the rate does not count the pause."""
        self.paused = paused
        self._last_time = 0.0

    def close(self) -> None:
        """Close its generator, whatever that says to it."""
        close = getattr(self._generator, "close", None)
        try:
            if close is not None:
                close()
        except BaseException as error:  # a job may never take the thread down
            crash_log.record(error, f"while stopping {self.name}")
        self.let_go()

    def let_go(self) -> None:
        """Keep nothing alive any more."""
        self._generator = self._make_generator = self.last = None


def once(function: Callable[..., Any], *arguments: Any) -> MakeGenerator:
    """Make a job of one slice out of a function; `Compute.done` carries what it returns."""

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
    return f"{what} stopped because of an unexpected error ({kind}); nothing was lost.{kept}"
