"""Trains and evaluates LeNet-5 on MNIST. Any Keras backend; a few minutes on two cores.

    python pretrained/lenet/train.py train    mnist/ --out pretrained/lenet
    python pretrained/lenet/train.py evaluate mnist/

The folder holds the four official files (`train-images-idx3-ubyte.gz`, ...). The test digits are
read only to measure.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import cyclopts
import keras
import numpy as np
from rich.progress import track

from visualizer.engine.training.datasets import Dataset, read_mnist
from visualizer.engine.training.measures import (
    expected_calibration_error,
    fit_temperature,
    top_k_accuracy,
)
from visualizer.models import lenet
from visualizer.models.card import publish

HERE = Path(__file__).parent
HELD_OUT_PER_CLASS = 200
app = cyclopts.App(name="train.py", help=__doc__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights."""

    epochs: int = 14
    batch: int = 128
    peak_rate: float = 0.003
    turn_degrees: float = 12.0
    shift_pixels: float = 2.0
    zoom: float = 0.12
    seed: int = 1998


def varied(digits: np.ndarray, recipe: Recipe, rng: np.random.Generator) -> np.ndarray:
    """Turn, shift and zoom each digit (uint8, N x 28 x 28 x 1) a little, differently."""
    out = np.empty_like(digits)
    centre = ((lenet.SIZE - 1) / 2,) * 2
    for i, digit in enumerate(digits):
        angle = rng.uniform(-recipe.turn_degrees, recipe.turn_degrees)
        matrix = cv2.getRotationMatrix2D(
            centre, angle, rng.uniform(1 - recipe.zoom, 1 + recipe.zoom)
        )
        matrix[:, 2] = matrix[:, 2] + rng.uniform(-recipe.shift_pixels, recipe.shift_pixels, 2)
        out[i, ..., 0] = cv2.warpAffine(digit[..., 0], matrix, (lenet.SIZE, lenet.SIZE))
    return out


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
    recipe: Annotated[Recipe, cyclopts.Parameter("*")] = Recipe(),
) -> None:
    """Train, fit the temperature on digits kept aside, and write the network and its card."""
    data, held_out = read_mnist(folder, "train").split_off(HELD_OUT_PER_CLASS, recipe.seed)
    keras.utils.set_random_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    model = lenet.build()
    steps = len(data) // recipe.batch
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, recipe.epochs * steps - steps, 0.0, "cosine", recipe.peak_rate, steps
    )
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=1e-3), "sparse_categorical_crossentropy"
    )
    for epoch in range(recipe.epochs):
        order = rng.permutation(len(data))[: steps * recipe.batch].reshape(steps, recipe.batch)
        for chosen in track(order, f"epoch {epoch + 1} of {recipe.epochs}"):
            batch = varied(data.pictures[chosen], recipe, rng)
            model.train_on_batch(pixels(batch), data.labels[chosen])
        right = top_k_accuracy(probabilities(model, held_out), held_out.labels)
        print(f"epoch {epoch + 1}: {right:.2%} of the digits kept aside", flush=True)

    temperature = fit_temperature(np.log(probabilities(model, held_out) + 1e-12), held_out.labels)
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
            "recipe": asdict(recipe) | {"temperature": round(temperature, 4)},
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
