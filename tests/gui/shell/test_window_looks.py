"""How the window looks: its help, the larger text of a hall, nothing cut off, dark and light."""

import itertools

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QTextBrowser, QWidget

from tests.gui.desk import page_of
from visualizer.gui.core.theme import DARK, LIGHT
from visualizer.gui.shell.help_dialogs import PageDialog

# Help


def test_f1_shows_every_key(desk, qtbot):
    qtbot.keyClick(desk.window, Qt.Key.Key_F1)
    dialog = page_of(desk.window)
    page = dialog.page.toPlainText()
    for key in ("Left / Right", "Ctrl+O", "F11", "Space", "Ctrl+1"):
        assert key in page
    assert page.startswith("Keys in Layers\n")
    for workspace in desk.window.workspaces:
        assert workspace.title == "Layers" or f"In {workspace.title}" in page
        for key, words in workspace.own_keys():
            assert words in page
            # A key that no tooltip tells of is one of those of everywhere.
            assert words or key in ("+", "-"), f"{key} of {workspace.title} has no words"
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not [d for d in desk.window.findChildren(PageDialog) if d.isVisible()]


def test_the_card_of_the_network(desk):
    desk.window.actions_["card"].trigger()
    page = page_of(desk.window).page.toPlainText()
    assert "Plain" in page
    assert "24 × 24 pixels" in page
    assert "conv1 → pool1 → conv2" in page


def test_a_card_reads_like_words_and_its_text_is_not_taken_for_html(desk):
    desk.session.network.card = {
        "data": "Photos <b>of</b> & by",
        "accuracy": {"top1": 0.5432, "measured_on": "10,000 photos"},
        "seed": 1998,
    }
    try:
        desk.window.show_card()
        page = page_of(desk.window).page.toPlainText()
    finally:
        desk.session.network.card = None
    assert "Photos <b>of</b> & by" in page
    assert "top-1 54.3%, measured on 10,000 photos" in page


def test_about_names_the_licences(desk):
    desk.window.actions_["about"].trigger()
    page = page_of(desk.window).page.toPlainText()
    assert "MIT licence" in page
    assert "SIL Open Font License" in page


# Presenting, sizes, themes


def test_presenting_shows_more_with_less_and_escape_leads_back(desk, qtbot):
    window = desk.window
    points = QApplication.font().pointSizeF()
    qtbot.keyClick(window, Qt.Key.Key_F11)
    assert window.isFullScreen()
    assert QApplication.font().pointSizeF() > 1.2 * points
    assert not window.tray.isVisible()
    assert not window.explain.isVisible()
    assert window.predictions.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isFullScreen()
    assert QApplication.font().pointSizeF() == pytest.approx(points)
    assert window.tray.isVisible()
    assert window.explain.isVisible()


def test_presenting_leaves_a_hidden_tray_hidden(desk, qtbot):
    desk.window.actions_["show-tray"].trigger()
    assert not desk.window.tray.isVisible()
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    qtbot.keyClick(desk.window, Qt.Key.Key_F11)
    assert not desk.window.tray.isVisible()


def test_text_scales_with_keys_and_back(desk, qtbot):
    control = Qt.KeyboardModifier.ControlModifier
    points = QApplication.font().pointSizeF()
    for near, key, end in ((2.4, Qt.Key.Key_Plus, 2.5), (0.74, Qt.Key.Key_Minus, 0.7)):
        desk.window.theme.set_scale(near)
        for _ in range(2):
            qtbot.keyClick(desk.window, key, control)
        assert QApplication.font().pointSizeF() == pytest.approx(end * points)
    qtbot.keyClick(desk.window, Qt.Key.Key_0, control)
    assert QApplication.font().pointSizeF() == pytest.approx(points)


def test_dark_and_light_are_seen(desk):
    corner = QPoint(2, desk.window.height() - 3)
    seen = []
    for mode, colours in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        desk.window.actions_[f"theme-{mode}"].trigger()
        seen.append(desk.window.grab().toImage().pixelColor(corner).name())
        assert seen[-1] == colours.window
    assert desk.window.actions_["theme-dark"].isChecked()


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_nothing_is_cut_off(desk, qtbot, size):
    window = desk.window
    window.resize(*size)
    qtbot.wait(50)
    assert (window.width(), window.height()) == size
    for button in window.findChildren(QAbstractButton):
        if button.isVisible() and button.text() and button.window() is window:
            words = button.text().replace("&", "")
            assert button.width() >= button.fontMetrics().horizontalAdvance(words), words
    for part in (window.top, window.rail, window.tray, window.explain, window.jobs):
        area = part.rect().translated(part.mapTo(window, QPoint(0, 0)))
        assert window.rect().contains(area)


def test_every_workspace_fits_a_small_screen_at_any_text_size(desk, qtbot):
    for presenting, scale in itertools.product((False, True), (1.0, 1.5)):
        desk.window.presentation.start() if presenting else desk.window.presentation.stop()
        desk.theme.set_scale(scale)
        for index, workspace in enumerate(desk.window.workspaces):
            desk.window.choose_workspace(index)
            qtbot.wait(1)
            least = desk.window.minimumSizeHint()
            case = f"{workspace.title} at {scale:g}, presenting {presenting}"
            assert least.width() <= 1280, case
            assert least.height() <= 800, case


def test_on_a_small_projector_every_workspace_is_seen_whole(desk, qtbot):
    desk.window.presentation.start()
    desk.window.showNormal()
    desk.window.resize(1280, 800)
    for index, workspace in enumerate(desk.window.workspaces):
        desk.window.choose_workspace(index)
        bar = workspace.parentWidget().parentWidget().parentWidget().horizontalScrollBar()
        qtbot.waitUntil(lambda bar=bar: bar.maximum() == 0)


def test_the_sanity_check_has_the_room_of_the_answer_bars(desk, qtbot):
    desk.window.choose_workspace(2)
    bars = desk.window._answer_panel
    assert bars.isVisible()
    for hidden in (True, False):
        desk.window.workspace.header.sanity.click()
        assert bars.isVisible() is not hidden


def test_buttons_lose_their_words_before_their_place(desk, qtbot):
    style = Qt.ToolButtonStyle
    top = desk.window.top
    desk.window.resize(1280, 800)
    qtbot.wait(20)
    styles = {button.toolButtonStyle() for button, *_ in top._buttons}
    assert styles == {style.ToolButtonTextBesideIcon}
    top.resize(500, top.height())
    styles = {button.toolButtonStyle() for button, *_ in top._buttons}
    assert styles == {style.ToolButtonIconOnly}


def test_everything_to_click_has_a_name_for_those_who_do_not_see_it(desk):
    for kind in (QAbstractButton, QComboBox, QTextBrowser):
        for widget in desk.window.findChildren(kind):
            if widget.isVisible() and type(widget).__module__.startswith("PySide6"):
                name = widget.accessibleName() or (
                    widget.text() if isinstance(widget, QAbstractButton) else ""
                )
                internal = widget.objectName().startswith("qt_") or _inside(widget, "QTextBrowser")
                assert name or internal or not widget.isEnabled(), _path(widget)


def _inside(widget, kind):
    parent = widget.parentWidget()
    return parent is not None and type(parent).__name__ == kind


def _path(widget):
    chain = itertools.takewhile(bool, _parents(widget))
    return " < ".join(f"{type(w).__name__}({w.objectName()})" for w in chain)


def _parents(widget: QWidget | None):
    while widget is not None:
        yield widget
        widget = widget.parentWidget()
