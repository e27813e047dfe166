"""What is on the screen until the window stands: the first picture, and what is being opened."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QSplashScreen

from visualizer.engine.resources import package_folder
from visualizer.gui.core.application import TITLE

WIDTH, HEIGHT = 480, 320


def show_splash(application: QApplication) -> QSplashScreen:
    """Show the cup that the tray begins with; closed with `finish(window)`."""
    splash = QSplashScreen(_drawn(application.devicePixelRatio()))
    splash.setAccessibleName(f"{TITLE} is opening")
    splash.show()
    application.processEvents()  # painted now: the imports that follow take the thread
    return splash


def _drawn(ratio: float) -> QPixmap:
    pixmap = QPixmap(round(WIDTH * ratio), round(HEIGHT * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(QColor("#14161b"))
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    folder = package_folder("skimage")
    if folder is not None:
        photo = QPixmap(str(folder / "data" / "coffee.png"))
        if not photo.isNull():
            painter.drawPixmap(QRect(0, 0, WIDTH, HEIGHT), photo)
    shade = QLinearGradient(0, HEIGHT * 0.6, 0, HEIGHT)
    shade.setColorAt(0, QColor(0, 0, 0, 0))
    shade.setColorAt(1, QColor(0, 0, 0, 215))
    painter.fillRect(QRect(0, 0, WIDTH, HEIGHT), shade)
    font = QFont()
    font.setPixelSize(26)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor("#ffffff"))
    left = Qt.AlignmentFlag.AlignLeft
    painter.drawText(QRect(24, HEIGHT - 74, WIDTH - 48, 34), left, TITLE)
    font.setPixelSize(15)
    font.setWeight(QFont.Weight.Normal)
    painter.setFont(font)
    painter.drawText(QRect(24, HEIGHT - 40, WIDTH - 48, 24), left, "Opening…")
    painter.end()
    return pixmap
