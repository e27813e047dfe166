"""Bare operations, of TensorFlow in files of Keras 2 and of Keras 3 in `.h5`, are expressed."""

import json

import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import answer, edit, randomised, save
from tests.models.editing import layers as entries
from tests.models.old_models import PICTURES, reopened
from visualizer.engine.errors import UserError
from visualizer.models import loader
from visualizer.models.building import build

RNG = np.random.default_rng(1)


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
    model, _ = build(config, "old.json", 10**6)
    return answer(model, x)


X = RNG.uniform(-1, 8, (2, 6, 6, 3)).astype(np.float32)
ONE = {
    "truediv": ({"y": 2.0}, lambda x: x / 2),
    "math.add": ({"y": [1.0, 2.0, 3.0]}, lambda x: x + np.array([1, 2, 3])),
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


def node(op, attributes=None, constants=None):
    """An operation as TensorFlow 2.0 to 2.3 wrote it."""
    return {
        "class_name": "TensorFlowOpLayer",
        "name": "tf_op",
        "config": {
            "name": "tf_op",
            "trainable": True,
            "dtype": "float32",
            "node_def": json.dumps({"name": op.lower(), "op": op, "attr": attributes or {}}),
            "constants": constants or {},
        },
        "inbound_nodes": [[["pixels", 0, 0, {}]]],
    }


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (node("Sub", constants={"1": 1.5}), X - 1.5),
        (node("LeakyRelu", {"alpha": {"f": 0.25}}), np.where(X > 0, X, 0.25 * X)),
        (node("Mean", {"keep_dims": {"b": True}}, {"1": [1, 2]}), X.mean((1, 2), keepdims=True)),
        (node("Max", {"keep_dims": {"b": True}}, {"1": [1, 2]}), X.max((1, 2), keepdims=True)),
    ],
)
def test_operations_of_the_first_tensorflow_2(layer, expected):
    found = built(functional_of_keras_2(layer, last="tf_op"), X)
    np.testing.assert_allclose(found, expected.mean((1, 2)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "place", [None, ["pixels", 0, 0], {"start": ["pixels", 0, 0], "stop": None, "step": None}]
)
def test_places_that_cannot_be_said_are_refused(place):
    said = {"slice_spec": [{"class_name": "__ellipsis__"}, place]}
    turned = operation("turned", "__operators__.getitem", [["pixels", 0, 0, said]])
    turned["class_name"] = "SlicingOpLambda"
    with pytest.raises(UserError, match=r"'getitem'.*save again"):
        built(functional_of_keras_2(turned, last="turned"), X)


def test_an_operation_without_counterpart_is_named():
    node = ["pixels", 0, 0, {"name": None}]
    config = functional_of_keras_2(operation("op", "signal.fft2d", [node]), last="op")
    with pytest.raises(UserError, match=r"'fft2d'.*save again"):
        build(config, "old.json", 10**6)


def bare_operations():
    """Functions of `keras.ops` between layers, and layers of the same names."""
    ops = keras.ops
    x = pixels = keras.Input((12, 12, 3))
    x = ops.multiply(x, 2.0) - 1.0
    x = layers.Conv2D(4, 3, activation="relu")(x)
    x = layers.Add()([x, ops.relu(x)])
    x = ops.mean(ops.concatenate([x, ops.maximum(x, 0.1)], axis=-1), axis=(1, 2))
    return randomised(keras.Model(pixels, ops.softmax(layers.Dense(3)(x))))


@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_operations_of_keras_3(end, tmp_path):
    model = bare_operations()
    found, _ = reopened(save(model, tmp_path / f"net{end}"))
    np.testing.assert_allclose(found, answer(model, PICTURES), atol=1e-6)


def test_a_layer_of_the_users_own_is_not_taken_for_an_operation(tmp_path):
    def change(config):
        (mean,) = entries(config, "Mean")
        mean["config"]["dtype"] = "float32"  # as layers have it

    path = edit(save(bare_operations(), tmp_path / "net.h5"), change)
    with pytest.raises(UserError, match="Mean"):
        loader.open_file(path)


@pytest.mark.parametrize(
    ("function", "settings"),
    [
        ("image.resize", {"size": [3, 3], "antialias": True}),
        ("pad", {"paddings": [[0, 0], [1, 1], [1, 1], [0, 0]], "constant_values": 1.0}),
        ("cast", {"dtype": "uint8"}),
        ("nn.softmax", {"axis": 0}),
        ("nn.gelu", {"approximate": True}),
        ("math.reduce_mean", {"axis": [1, 2], "invented": 0}),
    ],
)
def test_a_setting_of_an_operation_that_changes_its_result_is_not_left_out(
    function, settings, tmp_path
):
    step = operation("step", function, [["pixels", 0, 0, settings]])
    path = tmp_path / "model.json"
    path.write_text(json.dumps(functional_of_keras_2(step, last="step")))
    with pytest.raises(UserError, match="TensorFlow operation"):
        loader.build(json.loads(path.read_text()), "model.json", 0)
