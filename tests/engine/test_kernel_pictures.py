"""Kernels as pictures: which stages have them, and in which colours."""

import numpy as np
import pytest

from visualizer.engine.kernel_pictures import (
    has_kernel_pictures,
    kernel_pictures,
    kernel_shape,
    visible_kernel,
)
from visualizer.engine.preprocessing import Preprocessing


@pytest.fixture(scope="module")
def network(explore):
    """Networks whose first unit looks for what the network takes as its first channel."""
    from keras import Sequential, layers

    def make(order):
        model = Sequential(
            [
                layers.Input((16, 16, 3)),
                layers.Conv2D(4, 5, name="conv1"),
                layers.DepthwiseConv2D(3, depth_multiplier=2, name="depth"),
                layers.Conv2D(3, 1, name="point"),
                layers.Conv2D(6, 3, name="colours"),
                layers.Flatten(),
                layers.Dense(2, name="scores"),
            ]
        )
        made = explore(model, preprocessing=Preprocessing(order=order))
        kernel = np.zeros((5, 5, 3, 4), np.float32)
        kernel[2, 2, 0, 0] = 1
        model.get_layer("conv1").kernel.assign(kernel)
        return made

    return {order: make(order) for order in ("rgb", "bgr")}


def test_kernels_that_read_colours_or_one_map_are_pictures(network):
    stages = network["rgb"].stages
    found = {stage.name: has_kernel_pictures(network["rgb"], stage) for stage in stages}
    assert found == {
        "data": False,
        "conv1": True,
        "depth": True,
        "point": False,
        "colours": True,
        "output": False,
    }
    assert kernel_shape(network["rgb"], network["rgb"].stage("point")) == (1, 1, 8)
    assert visible_kernel(network["rgb"], network["rgb"].stage("point")) is None
    assert visible_kernel(network["rgb"], network["rgb"].stage("output")) is None


@pytest.mark.parametrize(("order", "seen"), [("rgb", (255, 128, 128)), ("bgr", (128, 128, 255))])
def test_colours_are_those_of_the_picture_in_either_order(network, order, seen):
    pictures = kernel_pictures(network[order], network[order].stage("conv1"))
    assert pictures.shape == (4, 5, 5, 3)
    assert tuple(pictures[0, 2, 2]) == seen
    assert (pictures[1:] == 128).all()


def test_maps_that_happen_to_be_three_are_not_turned_round(network):
    stage = network["bgr"].stage("colours")
    assert (visible_kernel(network["bgr"], stage) == stage.weights()).all()


def test_each_channel_of_a_depthwise_stage_has_its_kernels(network):
    stage = network["rgb"].stage("depth")
    kernel = visible_kernel(network["rgb"], stage)
    assert kernel.shape == (3, 3, 1, 8)
    weights = stage.weights()
    assert (kernel[..., 0, 3] == weights[:, :, 1, 1]).all()
