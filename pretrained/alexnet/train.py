"""Trains, evaluates and exports AlexNet on Tiny ImageNet-200. Any Keras backend; resumable.

    python pretrained/alexnet/train.py train    tiny-imagenet-200/ --work build/alexnet
    python pretrained/alexnet/train.py export   tiny-imagenet-200/ --work build/alexnet
    python pretrained/alexnet/train.py evaluate tiny-imagenet-200/

The photos are the official archive `tiny-imagenet-200.zip`, unpacked. The validation photos are read
by `export` and `evaluate` only, to measure; the temperature is fitted on 2,000 training photos that
training never sees.

Two thirds of the epochs run on 103 x 103 views, which cost about half, the last third on the
135 x 135 of the shipped network ("progressive resizing"; Howard 2018, Touvron et al. 2019).
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cyclopts
import keras
import numpy as np
from augment import batches, centre_view
from rich.progress import Progress, TextColumn, TimeRemainingColumn

from visualizer.engine.training.datasets import Dataset, read_tiny_imagenet
from visualizer.models import alexnet

HERE = Path(__file__).parent
HELD_OUT_PER_CLASS = 10
app = cyclopts.App(name="train.py", help=__doc__)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights. Learning rates and decay are for batches of 128."""

    epochs: int = 16
    large_epochs: int = 5
    batch: int = 128
    peak_rate: float = 0.08
    warm_up_epochs: float = 1.0
    flat_until: float = 0.4
    momentum: float = 0.9
    weight_decay: float = 5e-3
    label_smoothing: float = 0.1
    seed: int = 2012

    def rate(self, epoch: float) -> float:
        """The learning rate at a moment in epochs: warm up, stay, fall in a line to zero."""
        flat_end = self.flat_until * self.epochs
        if epoch < self.warm_up_epochs:
            return self.peak_rate * epoch / self.warm_up_epochs
        return self.peak_rate * min(1.0, (self.epochs - epoch) / (self.epochs - flat_end))

    def views(self, epoch: int) -> tuple[int, int, tuple[int, int]]:
        """(size of the views, stride of pool3, smallest and largest crop) in an epoch."""
        if epoch < self.epochs - self.large_epochs:
            return 103, 1, (36, 60)
        return alexnet.SIZE, 2, (42, 64)


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
        recipe.peak_rate, recipe.momentum, nesterov=True, weight_decay=recipe.weight_decay
    )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    model.compile(
        optimizer,
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing),
        jit_compile=False,
    )
    optimizer.build(model.trainable_variables)
    return model


def state_of(model: keras.Model) -> list:
    """Every variable that a resumed run needs, in a fixed order."""
    return [*model.trainable_variables, *model.non_trainable_variables, *model.optimizer.variables]


def save_state(model: keras.Model, epoch: int, path: Path) -> None:
    """Write the checkpoint so that a cut in the middle leaves the older one whole."""
    arrays = {f"v{i}": np.asarray(v.numpy() if hasattr(v, "numpy") else v)
              for i, v in enumerate(state_of(model)) if "seed" not in v.path}
    temporary = path.with_suffix(".part.npz")
    np.savez(temporary, epoch=epoch, **arrays)
    temporary.replace(path)


def load_state(model: keras.Model, path: Path) -> int:
    """Read a checkpoint into the model; returns the number of epochs it has behind it."""
    with np.load(path) as stored:
        for i, variable in enumerate(state_of(model)):
            if f"v{i}" in stored:
                variable.assign(stored[f"v{i}"])
        return int(stored["epoch"])


def logits(model: keras.Model, data: Dataset, size: int) -> np.ndarray:
    """The model's output for the centre view of every picture."""
    out = []
    for start in range(0, len(data), 250):
        views = np.stack([centre_view(p, size) for p in data.pictures[start : start + 250]])
        out.append(np.asarray(keras.ops.convert_to_numpy(model(views, training=False))))
    return np.concatenate(out)


def accuracy(scores: np.ndarray, labels: np.ndarray, k: int) -> float:
    """The share of rows whose label is among the k highest scores."""
    return float((np.argsort(-scores, 1)[:, :k] == labels[:, None]).any(1).mean())


@app.command
def train(folder: Path, *, work: Path, recipe: Annotated[Recipe, cyclopts.Parameter("*")] = Recipe(),
          stop_after: int = 10_000) -> None:
    """Train, or go on from the last whole epoch in WORK."""
    work.mkdir(parents=True, exist_ok=True)
    checkpoint = work / "checkpoint.npz"
    data, held_out = read(folder, "train").split_off(HELD_OUT_PER_CLASS, recipe.seed)
    keras.config.set_dtype_policy("mixed_bfloat16")
    steps = len(data) // recipe.batch
    model, built_for = None, None
    epoch = 0
    while epoch < min(recipe.epochs, stop_after):
        size, stride, crop = recipe.views(epoch)
        if built_for != size:
            model, built_for = compiled(recipe, size, stride), size
            if checkpoint.exists():
                epoch = load_state(model, checkpoint)
                if recipe.views(epoch)[0] != size:
                    built_for = None
                    continue
        began, losses = time.monotonic(), []
        with bar() as progress:
            task = progress.add_task(f"epoch {epoch + 1} of {recipe.epochs}", total=steps)
            views = batches(data, size, crop, recipe.batch, (recipe.seed, epoch))
            for step, (pictures, labels) in enumerate(views):
                model.optimizer.learning_rate.assign(recipe.rate(epoch + step / steps))
                losses.append(float(model.train_on_batch(pictures, np.eye(200, dtype="float32")[labels])))
                progress.update(task, advance=1)
        epoch += 1
        save_state(model, epoch, checkpoint)
        scores = logits(model, held_out, size)
        row = {"epoch": epoch, "size": size, "loss": round(float(np.mean(losses)), 4),
               "held_out_top1": accuracy(scores, held_out.labels, 1),
               "held_out_top5": accuracy(scores, held_out.labels, 5),
               "minutes": round((time.monotonic() - began) / 60, 2)}
        print(row, flush=True)
        with open(work / "log.jsonl", "a") as log:
            log.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    app()
