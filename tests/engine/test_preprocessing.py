"""Pixels become a network's input as it was trained, and back through JSON."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.preprocessing import Preprocessing

PIXEL = np.array([[[[0.2, 0.5, 0.9]]]], "float32")

finite = st.floats(-500, 500)


def applied(preprocessing: Preprocessing) -> np.ndarray:
    return ops.convert_to_numpy(preprocessing.apply(ops.convert_to_tensor(PIXEL)))[0, 0, 0]


@st.composite
def descriptions(draw):
    channels = draw(st.sampled_from([1, 3, 4]))
    values = st.one_of(finite, st.tuples(*[finite] * channels))
    order = draw(st.sampled_from(["rgb", "bgr"]))
    return Preprocessing(draw(values), draw(values), order, channels)


def test_pixels_pass_unchanged_by_default():
    np.testing.assert_array_equal(applied(Preprocessing()), PIXEL[0, 0, 0])


@pytest.mark.parametrize(
    ("preprocessing", "expected"),
    [
        (Preprocessing(scale=2, offset=-1), [-0.6, 0, 0.8]),
        (Preprocessing(scale=(1, 2, 3), offset=(0, 0, 1)), [0.2, 1, 3.7]),
        # VGG16: blue, green, red in 0-255 less the mean picture of ImageNet
        (
            Preprocessing(255, (-103.939, -116.779, -123.68), "bgr"),
            [0.9 * 255 - 103.939, 0.5 * 255 - 116.779, 0.2 * 255 - 123.68],
        ),
        (Preprocessing(channels=1), [0.2 * 0.299 + 0.5 * 0.587 + 0.9 * 0.114]),
        (Preprocessing(scale=255, channels=4), [51, 127.5, 229.5, 255]),
        (Preprocessing(order="bgr", channels=4), [0.9, 0.5, 0.2, 1]),
    ],
)
def test_known_recipes(preprocessing, expected):
    np.testing.assert_allclose(applied(preprocessing), expected, rtol=1e-5, atol=1e-6)


@given(descriptions())
def test_it_is_scale_times_pixel_plus_offset_in_the_networks_order(preprocessing):
    pixel = PIXEL[0, 0, 0].astype(np.float64)
    if preprocessing.channels == 1:
        pixel = np.array([pixel @ [0.299, 0.587, 0.114]])
    elif preprocessing.order == "bgr":
        pixel = pixel[::-1]
    if preprocessing.channels == 4:
        pixel = np.append(pixel, 1)
    expected = pixel * preprocessing.scale + preprocessing.offset
    np.testing.assert_allclose(applied(preprocessing), expected, rtol=1e-4, atol=1e-3)


@given(descriptions())
def test_json_brings_it_back(preprocessing):
    kept = json.loads(json.dumps(preprocessing.to_dict()))
    assert Preprocessing.from_dict(kept) == preprocessing
    assert hash(Preprocessing.from_dict(kept)) == hash(preprocessing)


def test_what_is_missing_keeps_its_default():
    assert Preprocessing.from_dict({"scale": 255}) == Preprocessing(scale=255.0)


def test_the_gradient_goes_through_to_the_pixels():
    vgg = Preprocessing(255, (-103.939, -116.779, -123.68), "bgr")
    _, slope = backend.value_and_gradient(lambda x: ops.sum(vgg.apply(x)[..., 0]))(PIXEL)
    np.testing.assert_allclose(slope[0, 0, 0], [0, 0, 255])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"channels": 2}, "2 channels; a picture has 1, 3 or 4"),
        ({"order": "rbg"}, "the order 'rbg'; it must be 'rgb' or 'bgr'"),
        ({"scale": [1, 2]}, "2 numbers as scale; the network has 3 channels"),
        ({"offset": "much"}, "the offset 'much'; it must be a number"),
        ({"scale": float("nan")}, "the scale nan; it must be a number"),
        ({"scale": None}, "the scale None; it must be a number"),
        ({"offset": []}, "it must be a number"),
        ({"gamma": 2.2}, "'gamma'; it knows channels, offset, order, scale"),
    ],
)
def test_nonsense_gets_a_clear_sentence(wrong, sentence):
    with pytest.raises(UserError, match=sentence):
        Preprocessing.from_dict(wrong)
