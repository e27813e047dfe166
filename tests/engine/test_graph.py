"""Nested models become one flat list that computes what the model computes."""

import keras
import numpy as np
import pytest
from keras import layers

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.graph import flatten


def block(channels: int, name: str) -> keras.Model:
    x = inputs = layers.Input((None, None, channels))
    x = layers.Conv2D(channels, 3, padding="same", activation="relu", name="conv")(x)
    x = layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, layers.Add(name="sum")([x, inputs]), name=name)


def nested() -> keras.Model:
    """A functional model that holds a Sequential that holds a functional model; one is shared."""
    shared = block(4, "shared")
    body = keras.Sequential(
        [layers.Input((8, 8, 4)), shared, layers.MaxPooling2D(name="pool")], name="body"
    )
    x = inputs = layers.Input((8, 8, 3))
    x = layers.Conv2D(4, 1, name="stem")(x)
    x = body(x)
    x = shared(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(inputs, layers.Dense(3, activation="softmax", name="scores")(x))


def check_same(model: keras.Model, *pictures: np.ndarray) -> None:
    graph = flatten(model)
    run = backend.compiled(
        lambda *xs: list(
            graph.run(dict(zip(graph.inputs, xs, strict=True)), graph.outputs).values()
        )
    )
    expected = keras.tree.flatten(model(list(pictures) if len(pictures) > 1 else pictures[0]))
    for ours, theirs in zip(run(*pictures), expected, strict=True):
        np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(theirs), atol=1e-5)


def names(model: keras.Model) -> list[str]:
    return [step.operation.name for step in flatten(model).steps]


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, shape).astype("float32")


def test_nested_and_shared_models_are_inlined_at_every_depth():
    model = nested()
    inside = ["conv", "norm", "sum"]
    assert names(model) == ["stem", *inside, "pool", *inside, "mean", "scores"]
    check_same(model, noise(2, 8, 8, 3))


def test_the_layers_are_the_models_own():
    model = nested()
    stem = next(step.operation for step in flatten(model).steps if step.operation.name == "stem")
    assert stem is model.get_layer("stem")


def test_flattening_leaves_the_model_as_it_was():
    model = nested()
    nodes = [len(layer._inbound_nodes) for layer in model.layers]
    graph = flatten(model)
    graph.shapes([(None, 8, 8, 3)])
    assert [len(layer._inbound_nodes) for layer in model.layers] == nodes


def test_a_shared_inner_model_gets_the_shapes_of_each_place():
    graph = flatten(nested())
    shapes = graph.shapes([(None, 8, 8, 3)])
    sums = [shapes[s.outputs[0]] for s in graph.steps if s.operation.name == "sum"]
    assert sums == [(None, 8, 8, 4), (None, 4, 4, 4)]


def test_several_inputs_and_outputs():
    a, b = layers.Input((6, 6, 2), name="a"), layers.Input((6, 6, 2), name="b")
    inner = keras.Model(
        {"a": a, "b": b}, [layers.Add()([a, b]), layers.Subtract()([a, b])], name="inner"
    )
    left, right = layers.Input((6, 6, 2)), layers.Input((6, 6, 2))
    total, difference = inner({"b": right, "a": left})
    model = keras.Model([left, right], [layers.Concatenate()([total, difference]), difference])
    check_same(model, noise(1, 6, 6, 2), noise(1, 6, 6, 2) * 3 - 1)


def test_operations_written_with_operators():
    x = inputs = layers.Input((5, 5, 3))
    x = keras.ops.relu(x * 2 - 1) + x
    model = keras.Model(inputs, keras.ops.mean(x, axis=(1, 2)))
    check_same(model, noise(2, 5, 5, 3))


def test_dropout_asked_to_train_is_still_quiet():
    inputs = layers.Input((4, 4, 3))
    model = keras.Model(inputs, layers.Dropout(0.9)(inputs, training=True))
    graph = flatten(model)
    x = noise(1, 4, 4, 3)
    run = backend.compiled(
        lambda x: graph.run({graph.inputs[0]: x}, graph.outputs)[graph.outputs[0]]
    )
    np.testing.assert_array_equal(run(x), x)


def test_branches_stay_together():
    x = inputs = layers.Input((4, 4, 3))
    left = layers.Conv2D(2, 1, name="left")(x)
    right = layers.Conv2D(2, 1, name="right2")(layers.Conv2D(2, 1, name="right1")(x))
    model = keras.Model(inputs, layers.Concatenate(name="both")([left, right]))
    graph = flatten(model)
    order = [step.operation.name for step in graph.before(graph.outputs)]
    assert order == ["left", "right1", "right2", "both"]


class Inverted(keras.Model):
    """A functional model whose class computes something else."""

    def call(self, inputs, training=None, mask=None):
        return 1 - super().call(inputs)


def test_a_class_that_computes_something_else_is_not_looked_into():
    inputs = layers.Input((3, 3, 3))
    odd = Inverted(inputs, layers.Identity(name="same")(inputs), name="odd")
    with pytest.raises(UserError, match="odd"):
        flatten(odd)
    outer_input = layers.Input((3, 3, 3))
    outer = keras.Model(outer_input, odd(outer_input))
    assert names(outer) == ["odd"]
    check_same(outer, noise(1, 3, 3, 3))
