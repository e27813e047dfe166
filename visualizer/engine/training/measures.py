"""How good a classifier's scores are: accuracy, temperature, calibration. NumPy only."""

from __future__ import annotations

import numpy as np


def top_k_accuracy(scores: np.ndarray, labels: np.ndarray, k: int = 1) -> float:
    """Return the share of rows whose label is among the k highest scores.

    Args:
        scores: N x K, logits or probabilities.
        labels: N, the right classes.
        k: 1 or more.
    """
    best = np.argsort(-scores, axis=1)[:, :k]
    return float((best == labels[:, None]).any(axis=1).mean())


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return the logarithm of the softmax of each row, without overflow."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the mean of -log(probability of the right class), in nats.

    Args:
        logits: N x K.
        labels: N, the right classes.
    """
    scores = log_softmax(logits.astype(np.float64))
    return float(-scores[np.arange(len(labels)), labels].mean())


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the T > 0 for which softmax(logits / T) has the least cross entropy.

    Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks", section 4.2.

    Args:
        logits: N x K, of pictures that the network was not trained on.
        labels: N, the right classes.
    """
    from scipy.optimize import minimize_scalar

    def surprise(log_temperature: float) -> float:
        return cross_entropy(logits / np.exp(log_temperature), labels)

    found = minimize_scalar(surprise, bounds=(-3.0, 3.0), method="bounded")
    return float(np.exp(found.x))


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = 15
) -> float:
    """Return the mean gap between confidence and accuracy over equal bins of confidence.

    Guo et al. 2017, equation 3. 0 means that of all answers given with 90%, 90% are right.

    Args:
        probabilities: N x K, rows sum to 1.
        labels: N, the right classes.
        bins: how many bins divide [0, 1].
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bin_of = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(right[bin_of == b].mean() - confidence[bin_of == b].mean()) * (bin_of == b).mean()
        for b in range(bins)
        if (bin_of == b).any()
    ]
    return float(sum(gaps))
