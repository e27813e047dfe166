"""A lesson on two pages of A4: what it is about and its questions, then the answers."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QBuffer, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QImage, QPageLayout, QPainter, QTextDocument

from visualizer.gui.core.theme import LIGHT, load_fonts
from visualizer.gui.learn.text import words_of
from visualizer.gui.widgets.markdown import formula_html, markdown_html
from visualizer.gui.widgets.picture_pages import a4

if TYPE_CHECKING:
    from visualizer.engine.lessons.lesson import Lesson

DOTS = 300
"""An inch."""
MILLIMETRE = DOTS / 25.4
WIDTH, HEIGHT, MARGIN = 210 * MILLIMETRE, 297 * MILLIMETRE, 18 * MILLIMETRE
LETTER = 4.2 * MILLIMETRE
"""The height of the letters, in dots."""
PICTURE_SHARE = 0.3
"""Of the height of the first page, at the most."""
LINES = 3
"""To write an answer on."""


def worksheet(lesson: Lesson[Any, Any], picture: QImage | None = None) -> bytes:
    """Return a PDF of two pages.

    Args:
        lesson: what it is about.
        picture: how the lesson looks, on a light ground; stands above the questions.
    """
    buffer = QBuffer()
    writer = a4(buffer, lesson.title, QPageLayout.Orientation.Portrait, DOTS)
    painter = QPainter(writer)
    family = load_fonts()
    try:
        _draw(painter, family, _first(lesson), picture)
        writer.newPage()
        _draw(painter, family, _second(lesson), None)
    finally:
        painter.end()
    return bytes(buffer.data().data())


def _first(lesson: Lesson[Any, Any]) -> tuple[str, str]:
    """The page of the questions, above and below the picture."""
    above = (
        f"<h1>{escape(lesson.title)}</h1><p class=quiet>Name: {'_' * 28} &nbsp; Date: {'_' * 14}"
        f" &nbsp; {lesson.minutes} minutes</p>{markdown_html(words_of(lesson.name))}"
    )
    if lesson.formula:
        above += f"<p align=center><i>{formula_html(lesson.formula)}</i></p>"
    line = f"<p class=line>{'_' * 70}</p>"
    below = "<h2><br>Questions</h2>" + "".join(
        f"<p><b>{number}.</b> {escape(task.question)}</p>{line * LINES}"
        for number, task in enumerate(lesson.tasks, 1)
    )
    return above, below


def _second(lesson: Lesson[Any, Any]) -> tuple[str, str]:
    """The page of the answers."""
    answers = "".join(
        f"<p><b>{number}. {escape(task.question)}</b></p><p class=quiet>{escape(task.hint)}</p>"
        f"<p>{escape(task.answer)}</p>"
        for number, task in enumerate(lesson.tasks, 1)
    )
    paper = markdown_html(lesson.paper) if lesson.paper else ""
    page = f"<h1>{escape(lesson.title)}: answers</h1>{answers}"
    return page, f"<h2><br>Where it comes from</h2>{paper}" if paper else ""


def _draw(painter: QPainter, family: str, page: tuple[str, str], picture: QImage | None) -> None:
    """Fill a page; where the words need more room, in smaller letters."""
    width, height = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    shown = QSizeF()
    if picture is not None:
        room = QSizeF(width, PICTURE_SHARE * height)
        shown = QSizeF(picture.size()).scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
    letter = LETTER
    while True:
        parts = [_document(family, letter, html, width) for html in page]
        needed = sum(each.size().height() for each in parts) + shown.height()
        if needed <= height or letter < LETTER / 2:
            break
        letter *= 0.95
    top = MARGIN
    for number, part in enumerate(parts):
        painter.save()
        painter.translate(MARGIN, top)
        part.drawContents(painter)
        painter.restore()
        top += part.size().height()
        if number == 0 and picture is not None:
            place = QRectF(MARGIN + (width - shown.width()) / 2, top, *shown.toTuple())
            painter.drawImage(place, picture)
            top += shown.height()


def _document(family: str, letter: float, html: str, width: float) -> QTextDocument:
    font = QFont(family)
    font.setPixelSize(round(letter))
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(font)
    document.setDefaultStyleSheet(
        f"p {{ color: {LIGHT.text}; margin: 0 0 {round(letter / 2)}px 0; }}"
        f"h1, h2 {{ color: {LIGHT.text}; margin: {round(letter / 2)}px 0; }}"
        f"p.quiet {{ color: {LIGHT.muted}; }} p.line {{ color: {LIGHT.line}; }}"
    )
    document.setHtml(html)
    document.setTextWidth(width)
    return document
