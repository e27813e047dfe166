"""Trains and evaluates LeNet-5 on MNIST. Any Keras backend; a few minutes on two cores.

    python pretrained/lenet/train.py train    mnist/ --out pretrained/lenet
    python pretrained/lenet/train.py evaluate mnist/

The folder holds the four official files (`train-images-idx3-ubyte.gz`, ...). The test digits are
read only to measure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts
import keras
import numpy as np

from visualizer.engine.training.datasets import Dataset, read_mnist
from visualizer.engine.training.history import EpochDone
from visualizer.engine.training.loop import Training
from visualizer.engine.training.measures import (
    expected_calibration_error,
    fit_temperature,
    top_k_accuracy,
)
from visualizer.engine.training.split import Split
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.models import lenet
from visualizer.models.card import publish
from visualizer.models.trained import with_softmax

HERE = Path(__file__).parent
HELD_OUT_PER_CLASS = 200
app = cyclopts.App(name="train.py", help=__doc__)


RECIPE = TrainSettings(
    epochs=14,
    batch_size=128,
    learning_rate=0.003,
    schedule="one-cycle",
    optimizer="adamw",
    weight_decay=1e-3,
    augmentation="digits",
    seed=1998,
)
"""Everything that decides the weights."""


def pixels(digits: np.ndarray) -> np.ndarray:
    """Bytes to float32 in [0, 1]."""
    return digits.astype(np.float32) / 255


def probabilities(model: keras.Model, data: Dataset) -> np.ndarray:
    """The model's answer to every picture, N x 10."""
    parts = [
        keras.ops.convert_to_numpy(model(pixels(data.pictures[i : i + 1000]), training=False))
        for i in range(0, len(data), 1000)
    ]
    return np.concatenate(parts)


@app.command
def train(
    folder: Path,
    *,
    out: Path = HERE,
    recipe: Annotated[TrainSettings, cyclopts.Parameter("*")] = RECIPE,
) -> None:
    """Train, fit the temperature on digits kept aside, and write the network and its card."""
    data, held_out = read_mnist(folder, "train").split_off(HELD_OUT_PER_CLASS, recipe.seed)
    keras.utils.set_random_seed(recipe.seed)
    training = Training(lenet.build(activation=None), Split(data, held_out), recipe)
    for event in training.run():
        if isinstance(event, EpochDone):
            right = event.validation_accuracy
            print(f"epoch {event.epoch}: {right:.2%} of the digits kept aside", flush=True)

    temperature = fit_temperature(training.logits(held_out.pictures), held_out.labels)
    model = with_softmax(training.model)
    output = model.get_layer("output")
    output.set_weights([w / temperature for w in output.get_weights()])
    digits = read_mnist(folder, "test")
    answers = probabilities(model, digits)
    publish(
        model,
        out,
        {
            "name": "lenet",
            "title": "LeNet-5",
            "input": [lenet.SIZE, lenet.SIZE, 1],
            "classes": 10,
            "labels": "mnist",
            "data": "MNIST: 60,000 training and 10,000 test digits of 28 x 28 pixels",
            "preprocessing": {"scale": 1.0, "offset": 0.0, "order": "rgb", "channels": 1},
            "recipe": recipe.to_dict() | {"temperature": round(temperature, 4)},
            "command": "python pretrained/lenet/train.py train mnist/",
            "seed": recipe.seed,
            "accuracy": {
                "top1": round(top_k_accuracy(answers, digits.labels), 4),
                "calibration_error": round(expected_calibration_error(answers, digits.labels), 4),
                "measured_on": "the 10,000 test digits, weights as shipped",
            },
            "licence": "Weights: CC0-1.0, by this project. Data: MNIST, CC BY-SA 3.0.",
            "source": "Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits",
            "paper": "LeCun, Bottou, Bengio & Haffner 1998, Gradient-Based Learning Applied to "
            "Document Recognition",
        },
    )
    evaluate(folder, weights=out / "lenet.keras")


@app.command
def evaluate(folder: Path, *, weights: Path = HERE / "lenet.keras") -> None:
    """Measure a network file on the 10,000 test digits."""
    digits = read_mnist(folder, "test")
    answers = probabilities(keras.models.load_model(weights), digits)
    print(f"top-1 {top_k_accuracy(answers, digits.labels):.2%}")
    print(f"calibration error {expected_calibration_error(answers, digits.labels):.2%}")


if __name__ == "__main__":
    app()
