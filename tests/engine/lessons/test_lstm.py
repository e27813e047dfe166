"""The LSTM against Keras's, its slopes against finite differences, and its optimizer by hand."""

import keras
import numpy as np
import pytest

from visualizer.engine.lessons import lstm

KINDS, UNITS = 7, 5


@pytest.fixture
def random():
    return np.random.default_rng(4)


def strong(random, dtype=np.float32):
    """Weights large enough that every gate works."""
    vector = lstm.random_weights(KINDS, UNITS, random).astype(dtype)
    vector += random.normal(0, 0.5, len(vector)).astype(dtype)
    return vector, lstm.weights_of(vector, KINDS, UNITS)


def test_it_computes_what_keras_computes(random):
    """`keras.layers.LSTM` and `Dense` with the same weights, letter by letter and in a batch."""
    _, weights = strong(random)
    layer = keras.layers.LSTM(UNITS, return_sequences=True, return_state=True)
    letters = random.integers(0, KINDS, (13, 3))
    hot = keras.ops.one_hot(letters.T, KINDS)
    layer.build(hot.shape)
    layer.set_weights([weights.kernel, weights.recurrent, weights.bias])
    units, _, cells = (keras.ops.convert_to_numpy(each) for each in layer(hot))
    for text in range(3):
        memory = lstm.no_memory(weights)
        for place, letter in enumerate(letters[:, text]):
            memory = lstm.read(weights, memory, letter)
            np.testing.assert_allclose(memory.units, units[text, place], atol=1e-6)
        np.testing.assert_allclose(memory.cells, cells[text], atol=1e-6)
    scores = units[:, :-1] @ weights.output + weights.output_bias
    expected = keras.losses.sparse_categorical_crossentropy(letters[1:].T, scores, True)
    result = lstm.gradient(weights, lstm.no_memory(weights, 3), letters)
    assert result.loss == pytest.approx(float(np.mean(expected)), abs=1e-5)
    np.testing.assert_allclose(result.memory.units, units[:, -2], atol=1e-6)
    last = lstm.logits(weights, lstm.Memory(units[0, -2], cells[0]))
    np.testing.assert_allclose(last, scores[0, -1], atol=1e-5)


@pytest.mark.parametrize("dropout", [False, True])
def test_its_slopes_are_those_of_finite_differences(random, dropout):
    vector, weights = strong(random, float)
    memory = lstm.Memory(*random.normal(0, 1, (2, 3, UNITS)))
    letters = random.integers(0, KINDS, (6, 3))
    kept = random.integers(0, 2, (5, 3, UNITS)) * 2.0 if dropout else None
    slopes = lstm.gradient(weights, memory, letters, kept).vector
    for place in random.choice(len(vector), 40, replace=False):
        value, losses = vector[place], []
        for moved in (value + 1e-6, value - 1e-6):
            vector[place] = moved
            losses.append(lstm.gradient(weights, memory, letters, kept).loss)
        vector[place] = value
        assert slopes[place] == pytest.approx((losses[0] - losses[1]) / 2e-6, abs=1e-8)


def test_adam_by_hand():
    """The first step is the rate, against the sign; long gradients are cut to a length of 5."""
    weights, adam = np.zeros(2, np.float32), lstm.Adam(2)
    adam.update(weights, np.array([3, -4], np.float32), 0.1)
    np.testing.assert_allclose(weights, [-0.1, 0.1], atol=1e-6)
    cut = lstm.Adam(2)
    cut.update(np.zeros(2, np.float32), np.array([30, -40], np.float32), 0.1)
    np.testing.assert_allclose(cut.mean, [0.3, -0.4], atol=1e-6)
    reference = keras.optimizers.Adam(0.1, epsilon=1e-8)
    variable = keras.Variable(np.zeros(2, np.float32))
    again, adam = np.zeros(2, np.float32), lstm.Adam(2)
    for slopes in ((0.3, -0.4), (0.1, 0.2), (-1, 0.5)):
        given = np.array(slopes, np.float32)
        reference.apply([keras.ops.convert_to_tensor(given)], [variable])
        adam.update(again, given.copy(), 0.1)
    np.testing.assert_allclose(again, keras.ops.convert_to_numpy(variable), atol=1e-5)


def test_probabilities_and_temperature():
    logits = np.array([2.0, 1.0, -1.0])
    powers = np.exp(logits / 0.5)
    np.testing.assert_allclose(lstm.probabilities(logits, 0.5), powers / powers.sum())
    np.testing.assert_allclose(lstm.probabilities(logits, 0), [1, 0, 0])
    assert lstm.probabilities(np.array([1e4, -1e4])).tolist() == [1, 0]
