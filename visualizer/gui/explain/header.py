"""The line above the maps: what is explained, how it is shown, and the way to the sanity check."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.attribution.method import OVERLAY, VIEWS
from visualizer.gui.widgets.backstage import backstage

STEP = 10
"""Percent of opacity that a key press is worth."""


class ExplainHeader(QWidget):
    """Title and words on the left, choices on the right."""

    changed = Signal()
    """The view or the opacity has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title, self.words = QLabel(), QLabel()
        self.view, self.sanity = QComboBox(), QToolButton()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.title.setProperty("role", "title")
        self.words.setProperty("role", "small")
        for label in (self.title, self.words):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for view in VIEWS:
            self.view.addItem(view, view)
        self.view.setAccessibleName("How maps are shown")
        self.opacity.setRange(0, 100)
        self.opacity.setValue(60)
        self.opacity.setSingleStep(STEP)
        self.opacity.setAccessibleName("Opacity")
        self.opacity.setFixedWidth(8 * self.fontMetrics().height())
        self.sanity.setText("Sanity check")
        self.sanity.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        said = QVBoxLayout()
        said.setSpacing(0)
        said.addWidget(self.title)
        said.addWidget(self.words)
        row.addLayout(said, 1)
        row.addWidget(self.view)
        row.addWidget(self.opacity)
        row.addWidget(self.sanity)
        backstage(self.view, self.opacity, self.sanity)
        self.view.currentIndexChanged.connect(self._on_change)
        self.opacity.valueChanged.connect(self._on_change)

    @property
    def chosen_view(self) -> str:
        """One of `VIEWS`."""
        return str(self.view.currentData())

    @property
    def chosen_opacity(self) -> float:
        """How much the map covers the picture, 0 to 1."""
        return self.opacity.value() / 100

    def choose(self, view: str, opacity: float) -> None:
        """Choose a view, if there is one of that name, and an opacity from 0 to 1."""
        place = self.view.findData(view)
        if place >= 0:
            self.view.setCurrentIndex(place)
        self.opacity.setValue(round(100 * opacity))

    def step_view(self) -> None:
        """Choose the next view, the first after the last."""
        if self.view.isEnabled():
            self.view.setCurrentIndex((self.view.currentIndex() + 1) % self.view.count())

    def step_opacity(self, by: int) -> None:
        """More (+1) or less (-1) of the map."""
        if self.opacity.isEnabled():
            self.opacity.setValue(self.opacity.value() + by * STEP)

    def set_changeable(self, changeable: bool) -> None:
        """Whether view and opacity mean anything now."""
        self.view.setEnabled(changeable)
        self.opacity.setEnabled(changeable and self.chosen_view == OVERLAY)

    def _on_change(self) -> None:
        self.set_changeable(self.view.isEnabled())
        self.changed.emit()
