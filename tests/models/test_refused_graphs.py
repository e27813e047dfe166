"""What a description may not have Keras do while it puts the network together."""

import time

import keras
import pytest
from keras import layers

from tests.models.editing import edit, save
from tests.models.editing import layers as entries
from tests.models.refusals import refused
from visualizer.engine.errors import UserError
from visualizer.models import description
from visualizer.models.building import build

SECONDS = 20


def functional(tmp_path):
    """A functional network with an operation and a layer, to be fed with something else."""
    pixels = keras.Input((8, 8, 3), name="pixels")
    x = layers.UpSampling2D(2, name="up")(keras.ops.repeat(pixels, 2, axis=1))
    scores = layers.Dense(2, name="scores")(layers.GlobalAveragePooling2D(name="mean")(x))
    return save(keras.Model(pixels, scores), tmp_path / "net.keras")


def tensor(name="pixels"):
    history = {"shape": [None, 8, 8, 3], "dtype": "float32", "keras_history": [name, 0, 0]}
    return {"class_name": "__keras_tensor__", "config": history}


def constant(dtype="float32"):
    return {"class_name": "__numpy__", "config": {"value": [[[[1.0]]]], "dtype": dtype}}


EAGER = {
    "a constant": [constant()],
    "numbers": [[[[[1.0, 2.0, 3.0]]]]],
    "a tensor that is none": [{"class_name": "__keras_tensor__", "x": tensor()["config"]}],
    "a tensor in another object": [
        {"class_name": "__numpy__", "config": {"value": [tensor()], "dtype": "float32"}}
    ],
    "nothing": [],
}


@pytest.mark.parametrize("kind", ["Repeat", "UpSampling2D"])
@pytest.mark.parametrize("given", EAGER)
def test_what_no_tensor_goes_into_would_run_at_once(kind, given, tmp_path):
    def change(config):
        (entry,) = entries(config, kind)
        entry["inbound_nodes"] = [{"args": EAGER[given], "kwargs": {}}]

    refused(edit(functional(tmp_path), change), f"{kind}.*without anything going into it")


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("Full", {"shape": [4 * 10**9]}),
        ("Linspace", {"num": 4 * 10**9}),
        ("Arange", {}),
        ("Map", {}),
    ],
)
def test_operations_that_no_network_of_pictures_needs(kind, settings, tmp_path):
    def change(config):
        (entry,) = entries(config, "Repeat")
        module = "keras.src.ops.core" if kind == "Map" else "keras.src.ops.numpy"
        entry |= {"class_name": kind, "config": settings, "module": module}
        entry["registered_name"] = kind

    assert "--trust" in refused(edit(functional(tmp_path), change), f"no network.*{kind}")


@pytest.mark.parametrize(
    "argument",
    [
        constant("V4000000000"),
        {"class_name": "__slice__", "module": "os", "config": {}},
        {"class_name": "function", "module": "os", "config": "relu"},
    ],
)
def test_odd_things_beside_the_tensor(argument, tmp_path):
    def change(config):
        (entry,) = entries(config, "Repeat")
        entry["inbound_nodes"] = [{"args": [tensor(), argument], "kwargs": {}}]

    refused(edit(functional(tmp_path), change), "that Keras does not have|no network")


# Hangs


def quickly_refused(config, pattern):
    """Before anything is repaired or built."""
    started = time.process_time()
    with pytest.raises(UserError, match=pattern):
        build(config, "net.keras", 10**6)
    assert time.process_time() - started < 2


def identity(name, *feeders):
    return {
        "class_name": "Identity",
        "name": name,
        "config": {"name": name},
        "inbound_nodes": [[[feeder, 0, 0, {}]] for feeder in feeders],
    }


def model(inside, name="net"):
    pixels = {
        "class_name": "InputLayer",
        "name": "in",
        "config": {"name": "in", "batch_shape": [None, 8, 8, 3]},
        "inbound_nodes": [],
    }
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [[inside[-1]["name"], 0, 0]]}
    config = {"name": name, "layers": [pixels, *inside], **ends}
    return {"class_name": "Functional", "name": name, "config": config}


def test_too_many_layers():
    many = [identity(f"l{i}", f"l{i - 1}" if i else "in") for i in range(3000)]
    quickly_refused(model(many), r"network of 3,00\d layers")
    sequential = [{"class_name": "Identity", "config": {"name": f"l{i}"}} for i in range(3000)]
    quickly_refused({"class_name": "Sequential", "config": sequential}, "layers, counted")


def test_models_that_double_at_each_depth():
    inner = model([identity("a", "in"), identity("b", "a")])
    for depth in range(20):
        inner |= {"name": f"m{depth}", "inbound_nodes": [[["in", 0, 0, {}]]] * 2}
        inner = model([inner])
    quickly_refused(inner, r"[0-9,]{9} layers, counted as often as they are used")


def test_cells_count_as_layers():
    cells = [{"class_name": "GRUCell", "config": {"units": 1}} for _ in range(3000)]
    stack = {"class_name": "StackedRNNCells", "config": {"cells": cells}}
    rnn = {"class_name": "RNN", "config": {"cell": stack}}
    quickly_refused({"class_name": "Sequential", "config": [rnn]}, "layers, counted")


def test_a_description_of_endless_lists():
    padding = {"class_name": "Identity", "config": {"name": "a", "x": [[]] * 60_000}}
    quickly_refused({"class_name": "Sequential", "config": [padding]}, "lists and tables")


def test_layers_in_the_wrong_order():
    many = [identity(f"l{i}", f"l{i + 1}") for i in range(1000)] + [identity("l1000", "in")]
    quickly_refused(model(many), "out of order 1,000 times")
    few = [identity(f"l{i}", f"l{i + 1}") for i in range(20)] + [identity("l20", "in")]
    few.append(identity("end", "l0"))
    built, _ = build(model(few), "net.keras", 100)
    assert len(built.layers) == 23


def test_a_long_sequential_is_built_once():
    long = [{"class_name": "ReLU", "config": {"name": f"l{i}"}} for i in range(600)]
    long[0]["config"]["batch_input_shape"] = [None, 4, 4, 3]
    started = time.process_time()
    built, _ = build({"class_name": "Sequential", "config": long}, "net.keras", 100)
    assert type(built) is keras.Sequential
    assert len(built.layers) == 600
    assert all(len(layer._inbound_nodes) == 1 for layer in built.layers)
    assert time.process_time() - started < SECONDS


def test_the_bounds_leave_room_for_the_largest_application():
    assert description.MAX_LAYERS > 1042  # NASNetLarge
    assert description.MAX_TABLES > 11_751
