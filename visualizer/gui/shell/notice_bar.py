"""The notice bar: sentences the user should see, above the workspace, until read."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.core.theme import Theme, icon

MOST = 3
"""So many sentences at once; older ones make room."""


class NoticeBar(QWidget):
    """A short pile of sentences, the newest at the bottom; hidden while there are none."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._notices: list[_Notice] = []
        self.hide()

    def say(
        self,
        text: str,
        level: str = "info",
        action: str = "",
        on_action: Callable[[], object] | None = None,
    ) -> None:
        """Show a sentence, with a button if there is something to do about it.

        A sentence that is on show already is not shown twice.
        """
        if text in self.texts():
            return
        notice = _Notice(text, level, self._theme)
        notice.closed = lambda: self._close(notice)
        if on_action is not None:
            button = QPushButton(action)
            button.clicked.connect(on_action)
            button.clicked.connect(notice.closed)
            notice.row.insertWidget(2, button)
        self._notices.append(notice)
        self._layout.addWidget(notice)
        while len(self._notices) > MOST:
            self._close(self._notices[0])
        self.show()

    def texts(self) -> list[str]:
        """The sentences on show, oldest first."""
        return [notice.label.text() for notice in self._notices]

    def close_newest(self) -> bool:
        """Take away the newest sentence; False if there is none."""
        if self._notices:
            self._close(self._notices[-1])
            return True
        return False

    def _close(self, notice: "_Notice") -> None:
        if notice in self._notices:
            self._notices.remove(notice)
            self._layout.removeWidget(notice)
            notice.deleteLater()
            notice.hide()
        self.setVisible(bool(self._notices))


class _Notice(QFrame):
    def __init__(self, text: str, level: str, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "notice")
        self.setProperty("level", level)
        self.closed: Callable[[], None] = lambda: None
        em = self.fontMetrics().height()
        sign = QLabel()
        colours = theme.colours
        colour = {"warning": colours.warning, "error": colours.error}.get(level, colours.muted)
        name = level if level in ("warning", "error") else "info"
        sign.setPixmap(icon(name, colour).pixmap(round(1.2 * em), round(1.2 * em)))
        sign.setAccessibleName(level)
        self.label = QLabel(text, wordWrap=True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setAccessibleName(f"{level}: {text}")
        close = QToolButton()
        close.setToolTip("Close (Esc)")
        close.setProperty("role", "flat")
        close.setAccessibleName("Close this message")
        close.setIcon(icon("close", colours.muted))
        close.clicked.connect(lambda: self.closed())
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(em // 2, em // 4, em // 4, em // 4)
        self.row.addWidget(sign)
        self.row.addWidget(self.label, 1)
        self.row.addWidget(close)
