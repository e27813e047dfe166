"""Pictures with captions on pages of A4, as a PDF whose letters stay letters."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)

from visualizer.engine.files import write_file
from visualizer.gui.core.theme import LIGHT, load_fonts
from visualizer.gui.widgets.image_view import image_of

Plate = tuple[np.ndarray, str, str]
"""A picture (uint8, H x W x 3) and the two lines below it."""

DOTS = 300
"""An inch."""
MILLIMETRE = DOTS / 25.4
PAGE_WIDTH, PAGE_HEIGHT, MARGIN = 210 * MILLIMETRE, 297 * MILLIMETRE, 14 * MILLIMETRE
COLUMNS, GAP = 4, 4 * MILLIMETRE
SIDE = (PAGE_WIDTH - 2 * MARGIN - (COLUMNS - 1) * GAP) / COLUMNS
"""Of a picture, in dots: about 42 mm."""
TITLE, TEXT, SMALL = (share * MILLIMETRE for share in (6.0, 3.0, 2.5))
"""Heights of letters, in dots."""
PIXELS = 360
"""That a picture should have on its longer side: 220 an inch."""


def save_pages(
    path: Path, title: str, lines: Sequence[str], plates: Iterable[Plate]
) -> Generator[None, None, None]:
    """Write pages with a title, some lines and pictures; yields None after each picture.

    Works on any thread, once there is a `QGuiApplication`.

    Args:
        path: of the PDF, which is there when all is done.
        title: on top of the first page, and the document's.
        lines: below it; they wrap.
        plates: taken one at a time, so that they can be drawn meanwhile.

    Raises:
        SaveError: the file cannot be written.
    """
    buffer = QBuffer()
    writer = a4(buffer, title, QPageLayout.Orientation.Portrait, DOTS)
    painter = QPainter(writer)
    try:
        sheet = _Sheet(writer, painter)
        sheet.head(title, lines)
        for plate in plates:
            sheet.add(*plate)
            yield
    finally:
        painter.end()
    write_file(path, bytes(buffer.data().data()))


def a4(buffer: QBuffer, title: str, orientation: QPageLayout.Orientation, dots: int) -> QPdfWriter:
    """A PDF of A4 pages without margins, written into a buffer; `dots` are those of an inch."""
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setResolution(dots)
    size = QPageSize(QPageSize.PageSizeId.A4)
    writer.setPageLayout(QPageLayout(size, orientation, QMarginsF()))
    return writer


class _Sheet:
    """The page that is being filled, from left to right and top to bottom."""

    def __init__(self, writer: QPdfWriter, painter: QPainter) -> None:
        self._writer, self._painter = writer, painter
        self._family = load_fonts()
        self._top, self._column, self._page = MARGIN, 0, 1
        self._row = SIDE + 1.45 * (TEXT + SMALL) + GAP
        self._bottom = PAGE_HEIGHT - MARGIN
        self._foot()

    def head(self, title: str, lines: Sequence[str]) -> None:
        """The title and the lines below it."""
        width, flags = PAGE_WIDTH - 2 * MARGIN, Qt.TextFlag.TextWordWrap
        fonts = [self._font(TITLE, bold=True), *(self._font(TEXT) for _ in lines)]
        for text, font in zip((title, *lines), fonts, strict=True):
            metrics = QFontMetricsF(font, self._writer)
            room = QRectF(MARGIN, self._top, width, PAGE_HEIGHT)
            room.setHeight(metrics.boundingRect(room, int(flags), text).height())
            self._write(room, font, text, LIGHT.text, int(flags))
            self._top += room.height() + 0.5 * TEXT
        self._top += TEXT

    def add(self, picture: np.ndarray, title: str, words: str) -> None:
        """The next picture, on a new page where this one is full."""
        if self._top + self._row - GAP > self._bottom:
            self._writer.newPage()
            self._top, self._column, self._page = MARGIN, 0, self._page + 1
            self._foot()
        x = MARGIN + self._column * (SIDE + GAP)
        image = image_of(picture).convertToFormat(QImage.Format.Format_RGB32)  # without alpha
        scale = SIDE / max(image.width(), image.height())
        width, height = image.width() * scale, image.height() * scale
        target = QRectF(x + (SIDE - width) / 2, self._top + (SIDE - height) / 2, width, height)
        self._painter.drawImage(target, image)
        below = self._top + SIDE + 0.25 * TEXT
        for text, letter, colour in ((title, TEXT, LIGHT.text), (words, SMALL, LIGHT.muted)):
            font = self._font(letter, bold=letter == TEXT)
            metrics = QFontMetricsF(font, self._writer)
            cut = metrics.elidedText(text, Qt.TextElideMode.ElideRight, SIDE)
            self._write(QRectF(x, below, SIDE, 1.4 * letter), font, cut, colour)
            below += 1.4 * letter
        self._column += 1
        if self._column == COLUMNS:
            self._column, self._top = 0, self._top + self._row

    def _foot(self) -> None:
        """The number of the page."""
        line = QRectF(MARGIN, PAGE_HEIGHT - 0.75 * MARGIN, PAGE_WIDTH - 2 * MARGIN, 2 * SMALL)
        flags = int(Qt.AlignmentFlag.AlignRight)
        self._write(line, self._font(SMALL), str(self._page), LIGHT.muted, flags)

    def _write(self, room: QRectF, font: QFont, text: str, colour: str, flags: int = 0) -> None:
        self._painter.setFont(font)
        self._painter.setPen(colour)
        self._painter.drawText(room, flags, text)

    def _font(self, letter: float, bold: bool = False) -> QFont:
        font = QFont(self._family)
        font.setPixelSize(round(letter))
        font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return font
