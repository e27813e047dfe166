"""Every workspace as an audience sees it, on four screens: nothing small, nothing to scroll."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
)

from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.gui.widgets.unit_area import UnitArea

SCREENS = (1024, 768), (1280, 720), (1920, 1080), (3840, 2160)


def seen(window, kind):
    return [each for each in window.stage.findChildren(kind) if each.isVisible()]


@pytest.mark.parametrize("name", WORKSPACES)
def test_a_workspace_is_seen_from_the_last_row(desk, settle, qtbot, name):
    window = desk.window
    window.choose_workspace(WORKSPACES.index(name))
    settle(desk.compute)
    window.presentation.start()
    window.setWindowState(Qt.WindowState.WindowNoState)  # any size, not that of the screen
    for width, height in SCREENS:
        window.resize(width, height)
        settle(desk.compute)
        assert (window.width(), window.height()) == (width, height)
        for words in (*seen(window, QLabel), *seen(window, QAbstractButton)):
            if words.text():
                assert words.fontInfo().pixelSize() >= height // 40, (words.text(), width)
        assert not [bar for bar in seen(window, QScrollBar) if bar.maximum()]
        for area in seen(window, QScrollArea):
            inside, room = area.widget().size(), area.viewport().size()
            assert inside.height() <= room.height(), (type(area.widget()).__name__, width)
            assert inside.width() <= room.width(), (type(area.widget()).__name__, width)
        for area in seen(window, UnitArea):
            rows = area.viewport().height() / area.cell_size().height() if area.units else 1
            bar = area.verticalScrollBar()
            assert bar.maximum() == 0 or rows == round(rows), "the last row is cut"
            assert not area.units or bar.value() % area.cell_size().height() == 0, "so is the first"
    window.presentation.stop()
    settle(desk.compute)
    areas = window.findChildren(QAbstractScrollArea)
    hidden = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    rooms = [each for each in areas if isinstance(each, UnitArea | QPlainTextEdit)]
    assert not [each for each in rooms if each.verticalScrollBarPolicy() == hidden]
