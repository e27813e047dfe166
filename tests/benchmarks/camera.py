"""A camera picture in, the mosaics of the stage and the strip on screen: how many a second."""

import time
from collections.abc import Iterator

from tests.benchmarks.desk import wait, window_with, window_with_camera
from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.stalls import Ticker
from tests.benchmarks.timing import percentile
from tests.live import film
from visualizer.gui.core.session import Change
from visualizer.gui.tour import Guide


@benchmark("Camera")
def live_mosaics(budget: Budget) -> Iterator[Row]:
    """The window shows the camera as fast as screens do, and stays smooth."""
    with window_with_camera(budget.network) as (_, frames):
        wait(3)  # compiled, drawn once, caches warm
        ticker, before, begun = Ticker(), frames.count, time.perf_counter()
        wait(budget.times(30, 5))
        rate = (frames.count - before) / (time.perf_counter() - begun)
        ticker.stop()
    yield Row("pictures on screen a second", rate, "fps", at_least=30)
    yield Row("window's 5 ms timer, 99th percentile", percentile(ticker.gaps, 99), "ms", at_most=16)
    yield Row("window's 5 ms timer, longest", max(ticker.gaps), "ms")


@benchmark("Camera")
def live_attack(budget: Budget) -> Iterator[Row]:
    """In Attack the camera has the compute thread for itself, whatever else has been built."""
    with window_with(budget.network, "attack") as guide:
        assert len(guide.window.workspaces) > 1  # this builds them all
        rate = camera_rate(guide, budget)
    yield Row("camera pictures a second in Attack, all workspaces built", rate, "fps")


@benchmark("Camera")
def beside_an_evolution(budget: Budget) -> Iterator[Row]:
    """A long run takes what the camera leaves, and never half of it."""
    with window_with(budget.network, "evolve") as guide:
        alone = camera_rate(guide, budget)
        guide.window.workspace.start()
        run = guide.window.workspace.run
        guide.wait(lambda: run.frame is not None and run.frame.step >= 2)
        beside = camera_rate(guide, budget)
        run.pause()
        guide.wait()
    share = 100 * beside / alone
    yield Row("camera pictures beside an evolution, of those without", share, "%", at_least=50)


def camera_rate(guide: Guide, budget: Budget) -> float:
    """Pictures of a camera a second that have been through the network."""
    told = Told(guide)
    guide.session.start_live(film)
    wait(3)
    before, begun = told.count, time.perf_counter()
    wait(budget.times(30, 5))
    rate = (told.count - before) / (time.perf_counter() - begun)
    guide.session.stop_live()
    return rate


class Told:
    """Counts the pictures of a camera that have been through the network."""

    def __init__(self, guide: Guide) -> None:
        self.count = 0
        guide.session.changed.connect(self._on_change)

    def _on_change(self, change: Change) -> None:
        self.count += Change.ACTIVATIONS in change
