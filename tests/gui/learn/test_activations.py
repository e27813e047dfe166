"""The page of activations: its three questions by mouse and keys, and what is read off."""

import pytest
from PySide6.QtCore import Qt


@pytest.fixture
def user(pupil):
    return pupil.learn("activations")


def test_the_steepest_place_is_found_by_a_click(user):
    plot, view = user.view.slope, user.view
    assert "the slope 0.149." in view.read.text()
    at = plot.mapFromScene(plot.place_of(0.0))
    user.qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=at)
    user.settle()
    assert view.read.text().endswith("the slope 0.250.")
    assert user.solved == [True, False, False]
    assert user.told[1].startswith("✓ At 0")


def test_relu_keeps_its_signal_and_dies(user):
    user.set(activation="ReLU", weight_scale=1.4)
    user.page.bar.speed.setCurrentText("full speed")
    user.workspace.toggle()
    user.until(lambda: not user.page.playing)
    user.settle()
    assert user.solved == [False, True, False]
    signal, gradient = user.view.sizes.curves
    assert (signal.name, gradient.name) == ("signal", "gradient")
    assert signal.x.tolist() == list(range(11))
    assert len(user.view.histograms.counts) == 11
    user.set(bias=-3.0)
    assert user.solved == [False, True, True]
    assert "100% of the neurons are 0 whatever comes in" in user.view.told.text()


def test_the_gradient_comes_back_layer_by_layer(user):
    user.step(11)
    (signal, gradient) = user.view.sizes.curves
    assert signal.x.tolist() == list(range(11))
    assert gradient.x.tolist() == [9, 10]
    assert "comes back to layer 9" in user.view.told.text()
