"""A training against Keras' own loops on the same batches; its memory and its disk."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np

from tests.benchmarks.camera import camera_rate
from tests.benchmarks.desk import wait, window_with
from tests.benchmarks.process import resident
from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.stalls import Ticker
from tests.benchmarks.timing import percentile, ratio
from visualizer.engine.training.bricks import build
from visualizer.engine.training.datasets import Dataset
from visualizer.engine.training.loop import Training
from visualizer.engine.training.networks import layers_of
from visualizer.engine.training.split import Split
from visualizer.engine.training.timeline import Timeline
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.gui.shell.workspaces import WORKSPACES

BATCH = 32
NETWORKS = {
    "LeNet, 28 x 28": ("lenet", (28, 28, 1)),
    "small AlexNet, 32 x 32": ("small-alexnet", (32, 32, 3)),
}
LEAST = {"LeNet, 28 x 28": 1.0, "small AlexNet, 32 x 32": 0.95}


def noise(shape: tuple[int, int, int], count: int) -> Split:
    """Pictures that nobody can learn."""
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (count, *shape), np.uint8)
    data = Dataset(pictures, rng.integers(0, 10, count), tuple("0123456789"))
    return Split(data, data.subset(np.arange(BATCH)))


@benchmark("Train")
def against_keras(budget: Budget) -> Iterator[Row]:
    """Batches a second of the whole loop, against bare `train_on_batch` and against `fit`."""
    for title, (name, shape) in NETWORKS.items():
        count = budget.times(60, 10)
        split = noise(shape, count * BATCH)
        layers = layers_of(name, shape)
        ours = Training(build(layers, shape, 10), split, TrainSettings(epochs=1000))
        theirs = build(layers, shape, 10)
        theirs.compile(
            "adam",
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
        pixels = split.train.pictures.astype(np.float32) / 255
        labels = split.train.labels

        def loop(ours=ours) -> None:
            for _ in ours.run("epoch"):
                pass

        def bare(theirs=theirs, pixels=pixels, labels=labels, count=count) -> None:
            for i in range(count):
                part = slice(i * BATCH, (i + 1) * BATCH)
                theirs.train_on_batch(pixels[part], labels[part])

        def fit(theirs=theirs, pixels=pixels, labels=labels) -> None:
            theirs.fit(pixels, labels, BATCH, verbose=0)

        repeats = budget.times(12, 2)
        yield Row(
            f"batches of Train / bare train_on_batch ({title})",
            ratio(bare, loop, repeats),
            "×",
            at_least=LEAST[title],
        )
        yield Row(f"batches of Train / fit ({title})", ratio(fit, loop, repeats), "×", at_least=1.0)


@benchmark("Train")
def rate_change(budget: Budget) -> Iterator[Row]:
    """How long it takes to change the learning rate, and to take the next batch with it."""
    training = Training(
        build(layers_of("lenet", (28, 28, 1)), (28, 28, 1), 10), noise((28, 28, 1), 640)
    )
    for _ in training.run("batch"):
        pass
    spent = []
    for turn in range(budget.times(50, 5)):
        began = time.perf_counter()
        training.change(learning_rate=0.001 + 0.0001 * turn)
        for _ in training.run("batch"):
            pass
        spent.append(time.perf_counter() - began)
        assert training.history.column("learning_rate")[-1] == 0.001 + 0.0001 * turn
    yield Row(
        "the next batch after a change of the rate",
        1000 * float(np.median(spent)),
        "ms",
        at_most=50,
    )


@benchmark("Train")
def bounded(budget: Budget) -> Iterator[Row]:
    """Memory and disk after a long training with snapshots."""
    training = Training(
        build(layers_of("lenet", (28, 28, 1)), (28, 28, 1), 10),
        noise((28, 28, 1), 320),
        TrainSettings(epochs=10**5),
    )
    with TemporaryDirectory() as folder:
        timeline = Timeline(training, Path(folder), most_bytes=20 * 2**20)

        def until(batch: int) -> float:
            for event in training.run():
                if event is not None and training.batch % 50 == 0:
                    timeline.keep()
                if training.batch >= batch:
                    break
            return resident()

        first = until(budget.times(3_000, 300))
        last = until(budget.times(15_000, 600))
        disk = sum(path.stat().st_size for path in Path(folder).iterdir()) / 2**20
    yield Row("memory after 12,000 more batches", 100 * (last / first - 1), "%", at_most=5)
    yield Row("snapshots on a disk of 20 MB", disk, "MB", at_most=20)


@benchmark("Train")
def window(budget: Budget) -> Iterator[Row]:
    """How long the window keeps one waiting while a network learns, and how fluent a camera is."""
    with window_with("lenet", "train") as guide:
        workspace = guide.window.workspace
        guide.wait(lambda: workspace.run.frame is not None)
        workspace.controls.settings.control("epochs").setValue(100_000)
        workspace.toggle()
        wait(3)  # compiled, drawn once
        waits: list[float] = []
        for page in workspace.pages:
            workspace.choose_page(page)
            wait(0.5)
            ticker = Ticker()
            wait(budget.times(5, 1))
            ticker.stop()
            waits += ticker.gaps
        guide.window.choose_workspace(WORKSPACES.index("layers"))
        beside = camera_rate(guide, budget)
        guide.window.choose_workspace(WORKSPACES.index("train"))
        workspace.run.pause()
        guide.wait()
    yield Row(
        "window's 5 ms timer while it shows a training, 99th percentile",
        percentile(waits, 99),
        "ms",
        at_most=16,
    )
    yield Row("camera pictures a second beside a training", beside, "fps", at_least=20)
