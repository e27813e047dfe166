"""Lesson 1: a perceptron that parts two classes of points, and XOR, which no line can part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from visualizer.engine.lessons.lesson import Lesson, LessonError, Numbers, Task
from visualizer.engine.lessons.margin import widest_margin
from visualizer.engine.lessons.values import array_of, number_of
from visualizer.engine.settings import Settings, setting

POINTS = ("two groups", "XOR", "AND", "OR", "scattered")
MOST_POINTS = 24
CORNERS = np.array([(-0.6, -0.6), (-0.6, 0.6), (0.6, -0.6), (0.6, 0.6)])
"""Of the truth tables: false is -0.6 and true 0.6."""
TRUTH = {"XOR": (-1, 1, 1, -1), "AND": (-1, -1, -1, 1), "OR": (-1, 1, 1, 1)}
FIELD = 96
"""Places along a side of the plane at which the score is drawn."""
LEARNING_RATE = 0.5
"""Of the hidden layer, which descends the gradient; the perceptron needs none."""


@dataclass(frozen=True)
class PerceptronSettings(Settings):
    """What there is to part, and with what."""

    points: str = setting("two groups", choices=POINTS, help="Where the points lie at the start.")
    hidden_neurons: int = setting(
        0,
        low=0,
        high=6,
        help="Neurons between the points and the answer. With 0 it is Rosenblatt's perceptron.",
    )


@dataclass(frozen=True, eq=False)
class PerceptronState:
    """Points in the plane, and what has been learnt of them.

    Attributes:
        points: N x 2, in [-1, 1].
        signs: N, +1 (orange) or -1 (blue).
        weights: 3 (of x, y and the constant 1); with a hidden layer of K: K x 3 and then K + 1, in
            one array of 4 K + 1.
        looked_at: the number of the point that was looked at last, -1 before the first.
        updates: how often the weights were changed.
        right_in_a_row: points in turn that needed no change.
    """

    points: np.ndarray
    signs: np.ndarray
    weights: np.ndarray
    looked_at: int = -1
    updates: int = 0
    right_in_a_row: int = 0

    @property
    def hidden(self) -> int:
        """Neurons of the hidden layer."""
        return (len(self.weights) - 1) // 4 if len(self.weights) > 3 else 0

    def scores(self, points: np.ndarray) -> np.ndarray:
        """Return the score of points (N x 2), which is positive where it says orange."""
        with_one = np.column_stack([points, np.ones(len(points))])
        if not self.hidden:
            return with_one @ self.weights
        inner, outer = self.weights[: 3 * self.hidden], self.weights[3 * self.hidden :]
        return np.tanh(with_one @ inner.reshape(-1, 3).T) @ outer[:-1] + outer[-1]

    @property
    def wrong(self) -> np.ndarray:
        """Which points are on the wrong side, N booleans."""
        return self.scores(self.points) * self.signs <= 0


@dataclass(frozen=True, eq=False)
class PerceptronDetails:
    """What is drawn of a state.

    Attributes:
        bound: the most changes that the theorem allows; None where no line parts the points.
        field: `FIELD` x `FIELD` scores over [-1, 1] x [-1, 1]; rows go up.
    """

    bound: float | None
    field: np.ndarray


class Perceptron(Lesson[PerceptronSettings, PerceptronState]):
    """One point is looked at a step; where its side is wrong, the line turns towards it.

    The rule of Rosenblatt: w ← w + y x for a point x on the wrong side, with y = ±1. If a line
    parts the classes with margin γ and no point is farther from the origin than R, there are at
    most (R / γ)² changes (Novikoff 1962). With a hidden layer a step is one of gradient descent on
    the logistic loss over all points.
    """

    name = "perceptron"
    title = "Perceptron and XOR"
    summary = "A line that learns from its mistakes, and the four points that no line can part."
    minutes = 15
    settings = PerceptronSettings
    restarting = frozenset(("points", "hidden_neurons"))
    formula = "w ← w + y·x   where   y (w · x) ≤ 0"
    paper = (
        "Rosenblatt (1958), *The perceptron*; Novikoff (1962), *On convergence proofs on "
        "perceptrons*; Minsky & Papert (1969), *Perceptrons*."
    )
    explained_by = ("dense",)
    tasks = (
        Task(
            "Let the line learn until it rests: every point is on its own side.",
            "Press Space. A step looks at one point; where that is on the wrong side the line "
            "turns.",
            "Where a line can part the classes, the rule finds one, after at most (R/γ)² "
            "changes: the wider the gap γ, the sooner.",
            lambda run: not run.state.hidden and Perceptron.rests(run.state),
        ),
        Task(
            "Choose XOR and give the line 100 steps. Does it ever rest?",
            "Set the points to XOR at the side, then press Space and wait a while.",
            "Never: the line that joins the two orange points crosses the line that joins the two "
            "blue ones, so whatever part of the plane holds one pair holds a point of the other.",
            lambda run: run.settings.points == "XOR" and not run.state.hidden and run.steps >= 100,
        ),
        Task(
            "Part XOR after all: put neurons between the points and the answer.",
            "Two are enough, but they do not always find the way: try another seed (R), or four.",
            "Each hidden neuron draws a line of its own, and the last one combines their sides. "
            "That is all a deeper network does.",
            lambda run: (
                run.settings.points == "XOR" and run.state.hidden > 0 and not run.state.wrong.any()
            ),
        ),
    )

    def start(self, settings: PerceptronSettings, seed: int) -> PerceptronState:
        random = np.random.default_rng(seed)
        points, signs = _points(settings.points, random)
        count = settings.hidden_neurons
        weights = random.normal(0, 1, 4 * count + 1) if count else np.zeros(3)
        return PerceptronState(points, signs, weights)

    def step(self, state: PerceptronState, settings: PerceptronSettings) -> PerceptronState:
        if state.hidden:
            weights = state.weights - LEARNING_RATE * gradient(state)
            return replace(state, weights=weights, updates=state.updates + 1)
        place = (state.looked_at + 1) % len(state.points)
        point, sign = np.append(state.points[place], 1.0), state.signs[place]
        if sign * (state.weights @ point) > 0:
            return replace(state, looked_at=place, right_in_a_row=state.right_in_a_row + 1)
        return replace(
            state,
            weights=state.weights + sign * point,
            looked_at=place,
            updates=state.updates + 1,
            right_in_a_row=0,
        )

    def over(self, state: PerceptronState, settings: PerceptronSettings) -> bool:
        return not len(state.points) or (not state.hidden and self.rests(state))

    @staticmethod
    def rests(state: PerceptronState) -> bool:
        """Whether every point was looked at since the last change, and was right."""
        return 0 < len(state.points) <= state.right_in_a_row

    def details(self, state: PerceptronState, settings: PerceptronSettings) -> PerceptronDetails:
        across = np.linspace(-1, 1, FIELD)
        grid = np.stack(np.meshgrid(across, across), -1).reshape(-1, 2)
        field = state.scores(grid).reshape(FIELD, FIELD)
        return PerceptronDetails(bound(state.points, state.signs), field)

    def numbers(self, state: PerceptronState, settings: PerceptronSettings) -> Numbers:
        header = ("point", "x", "y", "class", "score", "right")
        scores, wrong = state.scores(state.points), state.wrong
        rows = [
            (place + 1, x, y, "orange" if sign > 0 else "blue", score, "no" if bad else "yes")
            for place, ((x, y), sign, score, bad) in enumerate(
                zip(state.points.tolist(), state.signs, scores.tolist(), wrong, strict=True)
            )
        ]
        return header, rows

    def to_values(self, state: PerceptronState) -> Mapping[str, Any]:
        return {
            "points": state.points.tolist(),
            "signs": [int(sign) for sign in state.signs],
            "weights": state.weights.tolist(),
            "looked_at": state.looked_at,
            "updates": state.updates,
            "right_in_a_row": state.right_in_a_row,
        }

    def from_values(
        self, values: Mapping[str, Any], settings: PerceptronSettings, seed: int
    ) -> PerceptronState:
        if not values:
            return self.start(settings, seed)
        points = array_of(values, "points", (None, 2), low=-1, high=1, most=MOST_POINTS)
        count = len(points)
        signs = array_of(values, "signs", (count,), low=-1, high=1)
        if not np.isin(signs, (-1, 1)).all():
            raise LessonError("The classes of the points are damaged: each is +1 or -1.")
        size = 4 * settings.hidden_neurons + 1 if settings.hidden_neurons else 3
        return PerceptronState(
            points,
            signs.astype(int),
            array_of(values, "weights", (size,)),
            number_of(values, "looked_at", -1, max(count - 1, -1)),
            number_of(values, "updates", 0, 10**9),
            number_of(values, "right_in_a_row", 0, 10**9),
        )


def gradient(state: PerceptronState) -> np.ndarray:
    """Return the slope of the mean logistic loss, log(1 + exp(-y score)), by the weights."""
    count = state.hidden
    with_one = np.column_stack([state.points, np.ones(len(state.points))])
    inner, outer = state.weights[: 3 * count].reshape(count, 3), state.weights[3 * count :]
    inside = np.tanh(with_one @ inner.T)
    scores = inside @ outer[:-1] + outer[-1]
    slope = -state.signs / (1 + np.exp(np.clip(state.signs * scores, -500, 500)))
    slope = slope / len(state.points)
    by_outer = np.append(slope @ inside, slope.sum())
    by_inner = (slope[:, None] * outer[:-1] * (1 - inside**2)).T @ with_one
    return np.concatenate([by_inner.ravel(), by_outer])


def bound(points: np.ndarray, signs: np.ndarray) -> float | None:
    """Return the most changes that the perceptron needs, (R / γ)²; None where no line will do."""
    if not len(points):
        return 0.0
    margin, _ = widest_margin(points, signs)
    if not margin:
        return None
    return float((points**2).sum(1).max() + 1) / margin**2


def moved(state: PerceptronState, place: int, to: tuple[float, float]) -> PerceptronState:
    """Return a state in which a point is elsewhere; what was learnt stays."""
    points = state.points.copy()
    points[place] = np.clip(to, -1, 1)
    return replace(state, points=points, right_in_a_row=0)


def added(state: PerceptronState, at: tuple[float, float], sign: int) -> PerceptronState:
    """Return a state with one more point.

    Raises:
        LessonError: there are `MOST_POINTS` already.
    """
    if len(state.points) >= MOST_POINTS:
        raise LessonError(f"There are {MOST_POINTS} points already; remove one first.")
    points = np.vstack([state.points.reshape(-1, 2), np.clip([at], -1, 1)])
    return replace(state, points=points, signs=np.append(state.signs, sign), right_in_a_row=0)


def removed(state: PerceptronState, place: int) -> PerceptronState:
    """Return a state without a point."""
    return replace(
        state,
        points=np.delete(state.points, place, 0),
        signs=np.delete(state.signs, place),
        looked_at=-1,
        right_in_a_row=0,
    )


def _points(kind: str, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if kind in TRUTH:
        return CORNERS.copy(), np.array(TRUTH[kind])
    signs = np.tile((1, -1), 6)
    if kind == "two groups":
        angle = random.uniform(0, 2 * np.pi)
        apart = 0.45 * np.array((np.cos(angle), np.sin(angle)))
        points = signs[:, None] * apart + random.normal(0, 0.15, (len(signs), 2))
    else:
        points = random.uniform(-0.9, 0.9, (len(signs), 2))
    return np.clip(points, -1, 1), signs
