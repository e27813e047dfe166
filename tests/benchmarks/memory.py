"""Whether the program keeps anything of the pictures it has shown."""

import gc
from collections.abc import Iterator

from tests.benchmarks.desk import wait, window_with_camera
from tests.benchmarks.process import resident
from tests.benchmarks.rows import Budget, Row, benchmark

FEW, MANY = 100, 10_000


@benchmark("Memory")
def after_many_pictures(budget: Budget) -> Iterator[Row]:
    """Memory after 10,000 camera pictures is what it was after 100."""
    many = budget.times(MANY, 10 * FEW)
    with window_with_camera(budget.network) as (_, frames):
        sizes = {}
        for count in (FEW, many):
            while frames.count < count:
                wait(0.2)
            gc.collect()
            sizes[count] = resident()
    growth = 100 * (sizes[many] / sizes[FEW] - 1)
    yield Row(f"after {many:,} pictures against {FEW}", growth, "%", at_most=5)
    yield Row(f"after {FEW} pictures", sizes[FEW] / 1e6, "MB")
