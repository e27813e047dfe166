"""Files of older programs open and give the answers they gave."""

import json

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import answer, edit, edit_h5, randomised, save
from tests.models.editing import layers as entries
from visualizer.engine.errors import UserError
from visualizer.models import loader

RNG = np.random.default_rng(1)


def sequential():
    return randomised(
        keras.Sequential(
            [
                keras.Input((12, 12, 3)),
                layers.Conv2D(4, 3, padding="same", activation="relu", name="conv"),
                layers.BatchNormalization(name="norm"),
                layers.DepthwiseConv2D(3, name="depthwise"),
                layers.MaxPooling2D(name="pool"),
                layers.Flatten(name="flat"),
                layers.Dense(3, activation="softmax", name="scores"),
            ],
            name="net",
        )
    )


PICTURES = RNG.random((2, 12, 12, 3)).astype(np.float32)


def reopened(path, x=PICTURES, **options):
    """The answers after opening, on inputs as the model itself takes them, and what was mended."""
    model, notes, _ = loader.read_model(path, **options)
    return answer(model, x), " ".join(notes)


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


def operation(name, function, inputs, **settings):
    """A TensorFlow operation as Keras 2 wrote it."""
    return {
        "class_name": "TFOpLambda",
        "name": name,
        "inbound_nodes": inputs,
        "config": {"name": name, "trainable": True, "dtype": "float32", "function": function},
    }


def functional_of_keras_2(*operations, last):
    """A functional model of Keras 2: an input, operations on it, global pooling."""
    pixels = {
        "class_name": "InputLayer",
        "name": "pixels",
        "inbound_nodes": [],
        "config": {
            "batch_input_shape": [None, 6, 6, 3],
            "dtype": "float32",
            "sparse": False,
            "ragged": False,
            "name": "pixels",
        },
    }
    pool = {
        "class_name": "GlobalAveragePooling2D",
        "name": "pool",
        "config": {
            "name": "pool",
            "trainable": True,
            "dtype": "float32",
            "data_format": "channels_last",
            "keepdims": False,
        },
        "inbound_nodes": [[[last, 0, 0, {}]]],
    }
    return {
        "class_name": "Functional",
        "keras_version": "2.12.0",
        "backend": "tensorflow",
        "config": {
            "name": "old",
            "trainable": True,
            "layers": [pixels, *operations, pool],
            "input_layers": [["pixels", 0, 0]],
            "output_layers": [["pool", 0, 0]],
        },
    }


def built(config, x):
    model, _ = loader.build(config, "old.json", 10**6)
    return answer(model, x)


X = RNG.uniform(-1, 8, (2, 6, 6, 3)).astype(np.float32)
ONE = {
    "truediv": ({"y": 2.0}, lambda x: x / 2),
    "math.add": ({"y": [1.0, 2.0, 3.0]}, lambda x: x + [1, 2, 3]),
    "math.subtract": ({"y": 1.5}, lambda x: x - 1.5),
    "math.multiply": ({"y": 0.25}, lambda x: x * 0.25),
    "nn.bias_add": ({"bias": [-103.9, -116.8, -123.7]}, lambda x: x - [103.9, 116.8, 123.7]),
    "nn.relu": ({}, lambda x: np.maximum(x, 0)),
    "nn.relu6": ({}, lambda x: np.clip(x, 0, 6)),
    "nn.leaky_relu": ({"alpha": 0.3}, lambda x: np.where(x > 0, x, 0.3 * x)),
    "math.sigmoid": ({}, lambda x: 1 / (1 + np.exp(-x))),
    "math.tanh": ({}, np.tanh),
    "nn.softmax": ({"axis": -1}, lambda x: np.exp(x) / np.exp(x).sum(-1, keepdims=True)),
    "clip_by_value": ({"clip_value_min": 0, "clip_value_max": 5}, lambda x: np.clip(x, 0, 5)),
    "math.square": ({}, np.square),
    "math.abs": ({}, np.abs),
    "math.maximum": ({"y": 1.0}, lambda x: np.maximum(x, 1)),
    "cast": ({"dtype": "float32"}, lambda x: x),
    "pad": (
        {"paddings": [[0, 0], [1, 2], [0, 1], [0, 0]]},
        lambda x: np.pad(x, [(0, 0), (1, 2), (0, 1), (0, 0)]),
    ),
    "transpose": ({"perm": [0, 2, 1, 3]}, lambda x: x.transpose(0, 2, 1, 3)),
    "reshape": ({"shape": [-1, 4, 9, 3]}, lambda x: x.reshape(-1, 4, 9, 3)),
}


@pytest.mark.parametrize("function", ONE)
def test_an_operation_of_tensorflow(function, recwarn):
    settings, expected = ONE[function]
    node = ["pixels", 0, 0, {**settings, "name": None}]
    config = functional_of_keras_2(operation("op", function, [node]), last="op")
    found = built(config, X)
    np.testing.assert_allclose(found, expected(X).mean((1, 2)), rtol=1e-4, atol=1e-5)


def test_operations_of_two_tensors():
    double = operation("double", "math.multiply", [["pixels", 0, 0, {"y": 2.0}]])
    added = operation("added", "__operators__.add", [["double", 0, 0, {"y": ["pixels", 0, 0]}]])
    less = operation(
        "less", "math.subtract", [["_CONSTANT_VALUE", -1, 1.0, {"y": ["added", 0, 0]}]]
    )
    both = operation(
        "both", "concat", [[["added", 0, 0, {"axis": -1}], ["less", 0, 0, {"axis": -1}]]]
    )
    found = built(functional_of_keras_2(double, added, less, both, last="both"), X)
    expected = np.concatenate([3 * X, 1 - 3 * X], axis=-1)
    np.testing.assert_allclose(found, expected.mean((1, 2)), rtol=1e-4, atol=1e-5)


def test_blue_first_by_slicing():
    ends = {"start": None, "stop": None}
    turned = operation(
        "turned",
        "__operators__.getitem",
        [["pixels", 0, 0, {"slice_spec": [{"class_name": "__ellipsis__"}, {**ends, "step": -1}]}]],
    )
    turned["class_name"] = "SlicingOpLambda"
    found = built(functional_of_keras_2(turned, last="turned"), X)
    np.testing.assert_allclose(found, X[..., ::-1].mean((1, 2)), rtol=1e-4, atol=1e-5)


def test_operations_of_the_first_tensorflow_2():
    layer = {
        "class_name": "TensorFlowOpLayer",
        "name": "tf_op",
        "config": {
            "name": "tf_op",
            "trainable": True,
            "dtype": "float32",
            "node_def": json.dumps({"name": "sub", "op": "Sub"}),
            "constants": {"1": 1.5},
        },
        "inbound_nodes": [[["pixels", 0, 0, {}]]],
    }
    found = built(functional_of_keras_2(layer, last="tf_op"), X)
    np.testing.assert_allclose(found, (X - 1.5).mean((1, 2)), rtol=1e-4, atol=1e-5)


def test_an_operation_without_counterpart_is_named():
    node = ["pixels", 0, 0, {"name": None}]
    config = functional_of_keras_2(operation("op", "signal.fft2d", [node]), last="op")
    with pytest.raises(UserError, match="'fft2d'.*save again"):
        loader.build(config, "old.json", 10**6)


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
