"""The rows of the tray: a model that follows the session, and how a row is painted."""

from __future__ import annotations

import re
import shutil
import tempfile
import weakref
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QByteArray,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QUrl,
)
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPainterPath, QPalette, QPen
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from visualizer.engine.errors import UserError
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

Index = QModelIndex | QPersistentModelIndex

THUMBNAIL_SIDE = 256
"""Side of a thumbnail in pixels: enough for a wide tray on a dense screen."""
RESERVED = {
    "CON",
    "PRN",
    "AUX",
    "NUL",
    *(f"{port}{n}" for port in ("COM", "LPT") for n in "123456789"),
}
"""Names that Windows keeps for itself, whatever their suffix."""


class SpecimenModel(QAbstractListModel):
    """The specimens of the session in order; thumbnails are made on the compute thread."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._shown: tuple[Specimen, ...] = session.specimens
        self.changing = False
        """Whether rows are being inserted or removed: Qt then changes the current row by itself."""
        self._thumbnails: dict[str, QImage] = {}
        self._made: deque[tuple[str, QImage]] = deque()  # filled on the compute thread
        self._folder: Path | None = None  # for what is dragged out
        session.changed.connect(self._follow)
        self._thumbnail_job = Latest(session.compute, parent=self, cancellable=False)
        self._ask_for_thumbnails()

    def specimen_at(self, index: Index) -> Specimen | None:
        """The specimen of a row, or None for no row."""
        return self._shown[index.row()] if index.isValid() else None

    def row_of(self, specimen: Specimen | None) -> int | None:
        """The row a specimen is in, or None."""
        ids = [each.id for each in self._shown]
        return ids.index(specimen.id) if specimen is not None and specimen.id in ids else None

    def thumbnail(self, specimen: Specimen) -> QImage | None:
        """The small picture, or None while it is being made."""
        return self._thumbnails.get(specimen.id)

    def letter(self, specimen: Specimen) -> str:
        """While two specimens are compared, A for the chosen one and B for the other; else ""."""
        compared = self._session.compared
        chosen = None if self._session.live else self._session.specimen
        if compared is None:
            return ""
        return "B" if specimen is compared else "A" if specimen is chosen else ""

    # What Qt asks for

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        specimen = self.specimen_at(index)
        if specimen is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return specimen.title
        if role == Qt.ItemDataRole.ToolTipRole:
            height, width = specimen.size
            return f"{specimen.title}\n{width} × {height} pixels, {origin(specimen)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            letter = self.letter(specimen)
            return f"{specimen.title}, compared as {letter}" if letter else specimen.title
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsEditable

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        specimen = self.specimen_at(index)
        if specimen is None or role != Qt.ItemDataRole.EditRole:
            return False
        self._session.rename(specimen.id, str(value))
        return True

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list", "application/x-qt-image"]

    def mimeData(self, indexes: Any) -> QMimeData:
        data = QMimeData()
        specimen = self.specimen_at(indexes[0]) if indexes else None
        if specimen is None:
            return data
        data.setData("application/x-visualizer-specimen", QByteArray(specimen.id.encode()))
        data.setImageData(image_of(specimen.pixels))
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="visualizer-"))
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        path = self._folder / file_name(specimen)
        kept = self._session.store.file_of(specimen.id)
        try:
            if kept is not None:
                # A copy: the receiver may write to it. Encoding here would block the window.
                shutil.copyfile(kept, path)
            else:
                specimen.save(path)
        except (OSError, UserError):
            return data  # the picture itself can still be dragged
        data.setUrls([QUrl.fromLocalFile(str(path))])
        return data

    # Following the session

    def _follow(self, change: Change) -> None:
        if change & Change.TRAY:
            self._take_rows()
        elif change & (Change.COMPARED | Change.PICTURE | Change.LIVE):
            self._repaint()

    def _take_rows(self) -> None:
        """Update the rows; equal rows at both ends stay, so that the view keeps its position."""
        before, now = self._shown, self._session.specimens
        fewest = min(len(before), len(now))
        head = next((i for i in range(fewest) if before[i] is not now[i]), fewest)
        tail = 0
        while tail < fewest - head and before[-1 - tail] is now[-1 - tail]:
            tail += 1
        self.changing = True
        if len(before) > head + tail:
            self.beginRemoveRows(QModelIndex(), head, len(before) - tail - 1)
            self._shown = before[:head] + before[len(before) - tail :]
            self.endRemoveRows()
        if len(now) > head + tail:
            self.beginInsertRows(QModelIndex(), head, len(now) - tail - 1)
            self._shown = now
            self.endInsertRows()
        self.changing = False
        here = {specimen.id for specimen in now}
        self._thumbnails = {key: image for key, image in self._thumbnails.items() if key in here}
        self._ask_for_thumbnails()

    def _ask_for_thumbnails(self) -> None:
        missing = [each for each in self._shown if each.id not in self._thumbnails]
        if not missing:
            return
        made = self._made

        def work() -> Iterator[None]:
            for specimen in missing:
                made.append((specimen.id, image_of(specimen.thumbnail(THUMBNAIL_SIDE))))
                yield

        self._thumbnail_job.ask(work, on_frame=self._collect, on_done=self._collect)

    def _collect(self, _frame: object) -> None:
        """Take what is made; frames may be skipped, so it comes by a queue."""
        here = {specimen.id for specimen in self._shown}
        while self._made:
            identity, image = self._made.popleft()
            if identity in here:
                self._thumbnails[identity] = image
        self._repaint()

    def _repaint(self) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))


class SpecimenDelegate(QStyledItemDelegate):
    """Paints a row: the picture, its title, a frame if it is chosen, its letter if compared."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Index) -> QSize:
        view = option.widget
        room = view.viewport().width() if isinstance(view, QListView) else option.rect.width()
        pad, line = self._pad(option), option.fontMetrics.height()
        return QSize(room, max(1, room - 4 * pad) + line + 4 * pad)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, SpecimenModel):
            return
        specimen = model.specimen_at(index)
        if specimen is None:
            return
        pad, line = self._pad(option), option.fontMetrics.height()
        row = self._row_area(option)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        focused = bool(option.state & QStyle.StateFlag.State_HasFocus)
        palette = option.palette
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.AlternateBase))
            painter.drawRoundedRect(row, pad, pad)
        letter = model.letter(specimen)
        if chosen or letter:
            accent = palette.color(QPalette.ColorRole.Accent)
            line_style = Qt.PenStyle.DashLine if letter == "B" else Qt.PenStyle.SolidLine
            painter.setPen(QPen(accent, 3 if focused else 2, line_style))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(row).adjusted(1, 1, -1, -1), pad, pad)
        area = row.adjusted(pad, pad, -pad, -pad - line)
        self._paint_picture(painter, area, model.thumbnail(specimen), palette, pad)
        title = self._title_area(option)
        role = QPalette.ColorRole.Text if chosen else QPalette.ColorRole.PlaceholderText
        painter.setPen(palette.color(role))
        small = QFont(option.font)
        small.setPointSizeF(small.pointSizeF() * 0.9)
        painter.setFont(small)
        # In the middle: many names differ at the end only.
        text = painter.fontMetrics().elidedText(
            specimen.title, Qt.TextElideMode.ElideMiddle, title.width()
        )
        painter.drawText(title, Qt.AlignmentFlag.AlignCenter, text)
        if letter:
            self._paint_letter(painter, area, letter, option)
        painter.restore()

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Leave what is being typed alone when the row is painted anew."""
        if not (isinstance(editor, QLineEdit) and editor.isModified()):
            super().setEditorData(editor, index)

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, _index: Index
    ) -> None:
        """Let the title be edited where it stands."""
        area, height = self._title_area(option), editor.sizeHint().height()
        editor.setGeometry(area.left(), area.bottom() + 1 - height, area.width(), height)

    def _row_area(self, option: QStyleOptionViewItem) -> QRect:
        pad = self._pad(option)
        return option.rect.adjusted(pad, pad // 2, -pad, -pad // 2)

    def _title_area(self, option: QStyleOptionViewItem) -> QRect:
        pad, line, row = self._pad(option), option.fontMetrics.height(), self._row_area(option)
        top = row.bottom() - pad - line
        return QRect(row.left() + pad, top, row.width() - 2 * pad, line + pad)

    @staticmethod
    def _pad(option: QStyleOptionViewItem) -> int:
        return max(3, option.fontMetrics.height() // 3)

    @staticmethod
    def _paint_picture(
        painter: QPainter, area: QRect, image: QImage | None, palette: QPalette, pad: int
    ) -> None:
        if image is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.color(QPalette.ColorRole.Midlight))
            painter.drawRoundedRect(area, pad / 2, pad / 2)
            return
        corners = QPainterPath()
        corners.addRoundedRect(QRectF(area), pad / 2, pad / 2)
        painter.save()
        painter.setClipPath(corners, Qt.ClipOperation.IntersectClip)
        painter.drawImage(area, image)
        painter.restore()

    @staticmethod
    def _paint_letter(
        painter: QPainter, area: QRect, letter: str, option: QStyleOptionViewItem
    ) -> None:
        side = round(1.4 * option.fontMetrics.height())
        badge = QRect(area.left() + side // 4, area.top() + side // 4, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 180))
        painter.drawEllipse(badge)
        painter.setPen(QColor(Qt.GlobalColor.white))
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, letter)


def origin(specimen: Specimen) -> str:
    """Say in a few words where a specimen came from."""
    provenance = specimen.provenance
    if provenance.technique:
        return f"made here by {provenance.technique}"
    return f"from {provenance.source}"


def file_name(specimen: Specimen) -> str:
    """Make a file name for a specimen out of its title."""
    return f"{safe_stem(specimen.title, f'picture {specimen.id}')}.png"


def safe_stem(title: str, instead: str) -> str:
    """Make the stem of a file name out of a title that every system takes.

    `instead` stands in for, or before, one that none takes.
    """
    stem = re.sub(r"[^\w\s.()-]", "_", title)
    stem = " ".join(stem.split()).strip(" .")
    stem = stem.encode()[:160].decode(errors="ignore").strip(" .")
    if not stem or stem.split(".")[0].upper() in RESERVED:
        stem = f"{instead} {stem}".strip()
    return stem
