"""Lesson 4: a filter that slides over a picture, by hand, and one of the open network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.lessons.lesson import Lesson, Numbers, Task
from visualizer.engine.lessons.sliding import (
    drawn_scene,
    filtered,
    next_place,
    numbers_of,
    place_at,
    places,
    with_number,
)
from visualizer.engine.lessons.values import array_of, number_of
from visualizer.engine.settings import Settings, setting

if TYPE_CHECKING:
    from visualizer.engine.lessons.real_filter import RealFilter

GRID, PICTURE, UNIT = "5 × 5 numbers", "the picture", "a unit of the network"
SLIDE = np.array(
    [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]], float
)
"""The picture of ones and zeros that is in so many talks."""
KERNELS: dict[str, np.ndarray] = {
    "the slide's": np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]], float),
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], float),
    "blur": np.full((3, 3), 1 / 9),
    "sharpen": np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], float),
    "edges": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], float),
    "upright edges": np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], float),
    "level edges": np.array([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], float),
    "emboss": np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]], float),
}
LARGEST_KERNEL = 7
PICTURE_SIDE = 96
"""Pixels of the picture at the most."""


@dataclass(frozen=True)
class ConvolutionSettings(Settings):
    """What the filter slides over, and how."""

    over: str = setting(
        GRID, choices=(GRID, PICTURE, UNIT), help="What is filtered: numbers, or the picture."
    )
    stride: int = setting(1, low=1, high=4, help="Cells from one place of the window to the next.")
    padding: int = setting(0, low=0, high=6, help="Rows and columns of zeros all around.")
    dilation: int = setting(
        1, low=1, high=3, help="Cells between the numbers of the filter; 1: they are neighbours."
    )
    unit: int = setting(0, low=0, high=65_535, help="Of the network: the number of the filter.")
    channel: int = setting(
        0, low=0, high=65_535, help="Of the network: which input channel is shown in numbers."
    )


@dataclass(frozen=True, eq=False)
class ConvolutionState:
    """A picture, a filter, and where its window is.

    Attributes:
        picture: H x W, numbers.
        kernel: h x w.
        at: the place of the window in reading order, -1 before the first.
        real: the filter of the open network, where that is asked for and computed.
    """

    picture: np.ndarray
    kernel: np.ndarray
    at: int = -1
    real: RealFilter | None = None

    def shape(self, settings: ConvolutionSettings) -> tuple[int, int]:
        """Return the (rows, columns) of the result; with a 0 where the window does not fit."""
        if settings.over == UNIT:
            return self.real.shape if self.real is not None else (0, 0)
        given = settings.stride, settings.padding, settings.dilation
        rows, columns = (
            places(side, window, *given)
            for side, window in zip(self.picture.shape, self.kernel.shape, strict=True)
        )
        return rows, columns

    def place(self, settings: ConvolutionSettings) -> tuple[int, int] | None:
        """Return the (row, column) of the window in the result; None before the first step."""
        return place_at(self.at, self.shape(settings))


class Convolution(Lesson[ConvolutionSettings, ConvolutionState]):
    """A step moves the window by a place, in a wide picture by a row.

    The number at a place is the sum of the products of the filter with the numbers under it.
    """

    name = "convolution"
    title = "Convolution"
    summary = "A small window of weights slides over a picture and finds one pattern everywhere."
    minutes = 15
    settings = ConvolutionSettings
    restarting = frozenset(("over",))
    formula = "yᵢⱼ = Σₘ Σₙ kₘₙ · x₍ᵢₛ₊ₘ₎₍ⱼₛ₊ₙ₎"
    paper = (
        "Fukushima (1980), *Neocognitron*; LeCun et al. (1998), *Gradient-based learning applied "
        "to document recognition*."
    )
    explained_by = ("convolution", "depthwise")
    tasks = (
        Task(
            "Slide the filter over the 5 × 5 numbers to the end. Where is the largest sum?",
            "Press Space, or → place by place.",
            "4 stands at three corners and in the middle: there the five ones of the filter meet "
            "the most ones of the picture. A large sum says: here it looks like my filter.",
            lambda run: (
                run.settings.over == GRID
                and run.state.at >= 0
                and run.over
                and np.array_equal(run.state.kernel, KERNELS["the slide's"])
                and np.array_equal(run.state.picture, SLIDE)
            ),
        ),
        Task(
            "Make a filter that gives back the 5 × 5 picture as it is, in full size.",
            "Click a number of the filter to change it. A 3 × 3 window does not reach the rim: "
            "what helps?",
            "A 1 in the middle and zeros around it, and a padding of 1, so that there is a window "
            "for each of the 25 cells.",
            lambda run: run.settings.over == GRID and gives_back(run.state, run.settings),
        ),
        Task(
            "Take the picture, and a filter whose numbers add up to 0. What is left of even areas?",
            "Choose “the picture” and try the named filters; the sum stands below the filter.",
            "Nothing: where all pixels are alike the sum is 0, so only edges are left. The first "
            "layer of almost every trained network has such filters, and nobody told it to.",
            lambda run: (
                run.settings.over == PICTURE
                and bool(run.state.kernel.any())
                and bool(abs(run.state.kernel.sum()) < 1e-9)
            ),
        ),
    )

    def start(self, settings: ConvolutionSettings, seed: int) -> ConvolutionState:
        picture = SLIDE if settings.over == GRID else drawn_scene(PICTURE_SIDE)
        return ConvolutionState(
            picture, KERNELS["the slide's" if settings.over == GRID else "identity"]
        )

    def step(self, state: ConvolutionState, settings: ConvolutionSettings) -> ConvolutionState:
        return replace(state, at=next_place(state.at, state.shape(settings)))

    def over(self, state: ConvolutionState, settings: ConvolutionSettings) -> bool:
        rows, columns = state.shape(settings)
        return state.at >= rows * columns - 1

    def details(self, state: ConvolutionState, settings: ConvolutionSettings) -> np.ndarray:
        """Return the result, Y x X."""
        if settings.over == UNIT:
            return state.real.result if state.real is not None else np.zeros((0, 0))
        return result(state, settings)

    def numbers(self, state: ConvolutionState, settings: ConvolutionSettings) -> Numbers:
        if settings.over == UNIT and state.real is not None:
            return state.real.numbers(state.place(settings) or (0, 0))
        computed = self.details(state, settings)
        if not computed.size:
            return ("row",), (("the filter does not fit",),)
        return numbers_of(computed)

    def to_values(self, state: ConvolutionState) -> Mapping[str, Any]:
        values = {"kernel": state.kernel.tolist(), "at": state.at}
        small = state.picture.shape == SLIDE.shape
        return values | ({"picture": state.picture.tolist()} if small else {})

    def from_values(
        self, values: Mapping[str, Any], settings: ConvolutionSettings, seed: int
    ) -> ConvolutionState:
        state = self.start(settings, seed)
        if not values:
            return state
        kernel = array_of(values, "kernel", (None, None), most=LARGEST_KERNEL)
        if not kernel.size:
            kernel = state.kernel
        at = number_of(values, "at", -1, 10**6)
        if settings.over != GRID:
            return replace(state, kernel=kernel, at=at)
        return ConvolutionState(array_of(values, "picture", SLIDE.shape), kernel, at)


def result(state: ConvolutionState, settings: ConvolutionSettings) -> np.ndarray:
    """Return the sums of the filter at all of its places, Y x X; empty where it does not fit."""
    return filtered(
        state.picture, state.kernel, settings.stride, settings.padding, settings.dilation
    )


def gives_back(state: ConvolutionState, settings: ConvolutionSettings) -> bool:
    """Return whether the result is the picture itself."""
    same = state.shape(settings) == state.picture.shape
    return same and np.allclose(result(state, settings), state.picture)


def under(
    state: ConvolutionState, settings: ConvolutionSettings, place: tuple[int, int]
) -> np.ndarray:
    """Return the numbers of the picture under the filter at a place; 0 outside the picture."""
    rows, columns = (
        place[axis] * settings.stride
        - settings.padding
        + settings.dilation * np.arange(state.kernel.shape[axis])
        for axis in (0, 1)
    )
    height, width = state.picture.shape
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    seen = state.picture[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)]
    return np.where(inside, seen, 0.0)


def with_cell(
    state: ConvolutionState, of: str, place: tuple[int, int], value: float
) -> ConvolutionState:
    """Return a state with another number in its "picture" or "kernel"."""
    if of == "kernel":
        return replace(state, kernel=with_number(state.kernel, place, value))
    return replace(state, picture=with_number(state.picture, place, value))


def resized(kernel: np.ndarray, side: int) -> np.ndarray:
    """Return a filter of side x side with the same middle, filled up with zeros."""
    grown = np.pad(kernel, LARGEST_KERNEL)
    top, left = ((length - side) // 2 for length in grown.shape)
    return grown[top : top + side, left : left + side]
