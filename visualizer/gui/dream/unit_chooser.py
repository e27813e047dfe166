"""The session's stage and unit, to see and to choose; classes by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QWidget

from visualizer.gui.core.session import Change
from visualizer.gui.widgets.class_picker import ClassPicker

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session


class UnitChooser(QWidget):
    """Shows the session's choice and changes it; `units=False` leaves out the unit."""

    def __init__(self, session: Session, units: bool = True, parent: QWidget | None = None):
        super().__init__(parent)
        self._session = session
        self.stage = QComboBox()
        self.stage.setAccessibleName("Stage")
        self.stage.setToolTip("The stage (← →)")
        self.unit = QSpinBox(prefix="unit ")
        self.unit.setAccessibleName("Unit")
        self.unit.setToolTip("The unit (↑ ↓)")
        self.unit.setKeyboardTracking(False)
        self.label = ClassPicker(entries=())
        self.label.setAccessibleName("Class")
        self.label.setToolTip("Type a part of a class's name (C)")
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.stage, self.unit, self.label, self.count):
            row.addWidget(widget)
        row.addStretch(1)
        self._units = units
        self.unit.setVisible(units)
        self.stage.activated.connect(lambda _: session.select_stage(self.stage.currentText()))
        self.unit.valueChanged.connect(session.select_unit)
        self.label.chosen.connect(lambda _: self._on_class())

    def follow(self, change: Change) -> None:
        """Show what is chosen now; called by the page as it follows the session."""
        network = self._session.network
        if Change.NETWORK in change:
            with QSignalBlocker(self.stage):
                self.stage.clear()
                self.stage.addItems([stage.name for stage in network.stages] if network else [])
            self.label.set_classes(network.classes if network is not None else ())
        if change & (Change.NETWORK | Change.STAGE | Change.UNIT):
            self._show()

    def _show(self) -> None:
        session, network = self._session, self._session.network
        if network is None or not session.stage:
            return
        stage = network.stage(session.stage)
        with QSignalBlocker(self.stage), QSignalBlocker(self.unit):
            self.stage.setCurrentText(stage.name)
            self.unit.setRange(0, stage.units - 1)
            self.unit.setValue(session.unit)
        self.label.show_target(f"#{session.unit}")
        is_answer = stage.name == network.stages[-1].name and bool(network.classes)
        self.label.setVisible(self._units and is_answer)
        self.count.setText(f"of {stage.units}" if self._units else f"{stage.units} units")

    def _on_class(self) -> None:
        if self.label.index is not None:
            self._session.select_unit(self.label.index)
