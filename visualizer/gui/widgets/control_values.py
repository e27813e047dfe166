"""What stands in a control, as a value that JSON can hold, and putting it there again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QSpinBox, QWidget

from visualizer.engine.settings import understood
from visualizer.gui.widgets.class_picker import ClassPicker
from visualizer.gui.widgets.settings_form import SettingsForm


def values_of(controls: Mapping[str, QWidget]) -> dict[str, Any]:
    """What stands in controls, by their names."""
    return {name: _value_of(control) for name, control in controls.items()}


def set_values(controls: Mapping[str, QWidget], values: Mapping[str, Any]) -> list[str]:
    """Put values into controls, and return what could not be, in words.

    Args:
        controls: by name, in the order in which they are set; those without a value stay.
        values: of this or another version of the program.
    """
    left_out = [name.replace("_", " ") for name in values if name not in controls]
    for name, control in controls.items():
        if name in values:
            try:
                left_out += _set_value(control, values[name])
            except (TypeError, ValueError):
                left_out.append(name.replace("_", " "))
    return left_out


def _value_of(control: QWidget) -> Any:
    if isinstance(control, SettingsForm):
        return control.settings.to_dict()
    if isinstance(control, ClassPicker):
        return control.target
    if isinstance(control, QComboBox):
        data = control.currentData()
        return control.currentText() if data is None else data
    if isinstance(control, QAbstractButton):
        return control.isChecked()
    if isinstance(control, QAbstractSlider | QSpinBox):
        return control.value()
    raise TypeError(f"{type(control).__name__} has no value that can be kept")


def _set_value(control: QWidget, value: Any) -> list[str]:
    """Put a value there; return what of it could not be.

    Raises:
        ValueError: the control has no such value.
    """
    if isinstance(control, SettingsForm):
        settings, left_out = understood(type(control.settings), value)
        control.set_settings(settings)
        return left_out
    if isinstance(control, ClassPicker):
        _check(control.place_of(value) >= 0)
        control.set_target(value)
    elif isinstance(control, QComboBox):
        place = max(control.findData(value), control.findText(str(value)))
        _check(place >= 0)
        control.setCurrentIndex(place)
    elif isinstance(control, QAbstractButton):
        _check(isinstance(value, bool))
        control.setChecked(value)
    elif isinstance(control, QAbstractSlider | QSpinBox):
        _check(type(value) is int and control.minimum() <= value <= control.maximum())
        control.setValue(value)
    return []


def _check(possible: bool) -> None:
    if not possible:
        raise ValueError("the control has no such value")
