"""The first thing to try is said once: until it is tried or dismissed."""

from PySide6.QtCore import Qt

from visualizer.gui.shell.workspaces import WORKSPACES

RIGHT, LEFT_BUTTON = Qt.Key.Key_Right, Qt.MouseButton.LeftButton


def test_it_is_said_until_the_arrow_is_pressed(desk, make_desk, qtbot, settle, plate):
    window = desk.window
    assert window.nudge.isVisible()
    window.choose_workspace(WORKSPACES.index("dream"))
    assert not window.nudge.isVisible()
    window.choose_workspace(0)
    qtbot.keyClick(window, RIGHT)
    assert not window.nudge.isVisible()
    desk.close()
    again = make_desk()
    again.session.open_network("plain")
    again.session.add(plate("red"))
    settle(again.compute)
    assert again.session.activations is not None
    assert not again.window.nudge.isVisible()


def test_it_is_dismissed_for_ever(desk, qtbot):
    qtbot.mouseClick(desk.window.nudge.close_button, LEFT_BUTTON)
    assert not desk.window.nudge.isVisible()
    desk.session.select_unit(2)
    desk.window.choose_workspace(0)
    assert not desk.window.nudge.isVisible()


def test_an_audience_does_not_see_it(desk):
    desk.window.presentation.start()
    assert not desk.window.nudge.isVisible()
    desk.window.presentation.stop()
    assert desk.window.nudge.isVisible()
