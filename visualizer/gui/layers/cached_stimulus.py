"""What the chosen unit most wants to see, if it was climbed before and is kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from visualizer.engine.ascent.feature_wall import trimmed
from visualizer.gui.core.compute import once
from visualizer.gui.widgets.image_view import ImageView, image_of

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.gui.core.session import Session

KEY = "kept stimulus"


class KeptStimulus(QWidget):
    """Follows the session's unit; it takes no room while there is nothing to show."""

    opened = Signal()
    """It shall be shown large."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.view = ImageView()
        side = 6 * self.fontMetrics().height()
        self.view.setFixedSize(side, side)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setAccessibleName("What the unit most wants to see")
        self.view.setToolTip("Show it large (Ctrl+U)")
        self.view.clicked.connect(lambda _: self.opened.emit())
        self.words = QLabel("This is what it most wants to see: a picture made to excite it.")
        self.words.setProperty("role", "muted")
        self.words.setWordWrap(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.view)
        row.addWidget(self.words, 1)
        session.network_changed.connect(self._ask)
        session.stage_changed.connect(self._ask)
        session.unit_changed.connect(self._ask)
        session.compute.done.connect(self._on_done)
        self._show(None)

    def _ask(self) -> None:
        network, stage, unit = self._place()
        if network is None or not stage:
            self._show(None)
            return
        work = once(lambda: ((network, stage, unit), _find(network, stage, unit)))
        self._session.compute.submit_keyed(KEY, work, cancellable=False)

    def _place(self) -> tuple[Network | None, str, int]:
        return self._session.network, self._session.stage, self._session.unit

    def _on_done(self, key: str, result: Any) -> None:
        if key == KEY and result[0] == self._place():
            self._show(result[1])

    def _show(self, image: QImage | None) -> None:
        self.view.set_picture(image)
        for widget in (self.view, self.words):
            widget.setVisible(image is not None)

    def showEvent(self, event: QShowEvent) -> None:
        """It may have been climbed meanwhile."""
        super().showEvent(event)
        self._ask()


def _find(network: Network, stage: str, unit: int) -> QImage | None:
    """The picture that the page Stimulus would show at once, or else the wall's."""
    from visualizer.engine.ascent.feature_wall import WallSettings, tile_settings
    from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
    from visualizer.engine.ascent.stimulus_cache import StimulusCache

    shelf = StimulusCache.of(network)
    for settings in (
        StimulusSettings(target=f"{stage}:{unit}"),
        tile_settings(network, stage, unit, WallSettings()),
    ):
        picture = shelf.find(settings)
        if picture is not None:
            return image_of(trimmed(picture, settings))
    return None
