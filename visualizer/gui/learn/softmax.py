"""Lesson 6: logits, their exponentials and their shares; or answers and what each costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.softmax import (
    CLASSES,
    NETWORK,
    TABLE,
    VALUES,
    cross_entropy,
    exponentials,
    losses,
    of_network,
    softmax,
    with_cell,
)
from visualizer.gui.core.session import Change
from visualizer.gui.learn.cached_request import CachedRequest
from visualizer.gui.learn.lesson_view import LessonView
from visualizer.gui.learn.number_grid import NumberGrid, number_text
from visualizer.gui.widgets.panel import note

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session

TENTHS = 10
"""Of the slider of the temperature."""


class SoftmaxView(LessonView):
    """The numbers that are given, and below them what is worked out of them."""

    speed = 2
    tour_steps = 3
    hidden = ("temperature",)

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self._request = CachedRequest(self)
        self.said, self.result = note("", role="name"), note("")
        self.given = NumberGrid("The numbers that are given", editable=True, wide=1.4)
        self.worked = NumberGrid("What is worked out", wide=1.4, by_rows=True)
        self.heat = note("")
        self.temperature = QSlider(Qt.Orientation.Horizontal)
        self.temperature.setRange(1, 10 * TENTHS)
        self.temperature.setAccessibleName("Temperature")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.said)
        layout.addWidget(self.given, 1)
        layout.addWidget(self.worked, 2)
        layout.addWidget(self.result)
        self.given.edited.connect(self._write)
        self.given.refused.connect(self.refused)
        self.temperature.valueChanged.connect(self._warm)

    def controls(self) -> Sequence[QWidget]:
        return (self.heat, self.temperature)

    def follow(self, change: Change) -> None:
        if change & (Change.PICTURE | Change.NETWORK) and self.run.settings.of == NETWORK:
            self.draw()

    def let_go(self) -> None:
        self._request.forget()

    def _look(self) -> bool:
        """Take over the network's answer to the picture; whether the state was changed by that."""
        specimen, network, state = self.session.specimen, self.session.network, self.run.state
        if self.run.settings.of != NETWORK or specimen is None or network is None:
            return False
        pixels, mode = specimen.pixels, self.session.fit_mode

        found = self._request.get(
            (specimen, network, mode), lambda: of_network(network, network.fit(pixels, mode))
        )
        if found is None or found.theirs is state.theirs:
            return False
        self.edited.emit(replace(found, at=state.at), True)
        return True

    def draw(self) -> None:
        if self._look():
            return  # drawn with what was taken over
        settings = self.run.settings
        of = settings.of
        self.temperature.setEnabled(of not in (TABLE, VALUES))
        self.temperature.blockSignals(True)
        self.temperature.setValue(round(TENTHS * settings.temperature))
        self.temperature.blockSignals(False)
        self.heat.setText(f"Temperature {settings.temperature:g}")
        self.given.editable = of != NETWORK
        if of in (TABLE, VALUES):
            self._draw_losses()
        elif of == NETWORK and self.run.state.theirs is None:
            self.given.name_cells()
            self.worked.name_cells()
            for grid in (self.given, self.worked):
                grid.show_numbers(np.full((1, 1), np.nan))
            self.said.setText(self._request.problem or self.missing() or "Looking…")
            self.result.setText("")
        else:
            self._draw_softmax()

    def _draw_softmax(self) -> None:
        state, settings = self.run.state, self.run.settings
        shown, logits = state.shown, state.given[0]
        heat = settings.temperature
        powers, shares = exponentials(logits, heat), softmax(logits, heat)
        names = [state.names[each] for each in shown]
        theirs = state.theirs
        own = theirs is not None
        frame = (0, state.at, 1, 1) if 0 <= state.at < len(shown) else None
        self.given.name_cells(("logit z",), names)
        self.given.show_numbers(logits[None, shown], frame)
        largest = float(logits.max() / heat)
        scaled = powers * math.exp(largest) if not own and abs(largest) < 100 else powers
        rows = ["z / T", "exp" if scaled is not powers else "exp, over the largest", "share p"]
        table = [logits[shown] / heat, scaled[shown], shares[shown]]
        if theirs is not None:
            rows.append("network's own p")
            table.append(theirs[shown])
        self.worked.name_cells(rows, names)
        tall = frame and (0, state.at, len(rows), 1)
        self.worked.show_numbers(np.array(table), tall)
        self.said.setText(self._said_of_softmax(shown, scaled, shares))
        if theirs is not None:
            apart = float(np.abs(softmax(logits) - theirs).max())
            self.result.setText(
                f"The {len(shown)} strongest of {len(logits):,} classes. At temperature 1 the "
                f"shares differ from the network's own probabilities by {apart:.1e} at the most."
            )
        else:
            words = " + ".join(f"{share:.3f}" for share in shares)
            self.result.setText(f"The shares add up to {words} = {shares.sum():.3f}.")

    def _said_of_softmax(self, shown: Sequence[int], powers: np.ndarray, shares: np.ndarray) -> str:
        """What this step has worked out."""
        state = self.run.state
        if state.at < 0:
            return "Each step works out one class: its exponential, and its share (→)."
        if state.at >= len(shown):
            right = state.right[0]
            loss = cross_entropy(float(shares[right]))
            name = state.names[right]
            return f"If {name} is right the loss is −log {shares[right]:.3f} = {number_text(loss)}."
        place = shown[state.at]
        return (
            f"{state.names[place]}: {number_text(float(powers[place]))} of "
            f"{number_text(float(powers.sum()))} is a share of {shares[place]:.3f}."
        )

    def _draw_losses(self) -> None:
        state, settings = self.run.state, self.run.settings
        table = settings.of == TABLE
        costs = losses(state)
        if table:
            names = [f"a {CLASSES[each]}" for each in state.right]
            self.given.name_cells(names, CLASSES)
            seen = np.zeros(state.given.shape, bool)
            seen[np.arange(len(seen)), list(state.right)] = True
        else:
            names = [f"answer {each + 1}" for each in range(len(costs))]
            self.given.name_cells(names, ("true y", "answer ŷ"))
            seen = None
        width = state.given.shape[1]
        frame = (state.at, 0, 1, width) if state.at >= 0 else None
        self.given.show_numbers(state.given, frame, seen)
        known = np.arange(len(costs)) <= state.at
        self.worked.name_cells(("−log p" if table else "(y − ŷ)²",), names)
        self.worked.show_numbers(
            np.where(known, costs, np.nan)[None], (0, state.at, 1, 1) if state.at >= 0 else None
        )
        if state.at < 0:
            what = (
                "the logarithm of the right class (bold)" if table else "an error, and squares it"
            )
            self.said.setText(f"Each step takes {what} (→).")
            self.result.setText("")
            return
        cost = float(costs[state.at])
        if table:
            share = float(state.given[state.at, state.right[state.at]])
            self.said.setText(
                f"It is {names[state.at]}, and that had p = {number_text(share)}: "
                f"−log {number_text(share)} = {_two(cost)}."
            )
        else:
            true, answer = state.given[state.at]
            self.said.setText(
                f"({number_text(float(true))} − {number_text(float(answer))})² = "
                f"{number_text(cost)}."
            )
        self.result.setText(_sum(costs[known], table))

    # What is changed by hand

    def _write(self, row: int, column: int, value: float) -> None:
        state, settings = self.run.state, self.run.settings
        if settings.of not in (TABLE, VALUES):
            column = state.shown[column]
        try:
            changed = with_cell(state, settings, (row, column), value)
        except UserError as error:
            self.refused.emit(str(error))
        else:
            self.edited.emit(changed, False)

    def _warm(self, tenths: int) -> None:
        self.chosen.emit(replace(self.run.settings, temperature=tenths / TENTHS))


def _two(value: float) -> str:
    """A loss with two digits after the point, as on the slide."""
    return "∞" if math.isinf(value) else f"{value:.2f}"


def _sum(costs: np.ndarray, table: bool) -> str:
    """The sum of losses, or the mean of squares, as a sentence."""
    total = float(costs.sum())
    if not table:
        words = " + ".join(number_text(float(each)) for each in costs)
        mean = number_text(total / len(costs))
        return f"The mean squared error so far: ({words}) / {len(costs)} = {mean}."
    words = " + ".join(_two(float(each)) for each in costs)
    if math.isinf(total):
        return f"The loss: {words} = ∞. To be entirely sure of something wrong costs without end."
    rounded = sum(round(float(each), 2) for each in costs)
    exact = f" (exactly {total:.3f})" if len(costs) > 1 else ""
    return f"The loss so far: {words} = {rounded:.2f}{exact}."
