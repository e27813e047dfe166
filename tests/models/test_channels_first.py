"""Networks of other channel orders and of Keras 1 are brought into ours; the answers stay."""

import json

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import answer, edit, edit_h5, randomised, save
from tests.models.editing import layers as entries
from tests.models.old_models import PICTURES, reopened
from visualizer.engine.errors import UserError
from visualizer.models import loader

RNG = np.random.default_rng(1)


def keras_1(path, dim_ordering):
    """Write a file as Keras 1 did: its names, its order of the kernel."""
    first = dim_ordering == "th"
    rng = np.random.default_rng(5)
    kernel = rng.normal(0, 0.3, (3, 3, 3, 4)).astype(np.float32)
    dense = rng.normal(0, 0.3, (4 * 5 * 5, 3)).astype(np.float32)
    conv = {
        "name": "convolution2d_1",
        "trainable": True,
        "nb_filter": 4,
        "nb_row": 3,
        "nb_col": 3,
        "border_mode": "valid",
        "subsample": [1, 1],
        "dim_ordering": dim_ordering,
        "init": "glorot_uniform",
        "activation": "relu",
        "bias": True,
        "W_regularizer": None,
        "b_regularizer": None,
        "activity_regularizer": None,
        "W_constraint": None,
        "b_constraint": None,
        "batch_input_shape": [None, 3, 12, 12] if first else [None, 12, 12, 3],
    }
    pool = {
        "name": "maxpooling2d_1",
        "trainable": True,
        "pool_size": [2, 2],
        "strides": [2, 2],
        "border_mode": "valid",
        "dim_ordering": dim_ordering,
    }
    drop = {"name": "dropout_1", "trainable": True, "p": 0.5}
    scores = {
        "name": "dense_1",
        "trainable": True,
        "output_dim": 3,
        "init": "glorot_uniform",
        "activation": "softmax",
        "bias": True,
        "input_dim": None,
        "W_regularizer": None,
        "b_regularizer": None,
        "W_constraint": None,
        "b_constraint": None,
    }
    config = [
        {"class_name": "Convolution2D", "config": conv},
        {"class_name": "MaxPooling2D", "config": pool},
        {"class_name": "Dropout", "config": drop},
        {"class_name": "Flatten", "config": {"name": "flatten_1", "trainable": True}},
        {"class_name": "Dense", "config": scores},
    ]
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"1.2.2"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": config})
        group = file.create_group("model_weights")
        names = [layer["config"]["name"] for layer in config]
        group.attrs["layer_names"] = [name.encode() for name in names]
        for name in names:
            group.create_group(name).attrs["weight_names"] = []
        stored = kernel.transpose(3, 2, 0, 1) if first else kernel
        for name, arrays in (
            ("convolution2d_1", (stored, np.zeros(4))),
            ("dense_1", (dense, np.zeros(3))),
        ):
            group[name].attrs["weight_names"] = [f"{name}_W".encode(), f"{name}_b".encode()]
            for end, array in zip("Wb", arrays, strict=True):
                group[name][f"{name}_{end}"] = array.astype(np.float32)
    return kernel, dense


@pytest.mark.parametrize("dim_ordering", ["tf", "th"])
def test_keras_1(dim_ordering, tmp_path):
    kernel, dense = keras_1(tmp_path / "old.h5", dim_ordering)
    found, notes = reopened(tmp_path / "old.h5")
    assert "Keras 1" in notes
    windows = np.lib.stride_tricks.sliding_window_view(PICTURES, (3, 3), axis=(1, 2))
    maps = np.maximum(np.einsum("nyxcij,ijco->nyxo", windows, kernel), 0)
    pooled = maps.reshape(2, 5, 2, 5, 2, 4).max((2, 4))
    flat = pooled.transpose(0, 3, 1, 2) if dim_ordering == "th" else pooled
    scores = flat.reshape(2, -1) @ dense
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def channels_first(config):
    """A description with the channels first; kernels are stored alike for both."""
    for layer in config["config"]["layers"]:
        settings = layer["config"]
        if "data_format" in settings:
            settings["data_format"] = "channels_first"
        if layer["class_name"] == "BatchNormalization":
            settings["axis"] = 1
        if "batch_shape" in settings:
            height, width, channels = settings["batch_shape"][1:]
            settings["batch_shape"] = [None, channels, height, width]
        layer.pop("build_config", None)
    config["config"].pop("build_input_shape", None)


@pytest.mark.parametrize("head", ["flatten", "old flatten", "pool"])
def test_channels_first(head, tmp_path):
    model = randomised(
        keras.Sequential(
            [
                keras.Input((10, 8, 3)),
                layers.Conv2D(4, 3, strides=(2, 1), activation="relu", name="conv"),
                layers.BatchNormalization(name="norm"),
                layers.GlobalAveragePooling2D(name="pool")
                if head == "pool"
                else layers.Flatten(name="flat"),
                layers.Dense(3, name="scores"),
            ]
        )
    )
    path = save(model, tmp_path / "first.h5")

    def change(config):
        channels_first(config)
        if head == "old flatten":  # before Keras 2.2 it knew no order
            entries(config, "Flatten")[0]["config"].pop("data_format")

    x = RNG.random((2, 10, 8, 3)).astype(np.float32)
    found, notes = reopened(edit_h5(path, change), x)
    assert "channels-first" in notes
    if head == "old flatten":
        maps = answer(keras.Model(model.inputs[0], model.get_layer("norm").output), x)
        flat = maps.transpose(0, 3, 1, 2).reshape(2, -1)
        kernel, bias = model.get_layer("scores").get_weights()
        expected = flat @ kernel + bias
    else:
        expected = answer(model, x)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_channels_first_with_branches(tmp_path):
    pixels = keras.Input((8, 8, 3), name="pixels")
    a = layers.Conv2D(2, 1, name="a")(pixels)
    b = layers.Conv2D(3, 3, padding="same", name="b")(pixels)
    joined = layers.Concatenate(name="joined")([a, b])
    flat = layers.Flatten(name="flat")(joined)
    model = randomised(keras.Model(pixels, layers.Dense(3, name="scores")(flat)))
    path = save(model, tmp_path / "first.keras")

    def change(config):
        channels_first(config)
        entries(config, "Concatenate")[0]["config"]["axis"] = 1
        entries(config, "Flatten")[0]["config"]["data_format"] = "channels_first"

    x = RNG.random((2, 8, 8, 3)).astype(np.float32)
    found, _ = reopened(edit(path, change), x)
    np.testing.assert_allclose(found, answer(model, x), rtol=1e-4, atol=1e-5)


def test_channels_first_that_reshapes_is_refused(tmp_path):
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, name="conv"),
            layers.Reshape((6, 24), name="re"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    with pytest.raises(UserError, match=r"re \(Reshape\).*channels last"):
        loader.open_file(edit_h5(save(model, tmp_path / "n.h5"), channels_first))


def with_slopes(shared_axes):
    return randomised(
        keras.Sequential(
            [
                keras.Input((6, 6, 3)),
                layers.Conv2D(4, 3, name="conv"),
                layers.PReLU(shared_axes=shared_axes, name="slopes"),
                layers.GlobalAveragePooling2D(),
                layers.PReLU(name="of a vector"),
                layers.Dense(2),
            ]
        )
    )


def test_channels_first_slopes_of_each_channel(tmp_path):
    model = with_slopes([1, 2])
    path = save(model, tmp_path / "first.h5")

    def change(config):
        channels_first(config)
        entries(config, "PReLU")[0]["config"]["shared_axes"] = [2, 3]

    with h5py.File(path, "r+") as file:
        group = file["model_weights/slopes"]
        (name,) = group.attrs["weight_names"]
        alpha = np.asarray(group[name])
        del group[name]
        group[name] = alpha.reshape(4, 1, 1)
    x = RNG.random((2, 6, 6, 3)).astype(np.float32)
    found, _ = reopened(edit_h5(path, change), x)
    np.testing.assert_allclose(found, answer(model, x), rtol=1e-4, atol=1e-5)


def test_channels_first_slopes_of_each_place_are_refused(tmp_path):
    path = save(with_slopes(None), tmp_path / "first.h5")
    with pytest.raises(UserError, match=r"slopes \(PReLU\).*channels last"):
        loader.open_file(edit_h5(path, channels_first))


def test_theano_kernels_are_turned_round(tmp_path):
    model = randomised(
        keras.Sequential(
            [
                keras.Input((6, 6, 3)),
                layers.Conv2D(2, 3, name="conv"),
                layers.Flatten(),
                layers.Dense(2),
            ]
        )
    )
    path = save(model, tmp_path / "n.h5")
    with h5py.File(path, "r+") as file:
        file["model_weights"].attrs["backend"] = b"theano"
    kernel, bias = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([kernel[::-1, ::-1], bias])
    x = RNG.random((2, 6, 6, 3)).astype(np.float32)
    np.testing.assert_allclose(reopened(path, x)[0], answer(model, x), atol=1e-5)
