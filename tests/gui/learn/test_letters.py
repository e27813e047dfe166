"""Letter by letter: its three questions solved by mouse and keys, and a text of one's own."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from visualizer.engine.lessons.letters import LAST, OWN

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def user(pupil):
    return pupil.learn("letters")


def write(user, count):
    """Let it write so many letters at once."""
    user.page.step(count)
    user.settle()


def test_after_17_passes_it_writes_words(user):
    write(user, 200)
    assert user.solved == [False] * 3
    user.set(trained=LAST)
    user.page.bar.speed.setCurrentText("full speed")
    user.workspace.toggle()
    user.until(lambda: user.solved[0])
    user.workspace.toggle()
    user.settle()
    assert user.view.said.text().startswith("After 17 passes of Ulysses: ")
    assert user.view.text.text == user.page.run.state.text
    assert user.told[1].startswith("✓ First it learns")


def test_near_zero_it_repeats_itself(user):
    user.set(trained=LAST, temperature=0.05)
    write(user, 250)
    assert user.solved[1]
    assert 0.99 < sum(chance for _, chance in user.view.next.chances) <= 1


def test_the_unit_that_counts_is_found(user):
    user.set(trained=LAST)
    user.press(Qt.Key.Key_U)
    assert user.session.sentences == [("Let it write 100 letters first.", "warning")]
    write(user, 320)
    assert not user.solved[2]
    grey = user.view.text.values
    user.press(Qt.Key.Key_U)
    assert user.solved[2]
    assert "follows place in the line (r = " in user.view.unit.text()
    assert user.view.text.values.tolist() != grey.tolist()
    user.qtbot.mouseClick(user.view.memory, LEFT, pos=user.view.memory.place_of(3).toPoint())
    user.settle()
    assert user.page.run.settings.unit == 3
    assert user.page.form.control("unit").value() == 3
    colours = user.view.memory.grab().toImage()
    assert not colours.allGray()


def test_all_passes_are_listed(user):
    user.press(Qt.Key.Key_P)
    listed = user.view.list.toPlainText()
    assert user.view.list.isVisible()
    assert "After pass 1 (" in listed
    assert "After pass 17 (" in listed
    user.press(Qt.Key.Key_P)
    assert user.view.text.isVisible()


def test_a_text_begins_as_one_likes(user):
    user.set(trained=LAST)
    field = user.view.begin
    user.qtbot.keyClicks(field, "Yes I said")
    user.qtbot.keyClick(field, Qt.Key.Key_Return)
    user.settle()
    write(user, 5)
    assert user.view.text.text.startswith("Yes I said")
    assert len(user.view.text.text) == 15
    field.setText("ж")
    user.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "never read the letter" in user.session.sentences[-1][0]


def test_an_own_text_is_opened_pasted_and_learnt(user, tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("one two three four. " * 50)
    user.view.open_text(str(path))
    user.settle()
    assert user.page.run.settings.trained == OWN
    assert user.view.said.text() == "Your text of 1,000 letters, read 0 times"
    user.step(2)
    assert "loss" in user.view.said.text()
    assert len(user.view.memory.values) == 48
    user.set(unit=50)
    assert user.view.unit.text().startswith("Unit 2")
    assert user.view.text.values.any()
    QGuiApplication.clipboard().setText("")
    user.qtbot.mouseClick(user.view.paste, LEFT)
    assert "needs 300 letters" in user.session.sentences[-1][0]
    user.view.open_text(str(tmp_path / "none.txt"))
    assert "cannot be read" in user.session.sentences[-1][0]
    assert user.page.run.state.learner.text.startswith("one two")


def test_lines_break_between_words(user):
    text = user.view.text
    text.show_text("one two three\nfour " + "x" * 12, np.zeros(31), 3)
    pieces = [text.text[start:end] for start, end in text.lines(8)]
    assert pieces == ["one two ", "three", "four ", "xxxxxxxx", "xxxx"]
