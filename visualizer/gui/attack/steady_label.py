"""A label whose text may change many times a second without a new layout of the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class SteadyLabel(QWidget):
    """A label in room that is kept for so many lines, and grows where that is not enough.

    A `QLabel` asks for a new layout of the whole window whenever it says something else.

    Args:
        lines: how many there is room for. More than one wrap; one is shortened where the room ends,
            and left away where less than half of it would be seen.
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
        self._font = self.label.font()
        self._text = ""
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
        """The text."""
        return self._text

    def setText(self, text: str) -> None:
        """Set the text."""
        if text != self._text:
            self._text = text
            self._fit()

    def sizeHint(self) -> QSize:
        self.label.ensurePolished()
        metrics = self.label.fontMetrics()
        line = metrics.lineSpacing()
        width = metrics.horizontalAdvance(self._widest + " ") if self._widest else line
        room = self._lines * line + (line // 4 if self._lines > 1 else 0)
        return QSize(width, max(room, self._needed))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())
        if event.size().width() != event.oldSize().width():
            self._needed = 0
            self._fit()

    def event(self, event: QEvent) -> bool:
        """Reserve the room that another font needs; the label gets the change first."""
        if event.type() == QEvent.Type.LayoutRequest and self.label.font() != self._font:
            self._font = self.label.font()
            self._needed = 0
            self.updateGeometry()
            self._fit()
        return super().event(event)

    def set_role(self, role: str) -> None:
        """Set the role, for the stylesheet."""
        if self.label.property("role") != role:
            self.label.setProperty("role", role)
            self.label.style().unpolish(self.label)
            self.label.style().polish(self.label)

    def _fit(self) -> None:
        """Shorten one line to the room there is; ask for more room for several."""
        label = self.label
        if not label.wordWrap():
            words = label.fontMetrics().elidedText(
                self._text, Qt.TextElideMode.ElideRight, self.width()
            )
            label.setText(words if len(words) > len(self._text) // 2 else "")
            self.setToolTip("" if words == self._text else self._text)
            return
        label.setText(self._text)
        needed = label.heightForWidth(self.width())
        if needed > self.height() and needed > self._needed:
            self._needed = needed
            self.updateGeometry()
