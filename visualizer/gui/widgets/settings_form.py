"""A form made from the settings of a technique: a control a field, with range, unit and help."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.errors import UserError
from visualizer.engine.technique import Field, Settings, describe

_INT_LIMIT = 2**31 - 1


class SettingsForm(QWidget):
    """Shows and edits the settings of one technique.

    A value that cannot be is said so under the form, and `settings` keeps the last that could.
    """

    changed = Signal(object)
    """The new settings, whenever they change and all fields are valid."""

    def __init__(
        self,
        kind: type[Settings],
        parent: QWidget | None = None,
        *,
        hidden: Collection[str] = (),
    ) -> None:
        """Make a form; fields named in `hidden` have no row, but keep their values."""
        super().__init__(parent)
        self._kind = kind
        self._settings = kind()
        self._filling = False
        self._controls: dict[str, _Control] = {}
        self._form = QFormLayout()
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for field in describe(kind):
            control = _control(field, self._read)
            label = QLabel(field.label.capitalize())
            label.setToolTip(field.help)
            label.setBuddy(control.widget)
            control.widget.setToolTip(f"{field.help} ({field.expected()})".strip())
            control.widget.setAccessibleName(field.label)
            control.widget.setAccessibleDescription(field.help)
            self._controls[field.name] = control
            self._form.addRow(label, control.widget)
            if field.name in hidden:
                self._form.setRowVisible(control.widget, False)
        self.error = QLabel(wordWrap=True)
        self.error.setProperty("role", "error")
        self.error.setTextFormat(Qt.TextFormat.PlainText)
        self.error.hide()
        self.reset = QPushButton("Usual settings")
        self.reset.clicked.connect(lambda: self.set_settings(self._kind()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._form)
        layout.addWidget(self.error)
        layout.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_settings(self._settings)

    @property
    def settings(self) -> Settings:
        """The settings, all of them allowed."""
        return self._settings

    def control(self, name: str) -> QWidget:
        """The control of a field."""
        return self._controls[name].widget

    def set_settings(self, settings: Settings) -> None:
        """Show these settings."""
        if type(settings) is not self._kind:
            given = type(settings).__name__
            raise TypeError(f"This form is for {self._kind.__name__}, not {given}.")
        self._filling = True
        for name, value in settings.to_dict().items():
            self._controls[name].write(value)
        self._filling = False
        self._read()

    def _read(self) -> None:
        if self._filling:
            return
        try:
            values = {name: control.read() for name, control in self._controls.items()}
            settings = self._kind(**values)
        except UserError as error:
            self.error.setText(str(error))
            self.error.show()
            return
        self.error.hide()
        if settings != self._settings:
            self._settings = settings
            self.changed.emit(settings)


class _Control:
    """A widget with a way to read its value and one to write it."""

    def __init__(
        self, widget: QWidget, read: Callable[[], Any], write: Callable[[Any], Any]
    ) -> None:
        self.widget, self.read, self.write = widget, read, write


def _control(field: Field, changed: Callable[[], None]) -> _Control:
    if field.optional and field.choices is None:
        return _optional(field, changed)
    return _plain(field, changed)


def _plain(field: Field, changed: Callable[[], None]) -> _Control:
    if field.choices is not None:
        return _choice(field, changed)
    if field.type is bool:
        box = QCheckBox()
        box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        box.toggled.connect(changed)
        return _Control(box, box.isChecked, box.setChecked)
    if field.type is int and _bounded(field):
        return _whole_number(field, changed)
    if field.type is float and _bounded(field):
        return _number(field, changed)
    line = QLineEdit()
    line.textChanged.connect(changed)
    return _Control(
        line, lambda: field.parse(line.text()), lambda value: line.setText(field.format(value))
    )


def _bounded(field: Field) -> bool:
    bounds = (field.low, field.high)
    return all(bound is not None and abs(bound) <= _INT_LIMIT for bound in bounds)


def _choice(field: Field, changed: Callable[[], None]) -> _Control:
    box = QComboBox()
    values = [*(field.choices or ()), *([None] if field.optional else [])]
    for value in values:
        box.addItem(field.format(value))
    box.currentIndexChanged.connect(changed)
    return _Control(
        box,
        lambda: values[box.currentIndex()],
        lambda value: box.setCurrentIndex(values.index(value)),
    )


def _whole_number(field: Field, changed: Callable[[], None]) -> _Control:
    box = QSpinBox()
    box.setRange(int(field.low or 0), int(field.high or 0))
    box.setSingleStep(int(field.step or 1))
    if field.unit:
        box.setSuffix(f" {field.unit}")
    box.valueChanged.connect(changed)
    return _Control(box, box.value, box.setValue)


def _number(field: Field, changed: Callable[[], None]) -> _Control:
    """A number as it is, or k where it is shown as k/255."""
    scale = field.denominator or 1
    low, high = float(field.low or 0), float(field.high or 0)
    step = field.step or (high - low) / 100
    box = _exact_box(scale)
    box.setDecimals(_decimals(step * scale))
    box.setRange(low * scale, high * scale)
    box.setSingleStep(step * scale)
    if field.unit:
        box.setSuffix(f" {field.unit}")
    kept: dict[str, float] = {}

    def write(value: float) -> None:
        box.setValue(value * scale)
        kept["shown"], kept["value"] = box.value(), value

    def read() -> float:
        # What was written comes back as it was, not rounded to what is shown.
        if box.value() == kept.get("shown"):
            return kept["value"]
        return min(max(box.value() / scale, low), high)

    box.valueChanged.connect(changed)
    return _Control(box, read, write)


class _NumberBox(QDoubleSpinBox):
    """A number without the zeros at its end: 128, not 128.000."""

    def textFromValue(self, value: float) -> str:
        text, point = super().textFromValue(value), self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


def _exact_box(scale: int) -> QDoubleSpinBox:
    box = _NumberBox()
    box.setKeyboardTracking(scale == 1)
    box.setStepType(QDoubleSpinBox.StepType.DefaultStepType)
    return box


def _decimals(step: float) -> int:
    """The decimals of the step, and one more for typing."""
    digits = 0
    while digits < 8 and abs(step - round(step, digits)) > 1e-9:
        digits += 1
    return min(digits + 1, 8)


def _optional(field: Field, changed: Callable[[], None]) -> _Control:
    """A tick before the control: without it the value is none."""
    inner = _plain(field, changed)
    row, tick = QWidget(), QCheckBox()
    tick.setAccessibleName(f"set {field.label}")
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(tick)
    layout.addWidget(inner.widget, 1)
    row.setFocusProxy(tick)
    inner.widget.setEnabled(False)

    def write(value: Any) -> None:
        tick.setChecked(value is not None)
        if value is not None:
            inner.write(value)

    def on_tick(ticked: bool) -> None:
        inner.widget.setEnabled(ticked)
        changed()

    tick.toggled.connect(on_tick)
    return _Control(row, lambda: inner.read() if tick.isChecked() else None, write)
