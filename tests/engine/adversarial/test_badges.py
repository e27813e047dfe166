"""The figures of the papers, against the same thing worked out by hand in float64."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits

from visualizer.engine.adversarial.badges import (
    ADVERSARIAL,
    EPSILON,
    Badge,
    adversarially_trained,
    fgsm_errors,
    goodfellow,
    softmax_regression,
)
from visualizer.engine.generators import run_to_end
from visualizer.engine.training.datasets import Dataset


@pytest.fixture(scope="module")
def digits():
    """400 handwritten digits of 8 x 8 pixels."""
    data = load_digits()
    pictures = np.rint(data.images[:400, ..., None] * 15.9).astype(np.uint8)
    return Dataset(pictures, data.target[:400].astype(np.int64), tuple("0123456789"))


@pytest.fixture(scope="module")
def regression(digits):
    return softmax_regression(digits, iterations=25)


def test_the_regression_learns(regression, digits):
    rgb = np.repeat(digits.pictures.astype(np.float32) / 255, 3, axis=3)
    *_, found = fgsm_errors(regression, rgb, digits.labels)
    assert found.clean_error < 0.05
    assert found.pictures == 400


def test_errors_and_confidence_are_those_worked_out_by_hand(regression, digits):
    weights, bias = (w.astype(np.float64) for w in regression.model.layers[-1].get_weights())
    x = digits.pictures.reshape(400, -1) / 255

    def shares(x):
        scores = x @ weights + bias
        exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    slope = (shares(x) - np.eye(10)[digits.labels]) @ weights.T
    attacked = shares(np.clip(x + EPSILON * np.sign(slope), 0, 1))
    wrong = attacked.argmax(axis=1) != digits.labels

    rgb = np.repeat(digits.pictures.astype(np.float32) / 255, 3, axis=3)
    *_, found = fgsm_errors(regression, rgb, digits.labels)
    assert found.error == pytest.approx(wrong.mean(), abs=0.005)
    assert found.confidence == pytest.approx(attacked.max(axis=1)[wrong].mean(), abs=0.01)
    assert found.error > 0.9


def test_each_badge_has_the_papers_number_beside_ours(regression, digits):
    rgb = np.repeat(digits.pictures.astype(np.float32) / 255, 3, axis=3)
    *_, found = fgsm_errors(regression, rgb, digits.labels)
    first, second, third, fourth, fifth = goodfellow(found, found, replace(found, error=0.2))
    assert (first.published, first.ours) == (0.999, found.error)
    assert (second.published, second.ours) == (0.793, found.confidence)
    assert (third.published, third.ours) == (0.894, found.error)
    assert (fourth.published, fourth.ours) == (0.976, found.confidence)
    assert (fifth.published, fifth.ours) == (0.179, 0.2)


def test_adversarial_training_makes_it_harder_to_fool(digits):
    import cv2

    large = np.stack([cv2.resize(each, (28, 28)) for each in digits.pictures])[..., None]
    data = Dataset(large, digits.labels, digits.classes)
    rgb = np.repeat(data.pictures.astype(np.float32) / 255, 3, axis=3)

    def fooled(share):
        settings = replace(ADVERSARIAL, epochs=20, batch_size=32, adversarial_share=share)
        *_, found = fgsm_errors(run_to_end(adversarially_trained(data, settings)), rgb, data.labels)
        return found

    clean, hardened = fooled(0.0), fooled(0.5)
    assert hardened.clean_error < 0.05
    assert hardened.error < 0.7 * clean.error


def test_what_differs_is_not_called_reproduced():
    def badge(ours):
        return Badge("a", "b", 0.9, ours, 0.01, "")

    assert badge(0.905).reproduced
    assert not badge(0.92).reproduced
    assert not badge(float("nan")).reproduced
