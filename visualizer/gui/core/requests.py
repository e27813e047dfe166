"""Requests to the compute thread, of which a newer one supersedes the older."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QObject

from visualizer.gui.core.compute import Compute, Job, Listener, MakeGenerator, Phase


class Latest(QObject):
    """A repeated request of one owner; only the newest is answered.

    A newer `ask` supersedes the older one: its generator is closed at its next yield, and what
    comes of it is dropped here. So no callback ever has to find out whether it is out of date.

    Args:
        compute: the compute thread.
        title: of its row in the jobs bar; "" for none. `ask` can give another.
        parent: its owner. Once the owner is deleted, nothing is called any more.
        finish_started: a request that has started is answered before the newer one starts. For a
            dial that is turned faster than its answers are made, which would otherwise show none.
        background, paced, cancellable, must_finish: of its jobs (see `Job`).
    """

    def __init__(
        self,
        compute: Compute,
        title: str = "",
        parent: QObject | None = None,
        *,
        finish_started: bool = False,
        background: bool = False,
        paced: bool = False,
        cancellable: bool = True,
        must_finish: bool = False,
    ) -> None:
        super().__init__(parent)
        self._compute = compute
        self._title = title
        self._finish_started = finish_started
        self._make = partial(
            Job,
            background=background,
            paced=paced,
            cancellable=cancellable,
            must_finish=must_finish,
        )
        self._jobs: list[Job] = []  # not ended; more than one only where started ones finish

    @property
    def running(self) -> bool:
        """Whether an answer is still to come (or to be cancelled)."""
        return bool(self._jobs)

    @property
    def paused(self) -> bool:
        """Whether the job is paused."""
        return bool(self._jobs) and self._jobs[-1].paused

    def ask(
        self,
        make: MakeGenerator,
        *,
        on_frame: Callable[[Any], object] | None = None,
        on_done: Callable[[Any], object] | None = None,
        on_failed: Callable[[str], object] | None = None,
        on_cancelled: Callable[[], object] | None = None,
        title: str | None = None,
    ) -> None:
        """Submit a request, which supersedes the one before.

        Args:
            make: called on the compute thread; each ``next()`` of the generator is one slice.
            on_frame: with what the generator yields; frames in between may be skipped.
            on_done: with what the generator returns, or its last frame if it returns nothing.
            on_failed: with one sentence for the user; without it the sentence becomes a notice.
            on_cancelled: after `cancel`, or the user's Cancel; not when it was superseded.
            title: of its row in the jobs bar.
        """
        after = None
        for job in self._jobs.copy():
            started = job.phase is not Phase.WAITING and not (job.cancelled or job.paused)
            if self._finish_started and started:
                after = job
            else:
                self._jobs.remove(job)
                self._compute.drop(job)
        job = self._make(make, title=self._title if title is None else title, after=after)
        job.listener = Listener(
            on_frame and self._while_alive(on_frame),
            self._at_the_end(job, on_done),
            self._at_the_end(job, on_failed or self._compute.failure.emit),
            self._at_the_end(job, on_cancelled),
        )
        if self._compute.submit(job):
            self._jobs.append(job)

    def cancel(self) -> None:
        """Stop at the next yield; `on_cancelled` is called once the generator is closed."""
        for job in self._jobs.copy():
            self._compute.cancel(job)

    def drop(self) -> None:
        """Cancel without calling any callback."""
        for job in self._jobs:
            self._compute.drop(job)
        self._jobs.clear()

    def pause(self, paused: bool = True) -> None:
        """Pause the job until `resume`."""
        for job in self._jobs:
            self._compute.pause(job, paused)

    def resume(self) -> None:
        """Resume a paused job."""
        self.pause(False)

    def _while_alive(self, callback: Callable[..., object]) -> Callable[..., None]:
        def call(*arguments: Any) -> None:
            if shiboken6.isValid(self):
                callback(*arguments)

        return call

    def _at_the_end(self, job: Job, callback: Callable[..., object] | None) -> Callable[..., None]:
        def end(*arguments: Any) -> None:
            if shiboken6.isValid(self):
                if job in self._jobs:
                    self._jobs.remove(job)
                if callback is not None:
                    callback(*arguments)

        return end
