"""Where an attack is to lead, and how hard each class is to reach."""

import time

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from tests.gui.attack.conftest import NAMES


def test_a_target_is_found_by_typing_a_part_of_its_name(user):
    target = user.side.target
    first = int(user.attacked.before.argmax())
    wanted = next(i for i in range(4) if i not in (first, 2))
    part = {0: "an", 1: "bE", 3: "sea"}[wanted]
    target.lineEdit().selectAll()
    QTest.keyClicks(target.lineEdit(), part)
    QTest.keyClick(target.lineEdit(), Qt.Key.Key_Return)
    user.settle()
    assert target.target == f"#{wanted}"
    assert user.attacked.targeted
    assert user.attacked.label == wanted
    user.turn(6)
    before, after = user.attacked.before[wanted], user.attacked.after[wanted]
    assert after > before
    assert any(
        share.marked and share.label == NAMES[wanted] for share in user.triptych.after.shares
    )


def test_nonsense_typed_as_a_target_changes_nothing(user):
    target = user.side.target
    target.lineEdit().selectAll()
    QTest.keyClicks(target.lineEdit(), "giraffe")
    QTest.keyClick(target.lineEdit(), Qt.Key.Key_Return)
    user.settle()
    assert target.target is None
    assert target.currentText() == "anything but this"
    assert not user.attacked.targeted


def test_a_target_that_cannot_be_reached_is_said_with_its_probability(user):
    user.side.target.set_target("least likely")
    user.turn(0)
    assert not user.attacked.success
    assert "not reached" in user.side.verdict.text()
    assert "%" in user.side.verdict.text()


def test_how_hard_each_class_is_fills_in_and_a_click_takes_the_target(user):
    user.side.search.click()
    user.settle()
    grid = user.side.grid
    assert not np.isnan(grid.epsilons).any()
    first = int(user.attacked.before.argmax())
    assert grid.epsilons[first] == 0
    far = next(i for i in range(4) if i != first and np.isfinite(grid.epsilons[i]))
    assert NAMES[far] in grid.describe(far)
    click(grid, far)
    user.settle()
    assert user.side.target.target == f"#{far}"


def click(grid, index):
    """Click the cell of a class."""
    grid.resize(200, 60)
    places = (QPointF(x, y) for x in range(2, 200) for y in range(2, 60))
    point = next(place for place in places if grid.index_at(place) == index)
    QTest.mousePress(grid, Qt.MouseButton.LeftButton, pos=point.toPoint())


def test_the_search_goes_on_when_one_of_its_classes_is_made_the_target(user, monkeypatch):
    from visualizer.engine.adversarial import minimal_epsilons

    searching = minimal_epsilons.minimal_epsilons

    def slowly(*arguments):
        for found in searching(*arguments):
            time.sleep(0.04)
            yield found

    monkeypatch.setattr(minimal_epsilons, "minimal_epsilons", slowly)
    monkeypatch.setattr(minimal_epsilons, "BATCH", 1)  # one class after the other
    user.turn(6)
    grid = user.side.grid
    first = int(user.attacked.before.argmax())
    user.side.search.click()
    user.qtbot.waitUntil(
        lambda: len(grid.epsilons) == 4 and 1 < np.isfinite(grid.epsilons).sum() < 4, timeout=60_000
    )
    some = next(i for i in range(4) if i != first and np.isfinite(grid.epsilons[i]))
    click(grid, some)
    user.settle()
    assert user.attacked.label == some
    assert grid.isVisible()
    assert not np.isnan(grid.epsilons).any()  # it was looked for to the end
    assert "4 of 4" in user.side.searched.text()
    user.side.target.set_target(None)
    user.settle()
    assert grid.isVisible()
    user.session.add(user.another())
    user.settle()
    assert not grid.isVisible()  # it was about the other picture


def test_return_in_the_target_box_takes_the_target_and_keeps_no_picture(user, session):
    from PySide6.QtWidgets import QHBoxLayout, QWidget

    window = QWidget()
    row = QHBoxLayout(window)
    row.addWidget(user.workspace)
    row.addWidget(user.side)
    user.qtbot.addWidget(window)
    with user.qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    before = len(session.specimens)
    line = user.side.target.lineEdit()
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "sea")
    QTest.keyClick(line, Qt.Key.Key_Return)
    user.settle()
    assert len(session.specimens) == before
    assert user.side.target.target == "#3"
    user.workspace.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Return)
    user.settle()
    assert len(session.specimens) == before + 1
    row.removeWidget(user.workspace)
    user.workspace.setParent(None)
    row.removeWidget(user.side)
    user.side.setParent(None)
