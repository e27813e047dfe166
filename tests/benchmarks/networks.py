"""How soon a network is there, and whether the one before gives its memory back."""

import gc
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
    from visualizer.gui.app import make_application
    from visualizer.gui.widgets.network_picker import NetworkPicker

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
    """Memory after 50 switches in the window's session is what it was after 10.

    Each network looks at a picture, as in the window, and is let go for the next one.
    """
    from PySide6.QtTest import QTest

    from visualizer.engine.pictures import samples
    from visualizer.engine.specimen import Provenance, Specimen
    from visualizer.gui.app import make_application
    from visualizer.gui.compute import Compute
    from visualizer.gui.session import Session
    from visualizer.gui.store import Store

    make_application()
    compute = Compute()
    session = Session(compute, Store())
    session.insert(Specimen(samples()[0].load(), "Cup", Provenance("sample")), 0, built_in=True)
    session.select(session.specimens[0].id)
    names = ("lenet", "efficientnet-lite0")
    sizes = {}
    switches = budget.times(SWITCHES, WARM + 4)
    for count in range(1, switches + 1):
        session.open_network(names[count % 2])
        while session.busy or session.activations is None or not compute.is_idle():
            QTest.qWait(5)
        if count in (WARM, switches):
            gc.collect()
            sizes[count] = resident()
    compute.stop(timeout=10)
    growth = 100 * (sizes[switches] / sizes[WARM] - 1)
    yield Row(f"memory after {switches} switches against {WARM}", growth, "%", at_most=10)


@benchmark("Networks")
def stalls(budget: Budget) -> Iterator[Row]:
    """How long the window cannot be used while another network comes and looks at the picture."""
    from tests.benchmarks.stalls import Ticker
    from visualizer.gui.tour import Guide

    guide = Guide()
    session = guide.session
    try:
        guide.open("lenet", [])
        ticker = Ticker()
        for name in ("efficientnet-lite0", "lenet") * budget.times(5, 2):
            session.open_network(name)
            guide.wait(lambda: not session.busy and session.activations and guide.compute.is_idle())
        ticker.stop()
    finally:
        guide.close()
    yield Row("longest stall of the window while switching networks", max(ticker.gaps), "ms")
