"""What a network sees of a picture, what it says, and what it refuses."""

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from keras import layers

from visualizer.engine.errors import UserError
from visualizer.engine.preprocessing import Preprocessing


def grey_network(explore):
    inputs = layers.Input((8, 8, 1))
    return explore(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(inputs))))


def test_a_grey_network_sees_brightness(explore):
    network = grey_network(explore)
    assert network.channels == 1
    assert network.stage("data").shape == (8, 8, 1)
    red = np.zeros((8, 8, 3), "float32")
    red[..., 0] = 1
    seen = network.fit(red)
    np.testing.assert_allclose(seen, 0.299, atol=1e-6)
    np.testing.assert_allclose(network.forward(seen[None])["data"], 0.299, atol=1e-6)


def test_fit_crops_the_centre(plain):
    wide = np.zeros((10, 30, 3), "float32")
    wide[:, 10:20] = 1
    np.testing.assert_allclose(plain.fit(wide), 1)
    np.testing.assert_allclose(plain.fit(wide.transpose(1, 0, 2)), 1)


def test_fit_whole_puts_grey_around(plain):
    wide = np.ones((10, 30, 3), "float32")
    seen = plain.fit(wide, "fit")
    np.testing.assert_allclose(seen[8:16], 1)
    np.testing.assert_allclose(seen[:8], 0.5)
    np.testing.assert_allclose(seen[16:], 0.5)


def test_fit_averages_where_it_shrinks(plain):
    checks = (np.indices((240, 240)).sum(0) % 2)[..., None].repeat(3, 2).astype("float32")
    np.testing.assert_allclose(plain.fit(checks), 0.5, atol=1e-5)


@given(
    hnp.arrays(
        st.sampled_from(["float32", "float64", "uint8"]),
        st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3)),
        elements=st.sampled_from([0, 1]),
    ),
    st.sampled_from(["crop", "fit"]),
)
def test_fit_takes_any_picture_and_gives_its_own(plain, picture, mode):
    seen = plain.fit(picture, mode)
    assert seen.shape == (24, 24, 3)
    assert seen.dtype == np.float32
    assert seen.flags.writeable
    assert 0 <= seen.min() <= seen.max() <= 1
    assert not np.shares_memory(seen, picture)


# --- labels and clear sentences


def test_top_gives_the_most_probable_first(plain):
    top = plain.top(np.array([0.1, 0.4, 0.05, 0.4, 0.05]), k=3)
    assert [(p.label, p.index, p.probability) for p in top] == [
        ("bee", 1, 0.4),
        ("dog", 3, 0.4),
        ("ant", 0, 0.1),
    ]
    assert len(plain.top(np.full(5, 0.2), k=99)) == 5
    assert plain.top(np.eye(5)[[[1, 2], [1, 1]]], k=1)[0].probability == 0.75  # 2 x 2 places
    assert plain.label(4) == "elk"
    assert plain.label(5) == "class 5"


def refused(expected: str):
    return pytest.raises(UserError, match=expected)


def test_wrong_questions_get_a_clear_sentence(plain, explore):
    with refused("no stage 'conv9'; choose one of data, conv1, pool1, conv2, output"):
        plain.stage("conv9")
    with refused(r"shape \(1, 9, 9, 3\); it takes N x 24 x 24 x 3"):
        plain.forward(np.zeros((1, 9, 9, 3), "float32"))
    with refused("'stretch'"):
        plain.fit(np.zeros((9, 9, 3), "float32"), "stretch")
    with refused(r"\(9, 9\); it must be height x width x 3"):
        plain.fit(np.zeros((9, 9), "float32"))
    with refused(r"\(0, 9, 3\)"):
        plain.fit(np.zeros((0, 9, 3), "float32"))


def test_models_that_are_not_of_pictures_are_refused(explore, plain):
    text = layers.Input((7,))
    with refused("takes one of shape"):
        explore(keras.Model(text, layers.Dense(2)(text)), preprocessing=Preprocessing())
    many = layers.Input((8, 8, 6))
    with refused("takes 6 channels"):
        explore(keras.Model(many, layers.Conv2D(2, 1)(many)), preprocessing=Preprocessing())
    two = [layers.Input((8, 8, 3)), layers.Input((8, 8, 3))]
    with refused("takes one of shape"):
        explore(keras.Model(two, layers.Add()(two)), preprocessing=Preprocessing())
    with refused("its preprocessing makes 1"):
        explore(plain.model, preprocessing=Preprocessing(channels=1))
    with refused("5 outputs but was given 2 class names"):
        explore(plain.model, classes=["yes", "no"])
    with refused("24 x 24 pixels only"):
        explore(plain.model, size=(32, 32))
    with refused("does nothing"):
        pixels = layers.Input((8, 8, 3))
        explore(keras.Model(pixels, pixels))
    with refused("input"):
        explore(keras.Sequential([layers.Dense(2)]), preprocessing=Preprocessing())
