"""A hint where a network of digits is shown a photo, with a link to a sample digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QWidget

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

DIGITS = tuple("0123456789")
SAMPLES = "Handwritten"
"""How the titles of the sample digits begin."""
COLOURED = 0.1
"""A picture whose channels differ by more than this anywhere is a photo, not a digit."""


class DigitHint(QLabel):
    """Says that the network knows digits only, and offers one of the tray; else it is hidden."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.linkActivated.connect(lambda _: self.choose())
        self.hide()

    def follow(self) -> None:
        """Look at the session's network and picture again."""
        network, specimen = self._session.network, self._session.specimen
        lost = network is not None and specimen is not None and misplaced(network, specimen)
        if lost:
            assert network is not None
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


def misplaced(network: Network, specimen: Specimen) -> bool:
    """Whether a network that knows digits only looks at a coloured picture."""
    if tuple(network.classes) != DIGITS:
        return False
    some = specimen.pixels[::8, ::8]
    white = 255 if some.dtype == np.uint8 else 1
    return bool((some.max(axis=-1) - some.min(axis=-1)).max() > COLOURED * white)
