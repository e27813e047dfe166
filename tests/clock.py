"""Time that passes only when a test, or a job of its own, lets it pass."""

from __future__ import annotations


class Clock:
    """Stands in for the module `time` in another: `monkeypatch.setattr(module, "time", clock)`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        """Seconds, as `time.monotonic`."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass, at once."""
        self.now += seconds
