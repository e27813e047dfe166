"""What is explained: a class, the chosen unit, or one place of its map."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from tests.gui.explain.user import classifier
from visualizer.gui.explain.target import PLACE, UNIT


def test_a_class_is_found_by_typing_and_explained(user):
    before = user.heat("saliency").copy()
    answer = user.network.top(user.session.activations.probabilities, 4)
    other = answer[-1].label
    user.press(Qt.Key.Key_T)
    user.controls.target.setEditText(other[1:])
    user.controls.target.lineEdit().editingFinished.emit()
    user.settle()
    assert user.workspace.header.title.text() == f"Why {other}?"
    assert user.workspace.subject() == answer[-1].index
    assert not np.array_equal(user.heat("saliency"), before)


def test_both_classes_of_one_output_are_offered_and_named(meet):
    pets = classifier(["kitten", "puppy"], 1, "sigmoid")
    user = meet("saliency", pets).open()
    named = [user.controls.target.itemText(place) for place in range(3, 5)]
    assert named == ["kitten", "puppy"]
    answer = pets.top(user.session.activations.probabilities, 1)[0].label
    assert user.workspace.header.title.text() == f"Why {answer}?"
    for index, name in enumerate(pets.classes):
        user.controls.target.set_target(f"#{index}")
        user.settle()
        assert user.workspace.header.title.text() == f"Why {name}?"


def test_the_chosen_unit_is_explained_and_followed(user):
    user.session.select_stage("conv2")
    user.session.select_unit(0)
    user.press(Qt.Key.Key_U)
    assert user.controls.target.target == UNIT
    assert "conv2" in user.controls.target.currentText()
    assert user.workspace.header.title.text() == "Why conv2:0?"
    before = user.heat("grad-cam").copy()
    user.workspace.step_unit(1)
    user.settle()
    assert user.session.unit == 1
    assert user.workspace.header.title.text() == "Why conv2:1?"
    assert not np.array_equal(user.heat("grad-cam"), before)
    user.press(Qt.Key.Key_U)
    assert user.controls.target.target == ""


def test_a_slow_map_of_the_unit_before_is_not_taken_for_that_of_the_next(meet):
    user = meet("occlusion").open()
    user.session.select_stage("conv2")
    user.press(Qt.Key.Key_U)
    user.controls._forms["occlusion"].control("stride").setValue(0.08)
    user.settle()
    looks, begun = [], user.workspace.jobs.look_made
    begun.connect(looks.append)
    user.workspace.looks.clear()
    user.workspace.toggle()  # make it again
    user.qtbot.waitUntil(lambda: bool(looks), timeout=60_000)
    user.workspace.step_unit(1)
    begun.emit(looks[-1])  # it was on its way when the key was pressed
    assert not user.workspace.looks
    user.settle()
    assert user.workspace.looks["occlusion"].settings.target == "conv2:1"
    assert user.workspace.header.title.text() == "Why conv2:1?"


def test_one_place_of_a_unit_is_explained_where_it_is_strongest_or_pointed_at(user):
    user.session.select_stage("conv2")
    user.session.select_unit(3)
    user.press(Qt.Key.Key_P)
    strongest = user.session.activations.maps["conv2"][..., 3]
    place = np.unravel_index(strongest.argmax(), strongest.shape)
    assert user.controls.target.target == PLACE
    assert "strongest" in user.controls.target.currentText()
    assert user.workspace.header.title.text() == "Why conv2:3@{},{}?".format(*place)
    field = user.workspace.picture.view.box
    inside = user.heat("saliency")[field_of(field)]
    assert inside.sum() == pytest.approx(user.heat("saliency").sum())

    view = user.workspace.picture.view
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.picture_rect().topLeft().toPoint())
    user.settle()
    assert user.workspace.header.title.text() == "Why conv2:3@0,0?"
    assert user.workspace.picture.view.box.topLeft() == QPointF(0, 0)
    assert user.heat("saliency")[7:].max() == 0
    user.session.select_unit(2)
    user.settle()
    assert "conv2:2@" in user.workspace.header.title.text()
    assert "strongest" in user.controls.target.currentText()


def field_of(box):
    """A rectangle of the picture as slices of an array."""
    return (
        slice(int(box.top()), int(box.bottom())),
        slice(int(box.left()), int(box.right())),
    )


def test_a_place_is_pointed_at_with_the_keys_too(user):
    user.session.select_stage("conv2")
    user.session.select_unit(0)
    user.press(Qt.Key.Key_U)
    view = user.workspace.picture.view
    for _ in range(8):
        user.qtbot.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        user.qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    user.press(Qt.Key.Key_P)
    rows, columns = user.network.stage("conv2").shape[:2]
    assert user.workspace.header.title.text() == f"Why conv2:0@{rows - 1},{columns - 1}?"


def test_a_click_on_the_picture_leaves_a_class_alone(user):
    before = user.workspace.header.title.text()
    QTest.mouseClick(user.workspace.picture.view, Qt.MouseButton.LeftButton)
    user.settle()
    assert user.workspace.header.title.text() == before
    assert user.controls.target.target == ""
