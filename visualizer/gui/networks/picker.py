"""The catalogue to choose from: every network with a picture and its facts, and a search."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMessageBox,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.errors import UserError
from visualizer.gui.networks.table import (
    COLUMNS,
    ENTRY,
    SORT,
    TEXT,
    NetworkDelegate,
    NetworkTable,
    width,
)
from visualizer.models import catalog
from visualizer.models.entry import Entry

WALKS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class NetworkPicker(QDialog):
    """Choose a network: type to search, arrows to walk, Return to open, Esc to leave.

    Args:
        current: name of the network that is open.
        entries: the catalogue.
    """

    chosen = Signal(str)
    """The name of the network to open."""
    file_wanted = Signal()
    """The user wants to open a model file instead."""

    def __init__(
        self,
        current: str = "",
        entries: Sequence[Entry] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Networks")
        self.search = QLineEdit(placeholderText="Search by name, data, licence or author")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search")
        self.search.textChanged.connect(self._on_search)
        self.search.installEventFilter(self)
        self._table = NetworkTable(catalog.entries() if entries is None else entries)
        self._rows = _Rows(self)
        self._rows.setSourceModel(self._table)
        self.view = self._make_view()
        self.about = QLabel(wordWrap=True)
        self.about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.about.setMinimumHeight(round(3.2 * self.fontMetrics().height()))
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.about.setProperty("role", "muted")
        buttons = QDialogButtonBox()
        self.open_button = buttons.addButton("Open", QDialogButtonBox.ButtonRole.AcceptRole)
        self.open_button.setProperty("role", "primary")
        self.open_button.setDefault(True)
        file = buttons.addButton("Open a model file…", QDialogButtonBox.ButtonRole.ActionRole)
        file.clicked.connect(self._on_file)
        self.remove_button = buttons.addButton("Delete…", QDialogButtonBox.ButtonRole.ActionRole)
        self.remove_button.setAutoDefault(False)  # Return opens, whatever button comes and goes
        self.remove_button.setToolTip("Delete this network of yours for good")
        self.remove_button.clicked.connect(self._ask_remove)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self._on_accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        em = self.fontMetrics().height()
        layout.setSpacing(round(0.6 * em))
        for widget in (self.search, self.view, self.about, buttons):
            layout.addWidget(widget)
        names = [entry.name for entry in self._table.entries]
        self._choose(names.index(current) if current in names else 0)
        self.resize(round(64 * em), round(39 * em))
        self.search.setFocus()

    def _make_view(self) -> QTreeView:
        view = QTreeView(rootIsDecorated=False, uniformRowHeights=True)
        view.setAccessibleName("Networks")
        view.header().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)  # the catalogue's own order
        view.header().setSortIndicatorClearable(True)
        view.setSortingEnabled(True)
        view.setModel(self._rows)
        view.setItemDelegate(NetworkDelegate(view))
        view.setAllColumnsShowFocus(True)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        view.activated.connect(self._on_accept)
        view.selectionModel().currentRowChanged.connect(self._show)
        header = view.header()
        header.setStretchLastSection(False)
        for index, column in enumerate(COLUMNS):
            header.resizeSection(index, width(column, self._table.entries, self.font()))
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return view

    @property
    def entry(self) -> Entry | None:
        """The row that is chosen."""
        index = self.view.currentIndex()
        return index.data(ENTRY) if index.isValid() else None

    def shown(self) -> list[str]:
        """Names of the rows on show, in order."""
        rows = range(self._rows.rowCount())
        return [self._rows.index(row, 0).data(ENTRY).name for row in rows]

    def _choose(self, source_row: int) -> None:
        if not self._table.entries:
            self._show()
            return
        index = self._rows.mapFromSource(self._table.index(source_row, 0))
        self._choose_index(index)

    def _choose_index(self, index: QModelIndex) -> None:
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.view.scrollTo(index)
        self._show()

    def _on_search(self, text: str) -> None:
        self._rows.search(text)
        if not self.view.currentIndex().isValid() and self._rows.rowCount():
            self._choose_index(self._rows.index(0, 0))
        self._show()

    def _show(self, *_: object) -> None:
        entry = self.entry if self._rows.rowCount() else None
        self.open_button.setEnabled(entry is not None)
        self.open_button.setText("Open")
        self.remove_button.setVisible(entry is not None and entry.where == "yours")
        if entry is None:
            self.about.setText("No network of the catalogue is like that; try another word.")
            return
        if not entry.available and entry.where == "download":
            self.open_button.setText(f"Download {entry.megabytes:.0f} MB and open")
        self.about.setText(
            f"{entry.source}. Trained on {entry.data}. Licence: {entry.licence.rstrip('.')}."
        )

    def _on_accept(self) -> None:
        if self.entry is not None and self._rows.rowCount():
            self.chosen.emit(self.entry.name)
            self.accept()

    def _ask_remove(self) -> None:
        entry = self.entry
        if entry is None:
            return
        box = QMessageBox(self)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Delete “{entry.title}” for good? What it has learnt is in no other file.")
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        delete.clicked.connect(lambda: self._remove(entry.name))
        box.finished.connect(box.deleteLater)
        box.open()

    def _remove(self, name: str) -> None:
        try:
            catalog.remove(name)
        except UserError as error:
            self.about.setText(str(error))
            return
        self._table.set_entries(catalog.entries())
        self._choose(0)

    def _on_file(self) -> None:
        self.reject()
        self.file_wanted.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows walk the list while the search has the focus."""
        pressed = event.type() == QEvent.Type.KeyPress
        if pressed and isinstance(event, QKeyEvent) and event.key() in WALKS:
            self.view.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)


Index = QModelIndex | QPersistentModelIndex


class _Rows(QSortFilterProxyModel):
    """Filters rows by all words of the search; sorts by the key of a column, not its text."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._words: list[str] = []

    def search(self, text: str) -> None:
        """Show the rows with all these words."""
        self._words = text.lower().split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        text = self.sourceModel().index(row, 0, parent).data(TEXT)
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        return left.data(SORT) < right.data(SORT)
