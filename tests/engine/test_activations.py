"""One picture through a network: its maps, their numbers, and how far two pictures are apart."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visualizer.engine.activations import Activations, activations, divergence, greatest_change
from visualizer.engine.errors import UserError

maps = hnp.arrays(np.float32, (3, 4, 2), elements=st.floats(-100, 100, width=32))


def of(**values: np.ndarray) -> Activations:
    arrays = {name: np.asarray(value, np.float32) for name, value in values.items()}
    return Activations(np.zeros((1, 1, 3), np.float32), arrays, np.ones(1, np.float32), 0.0)


def test_one_picture_gives_the_map_of_every_stage(plain, photo):
    seen = activations(plain, photo)
    assert list(seen.maps) == [stage.name for stage in plain.stages]
    for stage in plain.stages:
        assert seen.maps[stage.name].shape == stage.shape
        assert seen.maps[stage.name].dtype == np.float32
    np.testing.assert_array_equal(seen.maps["data"], seen.picture)
    np.testing.assert_array_equal(seen.picture, plain.fit(photo))
    assert seen.probabilities.sum() == pytest.approx(1)
    assert seen.seconds > 0


def test_a_fitted_picture_is_another_picture(plain, photo):
    cropped, whole = activations(plain, photo), activations(plain, photo, "fit")
    assert not np.array_equal(cropped.picture, whole.picture)
    np.testing.assert_array_equal(whole.picture, plain.fit(photo, "fit"))


def test_arrays_are_owned_and_read_only(plain, photo):
    seen, again = activations(plain, photo), activations(plain, 1 - photo)
    for array in (seen.picture, seen.probabilities, *seen.maps.values()):
        with pytest.raises(ValueError, match="read-only"):
            np.add(array, 1, out=array)
        assert not any(np.shares_memory(array, other) for other in again.maps.values())
    assert photo.flags.writeable


def test_the_same_picture_gives_the_same_bits(plain, photo):
    a, b = activations(plain, photo), activations(plain, photo)
    assert all(np.array_equal(a.maps[name], b.maps[name]) for name in a.maps)
    assert set(divergence(a, b).values()) == {0.0}


def test_strength_is_the_maximum_over_positions():
    values = np.zeros((2, 3, 2), "float32")
    values[1, 2, 0], values[0, 0, 1] = 5, -1
    seen = of(conv=values, fc=np.array([3, -2]))
    np.testing.assert_array_equal(seen.strength("conv"), [5, 0])
    np.testing.assert_array_equal(seen.strength("fc"), [3, -2])
    assert seen.strongest_position("conv", 0) == (1, 2)
    assert seen.strongest_position("conv", 1) == (0, 1)


def test_statistics():
    seen = of(conv=np.array([[[0, 4], [-2, 0]]]))
    assert seen.statistics("conv") == {"mean": 0.5, "max": 4, "min": -2, "zeros": 0.5}


@given(maps)
def test_statistics_stay_within_the_map(values):
    numbers = of(conv=values).statistics("conv")
    assert numbers["min"] <= numbers["mean"] + 1e-4
    assert numbers["mean"] <= numbers["max"] + 1e-4
    assert 0 <= numbers["zeros"] <= 1
    assert of(conv=values).strength("conv").max() == numbers["max"]


@settings(deadline=None)
@given(maps, maps)
def test_divergence_is_symmetric_and_between_0_and_2(a, b):
    there = divergence(of(conv=a), of(conv=b))["conv"]
    assert there == divergence(of(conv=b), of(conv=a))["conv"]
    assert 0 <= there <= 2 + 1e-5
    assert divergence(of(conv=a), of(conv=a))["conv"] == 0


def test_divergence_of_known_vectors():
    apart = divergence(of(a=[3, 4], b=[0, 0], c=[1, 0]), of(a=[0, 0], b=[0, 0], c=[-1, 0]))
    assert apart == {"a": 2, "b": 0, "c": 2}


def test_pictures_of_different_networks_cannot_be_compared(plain, residual, photo):
    with pytest.raises(UserError, match="different networks"):
        divergence(activations(plain, photo), activations(residual, photo))


def test_a_stage_that_is_not_there_is_named_with_those_that_are(plain, photo):
    seen = activations(plain, photo)
    for question in (seen.strength, seen.statistics):
        with pytest.raises(UserError, match="no stage 'conv7' here; choose one of data, conv1"):
            question("conv7")


def test_a_grey_network_shows_the_grey_picture(explore, photo):
    import keras
    from keras import layers

    inputs = layers.Input((12, 12, 1))
    x = layers.Flatten()(layers.Conv2D(2, 3, name="conv")(inputs))
    network = explore(keras.Model(inputs, layers.Dense(2)(x)))
    seen = activations(network, photo)
    assert seen.picture.shape == (12, 12, 3)
    np.testing.assert_allclose(seen.maps["data"][..., 0], seen.picture[..., 1], atol=1e-6)


@given(maps, maps)
def test_the_greatest_change_of_a_unit_is_the_farthest_from_zero(a, b):
    for unit, change in enumerate(greatest_change(a, b)):
        changes = (b - a)[..., unit]
        assert change in changes
        assert abs(change) == np.abs(changes).max()


def test_the_greatest_change_of_a_dense_stage_is_the_difference():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 0.0])
    assert greatest_change(a, b).tolist() == [2.0, 0.0, -3.0]
