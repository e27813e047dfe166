"""The receptive field computed from the layers is the numeric one: pixels with a gradient."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from visualizer.engine import backend
from visualizer.engine.receptive_field import ReceptiveField


def numeric(network, stage: str) -> np.ndarray:
    """Return which pixels have a gradient: units y x units x x H x W, by one backward pass."""
    shape = network.stage(stage).shape
    rows, columns = shape[:2] if len(shape) == 3 else (1, 1)
    units = rows * columns
    one_each = np.eye(units, dtype="float32").reshape(units, rows, columns, 1)
    pictures = np.random.default_rng(1).uniform(0.4, 0.6, (units, *network.size, 3))
    call = backend.value_and_gradient(
        lambda x, unit: (
            ops.sum(ops.reshape(network.tensor(x, stage), (units, -1)) * unit)
            if len(shape) == 1
            else ops.sum(network.tensor(x, stage) * unit)
        )
    )
    _, gradient = call(pictures, one_each if len(shape) == 3 else np.ones((1, 1)))
    return (gradient != 0).any(-1).reshape(rows, columns, *network.size)


def computed(network, stage: str) -> np.ndarray:
    field = network.stage(stage).receptive_field
    shape = network.stage(stage).shape
    rows, columns = shape[:2] if len(shape) == 3 else (1, 1)
    seen = np.zeros((rows, columns, *network.size), bool)
    for row in range(rows):
        for column in range(columns):
            top, left, bottom, right = field.box(row, column)
            seen[row, column, max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    return seen


def opened(explore, build, size=(15, 18)):
    inputs = layers.Input((*size, 3))
    return explore(keras.Model(inputs, build(inputs)))


def check_every_stage(network) -> None:
    for stage in network.stages[1:]:
        np.testing.assert_array_equal(
            numeric(network, stage.name), computed(network, stage.name), stage.name
        )


def test_a_plain_chain(explore):
    def build(x):
        x = layers.Conv2D(2, 3, 2, activation="relu", name="a")(x)
        x = layers.AveragePooling2D(3, 2, "same", name="b")(x)
        return layers.Conv2D(2, (1, 3), padding="same", name="c")(x)

    network = opened(explore, build, (15, 19))
    check_every_stage(network)
    assert network.stage("b").receptive_field.stride == (4, 4)
    assert network.stage("b").receptive_field.size == (7, 7)


@pytest.mark.parametrize("size", [(15, 15), (16, 17), (18, 19)])
def test_same_padding_puts_the_odd_zero_at_the_end(explore, size):
    def build(x):
        x = layers.Conv2D(2, 3, 2, padding="same", name="a")(x)
        return layers.Conv2D(2, 4, 2, padding="same", name="b")(x)

    check_every_stage(opened(explore, build, size))


def test_depthwise_separable_dilated_and_zero_padding(explore):
    def build(x):
        x = layers.ZeroPadding2D(((1, 0), (2, 1)))(x)
        x = layers.SeparableConv2D(2, 3, name="a")(x)
        x = layers.DepthwiseConv2D(3, strides=2, padding="same", name="b")(x)
        x = layers.BatchNormalization()(x)
        x = layers.Cropping2D(((1, 0), (0, 1)))(x)
        return layers.Conv2D(2, 2, name="c")(x)

    check_every_stage(opened(explore, build))


def test_dilation_spreads_the_taps(explore):
    network = opened(explore, layers.Conv2D(2, 3, dilation_rate=(2, 3), name="a"))
    assert network.stages[-1].receptive_field.size == (5, 7)
    assert numeric(network, "output")[0, 0].nonzero()[0].max() == 4
    assert numeric(network, "output")[0, 0].nonzero()[1].max() == 6


def test_branches_are_united(explore):
    def build(x):
        x = layers.Conv2D(2, 3, 2, padding="same", name="stem")(x)
        wide = layers.Conv2D(2, (1, 5), padding="same", name="wide")(x)
        tall = layers.Conv2D(2, 3, padding="same", name="tall")(x)
        tall = layers.Conv2D(2, (3, 1), padding="same", name="taller")(tall)
        summed = layers.Add(name="sum")([x, wide])
        return layers.Concatenate(name="both")([summed, tall])

    network = opened(explore, build, (21, 21))
    for name in ("stem", "wide", "tall", "taller", "sum"):
        np.testing.assert_array_equal(numeric(network, name), computed(network, name), name)
    both, box = numeric(network, "output"), computed(network, "output")
    assert (both <= box).all()  # a cross inside its box
    assert both[5, 5].any(0).tolist() == box[5, 5].any(0).tolist()
    assert both[5, 5].any(1).tolist() == box[5, 5].any(1).tolist()


def test_global_pooling_and_dense_see_all_that_is_used(explore):
    def build(x):
        x = layers.Conv2D(2, 5, 4, name="conv")(x)  # leaves the last pixels unread
        x = layers.GlobalAveragePooling2D(name="mean")(x)
        return layers.Dense(3, name="fc")(x)

    network = opened(explore, build, (15, 18))
    check_every_stage(network)
    assert network.stage("mean").receptive_field.box() == (0, 0, 13, 17)
    assert network.stages[-1].receptive_field.stride == (0, 0)


def test_squeeze_and_excite_makes_every_unit_see_everything(explore):
    def build(x):
        x = layers.Conv2D(2, 3, padding="same", name="conv")(x)
        gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
        gate = layers.Conv2D(2, 1, activation="sigmoid", name="excite")(gate)
        return layers.Multiply(name="scaled")([x, gate])

    network = opened(explore, build)
    np.testing.assert_array_equal(computed(network, "output"), True)
    np.testing.assert_array_equal(numeric(network, "output"), True)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear"])
def test_upsampling_never_sees_beyond_its_box(explore, interpolation):
    def build(x):
        x = layers.Conv2D(2, 2, 2, name="a")(x)
        x = layers.UpSampling2D((2, 3), interpolation=interpolation, name="up")(x)
        return layers.Conv2D(2, 3, padding="same", name="b")(x)

    network = opened(explore, build, (12, 12))
    for name in ("up", "output"):
        seen, box = numeric(network, name), computed(network, name)
        assert (seen <= box).all()
        assert seen.any((0, 1)).all()
    field = network.stage("up").receptive_field
    assert field.stride == (1, pytest.approx(2 / 3))


def test_transposed_convolution_never_sees_beyond_its_box(explore):
    def build(x):
        x = layers.Conv2D(2, 2, 2, name="a")(x)
        return layers.Conv2DTranspose(2, 3, 2, padding="same", name="b")(x)

    network = opened(explore, build, (12, 12))
    seen, box = numeric(network, "output"), computed(network, "output")
    assert (seen <= box).all()
    assert network.stages[-1].receptive_field.size == (4, 4)


def test_group_normalisation_lets_every_unit_see_everything(explore):
    def build(x):
        x = layers.Conv2D(2, 3, padding="same", name="conv")(x)
        return layers.GroupNormalization(1, name="norm")(x)

    network = opened(explore, build, (8, 8))
    np.testing.assert_array_equal(computed(network, "output"), True)


def test_an_unknown_layer_is_taken_to_see_everything(explore):
    class Roll(layers.Layer):
        def call(self, x):
            return ops.roll(x, 3, axis=1)

    network = opened(explore, Roll(), (8, 8))
    np.testing.assert_array_equal(computed(network, "output"), True)


def test_max_pooling_sees_what_a_spike_can_reach(explore):
    """A maximum has a gradient at one pixel only: raise each pixel in turn instead."""

    def build(x):
        x = layers.Conv2D(2, 3, activation="relu", name="a")(x)
        x = layers.MaxPooling2D(3, 2, "same", name="b")(x)
        return layers.Conv2D(2, 3, padding="same", name="c")(x)

    network = opened(explore, build, (12, 13))
    height, width = network.size
    calm = np.full((1, height, width, 3), 0.01, "float32")
    spikes = np.repeat(calm, height * width, 0)
    spikes[np.arange(height * width), np.arange(height * width) // width] += (
        np.eye(width, dtype="float32")[np.arange(height * width) % width][..., None] * 50
    )
    call = backend.compiled(lambda x: network.tensors(x, ["b", "output"]))
    before, after = call(calm), call(spikes)
    for name in ("b", "output"):
        changed = (abs(after[name] - before[name]) > 1e-3).any(-1)
        changed = changed.reshape(height, width, *changed.shape[1:]).transpose(2, 3, 0, 1)
        np.testing.assert_array_equal(changed, computed(network, name))


window = st.tuples(st.integers(1, 4), st.integers(1, 3), st.sampled_from(["same", "valid"]))
chain = st.lists(
    st.one_of(
        st.tuples(st.just("conv"), window),
        st.tuples(st.just("pool"), window),
        st.tuples(st.just("pad"), st.tuples(st.integers(0, 2), st.integers(0, 2))),
        st.tuples(st.just("dilated"), st.tuples(st.integers(1, 3), st.integers(1, 3))),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=20, deadline=None)
@given(chain, st.integers(9, 14), st.integers(9, 14))
def test_any_chain_of_windows(explore, drawn, height, width):
    x = inputs = layers.Input((height, width, 3))
    holes = False  # pixels that no unit sees, or units that see nothing
    for kind, numbers in drawn:
        if kind == "pad":
            x = layers.ZeroPadding2D(numbers)(x)
            holes = True
            continue
        size, stride, padding = numbers if len(numbers) == 3 else (numbers[0], 1, "valid")
        rate = numbers[1] if kind == "dilated" else 1
        if padding == "valid" and min(x.shape[1:3]) < (size - 1) * rate + 1:
            continue
        holes |= stride > size or (rate > 1 and size > 1)
        holes |= padding == "valid" and any((n - size) % stride for n in x.shape[1:3])
        if kind == "pool":
            x = layers.AveragePooling2D(size, stride, padding)(x)
        else:
            x = layers.Conv2D(1, size, stride, padding, dilation_rate=rate)(x)
    x = layers.Conv2D(1, 1, name="last")(x)
    network = explore(keras.Model(inputs, x))
    seen, box = numeric(network, "output"), computed(network, "output")
    if not holes:
        np.testing.assert_array_equal(seen, box)
        return
    assert (seen <= box).all()
    field = network.stages[-1].receptive_field
    for row, column in np.ndindex(*seen.shape[:2]):
        top, left, bottom, right = field.box(row, column)
        if top >= 0 and left >= 0 and bottom <= height and right <= width:
            rows, columns = seen[row, column].nonzero()
            assert (rows.min(), columns.min()) == (top, left)
            assert (rows.max() + 1, columns.max() + 1) == (bottom, right)


@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.tuples(st.integers(0, 64), st.integers(0, 64)),
    st.tuples(st.integers(-99, 99), st.integers(-99, 99)),
    st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_a_box_has_the_size_and_centre_it_says(size, stride, low, unit):
    start = (low[0] + (size[0] - 1) / 2, low[1] + (size[1] - 1) / 2)
    top, left, bottom, right = ReceptiveField(size, stride, start).box(*unit)
    assert (bottom - top, right - left) == size
    assert (top, left) == (low[0] + unit[0] * stride[0], low[1] + unit[1] * stride[1])
