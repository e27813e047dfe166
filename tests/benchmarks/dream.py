"""A dream's step against its bare gradient, a dream against a plain loop, and its memory."""

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.benchmarks.desk import window_with
from tests.benchmarks.process import resident
from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.timing import ratio
from visualizer.engine import backend
from visualizer.engine.ascent.deep_dream import (
    DreamSettings,
    dream_step,
    dream_steps,
    octave_sizes,
    starting_picture,
)
from visualizer.engine.ascent.objective_gradient import ObjectiveGradient
from visualizer.engine.network import Network
from visualizer.engine.objective import objective, parse_targets
from visualizer.engine.pictures import samples
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.dream.requests import dream_source
from visualizer.gui.runs import history as history_module
from visualizer.gui.runs.history import RunHistory
from visualizer.gui.runs.recipe import Recipe
from visualizer.models.catalog import open_network

STAGES = {"lenet": "conv2"}
SIDE, LARGE = 480, 4096
LIMIT_MB = 2048


def _target(network: str) -> str:
    return STAGES.get(network, "conv5")


@benchmark("Dream")
def bare_gradient(budget: Budget) -> Iterator[Row]:
    """What shifting, normalising and clipping add to a compiled gradient at the same size."""
    network = open_network(budget.network)
    targets = parse_targets(_target(budget.network))
    picture = starting_picture(samples()[0].load(), SIDE)
    climbed = objective(network, targets)
    weights = climbed.weights(targets)
    bare = backend.value_and_gradient(lambda x: climbed(x, *weights)[0])
    slope, rng = ObjectiveGradient(network, targets), np.random.default_rng(0)
    yield Row(
        f"a step at {SIDE} pixels / bare compiled gradient",
        ratio(
            lambda: dream_step(slope, picture, 1.5 / 255, 32, rng),
            lambda: bare(picture[None]),
            budget.times(60, 8),
        ),
        "×",
        at_most=1.15,
    )


@benchmark("Dream")
def first_picture(budget: Budget) -> Iterator[Row]:
    """From the click on Start to the first step on the screen, in a window that never dreamt."""
    with window_with(budget.network, "dream") as guide:
        view = guide.window.workspace.page.run_view
        dreamt: list[int] = []  # the picture it begins with is step 0
        view.run.shown.connect(lambda step: dreamt.append(step.frame.step))
        began = time.perf_counter()
        view.transport.start_button.click()
        guide.wait(lambda: any(dreamt))
        view.view.repaint()
        seconds = time.perf_counter() - began
        view.run.pause()
    yield Row("from the click to the first picture on screen", seconds, "s", at_most=1.0)


@benchmark("Dream")
def published_dream(budget: Budget) -> Iterator[Row]:
    """Four octaves of ten steps, ours and a plain loop of tapes as tutorials write it."""
    if backend.name() != "tensorflow":
        return
    network = open_network(budget.network)
    text = _target(budget.network)
    how = DreamSettings(target=text)
    picture = starting_picture(samples()[0].load(), SIDE)

    def ours() -> object:
        return list(dream_steps(network, picture, parse_targets(text), how))[-1]

    yield Row(
        "a plain TensorFlow loop / the published dream",
        1 / ratio(ours, _plain_loop(network, picture, text, how), budget.times(3, 1)),
        "×",
        at_least=2,
    )


def _plain_loop(
    network: Network, picture: np.ndarray, stage: str, how: DreamSettings
) -> Callable[[], object]:
    import tensorflow as tf

    names = [layer.name for layer in network.model.layers]
    layers = network.model.layers[1 : names.index(stage) + 1]

    def features(x: tf.Tensor) -> tf.Tensor:
        x = network.preprocessing.apply(x)
        for layer in layers:
            x = layer(x)
        return x

    least = ObjectiveGradient(network, parse_targets(stage)).least_size()
    sizes = octave_sizes(*picture.shape[:2], how.octaves, how.octave_scale, least)

    def loop() -> object:
        image = tf.constant(picture)
        for height, width in sizes:
            image = tf.image.resize(image, (height, width))
            for _ in range(how.steps):
                shift = tf.random.uniform([2], -how.jitter, how.jitter + 1, tf.int32)
                rolled = tf.roll(image, shift, axis=[0, 1])
                with tf.GradientTape() as tape:
                    tape.watch(rolled)
                    loss = tf.reduce_mean(tf.square(features(rolled[tf.newaxis])))
                gradient = tf.roll(tape.gradient(loss, rolled), -shift, axis=[0, 1])
                gradient /= tf.reduce_mean(tf.abs(gradient))
                image = tf.clip_by_value(image + how.step_size * gradient, 0.0, 1.0)
        return image.numpy()

    return loop


@benchmark("Dream")
def thousand_steps(budget: Budget) -> Iterator[Row]:
    """Memory after 1,000 steps, each with its past as the window keeps it, is what it was after
    100."""
    many = budget.times(1000, 150)
    how = DreamSettings(target=_target(budget.network), octaves=1, steps=many, side=256)
    history = _history(open_network(budget.network), samples()[0].load(), how)
    sizes = {}
    while (frame := history.advance()) is not None:
        if frame.step in (100, many):
            gc.collect()
            sizes[frame.step] = resident()
    growth = 100 * (sizes[many] / sizes[100] - 1)
    yield Row(f"memory after {many:,} steps against 100", growth, "%", at_most=5)


def _history(
    network: Network, picture: np.ndarray, how: DreamSettings, file: Path | None = None
) -> RunHistory:
    """A dream as the window runs it; every step is kept in the file, if there is one."""
    specimen = Specimen(picture, "benchmark", Provenance("benchmark"))
    source = dream_source(Recipe("dream", "benchmark", network, how, specimen))
    return RunHistory(source, None if file is None else lambda step: step.specimen().save(file))


@benchmark("Dream")
def large_dream(budget: Budget) -> Iterator[Row]:
    """A dream of 4096 x 4096 pixels over a process that has opened the network and looked once."""
    side = LARGE if not budget.quick else LARGE // 2
    command = [sys.executable, "-m", "tests.benchmarks.dream", budget.network, str(side)]
    ended = subprocess.run(command, capture_output=True, check=True)
    megabytes = float(ended.stdout.split()[-1])
    yield Row(f"memory of a {side} x {side} dream", megabytes, "MB", at_most=LIMIT_MB)


def _large(name: str, side: int) -> float:
    """Megabytes that a dream's peak is over the process before it; all that the window does is
    done: the past is kept, and every picture goes to disk."""
    network = open_network(name)
    network.forward(np.zeros((1, *network.size, 3), np.float32))
    small = np.ascontiguousarray(samples()[0].load()[:400, :400])
    how = DreamSettings(target=_target(name), steps=1, side=side)
    history_module.AUTOSAVE_SECONDS = 0.0
    gc.collect()
    before = resident()
    with TemporaryDirectory() as folder:
        history = _history(network, small, how, Path(folder) / "unfinished.png")
        while history.advance() is not None:
            pass
    return (1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1e6


if __name__ == "__main__":
    print(_large(sys.argv[1], int(sys.argv[2])))
