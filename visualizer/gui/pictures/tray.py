"""The tray: every specimen there is, as thumbnails to choose, compare, drag and remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QFrame,
    QListView,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.core.session import Change
from visualizer.gui.pictures.recipe_dialog import RecipeDialog
from visualizer.gui.pictures.tray_items import SpecimenDelegate, SpecimenModel
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session


class Tray(QWidget):
    """The specimens of the session, one below the other, and a place that says how more come in."""

    open_requested = Signal()
    """The hint at the bottom was clicked."""
    save_requested = Signal(object)
    """Save this specimen to a file that the user chooses."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.view = _View(session)
        self.hint = _DropHint("Drop or paste here")
        self.hint.setToolTip("Pictures, folders and model files: drop them, paste them, or click.")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.hint)
        self.setFocusProxy(self.view)
        self.hint.clicked.connect(self.open_requested)
        self.view.save_requested.connect(self.save_requested)


class _View(QListView):
    """The list itself. Click or arrows choose, with Shift several; Ctrl+click or C compares; F2
    renames; Delete removes what is chosen.
    """

    save_requested = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._model = SpecimenModel(session)
        self._row = 0
        self.setModel(self._model)
        self.setItemDelegate(SpecimenDelegate(self))
        self.setAccessibleName("Tray")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.viewport().setAutoFillBackground(False)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Always there: a bar that comes and goes changes the width, and that the heights.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        # Several with Shift; Ctrl+click compares.
        self.setSelectionMode(QAbstractItemView.SelectionMode.ContiguousSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.selectionModel().currentChanged.connect(self._choose)
        session.changed.connect(self._follow)
        self._mark()

    def minimumSizeHint(self) -> QSize:
        return QSize(10 * self.fontMetrics().averageCharWidth(), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        specimen = self._model.specimen_at(self.indexAt(event.position().toPoint()))
        if specimen is not None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._compare(specimen)
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        specimen = self._model.specimen_at(self.currentIndex())
        if event.key() == Qt.Key.Key_Space and not event.modifiers():
            event.ignore()  # the workspace plays or pauses with it
        elif specimen is None:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._remove(specimen)
        elif event.key() == Qt.Key.Key_C and not event.modifiers():
            self._compare(specimen)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self._copy(specimen)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        at = event.globalPos()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            at = self.viewport().mapToGlobal(self.visualRect(index).center())
        specimen = self._model.specimen_at(index)
        if specimen is not None:
            self.menu_of(specimen).popup(at)

    def menu_of(self, specimen: Specimen) -> QMenu:
        """What can be done with a specimen; the menu deletes itself when it closes."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        compared = specimen is self._session.compared
        menu.addAction(
            "Stop comparing" if compared else "Compare with this\tC",
            lambda: self._compare(specimen),
        )
        menu.addSeparator()
        menu.addAction("Save as…", lambda: self.save_requested.emit(specimen))
        menu.addAction("Copy", lambda: self._copy(specimen))
        menu.addAction("Show its recipe", lambda: RecipeDialog(specimen, self.window()).open())
        menu.addSeparator()
        menu.addAction("Rename\tF2", lambda: self.edit(self._index_of(specimen)))
        many = len(self._chosen_with(specimen))
        remove = f"Remove {many} pictures" if many > 1 else "Remove"
        menu.addAction(f"{remove}\tDel", lambda: self._remove(specimen))
        return menu

    def _index_of(self, specimen: Specimen) -> QModelIndex:
        row = self._model.row_of(specimen)
        return QModelIndex() if row is None else self._model.index(row)

    def _chosen_with(self, specimen: Specimen) -> list[Specimen]:
        """All that is selected if this specimen is, else this one alone."""
        chosen = [self._model.specimen_at(index) for index in self.selectedIndexes()]
        return [each for each in chosen if each] if specimen in chosen else [specimen]

    def _remove(self, specimen: Specimen) -> None:
        self._session.remove(*(each.id for each in self._chosen_with(specimen)))

    def _compare(self, specimen: Specimen) -> None:
        if specimen is self._session.compared:
            self._session.compare_with(None)
        elif specimen is self._session.specimen:
            self._session.say("To compare, choose another picture of the tray than the one shown.")
        else:
            self._session.compare_with(specimen.id)

    def _copy(self, specimen: Specimen) -> None:
        QGuiApplication.clipboard().setImage(image_of(specimen.pixels))
        self._session.say(f"“{specimen.title}” is copied.")

    def _choose(self) -> None:
        specimen = self._model.specimen_at(self.currentIndex())
        if specimen is not None and not self._model.changing:
            self._session.select(specimen.id)

    def _follow(self, change: Change) -> None:
        if change & (Change.PICTURE | Change.TRAY | Change.LIVE):
            self._mark()

    def _mark(self) -> None:
        """Mark what the session has chosen; nothing while the camera runs."""
        row = self._model.row_of(None if self._session.live else self._session.specimen)
        if row is None:
            self.clearSelection()
            self.selectionModel().clearCurrentIndex()
            return
        index = self._model.index(row)
        if index != self.currentIndex() or not self.selectionModel().isSelected(index):
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.selectionModel().setCurrentIndex(index, flag)
        elif row == self._row:
            return
        self._row = row  # it also moves when others come in before it
        self.scrollTo(index)


class _DropHint(QAbstractButton):
    """A dashed field with a hint; clicking it opens files."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setText(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(12 * metrics.averageCharWidth(), round(3.2 * metrics.height()))

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pad = self.fontMetrics().height() / 3
        field = QRectF(self.rect()).adjusted(pad, pad / 2, -pad, -pad / 2)
        palette = self.palette()
        lively = self.underMouse() or self.hasFocus() or self.isDown()
        role = QPalette.ColorRole.Accent if lively else QPalette.ColorRole.PlaceholderText
        painter.setPen(QPen(palette.color(role), 1, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(field, pad, pad)
        painter.setPen(palette.color(role))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(field.adjusted(pad, 0, -pad, 0), int(flags), self.text())
