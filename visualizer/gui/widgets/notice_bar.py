"""The notice bar: a sentence the user should see, above the workspace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from visualizer.gui.core.session import Change
from visualizer.gui.core.theme import Theme, icon

MOST = 5
"""So many sentences are kept; older ones make room."""
SECONDS = {"info": 10, "warning": 20, "error": 40}
"""Seconds that a sentence is shown; one with a button stays until a change makes it obsolete."""


@dataclass(frozen=True, eq=False)
class _Notice:
    text: str
    level: str
    action: str
    on_action: Callable[[], object] | None
    over: Change


class NoticeBar(QFrame):
    """One sentence at a time, the newest; the one before is back when it leaves.

    A sentence leaves when it is closed, when what it says is over, or after a time during which
    the mouse was not on it.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._notices: list[_Notice] = []
        self._held = False
        self.setProperty("role", "notice")
        self._sign = QLabel()
        self.label = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.more = QLabel()
        self.more.setProperty("role", "small")
        self.button = QPushButton()
        self.button.clicked.connect(self._act)
        close = QToolButton()
        close.setToolTip("Close (Esc)")
        close.setProperty("role", "flat")
        close.setAccessibleName("Close this message")
        close.clicked.connect(self.close_newest)
        self._close = close
        row = QHBoxLayout(self)
        em = self.fontMetrics().height()
        row.setContentsMargins(em // 2, em // 4, em // 4, em // 4)
        row.addWidget(self._sign)
        row.addWidget(self.label, 1)
        for widget in (self.more, self.button, close):
            row.addWidget(widget)
        self._leave = QTimer(self, singleShot=True)
        self._leave.timeout.connect(self.close_newest)
        theme.changed.connect(self._restyle)
        self.hide()

    def say(
        self,
        text: str,
        level: str = "info",
        action: str = "",
        on_action: Callable[[], object] | None = None,
        over: Change = Change(0),  # noqa: B008  # a Flag cannot be changed
    ) -> None:
        """Show a sentence, with a button if there is something to do about it.

        Args:
            text: the sentence; one that is kept already comes to the front.
            level: "info", "warning" or "error".
            action: what stands on the button.
            on_action: what the button does.
            over: a change of the session with which it is no longer true.
        """
        kept = [each for each in self._notices if each.text != text]
        self._notices = [*kept, _Notice(text, level, action, on_action, over)][-MOST:]
        self._show()

    def hold(self, held: bool) -> None:
        """Show nothing for a while: an audience is watching. The sentences wait."""
        self._held = held
        self._show()

    def texts(self) -> list[str]:
        """The sentences that are kept, oldest first; the last is on show."""
        return [each.text for each in self._notices]

    def follow(self, change: Change) -> None:
        """Remove the notices that a change of the session makes obsolete."""
        left = [each for each in self._notices if not each.over & change]
        if len(left) < len(self._notices):
            self._notices = left
            self._show()

    def close_newest(self) -> bool:
        """Take away the sentence on show; False if there is none."""
        if not self._notices:
            return False
        self._notices.pop()
        self._show()
        return True

    def _act(self) -> None:
        notice = self._notices.pop()
        self._show()
        if notice.on_action is not None:
            notice.on_action()

    def _show(self) -> None:
        self._leave.stop()
        self.setVisible(bool(self._notices) and not self._held)
        if self.isHidden():
            return
        notice, older = self._notices[-1], len(self._notices) - 1
        self.label.setText(notice.text)
        self.label.setAccessibleName(f"{notice.level}: {notice.text}")
        self.more.setText(f"and {older} more" if older else "")
        self.button.setText(notice.action)
        self.button.setVisible(notice.on_action is not None)
        self.setProperty("level", notice.level)
        self.style().polish(self)  # its frame has the colour of the level
        self._restyle()
        if not self.underMouse():
            self._start_leaving()

    def _start_leaving(self) -> None:
        if self._notices:
            notice = self._notices[-1]
            if notice.on_action is None or not notice.over:
                self._leave.start(1000 * SECONDS[notice.level])

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while it is read or copied."""
        self._leave.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._start_leaving()
        super().leaveEvent(event)

    def _restyle(self) -> None:
        if not self._notices:
            return
        colours, level = self._theme.colours, self._notices[-1].level
        colour = {"warning": colours.warning, "error": colours.error}.get(level, colours.muted)
        side = round(1.2 * self.fontMetrics().height())
        self._sign.setPixmap(icon(level, colour).pixmap(side, side))
        self._sign.setAccessibleName(level)
        self._close.setIcon(icon("close", colours.muted))
