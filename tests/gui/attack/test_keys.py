"""The promised keys do what they promise, whatever was clicked before."""

import pytest
import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from visualizer.gui.core.theme import Theme
from visualizer.gui.shell.main_window import MainWindow
from visualizer.gui.shell.workspaces import WORKSPACES

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(qtbot, qapp, session, networks):
    """The window with Attack on show, a network that is easily fooled and a picture."""
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    window = MainWindow(session, Theme(qapp, session.store))
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    window.choose_workspace(WORKSPACES.index("attack"))
    yield window
    window.close()
    shiboken6.delete(window)  # a sheet must not be taken away from what is on show
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


def controls(workspace):
    """What can be clicked, by name; each is clicked where that changes little."""
    panel, table = workspace.panel, workspace.panel.robustness
    return {
        "nothing": None,
        "ε": panel.dial.slider,
        "factor": panel.factor,
        "random twin": panel.noise,
        "quality": table.quality,
        "try": table.try_button,
        "to tray": panel.to_tray,
        "find out": panel.search,
        "classes": panel.grid,
        "original": workspace.triptych.views[0],
        "difference": workspace.triptych.views[1],
        "curve": workspace.curve.viewport(),
        "stages": workspace.divergence,
    }


def test_every_promised_key_works_after_a_click_on_each_control(window, photo, settle, session):
    session.open_network("small")
    session.add(photo)
    settle(session.compute, timeout=120_000)
    workspace = window.workspace
    panel = workspace.panel
    panel.search.click()
    settle(session.compute, timeout=120_000)

    def press(key):
        window.activateWindow()  # without a screen, a popup that closes leaves no window active
        QTest.keyClick(window.focusWidget() or window, key)

    for name, control in controls(workspace).items():
        if control is not None:
            QTest.mouseClick(control, LEFT)
        panel.methods.setCurrentIndex(0)
        panel.dial.set_levels(5)
        for key, levels in (
            (Qt.Key.Key_Right, 6),
            (Qt.Key.Key_Left, 5),
            (Qt.Key.Key_End, 32),
            (Qt.Key.Key_Home, 0),
        ):
            press(key)
            assert panel.dial.levels == levels, (name, key)
        for key, method in ((Qt.Key.Key_Down, 1), (Qt.Key.Key_Down, 2), (Qt.Key.Key_Up, 1)):
            press(key)
            assert panel.methods.currentIndex() == method, (name, key)
        for key in (Qt.Key.Key_Space, Qt.Key.Key_N):
            before = panel.noise.isChecked()
            press(key)
            assert panel.noise.isChecked() != before, (name, key)
        press(Qt.Key.Key_K)
        assert window.focusWidget() is panel.factor, name
        workspace.setFocus()
        press(Qt.Key.Key_T)
        assert window.focusWidget() is panel.target, name
        assert panel.target.lineEdit().selectedText() == panel.target.currentText()
        workspace.setFocus()
        panel.methods.setCurrentIndex(0)
        settle(session.compute, timeout=120_000)
        if control is not None:
            QTest.mouseClick(control, LEFT)
            settle(session.compute, timeout=120_000)
        session.sentences.clear()
        press(Qt.Key.Key_Return)
        settle(session.compute, timeout=120_000)
        assert any("is in the tray" in text for text, _ in session.sentences), name
        panel.forget_search()
        press(Qt.Key.Key_F)
        settle(session.compute, timeout=120_000)
        assert panel.grid.isVisible(), name


@pytest.mark.parametrize("key", [Qt.Key.Key_L, Qt.Key.Key_W])
def test_through_the_layers_goes_to_layers_with_both_pictures(window, photo, settle, session, key):
    session.open_network("small")
    session.add(photo)
    settle(session.compute, timeout=120_000)
    QTest.mouseClick(window.workspace.panel.dial.slider, LEFT)
    QTest.keyClick(window.focusWidget() or window, key)
    settle(session.compute, timeout=120_000)
    assert window.workspace.title == "Layers"
    assert session.specimen is photo
    assert session.compared.provenance.technique == "fgsm"
    window.choose_workspace(WORKSPACES.index("attack"))  # Layers has nothing more to ask
    settle(session.compute, timeout=120_000)


def test_every_key_of_the_workspace_is_told_in_the_help(window):
    told = dict(window.workspace.own_keys())
    for key in ("T", "N", "K", "F", "L or W", "Return"):
        assert told[key]
    assert "(L or W)" in window.workspace.panel.walk.toolTip()


@pytest.mark.parametrize(("size", "least"), [((1024, 768), 170), ((1280, 720), 230)])
def test_on_a_small_screen_the_pictures_are_large_and_the_questions_in_view(
    window, photo, settle, session, size, least
):
    window.resize(*size)
    session.open_network("small")
    session.add(photo)
    settle(session.compute, timeout=120_000)
    assert (window.width(), window.height()) == size
    for view in window.workspace.triptych.views:
        assert view.picture_rect().width() >= least
    search = window.workspace.panel.search
    assert not search.visibleRegion().isEmpty()
    assert search.visibleRegion().boundingRect().height() == search.height()
