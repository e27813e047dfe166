"""The page of the layers: a network built by hand, with its shapes, its mistakes and its code."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.training import bricks as engine
from visualizer.engine.training.bricks import BRICKS, Brick
from visualizer.gui.train import text as words
from visualizer.gui.train.training_session import TrainFrame
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.settings_form import SettingsForm

BRICK = Qt.ItemDataRole.UserRole
BESIDE = 42
"""Width in heights of a letter from which on the settings stand beside the layers."""


class BricksPage(QWidget):
    """The layers in their order: drag one to move it; below, what can be set of the chosen one."""

    wanted: frozenset[str] = frozenset()
    train_wanted = Signal(object)
    """Train these layers from the start: as `bricks.to_list` writes them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = QListWidget()
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("The layers, from the picture to the answer")
        self.kind = QComboBox()
        self.kind.addItems(list(BRICKS))
        self.kind.setAccessibleName("Kind of layer")
        self.add_button = QPushButton("Add")
        self.remove_button = QPushButton("Remove")
        self.up_button, self.down_button = QPushButton("Up"), QPushButton("Down")
        self.train_button = QPushButton("Train this")
        self.code_button = QPushButton("Copy as Keras code")
        self.error = note("", role="error")
        self.summary = note("")
        self.form_of: SettingsForm | None = None
        self._shape: tuple[int, int, int] | None = None
        self._classes = 0
        self._place = QVBoxLayout()
        self._build()
        self._connect()
        self._judge()

    @property
    def bricks(self) -> list[Brick]:
        """The layers in their order."""
        return [self.list.item(i).data(BRICK) for i in range(self.list.count())]

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Take the size of the pictures of a training; at first its layers, too."""
        if frame is None or len(frame.size) != 3:
            return
        height, width, channels = frame.size
        shape = (int(height), int(width), int(channels))
        if shape != self._shape or len(frame.classes) != self._classes:
            first = self._shape is None
            self._shape, self._classes = shape, len(frame.classes)
            if first and frame.layers is not None:
                self.set_bricks(list(engine.from_list(frame.layers)))
            self._judge()

    def set_bricks(self, bricks: list[Brick]) -> None:
        """Show these layers."""
        self.list.clear()
        for brick in bricks:
            self._insert(self.list.count(), brick)
        self.list.setCurrentRow(0)
        self._judge()

    # Inside

    def _build(self) -> None:
        tools, row = QWidget(), QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        tools.setLayout(row)
        for widget in (
            self.kind,
            self.add_button,
            self.remove_button,
            self.up_button,
            self.down_button,
        ):
            row.addWidget(widget)
        row.addStretch(1)
        ends, last = QWidget(), QHBoxLayout()
        last.setContentsMargins(0, 0, 0, 0)
        ends.setLayout(last)
        last.addWidget(self.train_button)
        last.addWidget(self.code_button)
        last.addStretch(1)
        settings = QWidget()
        settings.setLayout(self._place)
        self._place.setContentsMargins(0, 0, 0, 0)
        left = panel(tools, self.list, title="LAYERS · DRAG TO MOVE", stretch=self.list)
        rest = QWidget()  # takes what is left where they stand beside each other
        below = panel(
            settings, self.error, self.summary, ends, rest, title="THE CHOSEN LAYER", stretch=rest
        )
        self._parts = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._parts.setContentsMargins(0, 0, 0, 0)
        self._parts.addWidget(left, 1)
        self._parts.addWidget(below)

    def resizeEvent(self, event: QResizeEvent) -> None:
        wide = self.width() >= BESIDE * self.fontMetrics().height()
        way = QBoxLayout.Direction
        self._parts.setDirection(way.LeftToRight if wide else way.TopToBottom)
        self._parts.setStretch(1, int(wide))
        super().resizeEvent(event)

    def _connect(self) -> None:
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._remove)
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button.clicked.connect(lambda: self._move(1))
        self.list.currentRowChanged.connect(lambda _: self._show_form())
        self.list.model().rowsMoved.connect(lambda *_: self._judge())
        self.code_button.clicked.connect(self._copy)
        self.train_button.clicked.connect(
            lambda: self.train_wanted.emit(engine.to_list(self.bricks))
        )

    def _insert(self, place: int, brick: Brick) -> None:
        item = QListWidgetItem()
        item.setData(BRICK, brick)
        self.list.insertItem(place, item)

    def _add(self) -> None:
        place = self.list.currentRow() + 1
        self._insert(place, BRICKS[self.kind.currentText()]())
        self.list.setCurrentRow(place)
        self._judge()

    def _remove(self) -> None:
        if self.list.currentRow() >= 0:
            self.list.takeItem(self.list.currentRow())
            self._judge()
            self._show_form()

    def _move(self, by: int) -> None:
        place = self.list.currentRow()
        if place >= 0 and 0 <= place + by < self.list.count():
            item = self.list.takeItem(place)
            self.list.insertItem(place + by, item)
            self.list.setCurrentRow(place + by)
            self._judge()

    def _show_form(self) -> None:
        """Show what can be set of the chosen layer."""
        if self.form_of is not None:
            self._place.removeWidget(self.form_of)
            self.form_of.hide()
            self.form_of.deleteLater()
            self.form_of = None
        item = self.list.currentItem()
        if item is None:
            return
        brick = item.data(BRICK)
        form = self.form_of = SettingsForm(type(brick))
        form.reset.hide()
        form.set_settings(brick)
        form.changed.connect(self._on_changed)
        self._place.addWidget(form)

    def _on_changed(self, brick: Any) -> None:
        item = self.list.currentItem()
        if item is not None:
            item.setData(BRICK, brick)
            self._judge()

    def _judge(self) -> None:
        """Write shapes, parameters and mistakes beside the layers."""
        if self._shape is None:
            self.train_button.setEnabled(False)
            self.code_button.setEnabled(False)
            return
        rows = engine.plan(self.bricks, self._shape, self._classes)
        for place, row in enumerate(rows[:-1]):
            item = self.list.item(place)
            shape = "" if row.shape is None else " × ".join(map(str, row.shape))
            told = row.error or f"{shape}   {row.parameters:,} parameters"
            assert row.brick is not None
            item.setText(f"{row.name}   {engine.in_words(row.brick)}\n      {told}")
            item.setToolTip(row.error)
        wrong = engine.problem(rows)
        self.error.setText(wrong)
        self.error.setVisible(bool(wrong))
        count = sum(row.parameters for row in rows)
        size = " × ".join(map(str, self._shape))
        self.summary.setText(words.layers(size, self._classes, count))
        self.train_button.setEnabled(not wrong)
        self.code_button.setEnabled(not wrong)

    def _copy(self) -> None:
        if self._shape is not None:
            program = engine.code(self.bricks, self._shape, self._classes)
            QGuiApplication.clipboard().setText(program)
