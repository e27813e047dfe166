"""Settings that newer programs no longer know are mended, and the answers stay the same."""

import json

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import answer, edit, randomised, save
from tests.models.editing import layers as entries
from tests.models.old_models import PICTURES, reopened, sequential
from visualizer.engine.errors import UserError
from visualizer.models import loader

RNG = np.random.default_rng(1)


@pytest.fixture(params=[".keras", ".h5"])
def file(request, tmp_path):
    return save(sequential(), tmp_path / f"net{request.param}")


def test_teachable_machines_groups(file):
    def change(config):
        for layer in entries(config, "DepthwiseConv2D"):
            layer["config"]["groups"] = 1

    found, notes = reopened(edit(file, change))
    np.testing.assert_allclose(found, answer(sequential(), PICTURES), atol=1e-6)
    assert "groups" in notes


def test_groups_that_mean_something_are_not_dropped(file):
    def change(config):
        for layer in entries(config, "DepthwiseConv2D"):
            layer["config"]["groups"] = 2

    with pytest.raises(UserError, match="depthwise and in groups"):
        loader.open_file(edit(file, change))


def test_optimizers_with_lr(tmp_path):
    model = sequential()
    model.compile("adam", "categorical_crossentropy")
    path = save(model, tmp_path / "net.h5")
    with h5py.File(path, "r+") as opened:
        training = json.loads(opened.attrs["training_config"])
        training["optimizer_config"]["config"] = {"lr": 0.001, "decay": 0.0, "name": "Adam"}
        training["loss"] = "a_loss_of_my_own"
        opened.attrs["training_config"] = json.dumps(training)
    found, _ = reopened(path)
    np.testing.assert_allclose(found, answer(sequential(), PICTURES), atol=1e-6)


def test_a_keras_file_with_an_optimizer_and_loss_of_ones_own(tmp_path):
    model = sequential()
    model.compile("adam", "categorical_crossentropy")
    path = save(model, tmp_path / "net.keras")

    def change(config):
        config["compile_config"]["optimizer"]["config"]["lr"] = 0.1
        config["compile_config"]["loss"] = {"class_name": "function", "config": "my_loss"}

    found, _ = reopened(edit(path, change))
    np.testing.assert_allclose(found, answer(sequential(), PICTURES), atol=1e-6)


def test_batch_input_shape(file):
    def change(config):
        first, *rest = config["config"]["layers"]
        assert first["class_name"] == "InputLayer"
        rest[0]["config"]["batch_input_shape"] = first["config"].pop("batch_shape")
        config["config"]["layers"] = rest
        config["config"].pop("build_input_shape", None)
        config.pop("build_config", None)

    found, notes = reopened(edit(file, change))
    np.testing.assert_allclose(found, answer(sequential(), PICTURES), atol=1e-6)
    assert "batch_input_shape" in notes


def test_a_fixed_number_of_pictures_is_let_go(file):
    def change(config):
        entries(config, "InputLayer")[0]["config"]["batch_shape"] = [32, 12, 12, 3]
        config["config"].pop("build_input_shape", None)

    found, notes = reopened(edit(file, change))
    assert found.shape == (2, 3)
    assert "any number of pictures" in notes


def test_half_precision_computes_in_float32(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = sequential()
        path = save(model, tmp_path / "net.keras")
        expected = answer(model, PICTURES)
    finally:
        keras.config.set_dtype_policy("float32")
    found, notes = reopened(path)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert "half precision" in notes


def test_what_keras_cannot_know_is_named(file):
    def change(config):
        entries(config, "Conv2D")[0]["config"]["spatial_twist"] = 3

    with pytest.raises(UserError, match=r"conv \(Conv2D\).*'spatial_twist'"):
        loader.open_file(edit(file, change))


@pytest.mark.parametrize(
    ("old", "ours"), [("relu6", "relu6"), ("swish", "silu"), ("hard_swish", "hard_silu")]
)
def test_activations_by_their_old_names(old, ours, tmp_path):
    model = randomised(
        keras.Sequential(
            [
                keras.Input((6, 6, 3)),
                layers.Conv2D(2, 3, activation=ours, name="conv"),
                layers.Flatten(),
                layers.Dense(2),
            ]
        )
    )

    def change(config):
        entries(config, "Conv2D")[0]["config"]["activation"] = old

    x = 9 * RNG.random((2, 6, 6, 3)).astype(np.float32)
    path = edit(save(model, tmp_path / "n.keras"), change)
    np.testing.assert_allclose(reopened(path, x)[0], answer(model, x), atol=1e-5)
