"""The optimal stimulus of the chosen unit, if it was made before and is kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QWidget

from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.widgets.image_view import ImageView, image_of
from visualizer.gui.widgets.panel import note
from visualizer.gui.workspace import SessionView

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.gui.core.session import Session


class CachedStimulus(SessionView):
    """Takes no room while there is nothing to show."""

    followed_anew = Change.UNIT  # its stimulus may have been made meanwhile

    opened = Signal()
    """It was clicked, to be shown large."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._finding = Latest(session.compute, parent=self, cancellable=False)
        self.view = ImageView()
        side = 6 * self.fontMetrics().height()
        self.view.setFixedSize(side, side)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setAccessibleName("What the unit most wants to see")
        self.view.setToolTip("Show it large (Ctrl+U)")
        self.view.clicked.connect(lambda _: self.opened.emit())
        self.words = note("This is what it most wants to see: a picture made to excite it.")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.view)
        row.addWidget(self.words, 1)
        self._show(None)

    def follow(self, change: Change) -> None:
        if not change & (Change.NETWORK | Change.STAGE | Change.UNIT):
            return
        network, stage, unit = self.session.network, self.session.stage, self.session.unit
        if network is None:
            self._finding.drop()
            self._show(None)
        else:
            self._finding.ask(once(_find, network, stage, unit), on_done=self._show)

    def _show(self, image: QImage | None) -> None:
        self.view.set_picture(image)
        for widget in (self.view, self.words):
            widget.setVisible(image is not None)


def _find(network: Network, stage: str, unit: int) -> QImage | None:
    from visualizer.engine.ascent.feature_wall import cached_stimulus

    picture = cached_stimulus(network, stage, unit)
    return image_of(picture) if picture is not None else None
