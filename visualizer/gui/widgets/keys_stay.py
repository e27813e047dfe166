"""Controls that leave the arrow keys to the workspace when they are clicked."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QScrollBar, QWidget


def keys_stay(*panels: QWidget) -> None:
    """Let clicks on sliders, buttons, check boxes and fixed lists leave the focus where it is.

    The Tab key still reaches all of them. Fields that are typed into keep taking the focus.

    Args:
        panels: the widgets in which all such controls are looked for, themselves included. Call
            it again for controls that are made later.
    """
    for part in panels:
        for control in (part, *part.findChildren(QWidget)):
            if _is_fixed(control) and control.focusPolicy() != Qt.FocusPolicy.NoFocus:
                control.setFocusPolicy(Qt.FocusPolicy.TabFocus)


def _is_fixed(control: QWidget) -> bool:
    if isinstance(control, QComboBox):
        return not control.isEditable()
    return isinstance(control, QAbstractSlider | QAbstractButton) and not isinstance(
        control, QScrollBar
    )
