"""What is explained: a class, the chosen unit, or one place of its map."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from visualizer.gui.explain.target import POSITION, UNIT


@pytest.fixture(scope="module")
def pets(explore):
    """A network of one output that tells two classes apart."""
    from keras import Sequential, layers

    body = [
        layers.Input((12, 12, 3)),
        layers.Conv2D(4, 3, activation="relu", name="conv1"),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid", name="scores"),
    ]
    return explore(Sequential(body), name="pets", classes=["kitten", "puppy"])


def test_both_classes_of_one_output_are_offered_and_named(meet, pets):
    user = meet("saliency", pets).open()
    named = [user.controls.target.itemText(place) for place in range(3, 5)]
    assert named == ["kitten", "puppy"]
    answer = pets.top(user.session.activations.probabilities, 1)[0].label
    assert user.title() == f"Why {answer}?"
    for index, name in enumerate(pets.classes):
        user.controls.target.set_target(f"#{index}")
        user.settle()
        assert user.title() == f"Why {name}?"


def test_the_chosen_unit_is_explained_and_followed(user):
    user.session.select_stage("conv2")
    user.session.select_unit(0)
    user.press(Qt.Key.Key_U)
    assert user.controls.target.target == UNIT
    assert "conv2" in user.controls.target.currentText()
    assert user.title() == "Why conv2:0?"
    before = user.heat("grad-cam").copy()
    user.workspace.step_unit(1)
    user.settle()
    assert user.session.unit == 1
    assert user.title() == "Why conv2:1?"
    assert not np.array_equal(user.heat("grad-cam"), before)
    user.press(Qt.Key.Key_U)
    assert user.controls.target.target == ""


def test_a_slow_map_of_the_unit_before_is_not_taken_for_that_of_the_next(meet):
    user = meet("occlusion").open()
    user.session.select_stage("conv2")
    user.controls.choose("occlusion")
    user.slow_down()
    user.controls.target.toggle_unit()
    user.until(lambda: bool(user.workspace.results))  # it is under way
    assert not user.workspace.results["occlusion"].done
    user.workspace.step_unit(1)
    assert not user.workspace.results
    told = []
    user.workspace.explanation_changed.connect(
        lambda: told.extend(each.frame.label for each in user.workspace.results.values())
    )
    user.settle()
    assert set(told) == {"conv2:1"}
    assert user.title() == "Why conv2:1?"


def test_one_place_of_a_unit_is_explained_where_it_is_strongest_or_pointed_at(user):
    user.session.select_stage("conv2")
    user.session.select_unit(3)
    user.press(Qt.Key.Key_P)
    strongest = user.session.activations.maps["conv2"][..., 3]
    place = np.unravel_index(strongest.argmax(), strongest.shape)
    assert user.controls.target.target == POSITION
    assert "strongest" in user.controls.target.currentText()
    assert user.title() == "Why conv2:3@{},{}?".format(*place)
    field = user.workspace.picture.view.box
    inside = user.heat("saliency")[field_of(field)]
    assert inside.sum() == pytest.approx(user.heat("saliency").sum())

    view = user.workspace.picture.view
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.picture_rect().topLeft().toPoint())
    user.settle()
    assert user.title() == "Why conv2:3@0,0?"
    assert user.workspace.picture.view.box.topLeft() == QPointF(0, 0)
    below = int(user.workspace.picture.view.box.bottom())
    assert below < 24
    assert user.heat("saliency")[below:].max() == 0
    user.session.select_unit(2)
    user.settle()
    assert "conv2:2@" in user.title()
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
    assert user.title() == f"Why conv2:0@{rows - 1},{columns - 1}?"


def test_a_click_on_the_picture_leaves_a_class_alone(user):
    before = user.title()
    QTest.mouseClick(user.workspace.picture.view, Qt.MouseButton.LeftButton)
    user.settle()
    assert user.title() == before
    assert user.controls.target.target == ""
