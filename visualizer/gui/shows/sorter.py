"""The sorter: the scenes of a show in order, and what is said of the chosen one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QIcon, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.settings import understood
from visualizer.engine.shows.show import MAX_TEXT, MAX_TITLE, Animation
from visualizer.engine.shows.show_file import MINUTES
from visualizer.gui.widgets.settings_form import SettingsForm

if TYPE_CHECKING:
    from visualizer.engine.shows.show import Scene, Show
    from visualizer.gui.shows.shows import Shows
    from visualizer.gui.shows.stage import Stage

THUMBNAIL = QSize(160, 100)
REST_MS = 500
"""Milliseconds without a key after which what was typed is taken."""
STARTS = ("at the next click", "when the scene is entered")
EMPTY = (
    "A scene keeps what is on show: workspace, network, picture, stage and settings. Set up the "
    "window, then press Ctrl+Shift+S."
)


class Sorter(QDialog):
    """Stands beside the window: what is on show there becomes the next scene.

    Scenes are dragged to another place, or moved with Alt+Up and Alt+Down.
    """

    def __init__(self, shows: Shows, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Scenes of the show")
        self._shows, self._stage = shows, stage
        self.title, self.minutes = QLineEdit(maxLength=MAX_TITLE), QSpinBox()
        self.title.setPlaceholderText("Title of the show")
        self.title.setAccessibleName("Title of the show")
        self.minutes.setRange(0, MINUTES)
        self.minutes.setSpecialValueText("no time planned")
        self.minutes.setSuffix(" minutes")
        self.minutes.setAccessibleName("Planned minutes")
        self.list = QListWidget()
        self.list.setAccessibleName("Scenes")
        self.list.setIconSize(THUMBNAIL)
        self.list.setWordWrap(True)
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.scene_title = QLineEdit(maxLength=MAX_TITLE)
        self.scene_title.setPlaceholderText("What the audience reads above the scene")
        self.notes = QPlainTextEdit()
        self.notes.setPlaceholderText("What only you see while you speak")
        self.moves, self.starts = QComboBox(), QComboBox()
        self.starts.addItems(list(STARTS))
        self.form: SettingsForm | None = None
        """The settings of what moves."""
        self.about = QLabel(wordWrap=True)
        self.about.setProperty("role", "small")
        self.buttons = {
            "add": QPushButton("Add scene"),
            "retake": QPushButton("Take again"),
            "duplicate": QPushButton("Duplicate"),
            "remove": QPushButton("Remove"),
            "undo": QPushButton("Undo"),
            "show": QPushButton("Show this scene"),
        }
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._filling = False
        self._row = -1  # the one whose title and notes are shown
        self._wanted: int | None = None  # the row to choose next
        self._index = -1  # of the scene that was on the stage
        self._build()
        self._connect()
        self._follow()

    @property
    def row(self) -> int:
        """The place of the chosen scene; -1 for none."""
        return self.list.currentRow()

    # Construction

    def _build(self) -> None:
        em = self.fontMetrics().height()
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.minutes)
        self.what = QWidget()
        form = self._form = QFormLayout(self.what)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Title", self.scene_title)
        form.addRow("Notes", self.notes)
        form.addRow("Moves", self.moves)
        form.addRow("Begins", self.starts)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.what, 1)
        column.addWidget(self.about)
        splitter = QSplitter()
        splitter.addWidget(self.list)
        splitter.addWidget(side)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([22 * em, 22 * em])
        row = QHBoxLayout()
        for button in self.buttons.values():
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addWidget(splitter, 1)
        layout.addLayout(row)
        self.resize(46 * em, 34 * em)

    def _connect(self) -> None:
        shows, buttons = self._shows, self.buttons
        shows.changed.connect(self._follow)
        self.list.currentRowChanged.connect(lambda _: self._on_row())
        self.list.itemDoubleClicked.connect(lambda _: self.show_scene())
        self.list.model().rowsMoved.connect(lambda *_: QTimer.singleShot(0, self, self._on_moved))
        for edited in (self.title, self.scene_title, self.notes):
            edited.textChanged.connect(lambda *_: self._on_typed())
        self.minutes.valueChanged.connect(lambda _: self._on_typed())
        self._rest.timeout.connect(self.take_typed)
        self.moves.currentIndexChanged.connect(lambda _: self._on_moves())
        self.starts.currentIndexChanged.connect(lambda _: self._take_animation())
        buttons["add"].clicked.connect(shows.add_scene)
        buttons["retake"].clicked.connect(self.retake)
        buttons["duplicate"].clicked.connect(self.duplicate)
        buttons["remove"].clicked.connect(self.remove)
        buttons["undo"].clicked.connect(shows.undo)
        buttons["show"].clicked.connect(self.show_scene)
        for key, does, where in (
            ("Alt+Up", lambda: self.move_by(-1), self),
            ("Alt+Down", lambda: self.move_by(1), self),
            ("Delete", self.remove, self.list),
            ("Ctrl+D", self.duplicate, self),
            ("Ctrl+Z", shows.undo, self.list),
            ("F2", self.scene_title.setFocus, self),
            ("Return", self.show_scene, self.list),
            ("Ctrl+Shift+S", shows.add_scene, self),
        ):
            context = Qt.ShortcutContext.WidgetWithChildrenShortcut
            QShortcut(QKeySequence(key), where, does, context=context)
        tips = {
            "add": "What is on show becomes a scene (Ctrl+Shift+S)",
            "retake": "What is on show takes the place of this scene; title and notes stay",
            "duplicate": "Ctrl+D",
            "remove": "Delete",
            "undo": "Ctrl+Z",
            "show": "Return, or a double click",
        }
        for name, tip in tips.items():
            buttons[name].setToolTip(tip)

    # What is done

    def move_by(self, by: int) -> None:
        """Move the chosen scene up (-1) or down (+1)."""
        self.take_typed()
        show, row = self._shows.show, self.row
        if show is not None and row >= 0 and 0 <= row + by < len(show.scenes):
            self._edit(show.moved(row, row + by), row + by)

    def duplicate(self) -> None:
        """Put a copy of the chosen scene behind it."""
        self.take_typed()
        show, row = self._shows.show, self.row
        if show is not None and row >= 0:
            self._edit(show.inserted(row + 1, show.scenes[row]), row + 1)

    def remove(self) -> None:
        """Take the chosen scene out; Ctrl+Z brings it back."""
        show, row = self._shows.show, self.row
        if show is not None and row >= 0:
            self._rest.stop()
            self._edit(show.removed(row), min(row, len(show.scenes) - 2))

    def retake(self) -> None:
        """Let the chosen scene be what is on show now."""
        self.take_typed()
        self._shows.retake(self.row)

    def show_scene(self) -> None:
        """Put the chosen scene on the stage."""
        self.take_typed()
        self._shows.go_to(self.row)

    def take_typed(self) -> None:
        """Take what was typed."""
        self._rest.stop()
        shows, row = self._shows, self._row
        show = shows.show
        if show is None or self._filling:
            return
        changed = replace(show, title=self.title.text(), minutes=self.minutes.value())
        if 0 <= row < len(show.scenes):
            title, notes = self.scene_title.text(), self.notes.toPlainText()[:MAX_TEXT]
            scene = show.scenes[row]
            if (title, notes) != (scene.title, scene.notes):
                changed = changed.changed(row, title=title, notes=notes)
        if (changed.title, changed.minutes, changed.scenes) != (
            show.title,
            show.minutes,
            show.scenes,
        ):
            shows.edit(changed)

    def _edit(self, show: Show, row: int) -> None:
        """Change the show; this scene is the chosen one then."""
        self._wanted = row
        self._shows.edit(show)

    def _on_moved(self) -> None:
        """Scenes were dragged: the list says in which order they are now."""
        show = self._shows.show
        order = [self.list.item(place).data(Qt.ItemDataRole.UserRole) for place in self._places()]
        if show is not None and sorted(order) == list(range(len(show.scenes))):
            self._edit(replace(show, scenes=tuple(show.scenes[each] for each in order)), self.row)

    def _places(self) -> range:
        return range(self.list.count())

    def _on_typed(self) -> None:
        if not self._filling:
            self._rest.start()

    # What is shown

    def _follow(self) -> None:
        """Show the show as it is now."""
        shows, show = self._shows, self._shows.show
        scenes = show.scenes if show is not None else ()
        with QSignalBlocker(self.list):
            row = self.row
            if shows.index != self._index:
                self._index = row = shows.index
            if self._wanted is not None:
                row, self._wanted = self._wanted, None
            if self.list.count() != len(scenes):
                self.list.clear()
                for _ in scenes:
                    self.list.addItem(QListWidgetItem())
            for place, scene in enumerate(scenes):
                item = self.list.item(place)
                item.setText(f"{place + 1}  {scene.title}")
                item.setIcon(QIcon(QPixmap.fromImage(shows.thumbnail(place))))
                item.setData(Qt.ItemDataRole.UserRole, place)
            self.list.setCurrentRow(max(min(row, len(scenes) - 1), min(0, len(scenes) - 1)))
        self.buttons["undo"].setEnabled(shows.can_undo)
        self._show_row()

    def _on_row(self) -> None:
        """Another scene is chosen: take what was typed for the one before."""
        if self._rest.isActive():
            self._wanted = self.row
            self.take_typed()
        self._show_row()

    def _show_row(self) -> None:
        """Show the chosen scene."""
        show = self._shows.show
        row = self._row = self.row
        scene = show.scenes[row] if show is not None and 0 <= row < len(show.scenes) else None
        self._filling = True
        _set(self.title, show.title if show is not None else "")
        self.minutes.setValue(show.minutes if show is not None else 0)
        self.title.setEnabled(show is not None)
        self.minutes.setEnabled(show is not None)
        self.what.setEnabled(scene is not None)
        _set(self.scene_title, scene.title if scene is not None else "")
        notes = scene.notes if scene is not None else ""
        if self.notes.toPlainText() != notes:
            self.notes.setPlainText(notes)
        for name in ("retake", "duplicate", "remove", "show"):
            self.buttons[name].setEnabled(scene is not None)
        self._show_animation(scene)
        self.about.setText(EMPTY if scene is None else _facts(scene))
        self._filling = False

    def _show_animation(self, scene: Scene | None) -> None:
        animation = scene.animation if scene is not None else None
        movements = self._stage.movements_of(scene.workspace) if scene is not None else {}
        self.moves.clear()
        self.moves.addItem("nothing", "")
        for name, movement in movements.items():
            self.moves.addItem(movement.title, name)
        name = animation.name if animation is not None else ""
        self.moves.setCurrentIndex(max(self.moves.findData(name), 0))
        self.starts.setCurrentIndex(int(animation is not None and animation.at_once))
        self._show_form(animation)

    def _show_form(self, animation: Animation | None) -> None:
        if self.form is not None:
            self._form.removeRow(self.form)
            self.form = None
        name, row = self.moves.currentData(), self.row
        self._form.setRowVisible(self.starts, bool(name))
        show = self._shows.show
        if not name or show is None or not 0 <= row < len(show.scenes):
            return
        movement = self._stage.movements_of(show.scenes[row].workspace)[name]
        self.form = SettingsForm(movement.settings)
        self.form.reset.hide()
        values = animation.settings if animation is not None else {}
        self.form.set_settings(understood(movement.settings, values)[0])
        self.form.changed.connect(lambda _: self._take_animation())
        self._form.addRow("", self.form)

    def _on_moves(self) -> None:
        if not self._filling:
            self._show_form(None)
            self._take_animation()

    def _take_animation(self) -> None:
        if self._filling or self.row < 0:
            return
        settings = self.form.settings if self.form is not None else None
        name = self.moves.currentData() or ""
        self._shows.set_animation(self.row, name, settings, bool(self.starts.currentIndex()))

    def hideEvent(self, event: QHideEvent) -> None:
        """Nothing that was typed is lost."""
        self.take_typed()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.take_typed()


def _set(line: QLineEdit, text: str) -> None:
    """Show a text, leaving the cursor where it is if it is the same."""
    if line.text() != text:
        line.setText(text)


def _facts(scene: Scene) -> str:
    """What a scene keeps, in a line."""
    picture = f"“{scene.picture.title}”" if scene.picture is not None else ""
    place = f"{scene.stage}, unit {scene.unit}" if scene.stage else ""
    return "  ·  ".join(filter(None, (scene.workspace, scene.network, picture, place)))
