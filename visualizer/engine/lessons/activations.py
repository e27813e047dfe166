"""Lesson 3: activation functions, and what ten layers of them do to a signal and a gradient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from visualizer.engine.lessons.functions import FUNCTIONS
from visualizer.engine.lessons.lesson import Lesson, LessonError, Numbers, Task
from visualizer.engine.lessons.values import number_of
from visualizer.engine.settings import Settings, setting

WIDTH = 128
"""Neurons of every layer."""
SAMPLES = 48
BINS = 31
REACH = 5.0
"""The functions are drawn from -5 to 5."""
FIRST_X = 1.5


@dataclass(frozen=True)
class ActivationsSettings(Settings):
    """The function, and the layers that it stands in."""

    activation: str = setting("logistic", choices=tuple(FUNCTIONS), help="Of every neuron.")
    weight_scale: float = setting(
        1.0,
        low=0,
        high=4,
        step=0.1,
        help="The weights are random with a standard deviation of this / √inputs.",
    )
    bias: float = setting(0.0, low=-3, high=3, step=0.1, help="That of every neuron.")
    depth: int = setting(10, low=1, high=20, help="Layers.")


@dataclass(frozen=True)
class ActivationsState:
    """How far the signal and the gradient have come.

    Attributes:
        seed: of the input and the weights.
        done: layers passed: forwards until the last, then backwards.
        x: where f and its slope are read.
    """

    seed: int
    done: int = 0
    x: float = FIRST_X


@dataclass(frozen=True, eq=False)
class Flow:
    """A signal through all layers, and a gradient all the way back.

    Attributes:
        sizes: depth + 1: the root mean square of the input and of each layer's output.
        gradients: depth + 1: that of the gradient by each of these; the last is 1, about.
        zeros: depth + 1: the share of outputs that are exactly 0.
        dead: depth + 1: the share of neurons that are 0 for every input.
        histograms: (depth + 1) x `BINS` counts of the outputs, from -reach to reach.
        reaches: depth + 1: the largest absolute output.
    """

    sizes: np.ndarray
    gradients: np.ndarray
    zeros: np.ndarray
    dead: np.ndarray
    histograms: np.ndarray
    reaches: np.ndarray


@lru_cache(maxsize=32)
def flow(settings: ActivationsSettings, seed: int) -> Flow:
    """Return what becomes of random input (N(0, 1)) and of a random gradient at the last layer."""
    function = FUNCTIONS[settings.activation]
    random = np.random.default_rng(seed)
    values = [random.normal(0, 1, (WIDTH, SAMPLES))]
    last_gradient = random.normal(0, 1, (WIDTH, SAMPLES))
    weights, slopes = [], []
    for _ in range(settings.depth):
        weight = random.normal(0, settings.weight_scale / np.sqrt(WIDTH), (WIDTH, WIDTH))
        values.append(function(weight @ values[-1] + settings.bias))
        slope = np.empty_like(values[-1])
        function.slope_at(values[-1], slope)
        weights.append(weight)
        slopes.append(slope)
    gradients = [last_gradient]
    for weight, slope in zip(reversed(weights), reversed(slopes), strict=True):
        gradients.append(weight.T @ (gradients[-1] * slope))
    reaches = np.array([np.abs(each).max() for each in values])
    histograms = [
        np.histogram(each, BINS, (-(reach or 1.0), reach or 1.0))[0]
        for each, reach in zip(values, reaches, strict=True)
    ]
    return Flow(
        np.array([_size(each) for each in values]),
        np.array([_size(each) for each in reversed(gradients)]),
        np.array([(each == 0).mean() for each in values]),
        np.array([(each == 0).all(1).mean() for each in values]),
        np.array(histograms),
        reaches,
    )


def _size(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))


class Activations(Lesson[ActivationsSettings, ActivationsState]):
    """A step is a layer: first the signal passes forwards, then the gradient backwards."""

    name = "activations"
    title = "Activations"
    summary = "Seven functions, and what ten layers of each do to a signal and to its gradient."
    minutes = 15
    after = ("playground",)
    settings = ActivationsSettings
    formula = "a = f(W·a₋₁ + b),   ∂L/∂a₋₁ = Wᵀ (∂f/∂z · ∂L/∂a)"
    paper = (
        "Glorot & Bengio (2010), *Understanding the difficulty of training deep feedforward neural "
        "networks*; Nair & Hinton (2010), *Rectified linear units*; He et al. (2015), *Delving "
        "deep into rectifiers*."
    )
    explained_by = ("activation",)
    tasks = (
        Task(
            "Where is the logistic function steepest? Put the mark there.",
            "Click in the plot, and watch the slope.",
            "At 0, and even there its slope is only ¼. Through ten layers a gradient shrinks by "
            "(¼)¹⁰ or more, a millionth: it vanishes.",
            lambda run: run.settings.activation == "logistic" and abs(run.state.x) <= 0.1,
        ),
        Task(
            "Take ReLU, and find the weight scale with which the signal is as large after ten "
            "layers as before (between half and twice).",
            "ReLU sets half of the numbers to 0, which halves the mean square. What must the scale "
            "be to make up for it? Then let the signal pass (Space).",
            "√2 ≈ 1.4: this is how He et al. (2015) begin training. With a smaller scale the "
            "signal vanishes, with a larger one it explodes.",
            lambda run: (
                run.settings.activation == "ReLU"
                and run.state.done >= run.settings.depth >= 10
                and 0.5 <= _kept(run) <= 2
            ),
        ),
        Task(
            "Kill more than half of the ReLU neurons of a layer: they are 0 whatever comes in.",
            "Which bias would keep a sum below 0 always? Then take a step or two.",
            "A large negative bias. Where the output is 0 so is the slope, and no gradient comes "
            "back: a dead neuron does not learn again.",
            lambda run: (
                run.settings.activation == "ReLU"
                and bool(
                    (flow(run.settings, run.state.seed).dead[: run.state.done + 1] > 0.5).any()
                )
            ),
        ),
    )

    def start(self, settings: ActivationsSettings, seed: int) -> ActivationsState:
        return ActivationsState(seed)

    def step(self, state: ActivationsState, settings: ActivationsSettings) -> ActivationsState:
        return ActivationsState(state.seed, state.done + 1, state.x)

    def over(self, state: ActivationsState, settings: ActivationsSettings) -> bool:
        return state.done >= 2 * settings.depth

    def details(self, state: ActivationsState, settings: ActivationsSettings) -> Flow:
        return flow(settings, state.seed)

    def numbers(self, state: ActivationsState, settings: ActivationsSettings) -> Numbers:
        header = ("layer", "signal", "gradient", "share of zeros", "dead neurons")
        found, (forward, backward) = flow(settings, state.seed), passed(state, settings)
        rows = [
            (
                layer or "input",
                float(found.sizes[layer]),
                float(found.gradients[layer]) if layer >= backward else "",
                float(found.zeros[layer]),
                float(found.dead[layer]),
            )
            for layer in range(forward + 1)
        ]
        return header, rows

    def to_values(self, state: ActivationsState) -> Mapping[str, Any]:
        return {"done": state.done, "x": state.x}

    def from_values(
        self, values: Mapping[str, Any], settings: ActivationsSettings, seed: int
    ) -> ActivationsState:
        if not values:
            return self.start(settings, seed)
        x = values.get("x")
        if not isinstance(x, int | float) or isinstance(x, bool) or not abs(x) <= REACH:
            raise LessonError("The values of this lesson are damaged: “x”.")
        return ActivationsState(seed, number_of(values, "done", 0, 100), float(x))


def passed(state: ActivationsState, settings: ActivationsSettings) -> tuple[int, int]:
    """Return the last layer that the signal has passed, and the last that the gradient came to.

    Layer 0 is the input; the gradient begins at the last layer once the signal is there, and the
    second number is `depth` + 1 before.
    """
    depth = settings.depth
    done = min(state.done, 2 * depth)
    return min(done, depth), (2 * depth - done if done >= depth else depth + 1)


def _kept(run: Any) -> float:
    sizes = flow(run.settings, run.state.seed).sizes
    return float(sizes[-1] / sizes[0])
