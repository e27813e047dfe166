"""Generation after generation of an evolution, saved now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable

from visualizer.engine.errors import UserError
from visualizer.engine.evolution.evolution import Evolution, Generation

SAVE_SECONDS = 8.0
"""Seconds of work that a program killed at any moment may lose."""


class EvolutionLoop:
    """Takes generations of an evolution, in slices.

    Args:
        evolution: what is evolved.
        save: keeps its state, in slices; called every `SAVE_SECONDS`, and at the end.
    """

    def __init__(self, evolution: Evolution, save: Callable[[], Iterable[None]]) -> None:
        self._evolution, self._save = evolution, save
        self._step: Generator[Generation | None, None, None] | None = None  # begun, while paused

    def run(self, over: Callable[[], bool]) -> Generator[Generation | None, None, None]:
        """Take generations until `over`: None between two slices, a `Generation` after each.

        Closed before its end, it saves what there is, and the next run goes on with the generation
        that was begun.

        Raises:
            UserError: the network answers with NaN, so that no picture has won a cell.
        """
        saved = time.monotonic()
        try:
            while not over():
                self._step = self._step or self._evolution.step()
                for news in self._step:
                    if news is not None:
                        self._evolution.history.note(self._evolution.summary())
                    yield news
                    if time.monotonic() - saved >= SAVE_SECONDS:
                        yield from self._save()
                        saved = time.monotonic()
                self._step = None
                if not len(self._evolution.archive.filled):
                    raise UserError(
                        f"{self._evolution.scores.network.title} answers with values that are no "
                        "numbers, so no picture can win; open another network."
                    )
        except (Exception, GeneratorExit):  # no interrupt: it may come in the middle of a change
            for _ in self._save():
                pass
            raise
        yield from self._save()

    def close(self) -> None:
        """Give up the generation that was begun."""
        if self._step is not None:
            self._step.close()
            self._step = None
