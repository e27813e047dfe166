"""The top activating patches of the chosen unit: one of each picture of the tray."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from visualizer.engine.top_activating_patches import SHOWN
from visualizer.gui.layers.fitting_text import fitting_number
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.panel import heading, note

if TYPE_CHECKING:
    from visualizer.engine.top_activating_patches import TopPatch

SIDE = 2.8
"""Heights of a letter that a patch is across: six fit beside each other in a narrow window."""
PRESENTED, PRESENTED_SIDE = 4, 3.8
"""How many an audience sees, and their sides."""


@dataclass(frozen=True, eq=False)
class ShownPatch:
    """What is shown of a patch; `identity` is that of its specimen."""

    identity: str
    title: str
    value: float
    image: QImage

    @classmethod
    def of(cls, patch: TopPatch) -> ShownPatch:
        """Make the image, on any thread."""
        specimen = patch.specimen
        return cls(specimen.id, specimen.title, patch.value, image_of(patch.patch))


class TopPatches(QWidget):
    """Up to six patches in a row, the strongest first; a click, or Enter, chooses the specimen."""

    chosen = Signal(str)
    """The id of a specimen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._patches: Sequence[ShownPatch] = ()
        self._presented = False
        self._hint = note("")
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._buttons = [self._new_button() for _ in range(SHOWN)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(heading("Where the tray excites it most"))
        layout.addWidget(self._hint)
        layout.addLayout(self._row)
        self.set_patches(
            (), "The parts of the tray's pictures that excite a unit most appear here."
        )

    @property
    def buttons(self) -> list[QToolButton]:
        """The patches on show, strongest first."""
        return [button for button in self._buttons if not button.isHidden()]

    @property
    def hint(self) -> str:
        """The sentence shown instead of patches."""
        return "" if self._hint.isHidden() else self._hint.text()

    def set_patches(self, patches: Sequence[ShownPatch], hint: str = "") -> None:
        """Show patches, or the hint if there are none."""
        self._patches = patches
        self._hint.setText(hint or "Nothing in the tray excites this unit.")
        self._hint.setVisible(not patches)
        if self._presented:
            patches = patches[:PRESENTED]
        letter = self.fontMetrics().height()
        side = round((PRESENTED_SIDE if self._presented else SIDE) * letter)
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(patches))
            if place >= len(patches):
                continue
            patch = patches[place]
            button.setIconSize(QSize(side, side))
            button.setMinimumWidth(side + 2)
            smooth = patch.image.width() >= 12
            button.setIcon(QIcon(_squared(patch.image, side, smooth)))
            button.setText(fitting_number(patch.value, button.fontMetrics(), side))
            tip = f"{place + 1}. {patch.title}: {patch.value:.4g}"
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setProperty("specimen", patch.identity)

    def present(self, presented: bool) -> None:
        """Show an audience fewer and larger ones, or all again."""
        self._presented = presented
        self.set_patches(self._patches, self._hint.text())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.set_patches(self._patches, self._hint.text())

    def _new_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("role", "tile")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.chosen.emit(button.property("specimen")))
        self._row.addWidget(button)
        return button


def _squared(image: QImage, side: int, smooth: bool) -> QPixmap:
    """The patch in the middle of a square, so that the numbers below stand in one line."""
    modes = Qt.TransformationMode
    mode = modes.SmoothTransformation if smooth else modes.FastTransformation
    patch = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)
    square = QPixmap(side, side)
    square.fill(Qt.GlobalColor.transparent)
    with QPainter(square) as painter:
        painter.drawImage((side - patch.width()) // 2, (side - patch.height()) // 2, patch)
    return square
