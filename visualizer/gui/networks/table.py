"""The catalogue of networks as a table model, and the delegate that paints its first column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from visualizer.gui.networks.portrait import paint_portrait
from visualizer.models.entry import Entry
from visualizer.models.portraits import portraits

Index = QModelIndex | QPersistentModelIndex

ENTRY = Qt.ItemDataRole.UserRole
SORT = Qt.ItemDataRole.UserRole + 1
TEXT = Qt.ItemDataRole.UserRole + 2
"""Everything that can be searched for, of a whole row."""
ROW, PICTURE = 2.75, 5.6
"""Height of a row and width of its picture, in heights of a line of text."""


class Column(NamedTuple):
    """A heading, what stands under it, what it is sorted by, and whether it is a number."""

    title: str
    text: Callable[[Entry], str]
    key: Callable[[Entry], Any]
    number: bool = False


def _count(number: int | None) -> str:
    if number is None:
        return ""
    return f"{number / 1e6:,.1f} M" if number >= 1e6 else f"{number / 1e3:,.0f} k"


COLUMNS = (
    Column("Network", lambda e: e.title, lambda e: e.title.lower()),
    Column("Input", lambda e: f"{e.input[0]} × {e.input[1]} × {e.input[2]}", lambda e: e.input),
    Column("Classes", lambda e: f"{e.classes:,}", lambda e: e.classes, True),
    Column("Parameters", lambda e: _count(e.parameters), lambda e: e.parameters or 0, True),
    Column("MB", lambda e: f"{e.megabytes:.1f}", lambda e: e.megabytes, True),
    Column("Top-1", lambda e: f"{e.top1:.1%}" if e.top1 else "", lambda e: e.top1 or 0, True),
    Column("Licence", lambda e: e.licence_name, lambda e: e.licence_name),
    Column("Where", lambda e: e.place, lambda e: (not e.available, e.place)),
)


class NetworkTable(QAbstractTableModel):
    """Rows of the catalogue."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = tuple(entries)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self.entries = tuple(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(COLUMNS[section])
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry, column = self.entries[index.row()], COLUMNS[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() != 0:
            return None
        say = ROLES.get(role)
        return say(entry, column) if say is not None else None


def _searched(entry: Entry) -> str:
    words = (entry.name, entry.title, entry.data, entry.licence, entry.source, entry.place)
    return " ".join(words).lower()


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


ROLES: dict[int, Callable[[Entry, Column], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda entry, column: column.text(entry),
    Qt.ItemDataRole.TextAlignmentRole: lambda _, column: _alignment(column),
    Qt.ItemDataRole.ToolTipRole: lambda e, _: f"{e.data}\n{e.source}\n{e.licence}",
    Qt.ItemDataRole.AccessibleTextRole: lambda e, _: f"{e.title}, {e.data_name}, {e.place}",
    ENTRY: lambda entry, _: entry,
    SORT: lambda entry, column: column.key(entry),
    TEXT: lambda entry, _: _searched(entry),
}
"""What the table says of an entry and a column, by Qt's role."""


def width(column: Column, entries: Sequence[Entry], font: QFont) -> int:
    """How wide a column must be for its heading and every row, in pixels."""
    metrics = QFontMetricsF(font)
    longest = max(map(metrics.horizontalAdvance, (column.title, *map(column.text, entries))))
    return round(longest + 1.5 * metrics.height())


class NetworkDelegate(QStyledItemDelegate):
    """Draws the first column: a picture of the network, its title, and what it was trained on."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(0, round(ROW * option.fontMetrics.height()))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        style = option.widget.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, option.widget)
        em = option.fontMetrics.height()
        place = QRectF(option.rect).adjusted(0.55 * em, 0.3 * em, -0.55 * em, -0.3 * em)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.column() == 0:
            self._paint_network(painter, place, option, index.data(ENTRY))
        else:
            away = not index.data(ENTRY).available
            role = QPalette.ColorRole.PlaceholderText if away else QPalette.ColorRole.Text
            painter.setPen(option.palette.color(role))
            painter.setFont(option.font)
            painter.drawText(place, int(option.displayAlignment), text)
        painter.restore()

    def _paint_network(
        self, painter: QPainter, place: QRectF, option: QStyleOptionViewItem, entry: Entry
    ) -> None:
        em, palette = option.fontMetrics.height(), option.palette
        if option.state & QStyle.StateFlag.State_Selected:
            edge = QRectF(option.rect)
            edge.setWidth(em / 5)
            painter.fillRect(edge, palette.color(QPalette.ColorRole.Accent))
        picture = QRectF(place.left(), place.top(), PICTURE * em, place.height())
        paint_portrait(painter, picture, portraits().get(entry.name, ()), palette)
        words = place.adjusted((PICTURE + 0.8) * em, 0, 0, 0)
        bold, small = QFont(option.font), QFont(option.font)
        bold.setWeight(QFont.Weight.DemiBold)
        small.setPointSizeF(small.pointSizeF() * 0.88)
        half = words.height() / 2
        for font, role, text, top in (
            (bold, QPalette.ColorRole.Text, entry.title, words.top()),
            (small, QPalette.ColorRole.PlaceholderText, entry.data_name, words.top() + half),
        ):
            painter.setFont(font)
            painter.setPen(palette.color(role))
            line = QRectF(words.left(), top, words.width(), half)
            cut = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, line.width())
            painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), cut)
