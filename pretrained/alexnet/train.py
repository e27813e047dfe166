"""Trains, evaluates and exports AlexNet on Tiny ImageNet-200. Any Keras backend; resumable.

    python pretrained/alexnet/train.py train    tiny-imagenet-200/ --work build/alexnet
    python pretrained/alexnet/train.py export   tiny-imagenet-200/ --work build/alexnet
    python pretrained/alexnet/train.py evaluate tiny-imagenet-200/

The photos are the official archive `tiny-imagenet-200.zip`, unpacked. The validation photos are
read by `export` and `evaluate` only, to measure; the temperature is fitted on 2,000 training photos
that training never sees.

All epochs but the last four run on 103 x 103 views, which cost half; the last four on the
135 x 135 of the shipped network ("progressive resizing"; Howard 2018, Touvron et al. 2019).
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated

import cyclopts
import keras
import numpy as np
from augment import batches, centre_view
from rich.progress import Progress, TextColumn, TimeRemainingColumn

from visualizer.engine.training.datasets import Dataset, read_tiny_imagenet
from visualizer.engine.training.measures import (
    cross_entropy,
    expected_calibration_error,
    fit_temperature,
    top_k_accuracy,
)
from visualizer.models import alexnet
from visualizer.models.card import publish

HERE = Path(__file__).parent
HELD_OUT_PER_CLASS = 10
ENDS = 2
"""How many of the last epochs leave a checkpoint of their own, for `export` to choose from."""
app = cyclopts.App(name="train.py", help=__doc__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights. Learning rates and decay are for batches of 128."""

    epochs: int = 17
    large_epochs: int = 4
    last_epoch_steps: int = 380
    batch: int = 128
    rates: tuple[tuple[float, float], ...] = (
        (0, 0),
        (1, 0.08),
        (7.2, 0.08),
        (15, 0.0222),
        (15, 0.02),
        (16, 0),
        (16, 0.006),
        (17, 0),
    )
    momentum: float = 0.9
    weight_decay: float = 5e-3
    label_smoothing: float = 0.1
    seed: int = 2012

    def rate(self, epoch: float) -> float:
        """The learning rate at a moment in epochs, in straight lines between `rates`."""
        moments, rates = zip(*self.rates, strict=True)
        return float(np.interp(epoch * self.rates[-1][0] / self.epochs, moments, rates))

    def views(self, epoch: int) -> tuple[int, int, tuple[int, int], float]:
        """(size of the views, stride of pool3, smallest and largest crop, variety) in an epoch.

        The last epochs see photos nearly as they are shown later: whole, and not recoloured.
        """
        if epoch < self.epochs - self.large_epochs:
            return 103, 1, (36, 60), 1.0
        if epoch < self.epochs - 1:
            return alexnet.SIZE, 2, (46, 64), 0.5
        return alexnet.SIZE, 2, (52, 64), 0.3

    def steps(self, epoch: int, photos: int) -> int:
        """How many batches an epoch has; the last is a short one that polishes."""
        whole = photos // self.batch
        return min(whole, self.last_epoch_steps) if epoch == self.epochs - 1 else whole


def read(folder: Path, split: str) -> Dataset:
    """Read a split with a progress bar."""
    with bar() as progress:
        task = progress.add_task(f"reading {split}")
        return read_tiny_imagenet(
            folder, split, lambda done, total: progress.update(task, completed=done, total=total)
        )


def bar() -> Progress:
    """A progress bar that is quiet when nobody watches."""
    return Progress(
        TextColumn("{task.description}"),
        *Progress.get_default_columns()[1:3],
        TimeRemainingColumn(),
        refresh_per_second=1,
    )


def compiled(recipe: Recipe, size: int, pool3_stride: int) -> keras.Model:
    """The network to train, with its optimizer ready."""
    keras.utils.set_random_seed(recipe.seed)
    model = alexnet.build_for_training(200, size, pool3_stride)
    optimizer = keras.optimizers.SGD(
        recipe.rate(0), recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.label_smoothing
        ),
        jit_compile=False,
    )
    optimizer.build(model.trainable_variables)
    return model


def state_of(model: keras.Model) -> list:
    """Every variable that a resumed run needs, in a fixed order."""
    return [*model.trainable_variables, *model.non_trainable_variables, *model.optimizer.variables]


def save_state(model: keras.Model, epoch: int, path: Path) -> None:
    """Write the checkpoint so that a cut in the middle leaves the older one whole."""
    arrays = {f"v{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(state_of(model))}
    temporary = path.with_suffix(".part.npz")
    np.savez(temporary, epoch=epoch, **arrays)
    temporary.replace(path)


def epochs_done(checkpoint: Path) -> int:
    """How many epochs a checkpoint has behind it; 0 if there is none."""
    if not checkpoint.exists():
        return 0
    with np.load(checkpoint) as stored:
        return int(stored["epoch"])


def load_state(model: keras.Model, checkpoint: Path) -> None:
    """Read a checkpoint into the model and its optimizer."""
    with np.load(checkpoint) as stored:
        for i, variable in enumerate(state_of(model)):
            if f"v{i}" in stored:
                variable.assign(stored[f"v{i}"])


def outputs(model: keras.Model, data: Dataset, size: int, scale: float = 1) -> np.ndarray:
    """The model's output for the centre view of every picture, whose bytes are times `scale`."""
    out = []
    for start in range(0, len(data), 250):
        views = np.stack([centre_view(p, size) for p in data.pictures[start : start + 250]])
        views = views if scale == 1 else views.astype(np.float32) * np.float32(scale)
        out.append(keras.ops.convert_to_numpy(model(views, training=False)))
    return np.concatenate(out)


@app.command
def train(
    folder: Path,
    *,
    work: Path,
    recipe: Annotated[Recipe, cyclopts.Parameter("*")] = Recipe(),
) -> None:
    """Train, or go on from the last whole epoch in WORK."""
    work.mkdir(parents=True, exist_ok=True)
    checkpoint = work / "checkpoint.npz"
    data, held_out = read(folder, "train").split_off(HELD_OUT_PER_CLASS, recipe.seed)
    keras.config.set_dtype_policy("mixed_bfloat16")
    epoch = epochs_done(checkpoint)
    model, size = None, 0
    while epoch < recipe.epochs:
        if recipe.views(epoch)[0] != size:
            size, pool3_stride, _, _ = recipe.views(epoch)
            model = compiled(recipe, size, pool3_stride)
            if epoch:
                load_state(model, checkpoint)
        began = time.monotonic()
        loss = train_epoch(model, data, recipe, epoch)
        epoch += 1
        save_state(model, epoch, checkpoint)
        if epoch > recipe.epochs - ENDS:
            save_state(model, epoch, work / f"checkpoint-{epoch}.npz")
        scores = outputs(model, held_out, size)
        row = {
            "epoch": epoch,
            "size": size,
            "loss": round(loss, 4),
            "held_out_top1": top_k_accuracy(scores, held_out.labels, 1),
            "held_out_top5": top_k_accuracy(scores, held_out.labels, 5),
            "minutes": round((time.monotonic() - began) / 60, 2),
        }
        print(row, flush=True)
        with (work / "log.jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")


def train_epoch(model: keras.Model, data: Dataset, recipe: Recipe, epoch: int) -> float:
    """Go once through the photos; returns the mean loss."""
    size, _, crop, variety = recipe.views(epoch)
    steps = recipe.steps(epoch, len(data))
    one_hot = np.eye(len(data.classes), dtype=np.float32)
    losses = []
    with bar() as progress:
        task = progress.add_task(f"epoch {epoch + 1} of {recipe.epochs}", total=steps)
        views = batches(data, size, crop, variety, recipe.batch, (recipe.seed, epoch))
        for step, (pictures, labels) in enumerate(islice(views, steps)):
            model.optimizer.learning_rate.assign(recipe.rate(epoch + step / steps))
            losses.append(float(model.train_on_batch(pictures, one_hot[labels])))
            progress.update(task, advance=1)
    return float(np.mean(losses))


@app.command
def export(
    folder: Path,
    *,
    work: Path,
    out: Path = HERE,
    ends: Annotated[list[str] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    recipe: Annotated[Recipe, cyclopts.Parameter("*")] = Recipe(),
) -> None:
    """Fold the trained network, fit its temperature, and write it with its measured card.

    Of several ENDS of the run (checkpoints in WORK, by default those of its last epochs), the one
    is taken whose answers, calibrated, have the least cross entropy on the photos that training
    never saw.
    """
    ends = ends or sorted(file.name for file in work.glob("checkpoint-*.npz"))
    _, held_out = read(folder, "train").split_off(HELD_OUT_PER_CLASS, recipe.seed)
    trained = compiled(recipe, alexnet.SIZE, 2)

    def judged(checkpoint: str) -> dict[str, float]:
        load_state(trained, work / checkpoint)
        scores = outputs(trained, held_out, alexnet.SIZE)
        temperature = fit_temperature(scores, held_out.labels)
        return {
            "top1": round(top_k_accuracy(scores, held_out.labels, 1), 4),
            "top5": round(top_k_accuracy(scores, held_out.labels, 5), 4),
            "cross_entropy": round(cross_entropy(scores / temperature, held_out.labels), 4),
            "temperature": temperature,
        }

    results = {end: judged(end) for end in ends}
    best = min(results, key=lambda end: results[end]["cross_entropy"])
    temperature = results[best]["temperature"]
    load_state(trained, work / best)
    shipped = alexnet.fold(trained, temperature)
    measured = measure(shipped, read(folder, "val"))
    publish(
        shipped,
        out,
        {
            "name": "alexnet",
            "title": "AlexNet",
            "input": [alexnet.SIZE, alexnet.SIZE, 3],
            "classes": 200,
            "labels": "tiny-imagenet-200",
            "data": "Tiny ImageNet-200: 100,000 training and 10,000 validation photos of 64 x 64",
            "preprocessing": {"scale": 1.0, "offset": 0.0, "order": "rgb", "channels": 3},
            "recipe": asdict(recipe) | {"temperature": round(temperature, 4)},
            "command": "python pretrained/alexnet/train.py train tiny-imagenet-200/ --work build/"
            " && python pretrained/alexnet/train.py export tiny-imagenet-200/ --work build/",
            "seed": recipe.seed,
            "held_out": {"photos": len(held_out), "ends": results, "chosen": best},
            "accuracy": measured
            | {"measured_on": "the 10,000 validation photos, single centre view, as shipped"},
            "licence": "Weights: CC0-1.0, by this project. Photos: ImageNet's terms of access, "
            "for non-commercial research and education; none are included.",
            "source": "Stanford CS231n, tiny-imagenet-200.zip, part of ImageNet (Deng et al. 2009)",
            "paper": "Krizhevsky, Sutskever & Hinton 2012, ImageNet Classification with Deep "
            "Convolutional Neural Networks",
        },
    )
    evaluate(folder, weights=out / "alexnet.keras")


@app.command
def evaluate(folder: Path, *, weights: Path = HERE / "alexnet.keras") -> None:
    """Measure a network file on the 10,000 validation photos, one centre view each."""
    measured = measure(keras.models.load_model(weights), read(folder, "val"))
    for name, value in measured.items():
        print(f"{name}: {value:.2%}")


def measure(shipped: keras.Model, data: Dataset) -> dict[str, float]:
    """Accuracy and calibration of a network that takes [0, 1] and gives probabilities."""
    answers = outputs(shipped, data, alexnet.SIZE, 1 / 255)
    return {
        "top1": round(top_k_accuracy(answers, data.labels, 1), 4),
        "top5": round(top_k_accuracy(answers, data.labels, 5), 4),
        "calibration_error": round(expected_calibration_error(answers, data.labels), 4),
    }


if __name__ == "__main__":
    app()
