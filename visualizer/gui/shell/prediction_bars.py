"""The top five classes as bars, kept in steady rows while a camera runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from visualizer.engine.class_answers import answer_of
from visualizer.gui.core.session import Change
from visualizer.gui.shell.stable_ranking import History, StableRanking
from visualizer.gui.widgets.digit_hint import DigitHint
from visualizer.gui.widgets.lines import thick

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session

LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

ROWS, PRESENTED_ROWS = 5, 3
"""How many classes are shown; to an audience fewer."""
UNSURE, SURE = 0.20, 0.25
"""The hint comes when the highest bar is below the first and goes when it is above the second."""
TICK = 33
"""Milliseconds between the steps of a moving bar."""
SPEED = 0.4
"""The share of the way a bar goes in one step."""
EMPTY = "The network's answer appears here as soon as a network and a picture are open."


@dataclass(frozen=True)
class Answer:
    """One row: a class and its value for the picture and for the one it is compared with."""

    label: str
    index: int
    value: float
    other: float | None = None


class PredictionBars(QWidget):
    """The five strongest classes of the session's picture, and of the compared one beside it.

    A click on a class makes it the unit that the window is about; a double click, or ↑ ↓ and
    Enter, asks what it most wants to see.
    """

    stimulus_wanted = Signal()
    """The optimal stimulus of a row's class, now the session's unit, was asked for."""

    def __init__(
        self,
        session: Session,
        parent: QWidget | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._clock = clock
        self._live = session.live
        self._top = StableRanking(ROWS)
        self.history = History()
        self._heading = QLabel("OUTPUT")
        self._heading.setProperty("role", "heading")
        self.rows = ROWS
        self.hint = QLabel()
        self.hint.setProperty("role", "small")
        self.digit_hint = DigitHint(session)
        self.bars = _Bars(self.history)
        header = QHBoxLayout()
        header.addWidget(self._heading)
        header.addStretch(1)
        header.addWidget(self.hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(header)
        layout.addWidget(self.digit_hint)
        layout.addWidget(self.bars, 1)
        self.setFocusProxy(self.bars)
        self.bars.chosen.connect(self._choose)
        self.bars.opened.connect(self._open)
        session.changed.connect(self._follow)
        self._show()

    def present(self, presented: bool) -> None:
        """Show fewer rows to an audience, or all again."""
        self.rows = self.bars.rows = PRESENTED_ROWS if presented else ROWS
        self._show()
        self.bars.updateGeometry()

    @property
    def answers(self) -> list[Answer]:
        """What the rows say, from the first to the last."""
        return self.bars.answers

    def _choose(self, index: int) -> None:
        """Make a class the session's unit."""
        network = self._session.network
        if network is not None:
            self._session.select_stage(network.stages[-1].name)
            self._session.select_unit(index)

    def _open(self, index: int) -> None:
        self._choose(index)
        self.stimulus_wanted.emit()

    def _follow(self, change: Change) -> None:
        """Start over with another network, and when the camera starts or stops."""
        if change & (Change.NETWORK | Change.PICTURE | Change.LIVE | Change.TRAY):
            self.digit_hint.follow()
        held = self._session.live == self._live
        if change & Change.NETWORK or not held:
            self._live = self._session.live
            self.history.clear()
            self._top.shown = []
            self._show()
        elif change & (Change.ACTIVATIONS | Change.COMPARED_ACTIVATIONS):
            self._show()

    def _show(self) -> None:
        session = self._session
        network, activations = session.network, session.activations
        if network is None or activations is None:
            self.bars.show_answers([], live=False)
            self.hint.clear()
            return
        values = answer_of(activations.probabilities, network.classes)
        compared = session.compared_activations
        others = None
        if compared is not None:
            others = answer_of(compared.probabilities, network.classes)
            if others.shape != values.shape:
                others = None
        strengths = np.abs(values) if others is None else np.maximum(abs(values), abs(others))
        if session.live:
            self.history.add(self._clock(), values)
            self._top.follow(strengths, self._clock())
        else:
            self._top.reset(strengths)
        answers = [
            Answer(
                network.label(index),
                index,
                float(values[index]),
                None if others is None else float(others[index]),
            )
            for index in self._top.shown[: self.rows]
        ]
        self.bars.show_answers(answers, session.live, network.gives_values)
        self._say_if_unsure(values)

    def _say_if_unsure(self, values: np.ndarray) -> None:
        """Show the hint where the largest probability is low: no class means "none of these"."""
        shares = len(values) > 2 and values.min() >= 0 and abs(values.sum() - 1) < 0.01
        limit = SURE if self.hint.text() else UNSURE
        unsure = shares and values.max() < max(limit, 1.5 / len(values))
        text = f"Unsure: perhaps none of its {len(values):,} classes is in the picture."
        self.hint.setText(text if unsure else "")


class Columns(NamedTuple):
    """The widths of the columns of a row in pixels, 0 of those that are not shown.

    Attributes:
        figures: the font of the numbers.
        letter: A or B, where two specimens are compared.
    """

    figures: QFont
    label: float
    letter: float
    bar: float
    curve: float
    number: float


class _Bars(QWidget):
    """Paints the rows: label, bar, curve over time while live, number."""

    chosen = Signal(int)
    """The index of a class that was clicked."""
    opened = Signal(int)
    """The index of a class that was clicked twice, or chosen by keys."""

    def __init__(self, history: History) -> None:
        super().__init__()
        self._history = history
        self.rows = ROWS
        self.answers: list[Answer] = []
        self._plain = False
        self._live = False
        self._row = 0
        self._shown: dict[int, tuple[float, float]] = {}  # where the bars are on their way
        self._timer = QTimer(self, interval=TICK)
        self._timer.timeout.connect(self._step)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.setAccessibleName("Output")

    @property
    def settled(self) -> bool:
        """Whether every bar has arrived."""
        return not self._timer.isActive()

    def show_answers(self, answers: list[Answer], live: bool, plain: bool = False) -> None:
        """Move the bars to new values; `plain` ones are no probabilities."""
        taller = (bool(answers) and answers[0].other is not None) != self._compared
        self.answers, self._live, self._plain = answers, live, plain
        self._shown = {each.index: self._shown.get(each.index, (0.0, 0.0)) for each in answers}
        if taller:
            self.updateGeometry()
        words = ", ".join(f"{each.label} {self._text(each.value)}" for each in answers)
        self.setAccessibleDescription(words)
        self._timer.start()
        self._step()

    def _step(self) -> None:
        arrived = True
        near = 0.0005 * self._scale()
        for each in self.answers:
            value, other = self._shown[each.index]
            value += SPEED * (each.value - value)
            other += SPEED * ((each.other or 0.0) - other)
            if abs(value - each.value) < near and abs(other - (each.other or 0.0)) < near:
                value, other = each.value, each.other or 0.0
            else:
                arrived = False
            self._shown[each.index] = (value, other)
        if arrived:
            self._timer.stop()
        self.update()

    # What the numbers are

    @property
    def _compared(self) -> bool:
        return bool(self.answers) and self.answers[0].other is not None

    def _are_shares(self) -> bool:
        """Whether the values are shares from 0 to 1, not plain numbers."""
        values = [v for each in self.answers for v in (each.value, each.other or 0.0)]
        return not self._plain and all(-1e-6 <= value <= 1 + 1e-6 for value in values)

    def _scale(self) -> float:
        if self._are_shares():
            return 1.0
        return max(max(abs(each.value), abs(each.other or 0.0)) for each in self.answers)

    def _text(self, value: float) -> str:
        return f"{100 * value:.1f}%" if self._are_shares() else f"{value:.4g}"

    def as_table(self) -> str:
        """The rows as text with tabs between the columns."""
        return "\n".join(
            "\t".join([each.label, self._text(each.value)])
            + ("" if each.other is None else f"\t{self._text(each.other)}")
            for each in self.answers
        )

    # Sizes

    def _least_row(self) -> float:
        return self.fontMetrics().height() * (2.0 if self._compared else 1.3)

    def row_height(self) -> float:
        """The height of a row: the room there is, up to a maximum."""
        return min(max(self.height() / self.rows, self._least_row()), 1.5 * self._least_row())

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(50 * metrics.averageCharWidth(), round(self.rows * self._least_row()) + 1)

    def minimumSizeHint(self) -> QSize:
        return QSize(24 * self.fontMetrics().averageCharWidth(), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
        super().changeEvent(event)

    # Events

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            each = self._answer_at(event.pos().y())
            if each is not None:
                text = f"{each.label} (class {each.index}): {self._text(each.value)}"
                if each.other is not None:
                    text += f"; compared: {self._text(each.other)}"
                text += "\nClick: look at this class; double click: what it most wants to see"
                QToolTip.showText(event.globalPos(), text, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _answer_at(self, y: float) -> Answer | None:
        row = int(y // self.row_height())
        return self.answers[row] if 0 <= row < len(self.answers) else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        each = self._answer_at(event.position().y())
        if each is not None and event.button() == Qt.MouseButton.LeftButton:
            self._row = self.answers.index(each)
            self.update()
            self.chosen.emit(each.index)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        each = self._answer_at(event.position().y())
        if each is not None:
            self.opened.emit(each.index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, last = event.key(), len(self.answers) - 1
        if event.matches(QKeySequence.StandardKey.Copy) and self.answers:
            QGuiApplication.clipboard().setText(self.as_table())
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down) and self.answers:
            self._row = min(max(self._row + (1 if key == Qt.Key.Key_Down else -1), 0), last)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.answers:
            self.opened.emit(self.answers[min(self._row, last)].index)
        else:
            super().keyPressEvent(event)

    # Painting

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        palette = self.palette()
        if not self.answers:
            painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(flags), EMPTY)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        columns, best = self._columns(), max(self.answers, key=lambda each: each.value).index
        for row, each in enumerate(self.answers):
            self._paint_row(painter, columns, row * self.row_height(), each, each.index == best)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.color(QPalette.ColorRole.PlaceholderText), thick(self, 1)))
            top = min(self._row, len(self.answers) - 1) * self.row_height()
            painter.drawRect(QRectF(0.5, top + 0.5, self.width() - 1, self.row_height() - 1))

    def _columns(self) -> Columns:
        figures = QFont(self.font())
        figures.setFeature(QFont.Tag("tnum"), 1)
        em = self.fontMetrics().height()
        number = QFontMetricsF(figures).horizontalAdvance(
            "100.0%" if self._are_shares() else "−0.0000e+00"
        )
        letter = em * 0.9 if self._compared else 0.0
        if letter:
            figures.setPointSizeF(figures.pointSizeF() * 0.88)
        label = min(self.width() * 0.32, 16 * em)
        curve = 6 * em if self._live and self.width() > 32 * em else 0.0
        gaps = em / 2 + em * 0.75 + (em * 0.75 if curve else 0)
        bar = max(em, self.width() - label - number - letter - curve - gaps)
        return Columns(figures, label, letter, bar, curve, number)

    def _paint_row(
        self, painter: QPainter, columns: Columns, y: float, each: Answer, strongest: bool
    ) -> None:
        palette, em, height = self.palette(), self.fontMetrics().height(), self.row_height()
        name, strong = QFont(self.font()), QFont(columns.figures)
        for font in (name, strong):
            font.setBold(strongest or font.bold())
        painter.setFont(name)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        words = painter.fontMetrics().elidedText(
            each.label, Qt.TextElideMode.ElideRight, int(columns.label)
        )
        painter.drawText(QRectF(0, y, columns.label, height), LEFT, words)
        if columns.curve:
            left = self.width() - columns.number - columns.curve - em * 0.75
            area = QRectF(left, y, columns.curve, height)
            self._paint_curve(painter, area.adjusted(0, height * 0.15, 0, -height * 0.15), each)
        parts = self._shown[each.index][: 2 if self._compared else 1]
        between = 0.2 * em if columns.letter else 0.0
        part_height = (height - between) / len(parts)
        for part, value in enumerate(parts):
            top = y + between / 2 + part * part_height
            left = columns.label + em / 2
            if columns.letter:
                painter.setFont(columns.figures)
                painter.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
                painter.drawText(QRectF(left, top, columns.letter, part_height), LEFT, "AB"[part])
            lane = QRectF(left + columns.letter, top, columns.bar, part_height)
            self._paint_bar(painter, lane, value, dim=part == 1, em=em)
            painter.setFont(strong if part == 0 else columns.figures)
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            place = QRectF(self.width() - columns.number, top, columns.number, part_height)
            painter.drawText(place, RIGHT, self._text(value))

    def _paint_bar(
        self, painter: QPainter, lane: QRectF, value: float, dim: bool, em: float
    ) -> None:
        thickness = em * (0.4 if self._compared else 0.48)
        track = QRectF(lane.x(), lane.center().y() - thickness / 2, lane.width(), thickness)
        radius = thickness / 4
        palette = self.palette()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
        painter.drawRoundedRect(track, radius, radius)
        accent = palette.color(QPalette.ColorRole.Accent)
        if dim:
            accent.setAlphaF(0.55)
        painter.setBrush(accent)
        share = min(abs(value) / self._scale(), 1.0) if self._scale() else 0.0
        filled = QRectF(track)
        filled.setWidth(max(track.width() * share, 1.5))
        painter.drawRoundedRect(filled, min(radius, filled.width() / 2), radius)

    def _paint_curve(self, painter: QPainter, area: QRectF, each: Answer) -> None:
        """The class over the last ten seconds, now at the right."""
        palette = self.palette()
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Mid), thick(self, 1)))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        scale = self._scale() or 1.0
        points = [
            QPointF(
                area.right() - ago * area.width(),
                area.bottom() - abs(value) / scale * area.height(),
            )
            for ago, value in self._history.curve(each.index)
        ]
        painter.setPen(QPen(palette.color(QPalette.ColorRole.Accent), thick(self, 1.3)))
        painter.drawPolyline(QPolygonF(points))
