"""A camera picture in, the mosaics of the stage and the strip on screen: how many a second."""

import time
from collections.abc import Iterator

from tests.benchmarks.desk import wait, window_with_camera
from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.stalls import Ticker
from tests.benchmarks.timing import percentile


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
