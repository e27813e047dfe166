"""The frozen program that `make installers` makes: from the double-click to the first maps.

Without it there are no rows. `VISUALIZER_BUNDLE` names its folder if it is not where `make
installers` leaves it.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.rows import Budget, Row, benchmark

USUAL = Path(__file__).parents[2] / "build" / "installers" / "frozen" / "convnet-visualizer"


@benchmark("Installed")
def from_double_click_to_maps(budget: Budget) -> Iterator[Row]:
    """With its files in memory (warm), and with none of them (cold)."""
    bundle = Path(os.environ.get("VISUALIZER_BUNDLE", USUAL))
    if not (bundle / "visualizer").is_file():
        print(f"There is no frozen program in {bundle}: make installers.", file=sys.stderr)
        return
    start(bundle)
    warm = [start(bundle) for _ in range(budget.times(5, 1))]
    yield Row("double-click to splash, warm", median(warm, "splash"), "s", at_most=0.5)
    yield Row("double-click to window, warm", median(warm, "window"), "s", at_most=1.5)
    yield Row("double-click to first maps, warm", median(warm, "first maps"), "s", at_most=5)
    cold = []
    for _ in range(budget.times(3, 1)):
        forget(bundle)
        cold.append(start(bundle))
    yield Row("double-click to window, cold", median(cold, "window"), "s", at_most=3)
    yield Row("double-click to first maps, cold", median(cold, "first maps"), "s")
    size = sum(file.lstat().st_size for file in bundle.rglob("*") if not file.is_dir())
    yield Row("size of the program", size / 1e6, "MB")


def median(runs: list[dict[str, float]], name: str) -> float:
    """The middle of what several starts took."""
    return statistics.median(run[name] for run in runs)


def start(bundle: Path) -> dict[str, float]:
    """One start, offscreen, in an empty home; seconds until each part was there."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        clean = {"VISUALIZER_HOME": home, "XDG_RUNTIME_DIR": home, "VISUALIZER_VERBOSE": "1"}
        process = subprocess.Popen(
            [bundle / "visualizer-window"],
            env=os.environ | clean | {"QT_QPA_PLATFORM": "offscreen"},
            stderr=subprocess.PIPE,
            text=True,
        )
        seen = {}
        assert process.stderr is not None
        for line in process.stderr:
            if told := re.match(r"(.+) after ([\d.]+) s$", line):
                seen[told[1]] = float(told[2])
            if "first maps" in seen:
                process.send_signal(signal.SIGINT)
                break
        process.communicate(timeout=60)
        return seen


def forget(bundle: Path) -> None:
    """Take the files of the program out of the system's memory, as after a start of the computer.

    What another program has loaded, such as the C library, stays.
    """
    for file in bundle.rglob("*"):
        if file.is_file() and not file.is_symlink():
            descriptor = os.open(file, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)
