"""Words as vectors: its three questions solved by mouse and keys, and what is shown meanwhile."""

import pytest
from PySide6.QtCore import Qt

from visualizer.engine.lessons.words import BOOKS, HERE, ONE_HOT


@pytest.fixture
def user(pupil):
    return pupil.learn("words")


def write(user, *words):
    """Type words into the fields at the side, each with Return."""
    for field, word in zip(user.view.fields, words, strict=False):
        if field.text() != word:
            field.setFocus()
            field.selectAll()
            user.qtbot.keyClicks(field, word)
            user.qtbot.keyClick(field, Qt.Key.Key_Return)
            user.settle()


def test_a_bat_is_nearest_to_a_cat(user):
    assert user.view.rule.text() == "cat - paw: √(13² + 0² + 3²) = √178 = 13.34"
    write(user, "cat", "bat")
    assert user.solved == [True, False, False]
    assert user.view.rule.text() == "cat - bat: √(1² + 0² + 0²) = √1 = 1.00"
    assert "178 for cat and paw; that is the square" in user.told[1]
    assert ">bat</td>" not in user.view.near.text()
    user.press(Qt.Key.Key_Backspace)
    assert user.view.fields[1].text() == "paw"


def test_one_hot_words_are_all_as_far(user):
    user.set(words_as=ONE_HOT)
    for _ in range(3):
        assert user.view.rule.text().endswith("√2 = 1.4142")
        user.step()
    write(user, "cat", "cat")
    assert user.view.rule.text() == "cat - cat: 0.0000"


def test_king_minus_man_plus_woman(user):
    user.set(words_as=BOOKS)
    write(user, "man", "king", "woman")
    assert user.solved == [False, True, False]
    assert "king - man + woman" in user.view.answer.text()
    assert user.view.answer.text().index("queen") < user.view.answer.text().index("princess")
    assert {"man", "king", "woman", "queen"} <= set(user.view.map.words)
    write(user, "zzyzx")
    (said, level) = user.session.sentences[-1]
    assert "“zzyzx” is not among the 10,000 words" in said
    assert level == "warning"
    assert user.page.run.state.a == "man"


def test_a_word_of_the_map_is_clicked(user):
    user.set(words_as=BOOKS)
    names = dict(user.view.map.names())
    assert len(names) > 20
    boxes = list(names.values())
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    place = names["horse"].center().toPoint()
    user.qtbot.mouseClick(user.view.map.viewport(), Qt.MouseButton.LeftButton, pos=place)
    user.settle()
    assert user.view.fields[0].text() == "horse"
    assert "nearest to horse" in user.view.near.text()
    assert user.view.map.grab().toImage().allGray() is False


def test_the_small_network_learns_before_ones_eyes(user):
    user.set(words_as=HERE)
    assert user.view.rule.text().startswith("It has read nothing yet")
    first = user.view.map.points.copy()
    user.page.bar.speed.setCurrentText("full speed")
    user.workspace.toggle()
    user.until(lambda: user.solved[2])
    user.workspace.toggle()
    user.settle()
    assert user.view.rule.text().startswith("It has read: ")
    assert "sentences; loss" in user.view.told.text()
    assert user.view.map.points.tolist() != first.tolist()
