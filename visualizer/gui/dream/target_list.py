"""What to climb: stages, channels, units and classes, each with a weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.adversarial.criterion import find_class
from visualizer.engine.errors import UserError
from visualizer.engine.objective import Target, check_targets, parse_targets
from visualizer.gui.widgets.class_picker import ClassCompleter
from visualizer.gui.widgets.tab_focus import tab_focus

if TYPE_CHECKING:
    from visualizer.engine.network import Network

MOST = 8
"""The most rows: nobody could tell more apart in one picture."""


class TargetList(QWidget):
    """A row for each target.

    While a row says something that the network does not have, an error stands below, and `targets`
    stay as they were. With `maps_only` the targets are whole stages with maps.
    """

    changed = Signal()
    """The targets are others."""

    def __init__(self, maps_only: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._network: Network | None = None
        self._maps_only = maps_only
        self._targets: tuple[Target, ...] = ()
        self.rows: list[TargetRow] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(self.fontMetrics().height() // 3)
        self.add = QPushButton("Add another")
        self.add.setToolTip("Climb something else as well")
        self.add.clicked.connect(self._on_add)
        self.looked_at = QPushButton("The unit I look at")
        self.looked_at.setToolTip("Climb the stage and unit that the Layers workspace shows (U)")
        self.error = QLabel(wordWrap=True)
        self.error.setProperty("role", "error")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addWidget(self.looked_at)
        if maps_only:
            self.looked_at.hide()
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._column)
        layout.addWidget(self.error)
        layout.addLayout(buttons)

    @property
    def targets(self) -> tuple[Target, ...]:
        """What to climb; empty without a network."""
        return self._targets

    @property
    def text(self) -> str:
        """The targets as they are written, such as ``conv5 + 0.5*output:7``."""
        return " + ".join(map(str, self._targets))

    def set_network(self, network: Network | None, targets: Sequence[Target]) -> None:
        """Offer the stages and classes of a network, with these targets."""
        self._network = network
        self.set_targets(targets)

    def set_targets(self, targets: Sequence[Target]) -> None:
        """Show these targets, which the network has."""
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        if self._network is not None:
            for target in targets:
                self._append(target)
        self._read()

    def set_text(self, text: object) -> bool:
        """Show targets as they are written; whether they were refused, and these stay."""
        if self._network is None or not isinstance(text, str):
            return True
        try:
            targets = parse_targets(text)
            check_targets(self._network, targets)
        except UserError:
            return True
        self.set_targets(targets[:MOST])
        return False

    def step_stage(self, by: int) -> None:
        """Climb the next stage (+1), or the one before (-1), in the first row."""
        if self.rows:
            box = self.rows[0].stage
            box.setCurrentIndex(min(max(box.currentIndex() + by, 0), box.count() - 1))

    def step_unit(self, by: int) -> None:
        """Climb the next channel, or the one before, in the first row."""
        if self.rows:
            self.rows[0].step(by)

    def choose_unit(self, channel: int) -> None:
        """Climb a channel in the first row; the last one is -1."""
        if self.rows:
            self.rows[0].choose(channel)

    def _append(self, target: Target) -> None:
        assert self._network is not None
        row = TargetRow(self._network, target, self._maps_only)
        row.changed.connect(self._read)
        row.remove.clicked.connect(lambda: self._remove(row))
        tab_focus(row)
        self.rows.append(row)
        self._column.addWidget(row)

    def _on_add(self) -> None:
        if self._network is not None and len(self.rows) < MOST:
            last = self._targets[-1] if self._targets else Target(self._network.stages[-1].name)
            self._append(Target(last.stage, (), None, 1.0))
            row = self.rows[-1]
            (row.stage if self._maps_only else row.units).setFocus()
            self._read()

    def _remove(self, row: TargetRow) -> None:
        if len(self.rows) > 1:
            self.rows.remove(row)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
            self._read()

    def _read(self) -> None:
        for row in self.rows:
            row.remove.setEnabled(len(self.rows) > 1)
        self.add.setEnabled(len(self.rows) < MOST)
        before = self._targets
        try:
            targets = tuple(row.target for row in self.rows)
            if self._network is not None:
                check_targets(self._network, targets)
        except UserError as error:
            self.error.setText(str(error))
            self.error.show()
            return
        self.error.hide()
        self._targets = targets
        if targets != before:
            self.changed.emit()


class TargetRow(QWidget):
    """A stage, its units in words (all, 12, 3,7, 12@4,4 or the name of a class), and a weight."""

    changed = Signal()

    def __init__(
        self,
        network: Network,
        target: Target,
        maps_only: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._network = network
        self.stage = QComboBox()
        stages = [stage for stage in network.stages if stage.spatial or not maps_only]
        self.stage.addItems([stage.name for stage in stages])
        self.stage.setAccessibleName("Stage")
        self.stage.setToolTip("The stage to climb (← →)")
        self.units = QLineEdit()
        self.units.setAccessibleName("Channels, unit or class")
        self.units.setPlaceholderText("whole stage")
        self.units.setToolTip(
            "Empty: the whole stage. 12: a channel. 3,7: two. 12@4,4: one unit of it, at a row and "
            "a column.\nIn the last stage also the name of a class."
        )
        self._suggestions = ClassCompleter(self.units, self._names)
        self.weight = QDoubleSpinBox()
        self.weight.setRange(-10, 10)
        self.weight.setSingleStep(0.25)
        self.weight.setPrefix("× ")
        self.weight.setAccessibleName("Weight")
        self.weight.setToolTip("How much it counts; below zero it is made smaller")
        self.remove = QToolButton()
        self.remove.setText("×")
        self.remove.setToolTip("Do not climb this")
        self.remove.setAccessibleName("Remove this target")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stage, 0, 0)
        layout.addWidget(self.weight, 0, 1)
        layout.addWidget(self.remove, 0, 2)
        layout.addWidget(self.units, 1, 0, 1, 3)
        self.units.setVisible(not maps_only)
        layout.setColumnStretch(0, 1)
        self._show(target)
        self.stage.currentIndexChanged.connect(self._on_stage)
        self.units.editingFinished.connect(self.changed)
        self._suggestions.taken.connect(lambda _: self.changed.emit())
        self.weight.valueChanged.connect(lambda _: self.changed.emit())

    @property
    def target(self) -> Target:
        """What the row says.

        Raises:
            UserError: it names nothing that the network has.
        """
        stage, text = self.stage.currentText(), self.units.text().strip()
        channels: tuple[int, ...] = ()
        position = None
        if text and text[0].isdigit() and not self._is_class(text):
            parsed = parse_targets(f"{stage}:{text.replace(', ', ',')}")[0]
            channels, position = parsed.channels, parsed.position
        elif text:
            channels = (self._class(text),)
        return Target(stage, channels, position, self.weight.value())

    def step(self, by: int) -> None:
        """The next channel; from the whole stage to the first."""
        units = self._network.stage(self.stage.currentText()).units
        first = self.target.channels[0] if self.target.channels else (-1 if by > 0 else units)
        self.choose(min(max(first + by, 0), units - 1))

    def choose(self, channel: int) -> None:
        """One channel, from the end if negative."""
        units = self._network.stage(self.stage.currentText()).units
        self.units.setText(self._words(channel % units))
        self.changed.emit()

    def _show(self, target: Target) -> None:
        with QSignalBlocker(self.stage), QSignalBlocker(self.units), QSignalBlocker(self.weight):
            self.stage.setCurrentText(target.stage)
            text = ",".join(map(str, target.channels))
            if len(target.channels) == 1:
                text = self._words(target.channels[0])
            if target.position is not None:
                text += f"@{target.position[0]},{target.position[1]}"
            self.units.setText(text)
            self.weight.setValue(target.weight)
        self._set_placeholder()

    def _on_stage(self) -> None:
        with QSignalBlocker(self.units):
            self.units.clear()
        self._set_placeholder()
        self.changed.emit()

    @property
    def _is_answer(self) -> bool:
        return self.stage.currentText() == self._network.stages[-1].name

    def _words(self, channel: int) -> str:
        named = self._is_answer and channel < len(self._network.classes)
        return self._network.label(channel) if named else str(channel)

    def _is_class(self, text: str) -> bool:
        return self._is_answer and text in self._network.classes

    def _class(self, text: str) -> int:
        """The class of this name, as on the command line."""
        if not self._names():
            stage = self.stage.currentText()
            raise UserError(f"“{text}” is no unit of {stage}; write numbers such as 3,7.")
        return find_class(self._network, text, self._network.stages[-1].units)

    def _names(self) -> tuple[str, ...]:
        return tuple(self._network.classes) if self._is_answer else ()

    def _set_placeholder(self) -> None:
        words = "whole stage, or type a class" if self._names() else "whole stage"
        self.units.setPlaceholderText(words)
