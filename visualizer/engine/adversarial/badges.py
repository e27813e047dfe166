"""Paper badges: published figures, recomputed here, with the paper's own number beside ours."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel, softmax
from visualizer.engine.errors import UserError
from visualizer.engine.training.train_settings import TrainSettings

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.training.datasets import Dataset
    from visualizer.engine.training.history import EpochDone
    from visualizer.engine.training.loop import BatchDone

EPSILON = 0.25
BATCH = 500
ADVERSARIAL = TrainSettings(
    epochs=10, batch_size=128, learning_rate=0.003, schedule="one-cycle", adversarial=EPSILON
)
"""Adversarial training, half of the loss on clean digits and half on perturbed ones."""


@dataclass(frozen=True)
class Badge:
    """One figure.

    Attributes:
        name: of the figure.
        paper: where it is published.
        published: the paper's number, a share.
        ours: our number, a share.
        tolerance: how far apart the two may be to count as reproduced.
        remark: how our experiment differs from the paper's.
    """

    name: str
    paper: str
    published: float
    ours: float
    tolerance: float
    remark: str

    @property
    def reproduced(self) -> bool:
        """Whether the two agree within the tolerance."""
        return abs(self.ours - self.published) <= self.tolerance


@dataclass(frozen=True)
class FGSMErrors:
    """FGSM on labelled pictures: error rates before and after, mean confidence in errors."""

    clean_error: float
    error: float
    confidence: float
    pictures: int


def goodfellow(
    softmax_regression: FGSMErrors, small_network: FGSMErrors, trained_on_both: FGSMErrors
) -> list[Badge]:
    """The MNIST figures of sections 4 and 6 of Goodfellow et al. 2014, at epsilon = .25.

    Args:
        softmax_regression: of that.
        small_network: of one that was trained on clean digits.
        trained_on_both: of one that was trained on clean and adversarial digits.
    """
    paper = "Goodfellow, Shlens & Szegedy 2014, section 4"
    clipped = "our pictures stay in [0, 1]"
    lenet = f"a LeNet-5 here, a maxout network in the paper; {clipped}"
    return [
        Badge(
            "MNIST, softmax regression: error at ε = .25",
            paper,
            0.999,
            softmax_regression.error,
            0.01,
            clipped,
        ),
        Badge(
            "MNIST, softmax regression: confidence in its errors",
            paper,
            0.793,
            softmax_regression.confidence,
            0.05,
            f"{clipped}; depends on how long and how strongly regularised it was trained",
        ),
        Badge(
            "MNIST, small network: error at ε = .25",
            paper,
            0.894,
            small_network.error,
            0.05,
            lenet,
        ),
        Badge(
            "MNIST, small network: confidence in its errors",
            paper,
            0.976,
            small_network.confidence,
            0.05,
            lenet,
        ),
        Badge(
            "MNIST, small network, adversarial training: error at ε = .25",
            "Goodfellow, Shlens & Szegedy 2014, section 6",
            0.179,
            trained_on_both.error,
            0.05,
            lenet,
        ),
    ]


def adversarially_trained(
    data: Dataset, settings: TrainSettings = ADVERSARIAL
) -> Generator[BatchDone | EpochDone | None, None, Network]:
    """Train a LeNet-5 on clean and adversarial digits; yields what the training does.

    Args:
        data: grey pictures, N x 28 x 28 x 1.
        settings: how.
    """
    from visualizer.engine.training.fresh import explorable, new_training
    from visualizer.engine.training.loop import BatchTooLarge, Diverged
    from visualizer.engine.training.networks import layers_of
    from visualizer.engine.training.split import Split

    layers = layers_of("lenet", data.pictures.shape[1:])
    some = data.subset(np.arange(min(len(data), 1000)))  # what it says of them is not asked for
    training = new_training(layers, Split(data, some), settings)
    for event in training.run():
        if isinstance(event, (Diverged, BatchTooLarge)):
            raise UserError(event.sentence)
        yield event
    return explorable(training, "LeNet-5, trained on adversarial digits too")


def fgsm_errors(network: Network, pictures: np.ndarray, labels: np.ndarray) -> Iterator[FGSMErrors]:
    """Attack labelled pictures with FGSM away from their labels; the last one counts them all.

    Args:
        network: a classifier.
        pictures: N x H x W x 3 in [0, 1], at the network's size.
        labels: N, the right classes.
    """
    from visualizer.engine.adversarial import PERTURB, fgsm

    model, settings = DifferentiableModel.of(network), fgsm.FGSMSettings(epsilon=EPSILON)
    done, wrong_before, wrong, confidence = 0, 0, 0, 0.0
    for start in range(0, len(labels), BATCH):
        some, right = pictures[start : start + BATCH], labels[start : start + BATCH]
        *_, changed = PERTURB["fgsm"](model, some, Criterion(right, targeted=False), settings)
        wrong_before += int((model.logits(some).argmax(axis=1) != right).sum())
        shares = model.probabilities(model.logits(changed))
        missed = shares.argmax(axis=1) != right
        wrong += int(missed.sum())
        confidence += float(shares.max(axis=1)[missed].sum())
        done += len(right)
        yield FGSMErrors(wrong_before / done, wrong / done, confidence / max(wrong, 1), done)


def softmax_regression(data: Dataset, iterations: int = 60) -> Network:
    """Fit a softmax regression to digits by full-batch L-BFGS, as a network to attack.

    Args:
        data: grey pictures, N x 28 x 28 x 1.
        iterations: of L-BFGS.
    """
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    weights, bias = _fit(
        data.pictures.reshape(len(data), -1).astype(np.float32) / 255, data.labels, iterations
    )
    layers = keras.layers
    dense = layers.Dense(len(data.classes), activation="softmax", name="softmax")
    model = keras.Sequential([layers.Input(data.pictures.shape[1:]), layers.Flatten(), dense])
    dense.set_weights([weights, bias])
    return Network(
        model,
        name="softmax-regression",
        title="Softmax regression",
        classes=data.classes,
        preprocessing=Preprocessing(channels=1),
        sha256="",
    )


def _fit(x: np.ndarray, labels: np.ndarray, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """The weights (D x K) and biases (K) of the least cross entropy."""
    from scipy.optimize import minimize

    n, d = x.shape
    k = int(labels.max()) + 1
    wanted = np.eye(k, dtype=np.float32)[labels]

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(d + 1, k).astype(np.float32)
        shares = softmax(x @ weights[:d] + weights[d])
        loss = -np.log(np.maximum(shares[np.arange(n), labels], 1e-300)).mean()
        slope = (shares - wanted).astype(np.float32) / n
        gradient = np.concatenate([x.T @ slope, slope.sum(axis=0, keepdims=True)])
        return float(loss), gradient.ravel().astype(np.float64)

    options = {"maxiter": iterations}
    found = minimize(objective, np.zeros((d + 1) * k), jac=True, method="L-BFGS-B", options=options)
    solved = found.x.reshape(d + 1, k).astype(np.float32)
    return solved[:d], solved[d]
