"""A drawing as the bytes of a PNG, SVG or PDF file, and a table as those of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtSvg import QSvgGenerator

DOTS_PER_INCH = 96


class Drawn(Protocol):
    """Something of a size in pixels that paints itself."""

    size: QSizeF

    def paint(self, painter: QPainter) -> None:
        """Paint all of it, with its ground."""


def image_of(drawn: Drawn, scale: int = 1) -> QImage:
    """Paint with `scale` pixels for each of the drawing's own; text and lines stay sharp."""
    image = QImage((drawn.size * scale).toSize(), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    drawn.paint(painter)
    painter.end()
    return image


def png_of(image: QImage) -> bytes:
    """An image as PNG; it may be called on any thread."""
    return _bytes_from(lambda buffer: image.save(buffer, "PNG"))  # type: ignore[call-overload]


def svg_of(drawn: Drawn, title: str) -> bytes:
    """Paint as SVG: text as text, maps as pictures."""

    def write(buffer: QBuffer) -> None:
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(drawn.size.toSize())
        generator.setViewBox(QRectF(0, 0, drawn.size.width(), drawn.size.height()))
        generator.setResolution(DOTS_PER_INCH)
        generator.setTitle(title)
        _paint(drawn, generator)

    return _bytes_from(write)


def pdf_of(drawn: Drawn, title: str) -> bytes:
    """Paint as a PDF of one page that has the drawing's shape."""

    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setTitle(title)
        writer.setResolution(DOTS_PER_INCH)
        points = drawn.size * 72 / DOTS_PER_INCH
        page = QPageSize(points, QPageSize.Unit.Point, title, QPageSize.SizeMatchPolicy.ExactMatch)
        writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
        _paint(drawn, writer)

    return _bytes_from(write)


def bytes_of(drawn: Drawn, kind: str, title: str, scale: int = 1) -> bytes:
    """A drawing as "png", "svg" or "pdf"."""
    if kind == "png":
        return png_of(image_of(drawn, scale))
    return (svg_of if kind == "svg" else pdf_of)(drawn, title)


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write a table as CSV (RFC 4180) in UTF-8; numbers with a point and all their digits."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _paint(drawn: Drawn, device: Any) -> None:
    painter = QPainter(device)
    drawn.paint(painter)
    painter.end()


def _bytes_from(write: Callable[[QBuffer], object]) -> bytes:
    buffer = QBuffer()
    buffer.setData(QByteArray())
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    return bytes(buffer.data().data())
