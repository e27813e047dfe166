"""How long the scenes of a show take to stand, once it was rehearsed."""

import time
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEventLoop

from tests.benchmarks.rows import Budget, Row, benchmark
from visualizer.engine.shows.bundled import BundledShow, bundled_shows

PATIENCE = 10.0
"""Seconds after which a scene is taken not to stand."""


@benchmark("Shows")
def scenes(budget: Budget) -> Iterator[Row]:
    """From the clicker's key until all that the scene shows is there; nobody waits in a talk."""
    for show in bundled_shows()[: budget.times(10, 2)]:
        took = seconds_to_stand(show)
        worst = max(took, key=lambda index: took[index])
        what = f"“{show.title}”: the slowest scene, {worst + 1} of {len(took)}, stands after"
        yield Row(what, 1000 * took[worst], "ms", at_most=200)


def seconds_to_stand(show: BundledShow) -> dict[int, float]:
    """Of each scene the longer time of entering it from the one before and from the one after."""
    from tests.benchmarks.desk import window_with

    took: dict[int, float] = {}
    with window_with("alexnet") as guide:
        window, shows, menu = guide.window, guide.window.shows, guide.window.show_menu
        menu.open(show.path)
        guide.wait(lambda: shows.count > 0 and not menu.rehearsal.running)
        window.presentation.start_show(first=True)
        shows.rehearsing = True  # a click is a scene: nothing moves
        guide.wait()
        for index in (*range(1, shows.count), *range(shows.count - 2, -1, -1)):
            began = time.perf_counter()
            shows.go_to(index)
            while not guide.compute.is_idle(background=False):
                QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 5)
                if time.perf_counter() - began > PATIENCE:
                    break
            QCoreApplication.processEvents()  # painted
            took[index] = max(took.get(index, 0), time.perf_counter() - began)
            guide.wait()
        window.presentation.stop()
    return took
