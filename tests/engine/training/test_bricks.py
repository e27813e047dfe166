"""What is planned is what Keras builds; what cannot be is explained."""

import json

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine.errors import UserError
from visualizer.engine.training import bricks
from visualizer.engine.training.bricks import (
    BRICKS,
    BrickError,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    GlobalPooling,
    Normalisation,
    Pooling,
    build,
    code,
    from_list,
    plan,
    problem,
    to_list,
)
from visualizer.engine.training.networks import MODELS, UnknownModelError, layers_of


def assert_planned(layers, shape, classes):
    model = build(layers, shape, classes)
    rows = plan(layers, shape, classes)
    assert [layer.name for layer in model.layers[1:]] == [row.name for row in rows]
    for layer, row in zip(model.layers[1:], rows, strict=True):
        assert tuple(layer.output.shape[1:]) == row.shape, row.name
        trainable = sum(int(np.prod(v.shape)) for v in layer.trainable_variables)
        assert trainable == row.parameters, row.name


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 32, 3)])
def test_every_network_is_built_as_planned(name, shape):
    assert_planned(layers_of(name, shape), shape, 10)


random_brick = st.one_of(
    st.builds(
        Convolution,
        filters=st.integers(1, 4),
        kernel=st.integers(1, 6),
        stride=st.integers(1, 3),
        padding=st.sampled_from(("same", "valid")),
    ),
    st.builds(
        Pooling,
        kind=st.sampled_from(("max", "average")),
        size=st.integers(1, 4),
        stride=st.integers(1, 3),
    ),
    st.builds(Dense, units=st.integers(1, 6)),
    st.sampled_from((Normalisation(), Dropout(), Flatten(), GlobalPooling())),
)


@given(st.lists(random_brick, max_size=6), st.integers(1, 14), st.integers(1, 14))
@settings(max_examples=40, deadline=None)
def test_any_list_is_built_as_planned_or_explained(layers, height, width):
    shape = (height, width, 3)
    wrong = problem(plan(layers, shape, 2))
    if not wrong:
        assert_planned(layers, shape, 2)
        return
    with pytest.raises(BrickError) as refused:
        build(layers, shape, 2)
    assert str(refused.value) == wrong
    assert wrong.endswith(".")


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([Flatten(), Convolution()], "conv1 slides over maps.*move it above the flatten"),
        ([Dense()], "fc1 takes one row of values, but gets maps of 8 x 8; put flatten"),
        ([Convolution(kernel=9, padding="valid")], "windows of 9 x 9, larger than the maps of 8"),
        ([Convolution()], "The output takes one row"),
        ([Flatten(), Dense(units=8192), Dense(units=8192), Dense(units=8192)], "parameters"),
        ([Dropout()] * 101, "up to 99"),
    ],
)
def test_mistakes_are_explained(layers, said):
    with pytest.raises(BrickError, match=said):
        build(layers, (8, 8, 1), 10)


def test_only_the_first_mistake_is_said():
    rows = plan([Dense(), Convolution(), Flatten()], (8, 8, 1), 3)
    assert [bool(row.error) for row in rows] == [True, False, False, False]
    assert [row.shape for row in rows] == [None] * 4


def test_the_code_makes_the_same_model():
    layers = [
        Convolution(), Normalisation(), Pooling(kind="average"), GlobalPooling(), Dropout(),
        Flatten(), Dense(),
    ]  # fmt: skip
    space = {}
    exec(code(layers, (9, 7, 3), 4), space)
    ours, theirs = build(layers, (9, 7, 3), 4), space["model"]
    configs = [
        [{k: v for k, v in layer.get_config().items() if k not in ("seed", "kernel_initializer")}
         for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
        for model in (ours, theirs)
    ]  # fmt: skip
    assert configs[0] == configs[1]


def test_a_list_comes_back_from_json():
    layers = tuple(kind() for kind in BRICKS.values())
    assert from_list(json.loads(json.dumps(to_list(layers)))) == layers


@pytest.mark.parametrize(
    "kept", [None, {}, [3], [{"layer": "lambda"}], [{"layer": "dense", "units": -1}], [{}] * 101]
)
def test_what_is_no_list_of_layers_is_refused(kept):
    with pytest.raises(UserError):
        from_list(kept)


def test_the_seed_decides_the_first_weights():
    layers = layers_of("lenet", (8, 8, 1))
    one, again, other = (build(layers, (8, 8, 1), 10, seed) for seed in (1, 1, 2))
    for left, right in zip(one.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert (one.get_weights()[0] != other.get_weights()[0]).any()


def test_a_network_nobody_knows_is_said():
    with pytest.raises(UnknownModelError, match="choose one of softmax, mlp, lenet"):
        layers_of("resnet", (8, 8, 1))


def test_layers_are_told_in_words():
    assert bricks.in_words(Pooling()) == "pooling, kind max, size 2, stride 2"
