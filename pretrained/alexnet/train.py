"""Trains, evaluates and exports AlexNet on Tiny ImageNet-200. Any Keras backend; resumable.

    python pretrained/alexnet/train.py train    tiny-imagenet-200/ --work build/alexnet
    python pretrained/alexnet/train.py export   tiny-imagenet-200/ --work build/alexnet
    python pretrained/alexnet/train.py evaluate tiny-imagenet-200/

The photos are the official archive `tiny-imagenet-200.zip`, unpacked. The validation photos are
read by `export` and `evaluate` only, to measure; the temperature is fitted on 2,000 training photos
that training never sees.

The first epochs see small views, which cost a quarter; the last ones the size of the shipped
network ("progressive resizing"; Howard 2018, Touvron et al. 2019).
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cyclopts
import keras
import numpy as np
from augment import View, batches, centre_view
from rich.progress import Progress, TextColumn, TimeRemainingColumn

from visualizer.engine.training import checkpoints
from visualizer.engine.training.ahead import ahead
from visualizer.engine.training.datasets import Dataset, read_tiny_imagenet
from visualizer.engine.training.measures import (
    cross_entropy,
    expected_calibration_error,
    fit_temperature,
    top_k_accuracy,
)
from visualizer.engine.training.optimizers import make_optimizer
from visualizer.engine.training.schedules import Schedule
from visualizer.engine.training.step import TrainingStep
from visualizer.models import alexnet
from visualizer.models.card import publish

HERE = Path(__file__).parent
HELD_OUT_PER_CLASS = 10
ENDS = 2
"""How many of the last epochs leave a checkpoint of their own, for `export` to choose from."""
SAVE_SECONDS = 300.0
SAID_EVERY = 50
"""Batches between two lines on how it goes."""
CHECKPOINT = "checkpoint.zip"
app = cyclopts.App(name="train.py", help=__doc__)


@dataclass(frozen=True)
class Phase:
    """Some epochs with the same views."""

    epochs: int
    view: View


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights. Rate and decay are for batches of 128.

    An object of a photo is about as large in the views of every phase: small views show a part.
    """

    phases: tuple[Phase, ...] = (
        Phase(6, View(99, 34, 60, variety=0.7, mix=0.0)),
        Phase(7, View(131, 34, 60, variety=1.0, mix=0.5)),
        Phase(4, View(163, 40, 64, variety=1.0, mix=0.5)),
        Phase(1, View(195, 44, 64, variety=0.8, mix=0.3)),
        Phase(2, View(195, 52, 64, variety=0.3, mix=0.0)),
    )
    batch: int = 128
    learning_rate: float = 0.05
    rates: tuple[tuple[float, float], ...] = ((0, 0), (0.0495, 1), (0.4, 1), (0.85, 0.15), (1, 0))
    momentum: float = 0.9
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1
    dropout: float = 0.3
    seed: int = 2012

    @property
    def epochs(self) -> int:
        """How many there are."""
        return sum(phase.epochs for phase in self.phases)

    def view(self, epoch: int) -> View:
        """What an epoch, counted from 0, shows of the photos."""
        for phase in self.phases:
            if epoch < phase.epochs:
                return phase.view
            epoch -= phase.epochs
        raise IndexError(epoch)

    def rate(self, epoch: float) -> float:
        """The learning rate at a moment in epochs."""
        schedule = Schedule("drawn", points=self.rates)
        return self.learning_rate * schedule.factor(epoch / self.epochs)


WHOLE = Annotated[Recipe, cyclopts.Parameter(parse=False)]
"""The recipe is changed in this file, where all of it can be seen."""


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


def step_of(recipe: Recipe, size: int) -> TrainingStep:
    """The training step of a new network for views of `size`."""
    keras.utils.set_random_seed(recipe.seed)
    model = alexnet.build_for_training(200, size, recipe.dropout)
    optimizer = make_optimizer(
        "nesterov",
        model.trainable_variables,
        momentum=recipe.momentum,
        weight_decay=recipe.weight_decay,
    )
    return TrainingStep(model, optimizer, label_smoothing=recipe.label_smoothing)


def variables_of(step: TrainingStep) -> list:
    """Every variable that a resumed run needs, in a fixed order."""
    return checkpoints.training_variables(step.model, step.optimizer)


@dataclass
class Run:
    """How far a run is: whole epochs, batches of the next one, and the sum of their losses."""

    epoch: int = 0
    batch: int = 0
    losses: float = 0.0
    minutes: float = 0.0

    @classmethod
    def found(cls, checkpoint: Path) -> Run:
        """What a checkpoint says, or a run that has not begun."""
        return cls(**checkpoints.read_meta(checkpoint)) if checkpoint.exists() else cls()

    def save(self, step: TrainingStep, checkpoint: Path) -> None:
        """Write all it takes to go on."""
        values = checkpoints.values_of(variables_of(step))
        checkpoints.write(checkpoint, values, asdict(self))


def load(step: TrainingStep, checkpoint: Path) -> None:
    """Bring a network and its optimizer to where a checkpoint was written."""
    variables = variables_of(step)
    checkpoints.assign(variables, checkpoints.read_values(checkpoint, variables))


def outputs(model: keras.Model, data: Dataset) -> np.ndarray:
    """The model's output for the centre view of every picture."""
    size, out = model.input_shape[1], []
    for start in range(0, len(data), 250):
        views = np.stack([centre_view(p, size) for p in data.pictures[start : start + 250]])
        pixels = views.astype(np.float32) / 255
        out.append(keras.ops.convert_to_numpy(model(pixels, training=False)))
    return np.concatenate(out)


@app.command
def train(folder: Path, *, work: Path, recipe: WHOLE = Recipe()) -> None:
    """Train, or go on from the checkpoint in WORK, which is at most some minutes old."""
    work.mkdir(parents=True, exist_ok=True)
    data, held_out = read(folder, "train").split_off(HELD_OUT_PER_CLASS, recipe.seed)
    keras.config.set_dtype_policy("mixed_bfloat16")
    run, step = Run.found(work / CHECKPOINT), None
    judge = alexnet.build_for_training(200)  # small views show parts; photos are judged whole
    while run.epoch < recipe.epochs:
        size = recipe.view(run.epoch).size
        if step is None or step.model.input_shape[1] != size:
            step = step_of(recipe, size)
            if run.epoch or run.batch:
                load(step, work / CHECKPOINT)
        train_epoch(step, data, recipe, run, work)
        judge.set_weights(step.model.get_weights())
        scores = outputs(judge, held_out)
        row = {
            "epoch": run.epoch + 1,
            "size": size,
            "loss": round(run.losses / run.batch, 4),
            "held_out_top1": top_k_accuracy(scores, held_out.labels, 1),
            "held_out_top5": top_k_accuracy(scores, held_out.labels, 5),
            "minutes": round(run.minutes, 2),
        }
        run.epoch, run.batch, run.losses, run.minutes = run.epoch + 1, 0, 0.0, 0.0
        run.save(step, work / CHECKPOINT)
        if run.epoch > recipe.epochs - ENDS:
            run.save(step, work / f"end-{run.epoch}.zip")
        print(row, flush=True)
        with (work / "log.jsonl").open("a") as log:
            log.write(json.dumps(row) + "\n")


def train_epoch(step: TrainingStep, data: Dataset, recipe: Recipe, run: Run, work: Path) -> None:
    """Go through the rest of an epoch."""
    count = len(data) // recipe.batch
    seed, view = (recipe.seed, run.epoch), recipe.view(run.epoch)
    began = saved = time.monotonic()
    views = ahead(batches(data, view, recipe.batch, seed, run.batch))
    with contextlib.closing(views):
        for pictures, targets in views:
            rate = recipe.rate(run.epoch + run.batch / count)
            step.optimizer.learning_rate.assign(rate)
            run.losses += step.on_pictures(pictures, targets).loss
            run.batch += 1
            now = time.monotonic()
            run.minutes, began = run.minutes + (now - began) / 60, now
            if run.batch % SAID_EVERY == 0:
                print(
                    f"epoch {run.epoch + 1} of {recipe.epochs}, batch {run.batch} of {count}: "
                    f"loss {run.losses / run.batch:.3f}, rate {rate:.4f}, "
                    f"{60 * run.minutes / run.batch:.2f} s a batch",
                    flush=True,
                )
            if now - saved > SAVE_SECONDS:
                run.save(step, work / CHECKPOINT)
                saved = now


@app.command
def export(
    folder: Path,
    *,
    work: Path,
    out: Path = HERE,
    ends: Annotated[list[str] | None, cyclopts.Parameter(consume_multiple=True)] = None,
    recipe: WHOLE = Recipe(),
) -> None:
    """Fold the trained network, fit its temperature, and write it with its measured card.

    Of several ENDS of the run (checkpoints in WORK, by default those of its last epochs), the one
    is taken whose answers, calibrated, have the least cross entropy on the photos that training
    never saw.
    """
    ends = ends or sorted(file.name for file in work.glob("end-*.zip"))
    _, held_out = read(folder, "train").split_off(HELD_OUT_PER_CLASS, recipe.seed)
    step = step_of(recipe, alexnet.SIZE)

    def judged(checkpoint: str) -> dict[str, float]:
        load(step, work / checkpoint)
        scores = outputs(step.model, held_out)
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
    load(step, work / best)
    shipped = alexnet.fold(step.model, temperature)
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
    answers = outputs(shipped, data)
    return {
        "top1": round(top_k_accuracy(answers, data.labels, 1), 4),
        "top5": round(top_k_accuracy(answers, data.labels, 5), 4),
        "calibration_error": round(expected_calibration_error(answers, data.labels), 4),
    }


if __name__ == "__main__":
    app()
