"""The playground's page: its questions by mouse and keys; weights, points, pictures and code."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication

from visualizer.engine.specimen import open_specimen
from visualizer.gui.learn.plane import Plane

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def user(pupil):
    return pupil.learn("playground")


def click(user, widget, at, button=LEFT):
    user.qtbot.mouseClick(widget, button, pos=at.toPoint())
    user.settle()


def play_until(user, wanted):
    user.workspace.toggle()
    user.until(wanted)
    if user.page.playing:
        user.workspace.toggle()
    user.settle()


def press_brick(user, layer, by):
    wiring = user.view.wiring
    click(user, wiring, wiring.button(layer, by).center())


def test_the_three_questions_by_mouse_and_keys(user):
    wiring = user.view.wiring
    play_until(user, lambda: user.solved[0])
    assert user.page.run.state.test_loss <= 0.02
    assert "loss of training" in user.view.epoch.text()
    assert [each.name for each in user.view.losses.curves] == ["training", "test"]
    user.set(data="circle")
    for _ in range(3):
        press_brick(user, -1, -1)
    assert user.page.run.settings.hidden_layers == 0
    for row in (2, 3):
        click(user, wiring, wiring.tile(0, row).center())
    assert user.page.run.settings.features == (
        "x", "y", "x_squared", "y_squared", "sin_x", "sin_y",
    )  # fmt: skip
    play_until(user, lambda: user.solved[1])
    press_brick(user, -1, 1)
    user.set(activation="step")
    play_until(user, lambda: user.solved[2])
    assert user.solved == [True, True, True]


def test_bricks_are_added_and_taken_within_bounds(user):
    for _ in range(5):
        press_brick(user, -1, 1)
    assert user.page.run.settings.hidden_layers == 6
    press_brick(user, 0, 1)
    assert user.page.run.settings.hidden[0] == 8
    press_brick(user, 0, -1)
    assert user.page.run.settings.hidden[0] == 7
    assert user.page.form.control("neurons_1").value() == 7
    user.press(Qt.Key.Key_Backspace)
    assert user.page.run.settings.hidden[0] == 8


def test_a_weight_is_read_typed_and_taken_back(user):
    view, wiring = user.view, user.view.wiring
    weight = (0, 2, 1)
    start, end = wiring.line(weight)
    at = start + (end - start) * 0.97
    assert wiring.weight_at(at) == weight
    user.qtbot.mouseMove(wiring, at.toPoint())
    user.until(lambda: view.weight_told.text().startswith("Weight from y to neuron 3 of layer 1: "))
    before = view.value_of(weight)
    click(user, wiring, at)
    assert view.editor.isVisible()
    assert float(view.editor.text()) == before
    view.editor.clear()
    user.qtbot.keyClicks(view.editor, "-0.625")
    user.qtbot.keyClick(view.editor, Qt.Key.Key_Return)
    user.settle()
    assert not view.editor.isVisible()
    assert view.value_of(weight) == -0.625
    user.press(Qt.Key.Key_Backspace)
    assert view.value_of(weight) == before
    bias = (1, 0, 8)
    click(user, wiring, wiring.line(bias)[0] + QPointF(-2, 2))
    view.editor.setText("much")
    user.qtbot.keyClick(view.editor, Qt.Key.Key_Return)
    user.settle()
    assert user.session.sentences == [
        ("A weight is a number from -1,000,000 to 1,000,000.", "warning")
    ]
    assert view.name_of(bias) == "Bias of neuron 1 of layer 2"
    assert view.name_of((3, 0, 4)) == "Weight from neuron 5 to the output"


def test_own_points_are_added_by_mouse_and_learnt(user):
    user.set(data="own points")
    assert user.view.epoch.text() == "There is no point; click in the plane."
    assert not user.page.bar.play.isEnabled()
    plane = user.view.plane
    assert isinstance(plane, Plane)
    middle = QPointF(plane.viewport().rect().center())
    for colour, shift in (("Orange", 30), ("Blue", -30), ("Orange", 50), ("Blue", -50)):
        user.view.colour.setCurrentText(colour)
        click(user, plane.viewport(), middle + QPointF(shift, 0))
    assert user.page.run.state.targets.tolist() == [1, -1, 1, -1]
    play_until(user, lambda: user.page.run.state.train_loss < 0.05)
    before = plane.points[0].tolist()
    user.drag(plane.viewport(), plane.on_screen(0), plane.on_screen(0) + QPointF(0, -40))
    assert plane.points[0][1] > before[1] + 0.3
    user.press(Qt.Key.Key_Backspace)
    assert plane.points[0].tolist() == before
    click(user, plane.viewport(), plane.on_screen(3), RIGHT)
    assert len(user.page.run.state.points) == 3


def test_exploding_weights_are_told_and_half_the_rate_goes_on(user):
    user.set(data="hills", activation="identity", learning_rate=10.0)
    user.step()
    (said,) = user.session.sentences
    assert "halve the learning rate" in said[0]
    assert np.isfinite(user.page.run.state.weights).all()
    assert user.page.run.steps == 0
    for _ in range(9):
        user.qtbot.mouseClick(user.view.half_rate, LEFT)
    user.settle()
    assert user.page.run.settings.learning_rate == pytest.approx(10 / 512, abs=1e-5)
    user.step()
    assert user.page.run.steps == 1


def test_a_picture_in_the_tray_holds_the_network(user):
    user.set(hidden_layers=1)
    user.step(3)
    state = user.page.run.state
    user.press(Qt.Key.Key_T)
    user.settle()
    made = user.session.specimens[-1]
    assert made.title == "spiral, epoch 3"
    again = open_specimen(made.png())
    user.page.bar.dice.click()
    user.set(data="circle", hidden_layers=2)
    user.session.add(again, select=True)
    user.settle()
    assert user.view.open.isEnabled()
    user.qtbot.mouseClick(user.view.open, LEFT)
    user.settle()
    assert user.page.run.settings.data == "spiral"
    assert np.array_equal(user.page.run.state.weights, state.weights)
    assert user.page.run.state.epoch == 3


def test_the_keras_code_is_copied(user):
    user.press(Qt.Key.Key_K)
    code = QGuiApplication.clipboard().text()
    assert code.startswith("import keras")
    assert code.count("Dense(") == 4
    compile(code, "copied", "exec")
