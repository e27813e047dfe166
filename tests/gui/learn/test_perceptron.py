"""The perceptron's page: its three questions solved by mouse and keys, points moved by hand."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from visualizer.engine.lessons.perceptron import MOST_POINTS

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def user(pupil):
    return pupil.learn("perceptron")


def test_the_line_is_played_until_it_rests(user):
    assert user.told == ("Let the line learn until it rests: every point is on its own side.", "")
    user.page.bar.speed.setCurrentText("full speed")
    user.workspace.toggle()
    user.until(lambda: not user.page.playing)
    user.settle()
    assert user.solved == [True, False, False]
    assert user.told[1].startswith("✓ Where a line can part the classes")
    assert user.view.rule.text().startswith("Every point is right.")
    assert "the theorem allows" in user.view.bound.text()
    assert not user.page.bar.step.isEnabled()


def test_xor_never_rests_and_neurons_part_it(user):
    user.set(points="XOR")
    user.page.bar.speed.setCurrentText("full speed")
    user.workspace.toggle()
    user.until(lambda: user.solved[1])
    assert user.page.playing
    user.workspace.toggle()
    user.settle()
    assert "No line parts these points" in user.view.bound.text()
    user.workspace.step_unit(1)
    user.workspace.step_unit(1)
    user.set(hidden_neurons=4)
    user.workspace.toggle()
    user.until(lambda: user.solved[2])
    user.workspace.toggle()
    user.settle()
    assert user.view.bound.text() == "0 of 4 points are on the wrong side."


def test_a_dragged_point_is_one_change(user):
    plane = user.view.plane
    before = plane.points[0].tolist()
    user.drag(plane.viewport(), plane.on_screen(0), plane.on_screen(0) + QPointF(40, 60))
    after = plane.points[0].tolist()
    assert after[0] > before[0]
    assert after[1] < before[1]
    user.press(Qt.Key.Key_Backspace)
    assert plane.points[0].tolist() == before


def test_points_are_added_and_removed_by_clicks(user):
    plane, run = user.view.plane, user.page.run
    count = len(run.state.points)
    empty = QPointF(plane.viewport().width() / 2, 30)
    assert plane.point_at(empty) is None
    user.view.colour.setCurrentText("Blue")
    user.qtbot.mouseClick(plane.viewport(), LEFT, pos=empty.toPoint())
    user.settle()
    assert len(run.state.points) == count + 1
    assert run.state.signs[-1] == -1
    user.qtbot.mouseClick(plane.viewport(), RIGHT, pos=plane.on_screen(count).toPoint())
    user.settle()
    assert len(run.state.points) == count
    for number in range(MOST_POINTS - count + 1):
        place = QPoint(round(empty.x()) - 130 + 20 * number, 30)
        user.qtbot.mouseClick(plane.viewport(), LEFT, pos=place)
        user.settle()
    assert len(run.state.points) == MOST_POINTS
    text = f"There are {MOST_POINTS} points already; remove one first."
    assert user.session.sentences == [(text, "warning")]
