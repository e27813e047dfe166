"""From the command to a window, and on to the first activations, each in a process of its own."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from tests.benchmarks.rows import Budget, Row, benchmark


@benchmark("Start")
def from_command_to_activations(budget: Budget) -> Iterator[Row]:
    """The window stands at once; TensorFlow and the network come while it can be used."""
    _start(budget.network)  # warms the disk
    runs = [_start(budget.network) for _ in range(budget.times(5, 1))]

    def median(name: str) -> float:
        return statistics.median(run[name] for run in runs)

    yield Row("command to window on screen", median("window"), "s", at_most=1)
    yield Row("command to first activations", median("activations"), "s", at_most=3.5)
    yield Row("command to Keras and TensorFlow imported", median("keras"), "s")
    after = statistics.median(run["activations"] - run["keras"] for run in runs)
    yield Row("Keras imported to first activations", after, "s", at_most=2)
    yield Row("longest stall of the window", median("longest stall"), "ms")
    yield Row("stalls over 200 ms in one start", median("long stalls"), "", at_most=1)


def _start(network: str) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as home:
        ended = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.start_child", str(time.time()), network],
            env=os.environ | {"VISUALIZER_HOME": home},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
    if ended.returncode:
        raise RuntimeError(f"The window did not start: {ended.stderr[-2000:]}")
    return json.loads(ended.stdout.splitlines()[-1])
