"""`make bench`, or `python -m tests.benchmarks [--quick] [--write] [TOPIC...]`."""

from __future__ import annotations

import argparse
import gc
import importlib
import os
import platform
import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tests.benchmarks.rows import BENCHMARKS, Budget, Row

TOPICS = (
    "start",
    "installed",
    "forward",
    "networks",
    "camera",
    "memory",
    "attack",
    "dream",
    "explaining",
    "evolve",
    "training",
    "similarity",
    "text_size",
    "shows",
    "learn",
)
"""The files of this package that hold benchmarks, in the order of the table."""

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"

Measured = list[tuple[str, Row]]


def main() -> int:
    """Measure, print the table, and return 1 if a row misses its bound."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("topics", nargs="*", metavar="TOPIC", help=", ".join(TOPICS))
    options.add_argument("--quick", action="store_true", help="a look, not a measurement")
    options.add_argument("--network", default=Budget.network, help="what to measure with")
    options.add_argument("--write", action="store_true", help=f"keep the table in docs/{PAGE.name}")
    chosen = options.parse_args()
    if unknown := set(chosen.topics) - set(TOPICS):
        options.error(f"no such topic: {', '.join(unknown)}; there are {', '.join(TOPICS)}")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    budget = Budget(chosen.network, chosen.quick)
    console = Console()
    measured: Measured = []
    for topic in chosen.topics or TOPICS:
        BENCHMARKS.clear()
        importlib.import_module(f"tests.benchmarks.{topic}")
        for each in BENCHMARKS:
            console.print(f"[dim]{each.topic}: {each.name.replace('_', ' ')}[/dim]")
            gc.collect()
            gc.freeze()  # as the program does when it has started: what is there stays
            with TemporaryDirectory() as home:  # a window as on the first day, and nobody's own
                os.environ["VISUALIZER_HOME"] = home
                measured += [(each.topic, row) for row in each.measure(budget)]
    show(measured, console)
    if chosen.write and not chosen.quick:
        write(measured)
        console.print(f"Written to {PAGE}")
    return 0 if all(row.good for _, row in measured) else 1


def show(measured: Measured, console: Console) -> None:
    """Print the rows as a table; one that misses its bound says so."""
    table = Table(title=f"{machine()}, {date.today()}")
    for heading, side in (("", "left"), ("Measured", "right"), ("Bound", "right"), ("", "left")):
        table.add_column(heading, justify=side)
    for topic, row in measured:
        table.add_row(f"[dim]{topic}:[/dim] {row.what}", row.shown, row.bound, verdict(row))
    console.print(table)


def write(measured: Measured, page: Path = PAGE) -> None:
    """Put the rows between the marks of the page, in place of those of the last time."""
    lines = [f"{machine()}, {date.today()}.", ""]
    lines += ["| | Measured | Bound | |", "|---|---:|---:|---|"]
    lines += [
        f"| {topic}: {row.what} | {row.shown} | {row.bound} | {verdict(row)} |"
        for topic, row in measured
    ]
    text = page.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    block = "\n".join([BEGIN, *lines, END])
    page.write_text(before + block + after, encoding="utf-8")


def verdict(row: Row) -> str:
    """In a word whether the row keeps within its bound."""
    if not row.bound:
        return ""
    return "ok" if row.good else "missed"


def machine() -> str:
    """What it was measured on."""
    from importlib.metadata import version

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{platform.system()} {platform.machine()}, {cores} CPU cores, Python "
        f"{platform.python_version()}, Keras {version('keras')}, "
        f"{os.environ.get('KERAS_BACKEND', 'tensorflow')}"
    )


if __name__ == "__main__":
    sys.exit(main())
