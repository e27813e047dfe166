"""Kills an evolution or a training again and again and goes on: it must end as an undisturbed one.

    python -m tests.checks.kills evolve --kills 20 --seed 1 -- --network alexnet --generations 60
    python -m tests.checks.kills train --kills 20 --seed 1 --within 8 -- --data mnist-5000 \\
        --model small-alexnet --augmentation digits --epochs 12

What stands after -- is for the command itself. Each run is killed (SIGKILL) at a random moment of
its first `--within` seconds of work. What is lost is the time since the last save, which may be ten
seconds; the end must be the same bit for bit. Exit status 1 if one of them is not so.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from visualizer.engine.evolution import storage

MOST_LOST = 10.0
PROGRAM = (
    "import importlib, sys; from visualizer.cli import main;"
    "importlib.import_module(sys.argv[1]).SAVE_SECONDS = float(sys.argv[2]);"
    "sys.exit(main(sys.argv[3:]))"
)


@dataclass(frozen=True)
class Command:
    """A command that saves as it works, and can go on.

    Attributes:
        name: of the command.
        saves: the module with its `SAVE_SECONDS`.
        file: what it saves for the output that it was given.
        state: all that is kept there, to be compared.
        words: how far that state is.
        again: the options it takes when it goes on; None for all.
    """

    name: str
    saves: str
    file: Callable[[Path], Path]
    state: Callable[[Path], dict[str, Any]]
    words: Callable[[dict[str, Any]], str]
    again: tuple[str, ...] | None = None


def state_of(folder: Path) -> dict[str, Any]:
    """What is kept of an evolution, but for how long it was to be."""
    state = storage.read(folder)
    state.pop("settings")
    return state


def training_state(output: Path) -> dict[str, Any]:
    """What is kept of a training, but for how long its epochs took; arrays by their bytes."""
    import zipfile

    from visualizer.engine.training import checkpoints

    path = output.with_suffix(".training")
    state = checkpoints.read_meta(path)
    for epoch in state["history"]["epochs"]:
        epoch.pop("seconds")
    with zipfile.ZipFile(path) as archive:
        return state | {each.filename: each.CRC for each in archive.infolist()[1:]}


EVOLVE = Command(
    "evolve",
    "visualizer.engine.evolution.loop",
    lambda folder: folder / storage.FILE,
    state_of,
    lambda state: f"generation {state['generation']}, {state['evaluations']:,} pictures",
)
TRAIN = Command(
    "train",
    "visualizer.engine.training.training_file",
    lambda output: output.with_suffix(".training"),
    training_state,
    lambda state: f"epoch {state['epoch']}, batch {state['batch']:,}",
    again=("--epochs",),
)
COMMANDS = {command.name: command for command in (EVOLVE, TRAIN)}


def last_save(file: Path) -> float:
    """When it was saved, in seconds as `time.time` has them; 0 where it never was."""
    with contextlib.suppress(FileNotFoundError):
        return file.stat().st_mtime
    return 0.0


@contextlib.contextmanager
def working(
    command: Command, output: Path, arguments: Sequence[str], save_seconds: float
) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process that has just saved for the first time; killed at the end."""
    before = last_save(command.file(output))
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, command.saves, str(save_seconds), command.name, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 600
        while last_save(command.file(output)) == before and child.poll() is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"`visualizer {command.name}` did not begin")
            time.sleep(0.005)
        yield child
    finally:
        child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        child.wait(30)


def main(
    command: Command,
    options: Sequence[str],
    kills: int,
    seed: int,
    within: float,
    save_seconds: float,
    say: Callable[[str], None] = print,
) -> int:
    """Do the check; 0 if all is well."""
    chance, worst = random.Random(seed), 0.0
    pairs = zip(options[::2], options[1::2], strict=True)
    again = [
        word for pair in pairs for word in pair if command.again is None or pair[0] in command.again
    ]
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        whole, killed = Path(scratch, "whole.keras"), Path(scratch, "killed.keras")
        new = [*options, "--seed", str(seed)]
        go_on = [*again, "--resume", str(killed)]

        def to_the_end(*arguments: str) -> None:
            subprocess.run(
                [sys.executable, "-c", PROGRAM, command.saves, "8", command.name, *arguments],
                check=True,
                stdout=subprocess.DEVNULL,
            )

        to_the_end(*new, "-o", str(whole))
        for number in range(kills):
            there = command.file(killed).exists()
            arguments = go_on if there else [*new, "-o", str(killed)]
            with working(command, killed, arguments, save_seconds) as child:
                time.sleep(chance.uniform(0, within))
                ended = child.poll() is not None
                child.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
                lost = time.time() - last_save(command.file(killed))
            words = f"kill {number + 1}: {command.words(command.state(killed))}"
            if ended:
                say(f"{words}: had ended")
                continue
            worst = max(worst, lost)
            say(f"{words} saved, {lost:.1f} s lost")
        to_the_end(*go_on)
        same = command.state(killed) == command.state(whole)
    say(f"most lost: {worst:.1f} s; the end is {'the same' if same else 'ANOTHER'}")
    return 0 if same and worst <= MOST_LOST else 1


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=float, default=20.0, help="seconds")
    parser.add_argument("--save-seconds", type=float, default=8.0)
    own = sys.argv[1 : sys.argv.index("--")] if "--" in sys.argv else sys.argv[1:]
    given = parser.parse_args(own)
    rest = sys.argv[len(own) + 2 :]
    sys.exit(
        main(
            COMMANDS[given.command], rest, given.kills, given.seed, given.within, given.save_seconds
        )
    )
