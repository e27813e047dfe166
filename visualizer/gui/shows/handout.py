"""A show on paper and for other people's slides: PDF pages, PNG pictures, PowerPoint slides."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QImage,
    QPageLayout,
    QPainter,
)

from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file
from visualizer.gui.core.theme import LIGHT, load_fonts
from visualizer.gui.widgets.picture_pages import a4

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

DOTS = 300
"""An inch of a page."""
MILLIMETRE = DOTS / 25.4
WIDTH, HEIGHT, MARGIN = 297 * MILLIMETRE, 210 * MILLIMETRE, 12 * MILLIMETRE
TITLE, TEXT = 6 * MILLIMETRE, 3.6 * MILLIMETRE
"""Heights of letters, in dots."""
NOTES_SHARE = 0.3
"""Of the page, for the notes where they are wanted."""
SLIDE_WIDTH = 13.333
"""Inches of a wide slide."""
KINDS = {".pdf": "PDF pages", ".pptx": "PowerPoint slides", "": "a folder of PNG pictures"}
"""What a handout can be, by the ending of its name."""


@dataclass(frozen=True, eq=False)
class Page:
    """A scene as it is handed out.

    Attributes:
        title: its caption.
        notes: for the speaker.
        image: as the audience sees it.
    """

    title: str
    notes: str
    image: QImage


def save_handout(path: Path, title: str, pages: Sequence[Page], notes: bool = False) -> None:
    """Write pages as what the ending of the name says.

    Args:
        path: of a `.pdf` or `.pptx`; without an ending a folder for PNGs, made if need be.
        title: of the show.
        pages: a scene each.
        notes: whether the notes are in the PDF, too; in slides they always are.

    Raises:
        UserError: another ending, or it cannot be written.
    """
    writers: dict[str, Callable[[], object]] = {
        ".pdf": lambda: write_file(path, pdf(title, pages, notes)),
        ".pptx": lambda: write_file(path, slides(title, pages)),
        "": lambda: _save_pictures(path, pages),
    }
    check(path)
    writers[path.suffix.lower()]()


def check(path: Path) -> None:
    """Refuse a name that says nothing that can be written.

    Raises:
        UserError: it has another ending.
    """
    if path.suffix.lower() not in KINDS:
        raise UserError(
            f"“{path.name}” ends in “{path.suffix}”; a handout ends in .pdf or .pptx, or is a "
            "folder for PNG pictures, whose name has no ending."
        )


def pdf(title: str, pages: Sequence[Page], notes: bool) -> bytes:
    """A document with a scene on each page of A4: picture, caption, and the notes if wanted."""
    buffer = QBuffer()
    writer = a4(buffer, title, QPageLayout.Orientation.Landscape, DOTS)
    painter = QPainter(writer)
    family = load_fonts()
    try:
        for number, page in enumerate(pages, 1):
            if number > 1:
                writer.newPage()
            _draw_page(painter, family, page, f"{title}  ·  {number} of {len(pages)}", notes)
    finally:
        painter.end()
    return bytes(buffer.data().data())


def _draw_page(painter: QPainter, family: str, page: Page, foot: str, notes: bool) -> None:
    width = WIDTH - 2 * MARGIN
    head = QRectF(MARGIN, MARGIN, width, 1.4 * TITLE)
    _write(painter, family, TITLE, page.title, head, LIGHT.text)
    below = NOTES_SHARE * HEIGHT if notes and page.notes else 0
    room = QRectF(MARGIN, head.bottom() + TEXT, width, 0)
    room.setBottom(HEIGHT - MARGIN - 2 * TEXT - below)
    shown = QSizeF(page.image.size()).scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(room.left() + (width - shown.width()) / 2, room.top(), *shown.toTuple())
    painter.drawImage(place, page.image)
    if below:
        under = QRectF(MARGIN, place.bottom() + TEXT, width, HEIGHT - MARGIN - 2 * TEXT)
        under.setBottom(HEIGHT - MARGIN - 2 * TEXT)
        _write(painter, family, TEXT, page.notes, under, LIGHT.text)
    end = QRectF(MARGIN, HEIGHT - MARGIN - TEXT, width, 1.4 * TEXT)
    _write(painter, family, 0.8 * TEXT, foot, end, LIGHT.muted)


def _write(
    painter: QPainter, family: str, size: float, text: str, room: QRectF, colour: str | QColor
) -> None:
    """Write a text into its room, in smaller letters where it would not fit."""
    flags = int(Qt.TextFlag.TextWordWrap)
    while True:
        font = QFont(family)
        font.setPixelSize(max(8, round(size)))
        needed = QFontMetricsF(font, painter.device()).boundingRect(room, flags, text)
        if needed.height() <= room.height() or size < 20:
            break
        size *= 0.9
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(room, flags, text)


def slides(title: str, pages: Sequence[Page]) -> bytes:
    """A presentation with a picture over each slide, and the notes below it."""
    from pptx import Presentation
    from pptx.util import Inches

    talk = Presentation()
    first = pages[0].image if pages else QImage(16, 9, QImage.Format.Format_RGB32)
    talk.slide_width = Inches(SLIDE_WIDTH)
    talk.slide_height = Inches(SLIDE_WIDTH * first.height() / first.width())
    talk.core_properties.title = title
    blank = talk.slide_layouts[6]
    for page in pages:
        slide = talk.slides.add_slide(blank)
        picture = slide.shapes.add_picture(
            io.BytesIO(png(page.image)), 0, 0, talk.slide_width, talk.slide_height
        )
        picture.name = page.title or "Scene"
        slide.notes_slide.notes_text_frame.text = "\n".join(filter(None, (page.title, page.notes)))
    file = io.BytesIO()
    talk.save(file)
    return file.getvalue()


def png(image: QImage) -> bytes:
    """An image as a PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def _save_pictures(folder: Path, pages: Sequence[Page]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"The folder “{folder}” could not be made ({error.strerror}); choose another place."
        ) from None
    for name, page in zip(file_names(pages), pages, strict=True):
        write_file(folder / name, png(page.image))


def file_names(pages: Sequence[Page]) -> Iterator[str]:
    """Names of the pictures in their order: "03 a-starfish.png"."""
    for number, page in enumerate(pages, 1):
        letters = "".join(each if each.isalnum() else "-" for each in page.title.lower())
        words = "-".join(filter(None, letters.split("-")))[:60]
        yield f"{number:02} {words or 'scene'}.png"
