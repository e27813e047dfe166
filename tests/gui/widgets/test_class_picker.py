"""The class picker, by the keys that somebody presses."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence, QShortcut, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from visualizer.gui.widgets.class_picker import ClassCompleter, ClassPicker

CLASSES = ["espresso", "cat", "sea lion", "catamaran", "crane", "Egyptian cat", "crane", "cup"]


class Window(QWidget):
    """A picker in a window where T goes to it, Return keeps a picture and Esc goes back."""

    def __init__(self, qtbot):
        super().__init__()
        qtbot.addWidget(self)
        self.picker, self.field = ClassPicker(), QLineEdit("12")
        self.completer = ClassCompleter(self.field, lambda: CLASSES)
        self.picker.set_classes(CLASSES)
        column = QVBoxLayout(self)
        column.addWidget(self.picker)
        column.addWidget(self.field)
        self.chosen, self.taken, self.shortcuts = [], [], []
        self.picker.chosen.connect(self.chosen.append)
        self.completer.taken.connect(self.taken.append)
        for key, does in (
            ("T", self.picker.setFocus),
            ("Return", lambda: self.shortcuts.append("Return")),
            ("Esc", lambda: self.shortcuts.append("Esc")),
            ("S", lambda: self.shortcuts.append("S")),
        ):
            QShortcut(QKeySequence(key), self).activated.connect(does)
        self.resize(300, 200)
        with qtbot.waitExposed(self):
            self.show()
        self.activateWindow()
        self.setFocus()

    def press(self, *keys):
        """Press keys where a keyboard's go: to an open popup, else to the window."""
        for key in keys:
            QTest.keyClick(self.windowHandle(), key)

    def type(self, text):
        self.press(*text)

    @property
    def suggestions(self):
        popup = QApplication.activePopupWidget()
        if popup is None:
            return []
        model = popup.model()
        return [model.index(row, 0).data() for row in range(model.rowCount())]


@pytest.fixture
def window(qtbot):
    return Window(qtbot)


def test_typing_replaces_and_return_takes_the_suggestion(window):
    window.type("t")
    window.type("espr")
    assert window.suggestions == ["espresso"]
    window.press(Qt.Key.Key_Return)
    assert window.picker.currentText() == "espresso"
    assert (window.picker.target, window.picker.index) == ("#0", 0)
    assert window.chosen == ["#0"]
    assert window.shortcuts == []
    assert not window.picker.hasFocus()
    window.press(Qt.Key.Key_Return)  # the window's again
    assert window.shortcuts == ["Return"]


def test_a_full_name_is_taken_although_others_contain_it(window):
    window.type("tcat")
    assert window.suggestions == ["cat", "catamaran", "Egyptian cat"]
    window.press(Qt.Key.Key_Return)
    assert window.picker.target == "#1"


def test_another_suggestion_is_chosen_with_the_arrow_keys(window):
    window.type("tcat")
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert window.picker.target == "#5"
    assert window.chosen == ["#5"]


def test_a_click_takes_a_suggestion(window):
    window.type("tcat")
    popup = QApplication.activePopupWidget()
    second = popup.visualRect(popup.model().index(1, 0)).center()
    QTest.mouseClick(popup.viewport(), Qt.MouseButton.LeftButton, pos=second)
    assert window.chosen == ["#3"]
    assert window.picker.currentText() == "catamaran"


@pytest.mark.parametrize("typed", ["cat", "nothing like it"])
def test_esc_leaves_and_restores(window, typed):
    window.picker.set_target("#7")
    window.chosen.clear()
    window.type("t")
    window.type(typed)
    window.press(Qt.Key.Key_Escape)
    assert window.suggestions == []
    assert window.picker.currentText() == "cup"
    assert window.picker.target == "#7"
    assert not window.picker.hasFocus()
    assert window.chosen == window.shortcuts == []
    window.press(Qt.Key.Key_Escape)
    assert window.shortcuts == ["Esc"]


def test_a_near_miss_is_asked_about_and_return_says_yes(window):
    window.type("texpreso")
    assert window.suggestions == ["Did you mean:", "espresso"]
    window.press(Qt.Key.Key_Return)
    assert window.chosen == ["#0"]


def test_nonsense_is_told_and_changes_nothing(window):
    window.type("tgiraffe")
    assert window.suggestions == ["No class has such a name."]
    window.press(Qt.Key.Key_Return)
    assert window.suggestions == []
    assert window.picker.currentText() == "anything but this"
    assert window.chosen == window.shortcuts == []
    window.field.setFocus()
    window.field.selectAll()
    window.type("77")  # a number is no name
    assert window.suggestions == []


def test_letters_that_are_keys_of_the_window_are_typed(window):
    window.type("tsea")
    assert window.suggestions == ["sea lion"]
    assert window.shortcuts == []


def test_a_click_into_the_box_lets_typing_replace_too(window):
    line = window.picker.lineEdit()
    QTest.mouseClick(line, Qt.MouseButton.LeftButton, pos=QPoint(30, line.height() // 2))
    assert line.selectedText() == "anything but this"
    window.type("cup")
    window.press(Qt.Key.Key_Return)
    assert window.chosen == ["#7"]


def test_leaving_with_a_part_of_one_name_takes_it(window):
    window.type("tamaran")
    window.press(Qt.Key.Key_Tab)
    assert window.chosen == ["#3"]


def test_names_that_occur_twice_are_told_apart(window):
    window.type("tcrane")
    assert window.suggestions == ["crane (#4)", "crane (#6)"]
    window.press(Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert window.picker.target == "#6"


def test_entries_on_top_are_found_too(window):
    window.type("tleast")
    window.press(Qt.Key.Key_Return)
    assert window.chosen == ["least likely"]
    assert window.picker.index is None


def test_the_wheel_scrolls_the_column_and_not_the_classes(window):
    no = Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        QPoint(5, 5),
        QPoint(5, 5),
        QPoint(),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        no,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(window.picker, event)
    assert window.picker.currentIndex() == 0
    assert not event.isAccepted()


def test_a_target_can_be_shown_without_saying_so(window):
    window.picker.show_target("#2")
    assert window.picker.currentText() == "sea lion"
    assert window.chosen == []
    window.picker.set_target(None)
    assert window.chosen == [None]
    window.picker.set_target("#99")
    assert window.picker.target is None


def test_another_network_begins_with_the_first_entry(window):
    window.picker.set_target("#2")
    window.picker.set_classes(["one", "two"])
    assert window.picker.target is None
    assert window.chosen == ["#2"]


class TestAnyField:
    def test_a_name_is_taken_into_a_text_field(self, window):
        window.field.setFocus()
        window.type("espresso")
        assert window.suggestions == ["espresso"]
        window.press(Qt.Key.Key_Return)
        assert window.taken == [0]
        assert window.field.text() == "espresso"

    def test_what_is_no_name_stays_as_it_was_typed(self, window):
        window.field.setFocus()
        window.type("3,7")
        window.press(Qt.Key.Key_Return)
        assert window.field.text() == "3,7"
        assert window.taken == window.shortcuts == []

    def test_esc_restores_it(self, window):
        window.field.setFocus()
        window.type("3,7")
        window.press(Qt.Key.Key_Escape)
        assert window.field.text() == "12"
        assert not window.field.hasFocus()


def test_suggestions_look_like_the_rest_of_the_window(qtbot, qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    from visualizer.gui.core.store import Store
    from visualizer.gui.core.theme import Theme

    sheet, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    theme = Theme(qapp, Store())
    try:
        window = Window(qtbot)
        for mode in ("light", "dark"):
            theme.set_mode(mode)
            window.setFocus()
            window.type("tcat")
            popup = QApplication.activePopupWidget()
            image = popup.grab().toImage()
            ground = image.pixelColor(image.width() - 8, image.height() - 4)
            assert (ground.lightness() > 128) == (mode == "light")
            window.press(Qt.Key.Key_Escape)
    finally:
        theme.deleteLater()
        qapp.setStyleSheet(sheet)
        qapp.setPalette(palette)
        qapp.setFont(font)
