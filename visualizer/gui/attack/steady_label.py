"""Words that change many times a second without moving anything around them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

LOOKS = (QEvent.Type.FontChange, QEvent.Type.StyleChange)


class SteadyLabel(QWidget):
    """A label in room that is kept for so many lines, and grows where that is not enough.

    A `QLabel` asks for a new layout of the whole window whenever it says something else.

    Args:
        lines: how many there is room for; the words of more than one line wrap.
        role: of the label, for the stylesheet.
        alignment: in the horizontal.
        form: of its text.
        widest: the longest text of one line, where the label is to be as wide as that.
    """

    def __init__(
        self,
        lines: int = 1,
        role: str = "",
        alignment: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        form: Qt.TextFormat = Qt.TextFormat.PlainText,
        widest: str = "",
    ) -> None:
        super().__init__()
        self.label = QLabel(self)
        self.label.setWordWrap(lines > 1)
        self.label.setTextFormat(form)
        self.label.setAlignment(
            alignment | (Qt.AlignmentFlag.AlignTop if lines > 1 else Qt.AlignmentFlag.AlignVCenter)
        )
        if role:
            self.label.setProperty("role", role)
        self._lines, self._needed, self._widest = lines, 0, widest
        across = QSizePolicy.Policy.Fixed if widest else QSizePolicy.Policy.Ignored
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)

    def text(self) -> str:
        """What it says."""
        return self.label.text()

    def setText(self, text: str) -> None:
        """Say something else."""
        if text != self.label.text():
            self.label.setText(text)
            self._fit()

    def sizeHint(self) -> QSize:
        self.label.ensurePolished()
        metrics = self.label.fontMetrics()
        line = metrics.lineSpacing()
        width = metrics.horizontalAdvance(self._widest + " ") if self._widest else line
        return QSize(width, max(self._lines * line + line // 4, self._needed))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())
        if event.size().width() != event.oldSize().width():
            self._needed = 0
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in LOOKS:
            self.updateGeometry()
        super().changeEvent(event)

    def _fit(self) -> None:
        needed = self.label.heightForWidth(self.width()) if self.label.wordWrap() else 0
        if needed > self.height() and needed > self._needed:
            self._needed = needed
            self.updateGeometry()
