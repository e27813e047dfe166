"""How many epochs a second the playground learns, beside plain NumPy."""

import time
from collections.abc import Iterator

import numpy as np

from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.timing import ratio
from visualizer.engine.lessons.playground import Playground, PlaygroundSettings, PlaygroundState
from visualizer.engine.lessons.playground_data import features_of, in_training
from visualizer.engine.lessons.run import advance

PLANE = {"x": True, "y": True, "sin_x": False, "sin_y": False}
SMALL = PlaygroundSettings(hidden_layers=2, neurons_1=4, neurons_2=2, **PLANE)
DEEP = PlaygroundSettings(hidden_layers=6, neurons_4=8, neurons_5=8, neurons_6=8, **PLANE)


def plain_epoch(state: PlaygroundState, settings: PlaygroundSettings) -> None:
    """One epoch and both losses as one writes them down: a matrix and a bias a layer."""
    views = [each.T.copy() for each in settings.shape.matrices(state.weights)]
    weights, biases = [each[:-1] for each in views], [each[-1] for each in views]
    training = in_training(len(state.points), settings.train_share)
    inputs = features_of(state.points, settings.features)[:, :-1]
    targets = state.targets[:, None]
    features, wanted = inputs[training], targets[training]
    order = np.random.default_rng(1).permutation(len(features))
    for start in range(0, len(order), settings.batch):
        chosen = order[start : start + settings.batch]
        values = [features[chosen]]
        for weight, bias in zip(weights, biases, strict=True):
            values.append(np.tanh(values[-1] @ weight + bias))
        slope = (values[-1] - wanted[chosen]) * (1 - values[-1] ** 2) / len(chosen)
        for layer in range(len(weights) - 1, -1, -1):
            by_weight, by_bias = values[layer].T @ slope, slope.sum(0)
            slope = slope @ weights[layer].T * (1 - values[layer] ** 2)
            weights[layer] -= settings.learning_rate * by_weight
            biases[layer] -= settings.learning_rate * by_bias
    for part in (training, ~training):
        values = [inputs[part]]
        for weight, bias in zip(weights, biases, strict=True):
            values.append(np.tanh(values[-1] @ weight + bias))
        ((values[-1] - targets[part]) ** 2).mean()


@benchmark("Learn")
def playground(budget: Budget) -> Iterator[Row]:
    """250 points, half of them learnt from, in batches of 10: with losses and curves kept."""
    lesson = Playground()
    for name, settings, least in (("2-4-2-1", SMALL, 1000), ("six layers of eight", DEEP, 686)):
        state = lesson.start(settings, 1)
        advance(lesson, state, settings, 50, 5)
        rates = []
        for _ in range(budget.times(9, 3)):
            start = time.perf_counter()
            _, taken, _ = advance(lesson, state, settings, 300, 5)
            rates.append(taken / (time.perf_counter() - start))
        yield Row(f"playground, {name}", float(np.median(rates)), "epochs/s", at_least=least)
        yield Row(
            f"epoch of the playground, {name} / plain NumPy",
            ratio(
                lambda s=settings, b=state: lesson.step(b, s),
                lambda s=settings, b=state: plain_epoch(b, s),
                budget.times(300, 60),
            ),
            "×",
            at_most=0.8,
        )
