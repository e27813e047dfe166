"""How soon a network is there, and whether the one before gives its memory back."""

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.process import resident
from tests.benchmarks.rows import Budget, Row, benchmark
from visualizer.models import catalog

CATALOGUE = (
    "import time; began = time.perf_counter(); from visualizer.models.catalog import entries;"
    "entries(); print(time.perf_counter() - began)"
)
READY = {"alexnet": 1.0, "efficientnet-lite0": 3.0}
WARM, SWITCHES = 10, 50


@benchmark("Networks")
def catalogue(budget: Budget) -> Iterator[Row]:
    """The catalogue in a process that has imported nothing yet."""
    runs = [
        subprocess.run([sys.executable, "-c", CATALOGUE], capture_output=True, check=True).stdout
        for _ in range(budget.times(15, 3))
    ]
    yield Row("catalogue read", 1000 * statistics.median(map(float, runs)), "ms", at_most=100)


@benchmark("Networks")
def catalogue_in_the_window(budget: Budget) -> Iterator[Row]:
    """From the click on the network to the painted catalogue."""
    from visualizer.gui.core.application import make_application
    from visualizer.gui.networks.picker import NetworkPicker

    make_application()
    runs = []
    for _ in range(budget.times(15, 3)):
        began = time.perf_counter()
        picker = NetworkPicker()
        picker.show()
        picker.grab()
        runs.append(1000 * (time.perf_counter() - began))
        picker.close()
    yield Row("catalogue shown", statistics.median(runs), "ms", at_most=100)


@benchmark("Networks")
def ready(budget: Budget) -> Iterator[Row]:
    """Opening a network once the backend is there."""
    import visualizer.engine.network  # noqa: F401  # imports Keras and the backend

    known = {entry.name for entry in catalog.entries() if entry.available}
    for name, bound in READY.items():
        if name in known:
            began = time.perf_counter()
            catalog.open_network(name)
            yield Row(f"{name} ready", time.perf_counter() - began, "s", at_most=bound)


@benchmark("Networks")
def switching(budget: Budget) -> Iterator[Row]:
    """Memory after 50 switches in the window is what it was after 10, and it can be used meanwhile.

    Each network looks at a picture and is let go for the next one.
    """
    from tests.benchmarks.stalls import Ticker
    from visualizer.gui.tour import Guide

    names = ("lenet", "efficientnet-lite0")
    sizes = {}
    switches = budget.times(SWITCHES, WARM + 4)
    guide = Guide()
    session = guide.session
    try:
        guide.open(names[0], [])
        ticker = Ticker()
        for count in range(1, switches + 1):
            session.open_network(names[count % 2])
            guide.wait(lambda: not session.busy and session.activations and guide.compute.is_idle())
            if count in (WARM, switches):
                guide.wait()
                sizes[count] = resident()
        ticker.stop()
    finally:
        guide.close()
    growth = 100 * (sizes[switches] / sizes[WARM] - 1)
    yield Row(f"memory after {switches} switches against {WARM}", growth, "%", at_most=10)
    yield Row("longest stall of the window while switching networks", max(ticker.gaps), "ms")
