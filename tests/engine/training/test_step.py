"""One step against the formulas, worked out with NumPy in float64."""

import keras
import numpy as np
import pytest

from visualizer.engine.training.augmentation import AUGMENTATIONS, Augmentation, moved
from visualizer.engine.training.datasets import Dataset
from visualizer.engine.training.optimizers import make_optimizer
from visualizer.engine.training.step import TrainingStep, fits
from visualizer.engine.training.train_settings import OPTIMIZERS

N, SIDE, K = 12, 4, 3


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (N, SIDE, SIDE, 1), np.uint8)
    return Dataset(pictures, rng.integers(0, K, N), tuple("abc"))


def linear():
    keras.utils.set_random_seed(1)
    return keras.Sequential(
        [keras.layers.Input((SIDE, SIDE, 1)), keras.layers.Flatten(), keras.layers.Dense(K)]
    )


def step_on(model, data, optimizer="sgd", rate=0.5, decay=0.0, **options):
    made = make_optimizer(
        optimizer, model.trainable_variables, learning_rate=rate, weight_decay=decay
    )
    return TrainingStep(model, made, data, **options)


def softmax(scores):
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def by_hand(kernel, bias, x, targets):
    """Loss, and its gradients in kernel, bias and x."""
    chances = softmax(x @ kernel + bias)
    loss = -(targets * np.log(chances)).sum(1).mean()
    slope = (chances - targets) / len(x)
    return loss, x.T @ slope, slope.sum(0), slope @ kernel.T


def given(data, indices):
    x = data.pictures[indices].reshape(len(indices), -1) / 255
    return x, np.eye(K)[data.labels[indices]]


def test_a_step_is_the_formula_with_smoothing_and_decoupled_decay(data):
    model, indices = linear(), np.array([3, 1, 7, 7])
    kernel, bias = (np.float64(w) for w in model.get_weights())
    step = step_on(model, data, rate=0.5, decay=0.1, label_smoothing=0.3)
    result = step.on_indices(indices)
    x, targets = given(data, indices)
    loss, in_kernel, in_bias, _ = by_hand(kernel, bias, x, targets * 0.7 + 0.1)
    right = (x @ kernel + bias).argmax(1) == data.labels[indices]
    assert result.loss == pytest.approx(loss, rel=1e-5)
    assert result.accuracy == pytest.approx(right.mean())
    assert np.isnan(result.adversarial_accuracy)
    new_kernel, new_bias = model.get_weights()
    np.testing.assert_allclose(new_kernel, kernel * (1 - 0.5 * 0.1) - 0.5 * in_kernel, atol=1e-6)
    np.testing.assert_allclose(new_bias, bias - 0.5 * in_bias, atol=1e-6)  # biases do not decay


def test_what_is_set_counts_from_the_next_batch(data):
    model, indices = linear(), np.arange(6)
    step = step_on(model, data, rate=0.5)
    step.on_indices(indices)
    before = [np.float64(w) for w in model.get_weights()]
    step.optimizer.learning_rate.assign(0.01)
    step.label_smoothing.assign(0.5)
    step.on_indices(indices)
    x, targets = given(data, indices)
    _, in_kernel, _, _ = by_hand(*before, x, targets * 0.5 + 0.5 / 3)
    np.testing.assert_allclose(model.get_weights()[0], before[0] - 0.01 * in_kernel, atol=1e-6)


def test_pictures_that_are_handed_in_are_those_of_the_tensor(data):
    indices = np.array([0, 5, 2])
    one, other = linear(), linear()
    first = step_on(one, data).on_indices(indices)
    second = step_on(other, None).on_pictures(
        data.pictures[indices], np.eye(K, dtype=np.float32)[data.labels[indices]]
    )
    assert first.loss == second.loss
    for left, right in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_adversarial_training_is_goodfellows_mixed_loss(data):
    model, indices = linear(), np.array([0, 4, 9])
    kernel, bias = (np.float64(w) for w in model.get_weights())
    step = step_on(model, data, rate=0.5, adversarial=True, epsilon=0.1, clean_weight=0.25)
    result = step.on_indices(indices)
    x, targets = given(data, indices)
    loss, in_kernel, _, in_x = by_hand(kernel, bias, x, targets)
    moved_x = np.clip(x + 0.1 * np.sign(in_x), 0, 1)
    other, in_other, _, _ = by_hand(kernel, bias, moved_x, targets)
    assert result.loss == pytest.approx(0.25 * loss + 0.75 * other, rel=1e-5)
    right = (moved_x @ kernel + bias).argmax(1) == data.labels[indices]
    assert result.adversarial_accuracy == pytest.approx(right.mean())
    expected = kernel - 0.5 * (0.25 * in_kernel + 0.75 * in_other)
    np.testing.assert_allclose(model.get_weights()[0], expected, atol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_lowers_the_loss(data, name):
    model = linear()
    step = step_on(model, data, name, rate=0.05)
    losses = [step.on_indices(np.arange(N)).loss for _ in range(40)]
    assert losses[-1] < 0.8 * losses[0]


def test_normalisation_and_dropout_change_their_states(data):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Input((SIDE, SIDE, 1)),
            keras.layers.BatchNormalization(),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5, seed=1),
            keras.layers.Dense(K),
        ]
    )
    before = {v.path: np.array(keras.ops.convert_to_numpy(v)) for v in model.variables}
    step_on(model, data).on_indices(np.arange(4))
    changed = {
        v.path for v in model.variables if (keras.ops.convert_to_numpy(v) != before[v.path]).any()
    }
    assert changed == set(before)


def test_pictures_are_moved_as_their_matrices_say():
    from visualizer.engine import backend

    picture = np.random.default_rng(0).integers(0, 256, (1, 7, 7, 2), np.uint8)
    run = backend.compiled(moved)

    def by(matrix):
        return run(picture, np.array([[*matrix, 0, 0]], np.float32))[0] * 255

    np.testing.assert_allclose(by((1, 0, 0, 0, 1, 0)), picture[0], atol=1e-3)
    np.testing.assert_allclose(by((-1, 0, 6, 0, 1, 0)), picture[0][:, ::-1], atol=1e-3)
    shifted = by((1, 0, 2, 0, 1, 0))  # output x shows input x + 2
    np.testing.assert_allclose(shifted[:, :5], picture[0][:, 2:], atol=1e-3)
    assert not shifted[:, 5:].any()


def test_augmentation_is_bounded_and_about_the_middle():
    rng = np.random.default_rng(0)
    assert AUGMENTATIONS["none"].transforms(5, (8, 8), rng) is None
    found = Augmentation(mirror=True).transforms(200, (8, 6), rng)
    assert {tuple(row[:6]) for row in found.tolist()} == {(1, 0, 0, 0, 1, 0), (-1, 0, 5, 0, 1, 0)}
    turned = Augmentation(turn=30, zoom=0.2).transforms(50, (9, 9), rng)
    middle = turned[:, [0, 1, 3, 4]].reshape(-1, 2, 2) @ [4, 4] + turned[:, [2, 5]]
    np.testing.assert_allclose(middle, 4, atol=1e-5)
    sizes = np.sqrt(np.abs(np.linalg.det(turned[:, [0, 1, 3, 4]].reshape(-1, 2, 2))))
    assert sizes.min() >= 1 / 1.2 - 1e-6
    assert sizes.max() <= 1 / 0.8 + 1e-6


def test_only_what_is_small_goes_into_a_tensor(data, monkeypatch):
    indices = np.array([4, 1, 1, 8])
    transforms = Augmentation(turn=20).transforms(4, (SIDE, SIDE), np.random.default_rng(0))
    one, other = linear(), linear()
    assert fits(data)
    first = step_on(one, data).on_indices(indices, transforms)
    monkeypatch.setattr("visualizer.engine.training.step.TENSOR_BYTES", data.pictures.nbytes - 1)
    assert not fits(data)
    second = step_on(other, data).on_indices(indices, transforms)
    assert first.loss == second.loss
    np.testing.assert_array_equal(one.get_weights()[0], other.get_weights()[0])


def test_other_pictures_can_be_put_into_the_tensor(data):
    other = data.subset(np.arange(N)[::-1])
    model, twin = linear(), linear()
    step = step_on(model, data)
    step.set_data(other)
    step.on_indices(np.arange(3))
    step_on(twin, other).on_indices(np.arange(3))
    np.testing.assert_array_equal(model.get_weights()[0], twin.get_weights()[0])
