"""A hint where a network of digits is shown a photo, with a link to a sample digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QWidget

from visualizer.engine.pictures import is_coloured
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

DIGITS = tuple("0123456789")
SAMPLES = "Handwritten"
"""How the titles of the sample digits begin."""


class DigitHint(QLabel):
    """Says that the network knows digits only, and offers one of the tray; else it is hidden."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._seen: Specimen | None = None
        self._lost = False
        self._looking = Latest(session.compute, parent=self, cancellable=False)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.linkActivated.connect(lambda _: self.choose())
        self.hide()

    def follow(self) -> None:
        """Look at the session's network and picture again."""
        network, specimen = self._session.network, self._session.specimen
        if network is None or specimen is None or tuple(network.classes) != DIGITS:
            self._looking.drop()
            self._seen = None
            self._show(False)
        elif specimen is not self._seen:
            self._seen = specimen
            self._looking.ask(once(is_coloured, specimen.pixels), on_done=self._show)
        else:
            self._show(self._lost)

    def _show(self, lost: bool) -> None:
        network, self._lost = self._session.network, lost
        if lost and network is not None:
            offer = " <a href='digit'>Show it one</a>" if self._digit() is not None else ""
            self.setText(f"{network.title} knows handwritten digits only.{offer}")
        self.setVisible(lost)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.text():
            text = self.text()
            self.clear()
            self.setText(text)  # a link keeps the colour that it was written in

    def choose(self) -> None:
        """Choose a digit of the tray."""
        if (digit := self._digit()) is not None:
            self._session.select(digit.id)

    def _digit(self) -> Specimen | None:
        tray = self._session.specimens
        return next((each for each in tray if each.title.startswith(SAMPLES)), None)
