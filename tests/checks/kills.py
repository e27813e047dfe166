"""Kills an evolution again and again and goes on with it: it must end as an undisturbed one.

    python -m tests.checks.kills --kills 20 --seed 1 --network alexnet --generations 60

Each run is killed (SIGKILL) at a random moment of its first `--within` seconds of evolving. What is
lost is the time since the last save, which may be ten seconds; the end must be the same bit for
bit. Exit status 1 if one of them is not so.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from visualizer.engine.evolution import storage

MOST_LOST = 10.0
PROGRAM = (
    "import sys; from visualizer.cli import main; from visualizer.engine.evolution import loop;"
    "loop.SAVE_SECONDS = float(sys.argv[1]); sys.exit(main(sys.argv[2:]))"
)


def state_of(folder: Path) -> dict[str, Any]:
    """What is kept of a run, but for how long it was to be."""
    state = storage.read(folder)
    state.pop("settings")
    return state


def last_save(folder: Path) -> float:
    """When the state was saved, in seconds as `time.time` has them; 0 where it never was."""
    with contextlib.suppress(FileNotFoundError):
        return (folder / storage.FILE).stat().st_mtime
    return 0.0


@contextlib.contextmanager
def evolving(
    folder: Path, arguments: Sequence[str], save_seconds: float
) -> Iterator[subprocess.Popen[bytes]]:
    """`visualizer evolve` in a process that has just begun to evolve; killed at the end."""
    before = last_save(folder)
    command = [sys.executable, "-c", PROGRAM, str(save_seconds), "evolve", *arguments]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 600
        while last_save(folder) == before and child.poll() is None:
            if time.monotonic() > deadline:
                raise TimeoutError("the evolution did not begin")
            time.sleep(0.005)
        yield child
    finally:
        child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        child.wait(30)


def main(
    kills: int,
    seed: int,
    network: str,
    generations: int,
    within: float,
    save_seconds: float,
    say: Callable[[str], None] = print,
) -> int:
    """Do the check; 0 if all is well."""
    chance, worst = random.Random(seed), 0.0
    usual = ["--network", network]
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        whole, killed = Path(scratch, "whole"), Path(scratch, "killed")
        end = ["--generations", str(generations)]
        new = [*usual, "--seed", str(seed), *end]
        subprocess.run(
            [sys.executable, "-c", PROGRAM, "8", "evolve", *new, "-o", str(whole)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        go_on = [*usual, *end, "--resume", str(killed)]
        for number in range(kills):
            there = (killed / storage.FILE).exists()
            arguments = go_on if there else [*new, "-o", str(killed)]
            with evolving(killed, arguments, save_seconds) as child:
                time.sleep(chance.uniform(0, within))
                ended = child.poll() is not None
                child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
                lost = time.time() - last_save(killed)
            state = storage.read(killed)
            words = f"kill {number + 1}: generation {state['generation']}, {state['evaluations']:,}"
            if ended:
                say(f"{words} pictures: had ended")
                continue
            worst = max(worst, lost)
            say(f"{words} pictures and {len(state['rows'])} batches saved, {lost:.1f} s lost")
        subprocess.run(
            [sys.executable, "-c", PROGRAM, "8", "evolve", *go_on],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        same = state_of(killed) == state_of(whole)
    say(f"most lost: {worst:.1f} s; the end is {'the same' if same else 'ANOTHER'}")
    return 0 if same and worst <= MOST_LOST else 1


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--network", default="alexnet")
    parser.add_argument("--generations", type=int, default=60)
    parser.add_argument("--within", type=float, default=20.0, help="seconds")
    parser.add_argument("--save-seconds", type=float, default=8.0)
    sys.exit(main(**vars(parser.parse_args())))
