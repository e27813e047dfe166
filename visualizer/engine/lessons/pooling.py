"""Lesson 5: the largest or the mean of each window, and what a shift of the picture changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from visualizer.engine.lessons.lesson import Lesson, Numbers, Task
from visualizer.engine.lessons.sliding import (
    drawn_scene,
    next_place,
    numbers_of,
    place_at,
    places,
    pooled,
    with_number,
)
from visualizer.engine.lessons.values import array_of, number_of
from visualizer.engine.settings import Settings, setting

GRID, RANDOM, PICTURE = "4 × 4 numbers", "8 × 8 numbers", "the picture"
MAXIMUM, MEAN = "max", "mean"
SLIDE = np.array([[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]], float)
"""The numbers of the well-known slide: 6 8 / 3 4 is left of them."""
PICTURE_SIDE = 96
LEVELS = 255
"""A picture has whole numbers from 0 to this."""
SAME = 0.5
"""Numbers that are less apart count as the same."""


@dataclass(frozen=True)
class PoolingSettings(Settings):
    """What is pooled, and how."""

    over: str = setting(
        GRID, choices=(GRID, RANDOM, PICTURE), help="What is pooled: numbers, or the picture."
    )
    kind: str = setting(
        MAXIMUM, choices=(MAXIMUM, MEAN), help="What is kept of a window: its largest, or its mean."
    )
    size: int = setting(2, low=1, high=4, help="Rows and columns of the window.")
    stride: int = setting(
        2, low=1, high=4, help="Cells from window to window; less than the size: they overlap."
    )
    shift: int = setting(0, low=0, high=4, help="Cells that the picture is moved to the right.")


@dataclass(frozen=True, eq=False)
class PoolingState:
    """A picture, and where the window is.

    Attributes:
        picture: H x W, before it is shifted.
        at: the place of the window in reading order, -1 before the first.
    """

    picture: np.ndarray
    at: int = -1

    def shape(self, settings: PoolingSettings) -> tuple[int, int]:
        """Return the (rows, columns) of the result."""
        rows, columns = (
            places(side, settings.size, settings.stride) for side in self.picture.shape
        )
        return rows, columns

    def place(self, settings: PoolingSettings) -> tuple[int, int] | None:
        """Return the (row, column) of the window in the result; None before the first step."""
        return place_at(self.at, self.shape(settings))


@dataclass(frozen=True, eq=False)
class PoolingDetails:
    """What is left of a picture.

    Attributes:
        picture: H x W, shifted.
        result: Y x X, pooled from that.
        before: Y x X, pooled from the picture where it was.
        cells_kept: share of the picture's cells that are as before the shift.
        kept: share of the pooled cells that are.
    """

    picture: np.ndarray
    result: np.ndarray
    before: np.ndarray
    cells_kept: float
    kept: float


class Pooling(Lesson[PoolingSettings, PoolingState]):
    """A step moves the window by a place, in a wide picture by a row."""

    name = "pooling"
    title = "Pooling"
    summary = "Of each window one number is kept, so that a little shift changes little."
    minutes = 10
    after = ("convolution",)
    settings = PoolingSettings
    restarting = frozenset(("over",))
    formula = "yᵢⱼ = max x₍ᵢₛ₊ₘ₎₍ⱼₛ₊ₙ₎   or   (1/k²) Σₘ Σₙ x₍ᵢₛ₊ₘ₎₍ⱼₛ₊ₙ₎,   0 ≤ m, n < k"
    paper = (
        "Scherer, Müller & Behnke (2010), *Evaluation of pooling operations in convolutional "
        "architectures for object recognition*; Zhang (2019), *Making convolutional networks "
        "shift-invariant again*."
    )
    explained_by = ("pooling", "pooling-global")
    tasks = (
        Task(
            "Pool the 4 × 4 numbers to the end. Which four are left?",
            "Press Space, or → window by window.",
            "6 8 / 3 4: the largest of each window. A quarter of the numbers is left, and the "
            "strongest answers with them.",
            lambda run: (
                run.settings == PoolingSettings()
                and run.state.at >= 0
                and run.over
                and np.array_equal(run.state.picture, SLIDE)
            ),
        ),
        Task(
            "Let the windows overlap: each shares cells with the next.",
            "They overlap where the stride is less than the size.",
            "AlexNet pools windows of 3 at a stride of 2. Then one large number can be the "
            "largest of several windows, and the result is less coarse.",
            lambda run: run.settings.stride < run.settings.size,
        ),
        Task(
            "Shift the picture by a pixel. How much of the pooled map stays as it was?",
            "Choose “the picture”, pool by the maximum, and set the shift to 1.",
            "Of a photograph more maxima stay than pixels: where the largest pixel of a window "
            "stays inside it, nothing changes. Compare the mean, which every pixel moves. With a "
            "shift as long as the stride the map just moves along.",
            lambda run: (
                run.settings.over == PICTURE
                and run.settings.kind == MAXIMUM
                and run.settings.size > 1
                and run.settings.shift == 1
            ),
        ),
    )

    def start(self, settings: PoolingSettings, seed: int) -> PoolingState:
        if settings.over == GRID:
            return PoolingState(SLIDE)
        if settings.over == RANDOM:
            random = np.random.default_rng(seed)
            return PoolingState(random.integers(0, 10, (8, 8)).astype(float))
        return PoolingState(np.round(LEVELS * drawn_scene(PICTURE_SIDE)))

    def step(self, state: PoolingState, settings: PoolingSettings) -> PoolingState:
        return replace(state, at=next_place(state.at, state.shape(settings)))

    def over(self, state: PoolingState, settings: PoolingSettings) -> bool:
        rows, columns = state.shape(settings)
        return state.at >= rows * columns - 1

    def details(self, state: PoolingState, settings: PoolingSettings) -> PoolingDetails:
        moved = shifted(state.picture, settings.shift)
        given = settings.size, settings.stride, settings.kind
        after, before = pooled(moved, *given), pooled(state.picture, *given)
        kept, cells = alike(after, before), alike(moved, state.picture)
        return PoolingDetails(moved, after, before, cells, kept)

    def numbers(self, state: PoolingState, settings: PoolingSettings) -> Numbers:
        return numbers_of(self.details(state, settings).result)

    def to_values(self, state: PoolingState) -> Mapping[str, Any]:
        small = {"picture": state.picture.tolist()} if len(state.picture) <= 8 else {}
        return {"at": state.at, **small}

    def from_values(
        self, values: Mapping[str, Any], settings: PoolingSettings, seed: int
    ) -> PoolingState:
        state = self.start(settings, seed)
        if not values:
            return state
        at = number_of(values, "at", -1, 10**6)
        if settings.over == PICTURE:
            return replace(state, at=at)
        return PoolingState(array_of(values, "picture", state.picture.shape), at)


def shifted(picture: np.ndarray, by: int) -> np.ndarray:
    """Return a picture moved to the right; what comes in at the left repeats its first column."""
    return np.pad(picture, ((0, 0), (by, 0)), mode="edge")[:, : picture.shape[1]]


def alike(a: np.ndarray, b: np.ndarray) -> float:
    """Return the share of cells that are the same in both, less than `SAME` apart."""
    return float((np.abs(a - b) < SAME).mean())


def with_cell(state: PoolingState, place: tuple[int, int], value: float) -> PoolingState:
    """Return a state with another number in its picture."""
    return replace(state, picture=with_number(state.picture, place, value))
