"""The button that chooses the picture to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session


class CompareButton(QToolButton):
    """Opens a menu of the tray's other pictures; "Nothing" ends comparing."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setText("Compare")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setMenu(QMenu(self))
        self.menu().aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        menu, session = self.menu(), self._session
        menu.clear()
        group = QActionGroup(menu)
        compared = session.compared.id if session.compared is not None else None
        others = [each for each in session.specimens if each is not session.specimen]
        for title, identity in [("Nothing", None), *((each.title, each.id) for each in others)]:
            action = menu.addAction(title.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(identity == compared)
            action.triggered.connect(lambda _=False, i=identity: session.compare_with(i))
            group.addAction(action)
        if not others:
            menu.addAction("Open a second picture to compare with.").setEnabled(False)
