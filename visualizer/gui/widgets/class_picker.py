"""Choosing a class by typing a part of its name: a box of its own, or below any text field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from visualizer.engine.class_names import matching, near

RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
MOST = 50
"""The most suggestions shown."""
DID_YOU_MEAN = "Did you mean:"
NONE_LIKE_IT = "No class has such a name."

Entry = tuple[str, str | None]
"""An entry of the list: its text, and its value as a target."""
AWAY: Entry = ("anything but this", None)
LEAST: Entry = ("the least likely class", "least likely")


class ClassCompleter(QObject):
    """Suggests names below a text field as somebody types.

    Typing replaces what is in the field. Return, Tab or a click takes a suggestion; Esc leaves the
    field as it was before. A field that is left with nothing taken is its owner's affair.
    """

    taken = Signal(int)
    """The place of a name in the names."""

    def __init__(self, line: QLineEdit, names: Callable[[], Sequence[str]]) -> None:
        super().__init__(line)
        self._line = line
        self._names = names
        self._field: QWidget = line.focusProxy() or line  # what has the focus: a combo box, or it
        self._before = ""
        self._clicked_into = False
        self._shown: list[int | None] = []  # by row: a place of `names`, None for a heading
        self._model = QStandardItemModel(self)
        self._completer = QCompleter(self._model, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(self._field)
        popup = self._completer.popup()
        assert popup is not None
        self.popup = popup
        self.popup.setProperty("role", "suggestions")
        for watched in {line, self._field, self.popup}:
            watched.installEventFilter(self)
        self._completer.activated[QModelIndex].connect(self._on_activated)  # type: ignore[index]
        line.textEdited.connect(self._suggest)

    def _suggest(self, typed: str) -> None:
        names = self._names()
        found: list[int | None] = [*matching(typed, names)[:MOST]]
        if not found and names and any(map(str.isalpha, typed)):  # a number may be meant
            found = [None, *near(typed, names)]
        heading = DID_YOU_MEAN if len(found) > 1 else NONE_LIKE_IT
        self._shown = found
        self._model.clear()
        for place in found:
            item = QStandardItem(heading if place is None else names[place])
            if place is None:
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self._model.appendRow(item)
        if not found:
            self.popup.hide()
            return
        wide = self.popup.sizeHintForColumn(0) + 2 * self._line.fontMetrics().height()
        self.popup.setMinimumWidth(min(wide, self._line.window().width()))
        self._completer.complete()
        first = self._completer.completionModel().index(int(found[0] is None), 0)
        self.popup.setCurrentIndex(first)

    def _on_activated(self, index: QModelIndex) -> None:
        self._take(index.row())

    def _take(self, row: int) -> bool:
        place = self._shown[row] if 0 <= row < len(self._shown) else None
        self.popup.hide()
        if place is None:
            return False
        self._line.setText(self._names()[place])
        self.taken.emit(place)
        self._field.clearFocus()
        return True

    def _leave(self) -> None:
        self.popup.hide()
        self._line.setText(self._before)
        self._field.clearFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take Return and Esc from the window's shortcuts, and select all on entering."""
        kind = event.type()
        if isinstance(event, QKeyEvent) and kind == QEvent.Type.ShortcutOverride:
            if event.key() in (*RETURN, Qt.Key.Key_Escape):
                event.accept()
                return True
        elif isinstance(event, QKeyEvent) and kind == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self._leave()
                return True
            if event.key() in RETURN and self.popup.isVisible():
                return self._take(self.popup.currentIndex().row())
        elif isinstance(event, QFocusEvent) and kind == QEvent.Type.FocusIn:
            self._on_focus(event.reason())
        elif kind == QEvent.Type.MouseButtonRelease and watched is self._line:
            if self._clicked_into and not self._line.hasSelectedText():
                self._line.selectAll()
            self._clicked_into = False
        return super().eventFilter(watched, event)

    def _on_focus(self, reason: Qt.FocusReason) -> None:
        """Select everything, so that typing replaces it; not after a popup or another window."""
        if reason in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            return
        self._before = self._line.text()
        self._clicked_into = reason == Qt.FocusReason.MouseFocusReason
        self._line.selectAll()


class ClassPicker(QComboBox):
    """A list of the classes, with some entries on top of them, that is searched by typing."""

    chosen = Signal(object)
    """The new `target`."""

    def __init__(
        self, parent: QWidget | None = None, entries: Sequence[Entry] = (AWAY, LEAST)
    ) -> None:
        super().__init__(parent)
        self._entries = entries
        self._said: str | None = None
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        self.setAccessibleName("Target class")
        self.setToolTip("Type a part of a class's name (T)")
        self.setCompleter(None)  # type: ignore[arg-type]
        line = self.lineEdit()
        assert line is not None
        self._suggestions = ClassCompleter(line, self._texts)
        self._suggestions.taken.connect(lambda found: self._choose(self._places()[found]))
        self.activated.connect(self._say)
        line.returnPressed.connect(self._on_return)
        line.editingFinished.connect(self._settle)
        self.set_classes([])

    @property
    def target(self) -> str | None:
        """What is chosen: the value of an entry, or the index of a class as "#17"."""
        return self.currentData()

    @property
    def index(self) -> int | None:
        """The index of the chosen class; None for an entry on top."""
        target = self.target
        return int(target[1:]) if target is not None and target.startswith("#") else None

    def set_classes(self, names: Sequence[str]) -> None:
        """Offer the classes of another network, by name; the first entry is chosen."""
        counts = Counter(names)
        with QSignalBlocker(self):
            self.clear()
            for words, value in self._entries:
                self.addItem(words, value)
            for index in sorted(range(len(names)), key=lambda i: names[i].lower()):
                name = names[index]
                self.addItem(name if counts[name] == 1 else f"{name} (#{index})", f"#{index}")
            self.setCurrentIndex(0)
        self._said = self.target

    def set_target(self, target: str | None) -> None:
        """Choose a target and emit `chosen`; an unknown one is ignored."""
        place = self.place_of(target)
        if place >= 0 and place != self.currentIndex():
            self._choose(place)

    def show_target(self, target: str | None) -> None:
        """Choose a target without a signal."""
        place = self.place_of(target)
        with QSignalBlocker(self):
            self.setCurrentIndex(place)
        self._said = self.target

    def place_of(self, target: str | None) -> int:
        """Where a target stands in the list; -1 for one that is not there."""
        return next((p for p in range(self.count()) if self.itemData(p) == target), -1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the column scroll over it; a class is not chosen by accident."""
        event.ignore()

    def _texts(self) -> list[str]:
        return [self.itemText(place) for place in self._places()]

    def _choose(self, place: int) -> None:
        self.setCurrentIndex(place)
        self._say()

    def _say(self) -> None:
        if self.target != self._said:
            self._said = self.target
            self.chosen.emit(self.target)

    def _on_return(self) -> None:
        self._settle()
        self.clearFocus()

    def _settle(self) -> None:
        """Take what was typed if it is, or is a part of, one name alone; else go back."""
        typed, texts = self.currentText(), self._texts()
        found = matching(typed, texts)
        classes = [each for each in found if self._is_class(self._places()[each])] or found
        exact = found and texts[found[0]].lower() == typed.strip().lower()
        if exact or len(classes) == 1:
            self._choose(self._places()[found[0] if exact else classes[0]])
        with QSignalBlocker(self):
            self.setEditText(self.itemText(self.currentIndex()))

    def _is_class(self, place: int) -> bool:
        return str(self.itemData(place)).startswith("#")

    def _places(self) -> list[int]:
        """The places of all names in the order they are searched: classes before the entries."""
        return sorted(range(self.count()), key=lambda place: not self._is_class(place))
