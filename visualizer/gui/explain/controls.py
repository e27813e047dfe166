"""What is explained, by which methods, and the settings of the chosen one."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.method import METHODS, AttributionSettings
from visualizer.gui.explain.target import ExplainTarget
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.settings_form import SettingsForm

SET_ELSEWHERE = ("target", "mode", "view", "opacity")
"""Settings that have a control of their own in the workspace."""
FIRST_METHOD = "grad-cam"
"""The one that is explained at first: its map is the easiest to read."""


class ExplainControls(ControlColumn):
    """The side column of the Explain workspace."""

    methods_changed = Signal()
    """The ticked methods have changed."""
    method_chosen = Signal(str)
    settings_changed = Signal(str)
    """The settings of a method, by name, have changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.target = ExplainTarget()
        self.list = QListWidget()
        self.to_tray = QPushButton("To tray")
        self.stimulus = QPushButton("What does it want to see?")
        self.stimulus.setToolTip("Climb a picture that excites what is explained most (Ctrl+U)")
        self.method_title, self.method_words = QLabel(), QLabel(wordWrap=True)
        self.forms: dict[str, SettingsForm] = {}
        self._build()

    @property
    def method(self) -> str:
        """The chosen method."""
        return METHODS[max(self.list.currentRow(), 0)]

    @property
    def ticked(self) -> tuple[str, ...]:
        """The methods that are wanted side by side."""
        checked = Qt.CheckState.Checked
        return tuple(
            name for row, name in enumerate(METHODS) if self.list.item(row).checkState() is checked
        )

    def settings(self, method: str) -> AttributionSettings:
        """The settings of a method; what has a control elsewhere is not set in them."""
        found = self.forms[method].settings
        assert isinstance(found, AttributionSettings)
        return found

    def choose(self, method: str) -> None:
        """Choose a method."""
        self.list.setCurrentRow(METHODS.index(method))

    def tick(self, wanted: Collection[str]) -> None:
        """Tick exactly these methods."""
        with QSignalBlocker(self.list):
            for row, name in enumerate(METHODS):
                state = Qt.CheckState.Checked if name in wanted else Qt.CheckState.Unchecked
                self.list.item(row).setCheckState(state)
        self.methods_changed.emit()

    def toggle(self, method: str) -> None:
        """Tick a method, or take its tick away."""
        item = self.list.item(METHODS.index(method))
        on = item.checkState() is Qt.CheckState.Checked
        item.setCheckState(Qt.CheckState.Unchecked if on else Qt.CheckState.Checked)

    def step_method(self, by: int) -> None:
        """Choose the next of the ticked methods, or the one before, stopping at the ends."""
        ticked = self.ticked
        if ticked:
            place = ticked.index(self.method) + by if self.method in ticked else 0
            self.choose(ticked[min(max(place, 0), len(ticked) - 1)])

    # Construction

    def _build(self) -> None:
        self.list.setAccessibleName("Methods")
        self.list.setProperty("role", "choices")
        self.list.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for number, technique in enumerate(methods().values(), start=1):
            item = QListWidgetItem(f"{number}  {technique.title}")
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            item.setToolTip(f"Show or hide it ({number})\n{technique.explanation}")
            self.list.addItem(item)
        self.list.setCurrentRow(METHODS.index(FIRST_METHOD))
        self.method_title.setProperty("role", "accent")
        self.method_words.setProperty("role", "small")
        row = QHBoxLayout()
        row.addWidget(self.stimulus)
        row.addWidget(self.to_tray)
        row.addStretch(1)
        self.heading("Explain")
        self.add(self.target, row)
        self.heading("By")
        self.add(self.list, self.method_title, self.method_words)
        for name, technique in methods().items():
            form = SettingsForm(technique.settings, hidden=SET_ELSEWHERE)
            form.changed.connect(lambda _, name=name: self.settings_changed.emit(name))
            self.forms[name] = form
            self.add(form)
        stage = self.forms["grad-cam"].control("stage")
        assert isinstance(stage, QLineEdit)
        stage.setPlaceholderText("the last convolution")
        self._fit_list()
        self._show_method()
        self.list.itemChanged.connect(lambda _: self.methods_changed.emit())
        self.list.currentRowChanged.connect(self._on_row)

    def _on_row(self, _row: int) -> None:
        self._show_method()
        self.method_chosen.emit(self.method)

    def _show_method(self) -> None:
        """Show what the chosen method does, and its settings if it has any of its own."""
        technique = methods()[self.method]
        own = {field.name for field in technique.fields} - set(SET_ELSEWHERE)
        self.method_title.setText(technique.title)
        nothing = "" if own else " It has no settings."
        self.method_words.setText(f"{technique.explanation}{nothing}")
        for name, form in self.forms.items():
            form.setVisible(bool(own) and name == self.method)

    def _fit_list(self) -> None:
        """As high as its rows: the column scrolls, the list does not."""
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.list.count()))
        self.list.setFixedHeight(rows + 2 * self.list.frameWidth() + 4)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self.forms:
            self._fit_list()
