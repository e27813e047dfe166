"""The first thing to try, said until it is tried or dismissed, and then never again."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from visualizer.gui.core.session import Change, Session
from visualizer.gui.core.theme import Theme, icon

WORDS = (
    "<b>Press →</b> to follow the picture through the network, stage by stage, "
    "and <b>↓</b> for the next unit."
)
KNOWN = "knows the arrows"


class Nudge(QFrame):
    """Stands above the workspace once the first picture has been through the network."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._held = False
        self.setProperty("role", "panel")
        self.close_button = QToolButton()
        self.close_button.setToolTip("Do not say it again")
        self.close_button.setAccessibleName("Do not say it again")
        self.close_button.setProperty("role", "flat")
        self.close_button.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        words = QLabel(WORDS)
        words.setWordWrap(True)
        row.addWidget(words, 1)
        row.addWidget(self.close_button)
        session.changed.connect(self._follow)
        theme.changed.connect(self._set_icon)
        self._set_icon()
        self._show()

    def hold(self, held: bool) -> None:
        """Say nothing for a while: another workspace is on show, or an audience is watching."""
        self._held = held
        self._show()

    def dismiss(self) -> None:
        """Never say it again."""
        self._session.store.remember(KNOWN, True)
        self._show()

    def _follow(self, change: Change) -> None:
        if change & Change.STAGE and not change & Change.NETWORK:
            self.dismiss()  # it was tried
        elif change & (Change.ACTIVATIONS | Change.NETWORK):
            self._show()

    def _show(self) -> None:
        session = self._session
        known = session.store.flag(KNOWN, False)
        self.setVisible(session.activations is not None and not known and not self._held)

    def _set_icon(self) -> None:
        side = round(0.7 * self.fontMetrics().height())
        self.close_button.setIcon(icon("close", self._theme.colours.muted))
        self.close_button.setIconSize(QSize(side, side))
