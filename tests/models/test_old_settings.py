"""Settings that Keras 3 takes no more are left out only where nothing changes; names are mended."""

import json
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import answer, edit, randomised, save
from tests.models.editing import layers as entries
from tests.models.refusals import refused
from visualizer.engine.errors import UserError
from visualizer.models import loader, old_layers

RNG = np.random.default_rng(3)
MAPS = RNG.uniform(-2, 3, (2, 8, 8, 3)).astype(np.float32)


def model_of(*inner, shape=(8, 8, 3)):
    return randomised(keras.Sequential([keras.Input(shape), *inner]))


@pytest.mark.parametrize("slope", [0, 0.0, 1, 1.0, 0.3])
def test_the_slope_of_a_leaky_relu_is_kept(slope, tmp_path):
    model = model_of(layers.LeakyReLU(slope))

    def change(config):
        (layer,) = entries(config, "LeakyReLU")
        layer["config"]["alpha"] = layer["config"].pop("negative_slope")

    path = edit(save(model, tmp_path / "net.h5"), change)
    found = answer(loader.read_model(path)[0], MAPS)
    np.testing.assert_allclose(found, np.where(MAPS < 0, slope * MAPS, MAPS), atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "setting", "value"),
    [
        ("Conv2DTranspose", "groups", 2),
        ("Conv2DTranspose", "groups", True),
        ("DepthwiseConv2D", "groups", True),
        ("Conv2D", "invented", 0),
        ("Conv2D", "invented", False),
        ("Conv2D", "invented", ""),
        ("BatchNormalization", "virtual_batch_size", 4),
        ("BatchNormalization", "virtual_batch_size", 0),
    ],
)
def test_a_setting_that_might_change_something_is_not_left_out(kind, setting, value, tmp_path):
    made = {
        "Conv2D": layers.Conv2D(2, 3),
        "Conv2DTranspose": layers.Conv2DTranspose(2, 3),
        "DepthwiseConv2D": layers.DepthwiseConv2D(3),
        "BatchNormalization": layers.BatchNormalization(),
    }
    path = save(model_of(made[kind], layers.Flatten()), tmp_path / "net.keras")

    def change(config):
        (layer,) = entries(config, kind)
        layer["config"][setting] = value

    with pytest.raises(UserError, match=setting):
        loader.open_file(edit(path, change))


def test_settings_of_training_alone_are_left_out(tmp_path):
    model = model_of(layers.RandomRotation(0.1), layers.SpatialDropout2D(0.5))

    def change(config):
        entries(config, "RandomRotation")[0]["config"]["value_range"] = [0, 255]
        entries(config, "SpatialDropout2D")[0]["config"] |= {"noise_shape": None, "trainable": True}

    path = edit(save(model, tmp_path / "net.keras"), change)
    np.testing.assert_array_equal(answer(loader.read_model(path)[0], MAPS), MAPS)


@pytest.mark.parametrize("center", [True, False])
def test_the_scaling_of_a_layer_normalisation_is_kept(center, tmp_path):
    model = model_of(layers.LayerNormalization(center=False, name="norm"))
    gamma = np.asarray(model.get_layer("norm").gamma)

    def change(config):
        entries(config, "LayerNormalization")[0]["config"] |= {
            "rms_scaling": True,
            "center": center,
        }

    path = edit(save(model, tmp_path / "net.keras"), change)
    expected = MAPS / np.sqrt(MAPS.var(-1, keepdims=True) + 1e-3) * gamma
    found = answer(loader.read_model(path)[0], MAPS)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("end", [".h5", ".keras"])
@pytest.mark.parametrize(("version", "steep"), [("2.12.0", True), ("3.4.1", False)])
def test_the_hard_sigmoid_is_that_of_the_version(end, version, steep, tmp_path):
    model = model_of(layers.Activation("hard_sigmoid"))
    path = save(model, tmp_path / f"net{end}")
    _say_version(path, version)
    found = answer(loader.read_model(path)[0], MAPS)
    expected = np.clip(MAPS * 0.2 + 0.5 if steep else MAPS / 6 + 0.5, 0, 1)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def _say_version(path, version):
    import h5py

    if path.suffix == ".h5":
        with h5py.File(path, "r+") as file:
            file.attrs["keras_version"] = version
        return
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["metadata.json"] = json.dumps({"keras_version": version}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def test_names_with_a_slash_that_meet_others_are_told_apart(tmp_path):
    x = keras.Input((8, 8, 3))
    y = layers.Conv2D(3, 3, name="axb")(layers.Conv2D(3, 3, name="a_b")(x))
    model = randomised(keras.Model(x, layers.Conv2D(3, 3, name="last")(y)))
    path = save(model, tmp_path / "net.keras")
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["config.json"] = parts["config.json"].replace(b'"axb"', b'"a/b"')
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    opened = loader.read_model(path)[0]
    names = [layer.name for layer in opened.layers[1:]]
    assert names == ["a_b", "a_b_", "last"]
    np.testing.assert_allclose(answer(opened, MAPS), answer(model, MAPS), atol=1e-5)


def test_a_file_cannot_name_what_this_program_does_not_have(tmp_path):
    path = save(model_of(layers.Flatten()), tmp_path / "net.keras")

    def change(config):
        name = old_layers.PACKAGE + "Evil"
        config["config"]["layers"][-1] |= {"class_name": "Evil", "registered_name": name}

    refused(edit(path, change), "(Evil)")


def test_a_generator_is_called_one(tmp_path):
    model = model_of(layers.Dense(192), layers.Reshape((8, 8, 3)), shape=(100,))
    refused(save(model, tmp_path / "net.keras"), "makes pictures of 100 numbers")


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((100,), "100"),
        ((50, 6), "50 x 6"),
        ((None, 8), "any x 8"),
        ((16_000, 1), "16,000 x 1"),
        ((4, 8, 8, 3), "4 x 8 x 8 x 3"),
    ],
)
def test_a_network_of_numbers_is_called_one(shape, words, tmp_path):
    x = keras.Input(shape)
    path = save(keras.Model(x, layers.Dense(3)(x)), tmp_path / "net.keras")
    refused(path, f"an input of {words} numbers, which is no picture")


@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_quantized_weights_are_called_so(end, tmp_path):
    model = model_of(layers.Flatten(), layers.Dense(3, name="scores"))
    path = save(model, tmp_path / f"net{end}")

    def change(config):  # as `model.quantize("int8")` writes it
        policy = {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}
        config["config"]["layers"][-1]["config"]["dtype"] = policy

    refused(edit(path, change), "scores keeps quantized weights")


@pytest.mark.parametrize("length", [None, 784])
def test_a_network_of_words_is_called_one(length, tmp_path):
    inner = [layers.Embedding(50, 8), layers.GlobalAveragePooling1D(), layers.Dense(2)]
    model = randomised(keras.Sequential([keras.Input((length,)), *inner]))
    refused(save(model, tmp_path / "net.keras"), "words or numbers")


def test_weights_kept_as_numpy_arrays_are_called_so(tmp_path):
    path = save(model_of(layers.Flatten()), tmp_path / "net.keras")
    with zipfile.ZipFile(path) as archive:
        config = archive.read("config.json")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("model.weights.npz", b"")
    sentence = refused(path, "model.weights.npz")
    assert "config.json" not in sentence
