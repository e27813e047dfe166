"""Weights and maps are counted wherever they are: in cells, wrappers, activations, of any size."""

import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import answer, edit, randomised, save
from tests.models.editing import layers as entries
from tests.models.old_models import reopened
from tests.models.refusals import refused

SHAPE = (8, 8, 3)
X = np.random.default_rng(0).random((2, *SHAPE)).astype(np.float32)


def net(*middle, shape=SHAPE):
    return randomised(keras.Sequential([keras.Input(shape), *middle, layers.Dense(2)]))


def inner():
    return keras.Sequential([layers.Conv1D(4, 3), layers.BatchNormalization(), layers.Flatten()])


NESTED = {
    "an activation that is a layer": lambda: net(
        layers.Conv2D(4, 3, activation=layers.PReLU(shared_axes=[1, 2])),
        layers.GlobalAveragePooling2D(),
    ),
    "a wrapped model": lambda: net(layers.TimeDistributed(inner()), layers.Flatten()),
    "a wrapped layer": lambda: net(layers.TimeDistributed(layers.Conv1D(2, 3)), layers.Flatten()),
    "a cell": lambda: net(layers.Reshape((8, 24)), layers.RNN(layers.GRUCell(4))),
    "cells": lambda: net(
        layers.Reshape((8, 24)), layers.RNN([layers.LSTMCell(4), layers.SimpleRNNCell(3)])
    ),
    "both directions": lambda: net(layers.Reshape((8, 24)), layers.Bidirectional(layers.LSTM(3))),
    "a norm of weights": lambda: net(
        layers.SpectralNormalization(layers.Conv2D(4, 3)), layers.GlobalAveragePooling2D()
    ),
}


@pytest.mark.parametrize("end", [".keras", ".h5"])
@pytest.mark.parametrize("kind", NESTED)
def test_layers_inside_layers_open(kind, end, tmp_path):
    made = NESTED[kind]()
    found, _ = reopened(save(made, tmp_path / f"net{end}"), X)
    np.testing.assert_allclose(found, answer(made, X), atol=1e-5)


def grow(config, kind, **settings):
    """Set something in every part of a class, however deep in the settings of others."""
    waiting = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if item.get("class_name") == kind:
                item["config"] |= settings
            item.pop("build_config", None)
            item.pop("build_input_shape", None)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


@pytest.mark.parametrize(
    ("kind", "part", "settings"),
    [
        ("a wrapped model", "Conv1D", {"filters": 10**9}),
        ("a wrapped layer", "Conv1D", {"filters": 10**9}),
        ("a cell", "GRUCell", {"units": 10**6}),
        ("cells", "LSTMCell", {"units": 10**6}),
        ("both directions", "LSTM", {"units": 10**6}),
        ("a wrapped model", "Dense", {"lora_rank": 10**9}),
        ("an activation that is a layer", "Conv2D", {"filters": 10**7}),
    ],
)
def test_weights_inside_layers_are_counted(kind, part, settings, tmp_path):
    path = save(NESTED[kind](), tmp_path / "net.keras")
    refused(edit(path, lambda config: grow(config, part, **settings)), "far more weights")


def test_numbers_in_a_description_are_not_spread_over_a_map(tmp_path):
    model = net(
        layers.UpSampling2D(1), layers.Normalization(mean=0.0, variance=1.0), layers.Flatten()
    )

    def change(config):
        grow(config, "UpSampling2D", size=[30_000, 30_000])
        grow(config, "Normalization", axis=[1, 2, 3])

    refused(edit(save(model, tmp_path / "net.keras"), change), "numbers for one picture")


def free(*middle):
    return net(*middle, layers.GlobalAveragePooling2D(), shape=(None, None, 3))


@pytest.mark.parametrize(
    ("size", "pattern"), [(120, "up.*gives 2,167,603,200 numbers"), (22, "numbers"), (2, None)]
)
def test_a_side_of_any_size_counts_as_it_will_be_run(size, pattern, tmp_path):
    path = save(free(layers.UpSampling2D(size, name="up")), tmp_path / "net.keras")
    if pattern is None:
        reopened(path)
    else:
        refused(path, pattern)


def test_all_maps_of_any_size_together(tmp_path):
    many = [layers.UpSampling2D(14, name="up"), *(layers.ReLU() for _ in range(10))]
    refused(save(free(*many), tmp_path / "net.keras"), "The layers in net.keras give")


def patches(side):
    pixels = keras.Input((side, side, 3))
    x = layers.Reshape((side * side, 3))(pixels)
    x = layers.MultiHeadAttention(2, 2, name="looks")(x, x)
    return keras.Model(pixels, layers.Dense(2)(layers.GlobalAveragePooling1D()(x)))


def test_attention_compares_every_place_with_every_other(tmp_path):
    refused(save(patches(96), tmp_path / "net.keras"), "looks.*gives 169,869,312 numbers")
    found, _ = reopened(save(patches(16), tmp_path / "net.keras"), np.zeros((1, 16, 16, 3)))
    assert found.shape == (1, 2)


def test_attention_as_an_operation(tmp_path):
    pixels = keras.Input((32, 32, 3))
    x = layers.Reshape((1024, 3, 1))(pixels)  # 1024 places, three heads
    x = layers.Flatten()(keras.ops.dot_product_attention(x, x, x))
    path = save(keras.Model(pixels, layers.Dense(2)(x)), tmp_path / "net.keras")
    assert reopened(path, np.zeros((1, 32, 32, 3)))[0].shape == (1, 2)


def test_what_is_wrapped_runs_once_for_every_step(tmp_path):
    inside = keras.Sequential([layers.UpSampling1D(1), layers.GlobalAveragePooling1D()])
    path = save(net(layers.TimeDistributed(inside), layers.Flatten()), tmp_path / "net.keras")
    refused(
        edit(path, lambda config: grow(config, "UpSampling1D", size=2_000_000)), "layers in net"
    )


def test_a_layer_of_ones_own_may_have_a_setting_called_layers(tmp_path):
    for count in (3, [1, 2], [{"class_name": "Dense", "config": {"units": 2}}]):
        path = save(net(layers.Identity(), layers.Flatten()), tmp_path / "net.keras")

        def change(config, count=count):
            entry = entries(config, "Identity")[0]
            entry |= {"class_name": "Tower", "module": None, "registered_name": "my>Tower"}
            entry["config"] = {"name": "tower", "layers": count}

        refused(edit(path, change), r"does not have \(Tower\).*custom_objects\.py")
