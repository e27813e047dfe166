"""One picture through a step, and networks that are built by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QSpinBox


@pytest.fixture
def page(user):
    user.bar.tabs["step"].click()
    user.settle()
    user.workspace.step_page.trace_button.click()
    user.settle()
    return user.workspace.step_page


def test_a_picture_goes_through_the_loop_with_the_numbers_of_this_batch(user, page):
    assert user.history.batches == 1
    assert user.run.frame.step == 1
    titles = []
    for _ in page.scenes:
        titles.append(page.title.text())
        user.workspace.step_stage(1)
    assert "A picture of the batch" in titles[0]
    assert any("what is negative becomes 0" in title for title in titles)
    assert "fc1 backward" in titles[-1]
    index = user.training.next_indices  # the loop goes on as always
    assert len(index()) == 32
    loss = next(scene for scene in page.scenes if "−log p" in scene.title)
    chance, found = (float(each) for each in re.findall(r"= .*?([\d.]+)$", loss.numbers, re.M))
    assert found == pytest.approx(-np.log(chance), rel=1e-3)
    softmax = next(scene for scene in page.scenes if scene.title.startswith("softmax"))
    shares = [float(line.split()[-1]) for line in softmax.numbers.splitlines()[1:]]
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    rows = page.scenes[-1].numbers.splitlines()[1:]
    before, _, change, after = (float(v) for v in rows[0].split()[-4:])
    assert after == pytest.approx(before + change, abs=2e-6)


def test_back_and_next_stop_at_the_ends(page):
    assert not page.back_button.isEnabled()
    for _ in page.scenes:
        page.next_button.click()
    assert not page.next_button.isEnabled()
    page.back_button.click()
    assert page.next_button.isEnabled()


@pytest.fixture
def builder(user):
    user.bar.tabs["bricks"].click()
    user.settle()
    return user.workspace.bricks


def texts(builder):
    return [builder.list.item(i).text() for i in range(builder.list.count())]


def test_the_layers_of_the_training_are_there_with_shapes_and_parameters(builder):
    assert len(texts(builder)) == 3
    assert "64   0 parameters" in texts(builder)[0]
    assert "128   8,320 parameters" in texts(builder)[1]
    assert "17,226 parameters in all" in builder.summary.text()
    assert builder.train_button.isEnabled()


def test_a_layer_where_it_cannot_be_says_why(builder):
    builder.list.setCurrentRow(2)
    builder.kind.setCurrentText("convolution")
    builder.add_button.click()
    assert "move it above the flatten" in builder.error.text()
    assert "move it above the flatten" in texts(builder)[3]
    assert not builder.train_button.isEnabled()
    for _ in range(3):
        builder.up_button.click()
    assert not builder.error.isVisible()
    assert texts(builder)[0].startswith("conv1")
    assert builder.train_button.isEnabled()
    builder.remove_button.click()
    assert len(texts(builder)) == 3


def test_what_is_built_is_trained(user, builder):
    builder.list.setCurrentRow(1)
    builder.form_of.control("units").setValue(12)
    assert isinstance(builder.form_of.control("units"), QSpinBox)
    assert "12   780 parameters" in texts(builder)[1]
    builder.code_button.click()
    code = QGuiApplication.clipboard().text()
    made = {}
    exec(compile(code, "copied", "exec"), made)  # what was copied is a program
    assert made["model"].layers[1].units == 12
    builder.train_button.click()
    user.settle()
    assert user.run.frame.title == "My layers on digits"
    assert user.run.frame.parameters == made["model"].count_params()
    assert user.controls.model.currentText() == "My layers"
    user.press(Qt.Key.Key_Period)
    assert user.history.batches == 1
