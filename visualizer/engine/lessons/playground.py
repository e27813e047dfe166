"""Lesson 2: a network of a few neurons that learns points of the plane."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from visualizer.engine.lessons.functions import FUNCTIONS
from visualizer.engine.lessons.lesson import Lesson, LessonError, Numbers, Task
from visualizer.engine.lessons.playground_data import (
    DATA,
    FEATURES,
    REACH,
    REGRESSION,
    features_of,
    in_training,
    points_of,
)
from visualizer.engine.lessons.playground_network import (
    Shape,
    activations,
    first_weights,
    predict,
    train,
)
from visualizer.engine.lessons.values import array_of, number_of
from visualizer.engine.settings import Settings, setting

MOST_LAYERS, MOST_NEURONS, MOST_POINTS = 6, 8, 500
FIELD = 64
"""Places along a side of the plane at which every neuron is drawn."""
SOLVED = 0.02
LARGEST = 1e9
"""A weight beyond it has exploded."""
MOST_KEPT = 400
"""Losses along the curves; when there are as many, every other one is left out."""
RECIPE = "state of the lesson"
PIECE = 9000
"""Characters of a text in a recipe."""
EXPLODED = (
    "The weights grew beyond all bounds, and the last good epoch is on show: halve the learning "
    "rate and go on."
)


@dataclass(frozen=True)
class PlaygroundSettings(Settings):
    """The points, the network, and how it learns."""

    data: str = setting("spiral", choices=DATA, help="What there is to learn.")
    noise: float = setting(0.0, low=0, high=0.5, step=0.05, help="How far the points stray.")
    train_share: float = setting(
        0.5, low=0.1, high=0.9, step=0.1, help="The share of the points that is learnt from."
    )
    learning_rate: float = setting(
        0.1, low=0.00001, high=10, step=0.01, help="How far a step goes; it can be changed at work."
    )
    batch: int = setting(10, low=1, high=30, help="Points a step.")
    activation: str = setting(
        "tanh", choices=tuple(FUNCTIONS), help="The function of the hidden neurons."
    )
    l1: float = setting(
        0.0, low=0, high=1, step=0.001, help="Draws every weight towards 0 by the same amount."
    )
    l2: float = setting(
        0.0, low=0, high=1, step=0.001, help="Draws large weights towards 0 more than small ones."
    )
    x: bool = setting(True, help="x is a feature.")
    y: bool = setting(True, help="y is a feature.")
    x_squared: bool = setting(False, help="x² is a feature.")
    y_squared: bool = setting(False, help="y² is a feature.")
    x_times_y: bool = setting(False, help="x·y is a feature.")
    sin_x: bool = setting(True, help="sin x is a feature.")
    sin_y: bool = setting(True, help="sin y is a feature.")
    hidden_layers: int = setting(3, low=0, high=MOST_LAYERS, help="Layers before the output.")
    neurons_1: int = setting(8, low=1, high=MOST_NEURONS, help="Neurons of the first layer.")
    neurons_2: int = setting(8, low=1, high=MOST_NEURONS, help="Neurons of the second layer.")
    neurons_3: int = setting(8, low=1, high=MOST_NEURONS, help="Neurons of the third layer.")
    neurons_4: int = setting(4, low=1, high=MOST_NEURONS, help="Neurons of the fourth layer.")
    neurons_5: int = setting(4, low=1, high=MOST_NEURONS, help="Neurons of the fifth layer.")
    neurons_6: int = setting(4, low=1, high=MOST_NEURONS, help="Neurons of the sixth layer.")

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that are used."""
        return tuple(name for name in FEATURES if getattr(self, name))

    @property
    def hidden(self) -> tuple[int, ...]:
        """Neurons of each hidden layer."""
        return tuple(getattr(self, f"neurons_{n + 1}") for n in range(self.hidden_layers))

    @property
    def shape(self) -> Shape:
        """The layers; the output is tanh for classes, the identity for numbers."""
        output = "identity" if self.data in REGRESSION else "tanh"
        return Shape((len(self.features), *self.hidden, 1), self.activation, output)


BUILDING = frozenset(
    (*FEATURES, "hidden_layers", *(f"neurons_{n + 1}" for n in range(MOST_LAYERS)))
)
"""Settings that the network is built of."""


@dataclass(frozen=True, eq=False)
class PlaygroundState:
    """Points, weights, and the losses so far.

    Attributes:
        seed: of everything random.
        points: N x 2, in [-6, 6].
        targets: N, ±1 or a number in [-1, 1].
        weights: all weights of the network, flat (`Shape.matrices`).
        epoch: passes over the points of training.
        losses: K x 3: epoch, loss of training, loss of test; thinned out where it grows long.
    """

    seed: int
    points: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    epoch: int
    losses: np.ndarray

    @property
    def train_loss(self) -> float:
        """The mean of (output - target)² / 2 over the points of training; NaN without points."""
        return float(self.losses[-1, 1])

    @property
    def test_loss(self) -> float:
        """The same over all other points."""
        return float(self.losses[-1, 2])


@dataclass(frozen=True, eq=False)
class PlaygroundDetails:
    """What is drawn of a state.

    Attributes:
        features: F x 64 x 64; rows go up.
        neurons: an array a layer, units x 64 x 64; the last is the output.
    """

    features: np.ndarray
    neurons: list[np.ndarray]


class Playground(Lesson[PlaygroundSettings, PlaygroundState]):
    """A step is an epoch of gradient descent in batches, on half the squared error.

    After TensorFlow Playground (Smilkov et al. 2017), whose points, features and loss it has.
    """

    name = "playground"
    title = "Playground"
    summary = "Build a network of a few neurons, and watch each of them learn."
    minutes = 20
    after = ("perceptron",)
    settings = PlaygroundSettings
    restarting = BUILDING | {"data", "noise", "activation"}
    formula = "w ← w − η · ∂L/∂w,   L = mean of ½ (output − target)²"
    paper = (
        "Rumelhart, Hinton & Williams (1986), *Learning representations by back-propagating "
        "errors*; Smilkov et al. (2017), *Direct-manipulation visualization of deep networks*."
    )
    explained_by = ("dense",)
    tasks = (
        Task(
            "Let the network learn the spiral, until its test loss is 0.02 or less.",
            "Press Space. If it gets stuck, another seed (R) begins elsewhere.",
            "Each layer bends the picture of the layer before it, until one straight cut is "
            "enough. The test points were never learnt from, so that their loss is the honest one.",
            lambda run: (
                run.settings.data == "spiral" and run.state.epoch and run.state.test_loss <= SOLVED
            ),
        ),
        Task(
            "Part the circle without a hidden layer: test loss 0.05 or less.",
            "Choose the circle, take all layers away, and think of Pythagoras: which two features "
            "make the distance from the middle?",
            "x² + y² is the squared distance, so that one weighted sum parts near from far. The "
            "right features save a network all its layers.",
            lambda run: (
                run.settings.data == "circle"
                and not run.settings.hidden_layers
                and run.state.epoch
                and run.state.test_loss <= 0.05
            ),
        ),
        Task(
            "Give the hidden neurons the step function and train for 100 epochs. What learns?",
            "Set the activation at the side to step, and press Space. Look at the weights of the "
            "first layers.",
            "Only the last layer: a step is flat everywhere, its slope is 0, and so nothing comes "
            "back to the layers before it.",
            lambda run: (
                run.settings.activation == "step"
                and run.settings.hidden_layers > 0
                and run.state.epoch >= 100
            ),
        ),
    )

    def start(self, settings: PlaygroundSettings, seed: int) -> PlaygroundState:
        points, targets = points_of(settings.data, settings.noise, seed)
        weights = first_weights(settings.shape, seed, _scales(settings.features))
        return _with_loss(PlaygroundState(seed, points, targets, weights, 0, _NONE), settings)

    def step(self, state: PlaygroundState, settings: PlaygroundSettings) -> PlaygroundState:
        training = in_training(len(state.points), settings.train_share)
        features = features_of(state.points[training], settings.features)
        weights = train(
            settings.shape,
            state.weights,
            features,
            state.targets[training],
            batch=settings.batch,
            rate=settings.learning_rate,
            l1=settings.l1,
            l2=settings.l2,
            random=np.random.default_rng((state.seed, state.epoch + 1)),
        )
        return _with_loss(replace(state, weights=weights, epoch=state.epoch + 1), settings)

    def over(self, state: PlaygroundState, settings: PlaygroundSettings) -> bool:
        return not len(state.points)

    def problem(self, state: PlaygroundState) -> str:
        largest = np.abs(state.weights).max(initial=0)
        return "" if largest <= LARGEST else EXPLODED

    def details(self, state: PlaygroundState, settings: PlaygroundSettings) -> PlaygroundDetails:
        grid = _grid(settings.features)
        layers = activations(settings.shape, state.weights, grid)
        pictures = [each.reshape(-1, FIELD, FIELD) for each in layers]
        return PlaygroundDetails(grid[:, :-1].T.reshape(-1, FIELD, FIELD), pictures)

    def numbers(self, state: PlaygroundState, settings: PlaygroundSettings) -> Numbers:
        header = ("layer", "neuron", "from", "weight")
        sources = [FEATURES[each][0] for each in settings.features]
        rows: list[tuple[Any, ...]] = []
        for layer, matrix in enumerate(settings.shape.matrices(state.weights), 1):
            for neuron, weights in enumerate(matrix.tolist(), 1):
                names = [*sources, "bias"]
                rows += [(layer, neuron, name, w) for name, w in zip(names, weights, strict=True)]
            sources = [f"neuron {n + 1}" for n in range(len(matrix))]
        return header, rows

    def to_values(self, state: PlaygroundState) -> Mapping[str, Any]:
        return {
            "points": state.points.tolist(),
            "targets": state.targets.tolist(),
            "weights": state.weights.tolist(),
            "epoch": state.epoch,
        }

    def from_values(
        self, values: Mapping[str, Any], settings: PlaygroundSettings, seed: int
    ) -> PlaygroundState:
        if not values:
            return self.start(settings, seed)
        points = array_of(values, "points", (None, 2), low=-REACH, high=REACH, most=MOST_POINTS)
        targets = array_of(values, "targets", (len(points),), low=-1, high=1)
        weights = array_of(values, "weights", (settings.shape.weights,), low=-LARGEST, high=LARGEST)
        epoch = number_of(values, "epoch", 0, 10**9)
        return _with_loss(PlaygroundState(seed, points, targets, weights, epoch, _NONE), settings)


_NONE = np.zeros((0, 3))


def outputs(state: PlaygroundState, settings: PlaygroundSettings) -> np.ndarray:
    """Return what the network says of every point (N)."""
    features = features_of(state.points, settings.features)
    return predict(settings.shape, state.weights, features)


def _with_loss(state: PlaygroundState, settings: PlaygroundSettings) -> PlaygroundState:
    """Return the state with the losses of its weights at the end of its curves."""
    errors = (outputs(state, settings) - state.targets) ** 2 / 2
    training = in_training(len(errors), settings.train_share)
    row = [
        state.epoch,
        *(each.mean() if each.size else np.nan for each in _parted(errors, training)),
    ]
    before = state.losses[state.losses[:, 0] < state.epoch]
    if len(before) >= MOST_KEPT:
        before = before[::2]
    # The last but one is kept only if it is as far from the one before as those are apart.
    if len(before) > 2 and before[-1, 0] - before[-2, 0] < before[1, 0] - before[0, 0]:
        before = before[:-1]
    return replace(state, losses=np.vstack([before, [row]]))


def _parted(values: np.ndarray, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return values[training], values[~training]


@lru_cache(maxsize=8)
def _grid(features: tuple[str, ...]) -> np.ndarray:
    across = np.linspace(-REACH, REACH, FIELD)
    return features_of(np.stack(np.meshgrid(across, across), -1).reshape(-1, 2), features)


def _scales(features: tuple[str, ...]) -> np.ndarray:
    """The root mean square of each feature over the plane."""
    return np.sqrt((_grid(features)[:, :-1] ** 2).mean(0))


def with_weight(
    state: PlaygroundState, settings: PlaygroundSettings, place: int, value: float
) -> PlaygroundState:
    """Return a state with another weight at a place of the flat array (`Shape.place`).

    Raises:
        LessonError: the value is not finite, or beyond a million.
    """
    if not abs(value) <= 1e6:
        raise LessonError("A weight is a number from -1,000,000 to 1,000,000.")
    weights = state.weights.copy()
    weights[place] = value
    return _with_loss(replace(state, weights=weights), settings)


def with_point(
    state: PlaygroundState, settings: PlaygroundSettings, at: tuple[float, float], target: float
) -> PlaygroundState:
    """Return a state with one more point.

    Raises:
        LessonError: there are `MOST_POINTS` already.
    """
    if len(state.points) >= MOST_POINTS:
        raise LessonError(f"There are {MOST_POINTS} points already; remove one first.")
    points = np.vstack([state.points, np.clip([at], -REACH, REACH)])
    return _with_loss(
        replace(state, points=points, targets=np.append(state.targets, target)), settings
    )


def without_point(
    state: PlaygroundState, settings: PlaygroundSettings, place: int
) -> PlaygroundState:
    """Return a state without a point."""
    points, targets = np.delete(state.points, place, 0), np.delete(state.targets, place)
    return _with_loss(replace(state, points=points, targets=targets), settings)


def with_point_moved(
    state: PlaygroundState, settings: PlaygroundSettings, place: int, to: tuple[float, float]
) -> PlaygroundState:
    """Return a state in which a point is elsewhere."""
    points = state.points.copy()
    points[place] = np.clip(to, -REACH, REACH)
    return _with_loss(replace(state, points=points), settings)


def recipe(state: PlaygroundState, settings: PlaygroundSettings) -> dict[str, Any]:
    """Return all that brings a state back, as the settings of a picture's provenance."""
    kept = json.dumps(dict(Playground().to_values(state)))
    pieces = [kept[start : start + PIECE] for start in range(0, len(kept), PIECE)]
    return settings.to_dict() | {f"{RECIPE} {n}": piece for n, piece in enumerate(pieces)}


def from_recipe(made: Mapping[str, Any], seed: int) -> tuple[PlaygroundSettings, PlaygroundState]:
    """Return the settings and the state of a picture that `recipe` is in.

    Raises:
        UserError: it is damaged, or of something else.
    """
    pieces = [
        made.get(f"{RECIPE} {n}") for n in range(sum(name.startswith(RECIPE) for name in made))
    ]
    settings = PlaygroundSettings.from_dict(
        {name: value for name, value in made.items() if not name.startswith(RECIPE)}
    )
    try:
        values = json.loads("".join(pieces))  # type: ignore[arg-type]
    except (TypeError, ValueError, RecursionError):
        raise LessonError("The recipe of this picture is damaged.") from None
    if not isinstance(values, dict) or not values:
        raise LessonError("The recipe of this picture is damaged.")
    return settings, Playground().from_values(values, settings, seed)
