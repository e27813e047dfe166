"""Several settings from the same start on the same batches, side by side."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from visualizer.engine.training.loop import Event, Training
from visualizer.engine.training.split import Split
from visualizer.engine.training.train_settings import TrainSettings

if TYPE_CHECKING:
    import keras


class Race:
    """Several settings from the same start on the same batches, side by side.

    Args:
        make: gives a new model, the same weights each time.
        data: of all.
        settings: of each; the seed and the batch size of the first count for all.
    """

    def __init__(
        self, make: Callable[[], keras.Model], data: Split, settings: Sequence[TrainSettings]
    ) -> None:
        first = settings[0]
        same = [replace(s, seed=first.seed, batch_size=first.batch_size) for s in settings]
        self.trainings = [Training(make(), data, each) for each in same]

    def run(self) -> Generator[tuple[int, Event | None], None, None]:
        """Take a batch of each in turn: (which, event). One that diverges leaves the race."""
        running = {index: training.run() for index, training in enumerate(self.trainings)}
        while running:
            for index, events in list(running.items()):
                try:
                    yield index, next(events)
                except StopIteration:
                    del running[index]
