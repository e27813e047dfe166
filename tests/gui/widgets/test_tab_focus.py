"""Controls that leave the arrow keys to the workspace."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.widgets.tab_focus import tab_focus


class Ground(QWidget):
    """A workspace that counts its arrow keys."""

    def __init__(self):
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.keys = 0

    def keyPressEvent(self, event):
        self.keys += event.key() == Qt.Key.Key_Down


@pytest.mark.parametrize("make", [QSlider, QCheckBox, QPushButton, QToolButton, QComboBox])
def test_arrow_keys_stay_after_a_click_and_tab_reaches_the_control(qtbot, make):
    window, ground, control, field = QWidget(), Ground(), make(), QLineEdit()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for widget in (ground, control, field):
        column.addWidget(widget)
    tab_focus(window)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    ground.setFocus()
    QTest.mouseClick(control, Qt.MouseButton.LeftButton)
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Down)
    assert ground.keys == 1
    QTest.keyClick(window.windowHandle(), Qt.Key.Key_Tab)
    assert control.hasFocus()
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    assert field.hasFocus()


def test_what_tab_did_not_reach_before_it_does_not_reach_now(qtbot):
    area, flat = QScrollArea(), QToolButton()
    flat.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(flat)
    qtbot.addWidget(area)
    bar = area.verticalScrollBar().focusPolicy()
    tab_focus(area)
    assert flat.focusPolicy() == Qt.FocusPolicy.NoFocus
    assert area.verticalScrollBar().focusPolicy() == bar
