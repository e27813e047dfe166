"""How the network looks inside while it learns, and in the other workspaces."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.train.conftest import Trainer


@pytest.fixture
def lenet(qtbot, open_session, few):
    return Trainer(qtbot, open_session, "lenet")


def test_filters_and_maps_change_as_it_learns(lenet):
    views = lenet.run.frame.views
    assert views.filters_of == "conv1"
    names = [each.name for each in lenet.page.strip.stages]
    assert names[:2] == ["data", "conv1"]
    assert names[-1] == "output"
    before = lenet.page.filters.image, lenet.page.strip.stages[-1].image
    lenet.play_to(20)
    assert lenet.page.filters.image != before[0]
    assert lenet.page.strip.stages[-1].image != before[1]
    assert lenet.page.strip.stages[0].image == views.strip[0].image  # the picture is the same


def test_left_and_right_watch_another_picture(user):
    first = user.page.watched.text()
    user.workspace.step_stage(1)
    user.settle()
    assert user.run.frame.views.watched == 1
    assert user.page.watched.text() != first
    user.workspace.step_stage(-2)
    user.settle()
    assert user.run.frame.views.watched == user.run.frame.pictures[1] - 1
    user.press("t")
    kept = user.session.specimens[-1]
    label = int(user.training.data.validation.labels[-1])
    assert kept.title.startswith(f"{label} ")


def test_norms_of_every_layer_and_dead_units(user):
    user.bar.tabs["inside"].click()
    user.settle()
    inside = user.workspace.inside
    assert inside.hint.isVisible()
    kernel = user.training.model.layers[2].kernel
    before = kernel.numpy()
    user.press(Qt.Key.Key_Period)
    assert user.history.batches == 1
    table = inside.table
    rows = [[table.item(r, c).text() for c in range(6)] for r in range(table.rowCount())]
    assert [row[0] for row in rows] == ["fc1", "fc2", "output"]
    update = np.linalg.norm(kernel.numpy() - before)
    assert float(rows[0][3]) == pytest.approx(update, rel=0.01)
    assert float(rows[0][4]) == pytest.approx(update / np.linalg.norm(before), rel=0.1)
    assert rows[0][5].endswith("of 128")
    for _ in range(10):
        user.press(Qt.Key.Key_Period)
    assert user.history.batches == 11
    assert [curve.name for curve in inside.plot.curves] == ["fc1", "fc2", "output"]
    low, high = inside.plot.getViewBox().viewRange()[1]
    assert low < -3 < high  # the line of a healthy step is in sight


def test_the_confusion_is_that_of_the_validation_pictures(user):
    user.play_to(30)
    user.workspace.choose_page("mistakes")
    user.settle()
    page = user.workspace.mistakes
    data = user.training.data.validation
    answers = user.training.evaluation.logits.argmax(1)
    assert page.confusion.counts.sum() == len(data)
    assert np.trace(page.confusion.counts) == (answers == data.labels).sum()
    tiles = page.mistakes.tiles
    assert {tile.key for tile in tiles} == set(np.flatnonzero(answers != data.labels)[:48])
    tile = tiles[0]
    place = page.confusion.rect_of(int(data.labels[tile.key]), int(answers[tile.key])).center()
    QTest.mouseClick(page.confusion, Qt.MouseButton.LeftButton, pos=place.toPoint())
    assert tile.key in [each.key for each in page.mistakes.tiles]
    assert len({each.words for each in page.mistakes.tiles}) == 1
    at = page.mistakes.rect_of(0).center().toPoint()
    QTest.mouseClick(page.mistakes.viewport(), Qt.MouseButton.LeftButton, pos=at)
    user.settle()
    key = page.mistakes.tiles[0].key
    kept = user.session.specimens[-1].picture
    np.testing.assert_allclose(kept[..., 0], data.pictures[key][..., 0] / 255, atol=1e-6)


def test_the_other_workspaces_see_it_learn(user):
    wanted = []
    user.workspace.workspace_wanted.connect(wanted.append)
    user.press("t")
    user.session.select(user.session.specimens[-1].id)
    user.bar.explore_button.click()
    user.settle()
    assert wanted == ["layers"]
    user.workspace.hide()
    session = user.session
    assert session.network is user.run.training_session.network
    assert session.network.title == "Multilayer perceptron on digits, in training"
    before = session.activations.probabilities
    stage = session.network.stages[-1].name
    assert session.activations.maps[stage].shape == (10,)
    user.set("epochs", 10_000)
    user.bar.go_button.click()
    user.until(lambda: np.abs(session.activations.probabilities - before).max() > 0.2)
    user.bar.go_button.click()
    user.settle()
    picture = session.specimen.picture[..., :1]
    logits = user.training.logits(picture[None].astype(np.float32))
    user.until(
        lambda: np.allclose(
            session.activations.probabilities,
            np.exp(logits[0]) / np.exp(logits[0]).sum(),
            atol=1e-4,
        )
    )


def test_nothing_is_computed_for_workspaces_that_are_not_on_show(user):
    user.press("t")
    user.session.select(user.session.specimens[-1].id)
    user.bar.explore_button.click()
    user.settle()
    before = user.session.activations
    user.play_to(5)
    assert user.session.activations is before
    user.workspace.hide()
    user.settle()
    assert user.session.activations is not before


def test_the_network_of_a_new_start_takes_the_place_of_the_one_that_was_open(user):
    user.bar.explore_button.click()
    user.settle()
    first = user.session.network
    user.choose(user.controls.model, "softmax")
    user.settle()
    assert user.session.network is not first
    assert user.session.network is user.run.training_session.network
    assert user.session.network.title == "Softmax regression on digits, in training"


def test_opening_another_network_leaves_the_training_alone(user):
    user.bar.explore_button.click()
    user.settle()
    user.session.open_network("plain")
    user.settle()
    user.play_to(5)
    assert user.session.network is not user.run.training_session.network
    assert user.run.frame.step >= 5
