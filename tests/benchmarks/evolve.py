"""Evolution against the bare forward pass, by processor time; the archive; memory."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PySide6.QtCore import QCoreApplication

from tests.benchmarks.desk import window_with
from tests.benchmarks.process import resident
from tests.benchmarks.rows import Budget, Row, benchmark
from visualizer.engine import backend
from visualizer.engine.evolution import storage
from visualizer.engine.evolution.archive import Archive
from visualizer.engine.evolution.fooling import EvolveSettings, new_evolution
from visualizer.models.catalog import open_network


@benchmark("Evolve")
def against_forward(budget: Budget) -> Iterator[Row]:
    """Pictures a second of processor time, all in: rendering, breeding, archive, scoring."""
    network = open_network(budget.network)
    bare = min(_bare_seconds(network, batch, budget.times(6, 2)) for batch in (8, 16, 32, 64))
    evolution = new_evolution(network, EvolveSettings())
    for _ in range(budget.times(50, 2)):
        for _ in evolution.step():
            pass
    began, before = time.process_time(), evolution.archive.evaluations
    for _ in range(budget.times(20, 1)):
        for _ in evolution.step():
            pass
    each = (time.process_time() - began) / (evolution.archive.evaluations - before)
    yield Row(
        "evolved pictures a second / bare float32 forward pass at its best batch (processor time)",
        bare / each,
        "×",
        at_least=0.9,
    )


def _bare_seconds(network, batch: int, times: int) -> float:
    """Processor seconds a picture of the compiled float32 forward pass."""
    forward = backend.compiled(network.logits)
    rng = np.random.default_rng(0)
    pictures = rng.random((batch, *network.size, 3), np.float32)
    forward(pictures)
    began = time.process_time()
    for _ in range(times):
        forward(pictures)
    return (time.process_time() - began) / (times * batch)


@benchmark("Evolve")
def archive_update(budget: Budget) -> Iterator[Row]:
    """One generation told to the archive."""
    rng = np.random.default_rng(0)
    archive, children = Archive(1000), [()] * 200
    spent = []
    for generation in range(budget.times(200, 20)):
        scores = rng.normal(generation * 0.01, 1, (200, 1000)).astype(np.float32)
        began = time.perf_counter()
        archive.tell(children, scores, children, generation)
        spent.append(time.perf_counter() - began)
    yield Row("200 children told to 1,000 cells", 1000 * float(np.median(spent)), "ms", at_most=1.0)


@benchmark("Evolve")
def saving(budget: Budget) -> Iterator[Row]:
    """The longest slice of saving the champions of 1,000 classes and their ancestors."""
    evolution = new_evolution(open_network("lenet"), EvolveSettings())
    archive, rng = Archive(1000), np.random.default_rng(0)
    evolution.archive, parents = archive, [()] * 200
    for generation in range(budget.times(60, 8)):
        genomes = [evolution.encoding.random(rng) for _ in range(200)]
        scores = rng.normal(generation * 0.1 - 100, 1, (200, 1000))
        archive.tell(genomes, scores, parents, generation)
        numbers = archive.champions[rng.integers(0, 1000, 200)]
        parents = [(int(number),) for number in numbers]
    longest = []
    with TemporaryDirectory() as folder:
        for _ in range(3):
            storage._blocks.clear()
            began, slices = time.perf_counter(), []
            for _ in storage.saving(evolution, Path(folder), {}):
                slices.append(time.perf_counter() - began)
                began = time.perf_counter()
            longest.append(max(*slices, time.perf_counter() - began))
    count = len(archive.individuals)
    yield Row(
        f"longest slice of saving 1,000 classes ({count:,} formulas)",
        1000 * min(longest),
        "ms",
        at_most=50,
    )


@benchmark("Evolve")
def wall(budget: Budget) -> Iterator[Row]:
    """How often the whole wall is painted while the network of the wall evolves."""
    with window_with(budget.network, "evolve") as guide:
        workspace = guide.window.workspace
        workspace.start()
        run, area = workspace.run, workspace.wall_page.wall
        guide.wait(lambda: run.frame is not None and run.frame.step >= 2)
        area.set_zoom(0.4)
        painted, seconds = 0, budget.times(10, 1)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            area.viewport().repaint()
            QCoreApplication.processEvents()
            painted += 1
        count = len(area.visible_units())
        run.pause()
        guide.wait()
    yield Row(
        f"wall of {count} tiles painted while it evolves", painted / seconds, "fps", at_least=30
    )


@benchmark("Evolve")
def memory(budget: Budget) -> Iterator[Row]:
    """Memory after 20,000 evaluations and after as many again as the budget allows."""
    network = open_network("lenet")
    evolution = new_evolution(network, EvolveSettings())

    def until(count: int) -> float:
        while evolution.archive.evaluations < count:
            for _ in evolution.step():
                pass
        return resident()

    first = until(budget.times(20_000, 2_000))
    last = until(budget.times(120_000, 4_000))
    yield Row("memory after 100,000 more evaluations", 100 * (last / first - 1), "%", at_most=5)
