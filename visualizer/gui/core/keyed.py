"""Jobs by string keys: only until every part of the window asks through `requests.Latest`."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal


class Keyed(QObject):
    """What `Compute` once was; to be deleted."""

    frame = Signal(str, object)
    done = Signal(str, object)
    failed = Signal(str, str)
    cancelled = Signal(str)

    def submit_keyed(
        self: Any,
        key: str,
        make: Any,
        *,
        live: bool = False,
        title: str = "",
        cancellable: bool = True,
        must_finish: bool = False,
        paced: bool = False,
    ) -> Any:
        """Ask for a job under a key."""
        from visualizer.gui.core.compute import Job, Listener

        after = None
        for other in self._of(key):
            if not other.state.running and not other.cancelled:
                self.drop(other)
            elif other.live:
                self.cancel(other)
            else:
                after = other
        job: Any = Job(
            make,
            title=title,
            cancellable=cancellable,
            must_finish=must_finish,
            paced=paced,
            after=after,
        )
        job.key, job.live = key, live
        job.listener = Listener(
            lambda frame: self.frame.emit(key, frame),
            lambda result: self.done.emit(key, result),
            lambda sentence: self.failed.emit(key, sentence),
            lambda: self.cancelled.emit(key),
        )
        self.submit(job)
        return job

    def _of(self: Any, key: str) -> list[Any]:
        return [s.job for s in self.jobs() if getattr(s.job, "key", None) == key]

    def cancel_keyed(self: Any, key: str) -> None:
        """Cancel the jobs of a key."""
        for job in self._of(key):
            self.cancel(job)

    def pause_keyed(self: Any, key: str) -> None:
        """Hold the jobs of a key."""
        for job in self._of(key):
            self.pause(job)

    def resume_keyed(self: Any, key: str) -> None:
        """Go on with the jobs of a key."""
        for job in self._of(key):
            self.pause(job, False)
