"""Several settings from the same start on the same batches, side by side."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import keras

from visualizer.engine.training import checkpoints
from visualizer.engine.training.loop import Event, Training
from visualizer.engine.training.train_settings import TrainSettings


class Race:
    """Trainings that take turns.

    Args:
        trainings: of the same data, seed and batch size, so that they see the same batches.
    """

    def __init__(self, trainings: Sequence[Training]) -> None:
        self.trainings = tuple(trainings)

    def run(self) -> Generator[tuple[int, Event | None], None, None]:
        """Take a batch of each in turn: (which, event). One that diverges leaves the race."""
        running = {index: training.run() for index, training in enumerate(self.trainings)}
        while running:
            for index, events in list(running.items()):
                try:
                    yield index, next(events)
                except StopIteration:
                    del running[index]


def race(training: Training, settings: Sequence[TrainSettings]) -> Race:
    """A race from where a training stands, which is left alone.

    Args:
        training: its weights are the start, its data, seed and batch size those of all.
        settings: of each.
    """
    values = checkpoints.values_of(training.model.variables)
    same = {"seed": training.settings.seed, "batch_size": training.settings.batch_size}
    racers = []
    for each in settings:
        model = keras.models.clone_model(training.model)
        checkpoints.assign(model.variables, values)
        racers.append(Training(model, training.data, TrainSettings(**each.to_dict() | same)))
    return Race(racers)
