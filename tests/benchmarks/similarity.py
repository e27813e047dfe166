"""Features of many pictures against the bare forward pass, and how fast a large map moves."""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from PIL import Image
from PySide6.QtWidgets import QApplication

from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.timing import ratio
from visualizer.engine import backend
from visualizer.engine.generators import run_to_end
from visualizer.engine.similarity.collection import find_pictures
from visualizer.engine.similarity.features import BATCH, Extractor, extracting, journey_stages
from visualizer.engine.similarity.neighbours import finding_neighbours
from visualizer.gui.core.application import make_application
from visualizer.gui.map.map_view import MapView
from visualizer.gui.map.thumbnail_atlas import ThumbnailAtlas
from visualizer.models.catalog import open_network

SIDE = 64
"""Pixels on a side of the pictures on disk, as those of Tiny ImageNet."""


@benchmark("Map")
def features(budget: Budget) -> Iterator[Row]:
    """Whole collections pass through the network nearly as fast as bare batches."""
    network = open_network(budget.network)
    rng = np.random.default_rng(0)
    count = budget.times(640, 96)
    batch = rng.uniform(0, 1, (BATCH, *network.size, 3)).astype(np.float32)
    bare = backend.compiled(network.probabilities, variables=network.model.variables)
    extractor = Extractor(network, journey_stages(network), "mean")
    times = budget.times(20, 4)
    yield Row(
        "features of all stages of a batch / bare forward",
        100 / ratio(lambda: extractor(batch), lambda: bare(batch), times),
        "%",
        at_least=85,
    )
    with TemporaryDirectory() as folder:
        for number in range(count):
            pixels = rng.integers(0, 255, (SIDE, SIDE, 3), np.uint8)
            Image.fromarray(pixels).save(Path(folder) / f"{number}.jpg", quality=90)
        collection = find_pictures(Path(folder))

        def from_disk_to_disk() -> None:
            with TemporaryDirectory() as kept:
                work = extracting(network, collection, journey_stages(network), folder=Path(kept))
                run_to_end(work)

        def bare_forward() -> None:
            for _ in range(0, count, BATCH):
                bare(batch)

        from_disk_to_disk()
        yield Row(
            "features of a folder, from disk to disk / bare forward",
            100 / ratio(from_disk_to_disk, bare_forward, budget.times(3, 1)),
            "%",
            at_least=70,
        )


@benchmark("Map")
def moving(budget: Budget) -> Iterator[Row]:
    """Ten thousand thumbnails follow the hand."""
    make_application()
    rng = np.random.default_rng(0)
    count = 10_000
    small = rng.integers(0, 255, (64, 64, 64, 3), np.uint8)
    atlas = ThumbnailAtlas(
        lambda places: small[np.asarray(places) % 64], count, np.full(count, 0xFFD55E00, np.uint32)
    )
    view = MapView()
    view.resize(1200, 800)
    view.show()
    points = rng.normal(0, 1, (count, 2))
    view.set_map(atlas, [str(number) for number in range(count)], points)
    QApplication.processEvents()
    frames = budget.times(60, 12)
    begun = time.perf_counter()
    for step in range(frames):
        view.move(points * (1 + 0.001 * step), view.bounds)
        view.viewport().repaint()
    yield Row(
        "10,000 thumbnails of a map, moved",
        frames / (time.perf_counter() - begun),
        "fps",
        at_least=30,
    )
    view.close()
    view.deleteLater()


@benchmark("Map")
def many(budget: Budget) -> Iterator[Row]:
    """The neighbours among very many pictures need little more memory than their vectors."""
    count, width = budget.times(100_000, 10_000), 256
    vectors = np.random.default_rng(0).normal(0, 1, (count, width)).astype(np.float32)
    process = psutil.Process()
    before = process.memory_info().rss
    most = 0
    work = finding_neighbours(vectors, 20)
    for done, _ in work:
        most = max(most, process.memory_info().rss - before)
        if done > budget.times(5_000, 2_000):
            work.close()
            break
    yield Row(
        f"memory to look for neighbours among {count:,} pictures / their vectors",
        most / vectors.nbytes,
        "×",
        at_most=6,
    )
