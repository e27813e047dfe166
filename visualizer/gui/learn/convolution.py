"""Lesson 4: the window over the picture, its products, and the result it fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.lessons.convolution import (
    GRID,
    KERNELS,
    LARGEST_KERNEL,
    PICTURE,
    PICTURE_SIDE,
    UNIT,
    resized,
    result,
    under,
    with_cell,
)
from visualizer.engine.lessons.real_filter import KINDS, real_layer
from visualizer.engine.lessons.sliding import grey
from visualizer.gui.core.session import Change
from visualizer.gui.learn.number_grid import NumberGrid, number_text
from visualizer.gui.learn.numbers_or_picture import SMALL
from visualizer.gui.learn.sliding_view import SlidingView, titled_columns
from visualizer.gui.widgets.panel import note

if TYPE_CHECKING:
    from visualizer.engine.lessons.real_filter import RealFilter
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session

OWN = "your own"


class ConvolutionView(SlidingView):
    """Above the picture and the result, below what is under the window, times the filter."""

    tour_steps = 5

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self._result = np.zeros((0, 0))
        self._drawn: RealFilter | None = None
        self.sum = note("")
        self.under = NumberGrid("What is under the window")
        self.kernel = NumberGrid("The filter", editable=True)
        self.products = NumberGrid("The products")
        self.named, self.side, self.stage = QComboBox(), QSpinBox(), QComboBox()
        self.named.addItems([OWN, *KERNELS])
        self.named.setAccessibleName("The filter by its name")
        self.side.setRange(1, LARGEST_KERNEL)
        self.side.setPrefix("size ")
        self.side.setAccessibleName("The size of the filter")
        self.stage.setAccessibleName("The stage of the network")
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.titles = [
            note(each) for each in ("Picture", "Result", "Under it", "Filter", "Products")
        ]
        above, below = titled_columns(self.titles[:2], (self.source, self.result)), QGridLayout()
        signs = iter("×=")
        for place, grid in enumerate((self.under, self.kernel, self.products)):
            below.addWidget(self.titles[2 + place], 0, 2 * place)
            below.addWidget(grid, 1, 2 * place)
            below.setColumnStretch(2 * place, 1)
            if place < 2:
                below.addWidget(QLabel(next(signs)), 1, 2 * place + 1)
        below.setRowStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.said)
        layout.addLayout(above, 3)
        layout.addLayout(below, 2)
        layout.addWidget(self.sum)

    def _connect(self) -> None:
        self.source.grid.edited.connect(lambda *cell: self._write("picture", *cell))
        self.kernel.edited.connect(lambda *cell: self._write("kernel", *cell))
        self.kernel.refused.connect(self.refused)
        self.named.activated.connect(self._name)
        self.side.valueChanged.connect(self._resize_kernel)
        self.stage.activated.connect(lambda _: self.session.select_stage(self.stage.currentText()))

    def controls(self) -> Sequence[QWidget]:
        return (note("Filter (click its numbers, too)"), self.named, self.side, self.stage)

    # What the session shows

    def follow(self, change: Change) -> None:
        if (
            change & (Change.PICTURE | Change.NETWORK | Change.STAGE)
            and self.run.settings.over != GRID
        ):
            self.draw()

    def _look(self) -> bool:
        """Take over the picture and the filter on show; whether the state was changed by that."""
        state, settings, session = self.run.state, self.run.settings, self.session
        specimen, network = session.specimen, session.network
        if settings.over == PICTURE and specimen is not None:
            pixels = specimen.pixels
            found = self._request.get((PICTURE, specimen), lambda: grey(pixels, PICTURE_SIDE))
            if found is not None and found is not state.picture:
                self.edited.emit(replace(state, picture=found), True)
                return True
        if settings.over == UNIT and network is not None and specimen is not None:
            pixels, mode, stage = specimen.pixels, session.fit_mode, self._stage_name()
            layer = self._request.get(
                (UNIT, specimen, network, stage, mode),
                lambda: real_layer(network, network.fit(pixels, mode), stage),
            )
            real = state.real
            if layer is not None and (
                real is None
                or real.stage != stage
                or not np.shares_memory(real.theirs, layer.maps)
                or real.unit != min(settings.unit, layer.maps.shape[-1] - 1)
            ):
                self.edited.emit(replace(state, real=layer.filter(settings.unit)), True)
                return True
        return False

    def _stage_name(self) -> str:
        """The chosen stage if it is a convolution, otherwise the first that is one."""
        network = self.session.network
        names = [each.name for each in network.stages if each.kind in KINDS] if network else []
        if [self.stage.itemText(each) for each in range(self.stage.count())] != names:
            self.stage.clear()
            self.stage.addItems(names)
        chosen = self.session.stage if self.session.stage in names else next(iter(names), "data")
        self.stage.setCurrentText(chosen)
        return chosen

    # Drawing

    def draw(self) -> None:
        if self._look():
            return  # drawn with what was taken over
        state, settings = self.run.state, self.run.settings
        real = settings.over == UNIT
        self.stage.setVisible(real)
        for each in (self.named, self.side):
            each.setVisible(not real)
        self.kernel.editable = not real
        if settings.over == GRID:
            self._result = result(state, settings)
        elif state.real is not self._drawn:
            self._result = np.zeros((0, 0))  # until its details are there
        self._drawn = state.real
        self._show_filter()
        self._show()

    def draw_details(self, details: np.ndarray) -> None:
        self._result = details
        self._show()

    def _show_filter(self) -> None:
        """The names at the side follow a filter that is changed by hand."""
        kernel = self.run.state.kernel
        named = (name for name, each in KERNELS.items() if np.array_equal(each, kernel))
        self.named.setCurrentText(next(named, OWN))
        self.side.blockSignals(True)
        self.side.setValue(kernel.shape[0])
        self.side.blockSignals(False)

    def _show(self) -> None:
        state, settings = self.run.state, self.run.settings
        place = state.place(settings)
        if settings.over == UNIT:
            self._show_unit(place)
            return
        self.titles[3].setText(f"Filter, its sum {number_text(float(state.kernel.sum()))}")
        large = max(state.picture.shape) > SMALL
        frame = None
        if place is not None:
            first = [settings.stride * each - settings.padding for each in place]
            reach = [(side - 1) * settings.dilation + 1 for side in state.kernel.shape]
            frame = (first[0], first[1], reach[0], reach[1])
        self.source.show_numbers(state.picture, frame, settings.padding, large)
        fits = self._result.shape == state.shape(settings)  # or it is of a moment ago
        shown = self._result if fits else np.zeros((0, 0))
        if not large and shown.size:
            hidden = np.arange(shown.size).reshape(shown.shape) > state.at
            shown = np.where(hidden, np.nan, shown)
        self.result.show_numbers(shown, place and (*place, 1, 1), as_picture=large)
        seen = under(state, settings, place or (0, 0))
        self._show_products(seen, state.kernel, place)
        rows, columns = state.shape(settings)
        self.titles[1].setText(f"Result, {rows} × {columns}")
        if not rows * columns:
            self.said.setText("The filter is larger than the picture; give it more padding.")
        elif place is None:
            self.said.setText("The window has not been set down yet. Take the first step (→).")
        else:
            total = float((seen * state.kernel).sum())
            self.said.setText(
                f"Row {place[0] + 1}, column {place[1] + 1}: the products add up to "
                f"{number_text(total)}."
            )

    def _show_products(
        self, seen: np.ndarray, kernel: np.ndarray, place: tuple[int, int] | None
    ) -> None:
        blank = np.full(kernel.shape, np.nan)
        self.kernel.show_numbers(kernel)
        self.under.show_numbers(blank if place is None else seen)
        self.products.show_numbers(blank if place is None else seen * kernel)
        if place is None:
            self.sum.setText("")
            return
        terms = [number_text(float(each)) for each in (seen * kernel).ravel()]
        self.sum.setText(" + ".join(terms).replace("+ −", "− ") if len(terms) <= 9 else "")

    def _show_unit(self, place: tuple[int, int] | None) -> None:
        real, settings = self.run.state.real, self.run.settings
        if real is None:
            for part in (self.source, self.result):
                part.show_numbers(np.zeros((0, 0)), None, as_picture=True)
            self.said.setText(self._request.problem or self.missing() or "Looking…")
            self.titles[1].setText("Result")
            self._show_products(np.zeros((3, 3)), np.full((3, 3), np.nan), None)
            return
        channel = min(settings.channel, real.kernel.shape[2] - 1)
        at = place or (0, 0)
        size = [(n - 1) * d + 1 for n, d in zip(real.kernel.shape[:2], real.dilation, strict=True)]
        first = [stride * each for stride, each in zip(real.strides, at, strict=True)]
        frame = (first[0], first[1], size[0], size[1])
        self.source.show_numbers(
            real.inputs[..., channel], None if place is None else frame, as_picture=True
        )
        fits = self._result.shape == real.shape
        shown = self._result if fits else np.zeros((0, 0))
        self.result.show_numbers(shown, place and (*at, 1, 1), as_picture=True)
        seen = real.under(at)
        self._show_products(seen[..., channel], real.kernel[..., channel], at)
        self.titles[3].setText(f"Filter, channel {channel} of {real.kernel.shape[2]}")
        self.titles[1].setText(
            f"Unit {real.unit} of {real.stage}, {real.shape[0]} × {real.shape[1]}"
        )
        sums = real.by_channel(at)
        after = float(real.activated(sums.sum()))
        self.said.setText(
            f"Row {at[0] + 1}, column {at[1] + 1}: {len(sums)} channels add up to "
            f"{sums.sum():.4f}, with the bias {real.bias:+.4f} "
            f"{'and ' + real.activation if real.activation else ''} it is {after:.4f}."
        )
        own = f"The network's own number here is {float(real.theirs[at]):.4f}"
        if fits:
            apart = float(np.abs(shown - real.theirs).max())
            own += f"; over the whole map the two differ by {apart:.1e} at the most"
        self.sum.setText(f"{own}.")

    # What is changed by hand

    def _write(self, of: str, row: int, column: int, value: float) -> None:
        self.edited.emit(with_cell(self.run.state, of, (row, column), value), False)

    def _name(self, _index: int) -> None:
        kernel = KERNELS.get(self.named.currentText())
        if kernel is not None:
            self.edited.emit(replace(self.run.state, kernel=kernel), False)

    def _resize_kernel(self, side: int) -> None:
        self.edited.emit(
            replace(self.run.state, kernel=resized(self.run.state.kernel, side)), False
        )
