"""A line of text made of parts, which leaves out its last parts where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

SEPARATOR = "  ·  "


class PartsLabel(QLabel):
    """Shows as many whole parts as fit, so that no number is cut; the tooltip has all of them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts: tuple[str, ...] = ()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_parts(self, *parts: str) -> None:
        """Show these parts, the most important first."""
        self.parts = tuple(part for part in parts if part)
        self.setToolTip(SEPARATOR.join(self.parts))
        self.setAccessibleName(SEPARATOR.join(self.parts))
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = list(self.parts)
        while len(shown) > 1 and self._width(shown) > self.width():
            shown.pop()
        self.setText(SEPARATOR.join(shown))

    def _width(self, parts: list[str]) -> int:
        return self.fontMetrics().horizontalAdvance(SEPARATOR.join(parts))
