"""A widget as the bytes of a PNG, SVG or PDF file, and a table as those of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QPoint, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPalette, QPdfWriter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

DOTS_PER_INCH = 96


def image_of(widget: QWidget, scale: int = 1) -> QImage:
    """Paint a widget, `scale` pixels for each of its own; text and lines stay sharp."""
    image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(widget.palette().color(QPalette.ColorRole.Window))
    widget.render(image, QPoint())
    return image


def png_of(image: QImage) -> bytes:
    """An image as PNG; it may be called on any thread."""
    buffer = _buffer()
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def svg_of(widget: QWidget, title: str) -> bytes:
    """Paint a widget as SVG: text as text, maps as pictures."""
    buffer = _buffer()
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setResolution(DOTS_PER_INCH)
    generator.setTitle(title)
    _paint(widget, generator)
    return bytes(buffer.data().data())


def pdf_of(widget: QWidget, title: str) -> bytes:
    """Paint a widget as a PDF of one page that has the widget's shape."""
    buffer = _buffer()
    writer = QPdfWriter(buffer)
    writer.setTitle(title)
    writer.setResolution(DOTS_PER_INCH)
    points = QSizeF(widget.size()) * 72 / DOTS_PER_INCH
    page = QPageSize(points, QPageSize.Unit.Point, title, QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(page, QPageLayout.Orientation.Portrait, QMarginsF()))
    _paint(widget, writer)
    return bytes(buffer.data().data())


def csv_of(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write a table as CSV (RFC 4180) in UTF-8; numbers with a point and all their digits."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _paint(widget: QWidget, device: Any) -> None:
    painter = QPainter(device)
    painter.fillRect(widget.rect(), widget.palette().color(QPalette.ColorRole.Window))
    widget.render(painter, QPoint())
    painter.end()


def _buffer() -> QBuffer:
    buffer = QBuffer()
    buffer.setData(QByteArray())
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    return buffer
