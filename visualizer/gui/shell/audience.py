"""The window on a second screen: the stage of the main window, drawn for the audience.

The stage itself stays where the speaker's hands are. Here it is drawn anew, larger and sharp, so
that nothing else of the speaker's window can be seen: no menu, no notice, no dialog.
"""

from __future__ import annotations

import time

from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent, QPixmap, QScreen
from PySide6.QtWidgets import QWidget

from visualizer.gui.shell.stage_area import Shade, StageArea, rendered

FRAME_MS = 33
"""Milliseconds between two drawings, at least."""
LOAD = 0.25
"""The share of the window thread's time that drawing for the audience may take."""


class AudienceWindow(QWidget):
    """Fills a screen with what is on the stage.

    Args:
        stage: what is drawn.
        screen: which is filled.
        kept: a picture to keep showing, frozen, instead.

    Attributes:
        frozen: whether it keeps what it shows, while the speaker tries something.
        shade: black or white, over everything.
    """

    def __init__(self, stage: StageArea, screen: QScreen, kept: QPixmap | None = None) -> None:
        kind = Qt.WindowType
        # Or the keys would go here, and not to the speaker's window.
        flags = kind.Window | kind.FramelessWindowHint | kind.WindowDoesNotAcceptFocus
        super().__init__(None, flags)
        self.setWindowTitle("Convnet Visualizer: what the audience sees")
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stage = stage
        self._picture = QPixmap() if kept is None else kept
        self.frozen = kept is not None
        self.shade = Shade(self)
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._draw)
        self.setScreen(screen)
        self.setGeometry(screen.geometry())
        self.setWindowState(Qt.WindowState.WindowFullScreen)  # `showFullScreen` asks for the keys
        self.show()
        self._draw()

    @property
    def picture(self) -> QPixmap:
        """What is shown, without the shade."""
        return self._picture

    def freeze(self, frozen: bool) -> None:
        """Keep what is shown, or follow the stage again."""
        self.frozen = frozen
        if not frozen:
            self._draw()

    def _draw(self) -> None:
        if self.frozen:
            return
        if self.shade.colour:  # nobody sees it
            self._timer.start(FRAME_MS)
            return
        began = time.perf_counter()
        stage = self._stage
        ratio = self.devicePixelRatio()
        scale = min(self.width() / stage.width(), self.height() / stage.height()) * ratio
        area = QRect(stage.geometry())
        self._picture = rendered(stage, area, scale)
        self._picture.setDevicePixelRatio(ratio)
        self.update()
        took = 1000 * (time.perf_counter() - began)
        self._timer.start(max(FRAME_MS, round(took / LOAD)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().window())
        size = self._picture.deviceIndependentSize()
        place = QRectF(
            (self.width() - size.width()) / 2,
            (self.height() - size.height()) / 2,
            size.width(),
            size.height(),
        )
        painter.drawPixmap(place.topLeft(), self._picture)

    def resizeEvent(self, _event: object) -> None:
        self.shade.setGeometry(self.rect())

    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        self.frozen = True
        super().closeEvent(event)
