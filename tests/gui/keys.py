"""Which keys of a workspace fail after a click on each of its controls, as a user would find."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QScrollBar,
    QWidget,
)

from visualizer.gui.widgets.image_view import ImageView

WALK = {
    "Left": "step_stage",
    "Right": "step_stage",
    "Up": "step_unit",
    "Down": "step_unit",
    "Home": "first_unit",
    "End": "last_unit",
    "Space": "toggle",
}
"""The plain keys, and what of the workspace they call."""
CONTROLS = (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    ImageView,
)


def keys_that_fail(window, monkeypatch) -> list[tuple[str, str]]:
    """Press every key of the workspace on show after a click on each of its controls.

    Nothing is done: what the keys call is replaced. Fields that are typed into keep what is typed;
    a field for a number keeps digits and the keys that move in it.

    Returns:
        (control, key) of each key that did nothing.
    """
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    workspace, heard = window.workspace, []
    keys = {}
    for action in workspace.declared.values():
        action.triggered.disconnect()
        action.triggered.connect(lambda _=False: heard.append(True))
        keys |= {shortcut.toString(): True for shortcut in action.shortcuts()}
    for name in set(WALK.values()):
        monkeypatch.setattr(workspace, name, lambda *_: heard.append(True))
    failed = []
    for control in controls_of(workspace):
        for key in [*keys, *WALK]:
            number = isinstance(control, QAbstractSpinBox)
            if number and (key in WALK or key.isdigit() or key == "Return"):
                continue
            click(control)
            heard.clear()
            press(window, key)
            if not heard:
                failed.append((name_of(control), key))
            window.workspace.setFocus()
    return failed


def controls_of(workspace) -> list[QWidget]:
    """What can be clicked and is not typed into, in the workspace and its side panel."""
    parts = filter(None, (workspace, workspace.side_panel()))
    found = [w for part in parts for w in part.findChildren(QWidget) if isinstance(w, CONTROLS)]
    return [
        widget
        for widget in found
        if widget.isVisible()
        and widget.isEnabled()
        and not isinstance(widget, QScrollBar)
        and not (isinstance(widget, QComboBox) and widget.isEditable())
        and not isinstance(widget.parent(), QComboBox | QLineEdit)
    ]


def click(control: QWidget) -> None:
    """Press the mouse on it, so that it takes the focus if it wants, but do nothing with it."""
    if isinstance(control, QComboBox):  # whose list would stay open
        if control.focusPolicy() & Qt.FocusPolicy.ClickFocus:
            control.setFocus(Qt.FocusReason.MouseFocusReason)
        return
    under = control.viewport() if isinstance(control, QAbstractScrollArea) else control
    QTest.mousePress(under, Qt.MouseButton.LeftButton, pos=QPoint(4, under.height() // 2))
    QTest.mouseRelease(under, Qt.MouseButton.LeftButton, pos=QPoint(-50, -50))


def press(window, key: str) -> None:
    target = QApplication.focusWidget() or window
    QTest.keySequence(target, key)


def name_of(control: QWidget) -> str:
    text = control.text() if isinstance(control, QAbstractButton) else ""
    return f"{type(control).__name__} {text or control.accessibleName()}".strip()
