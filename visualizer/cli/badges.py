"""`visualizer badges`: published figures, recomputed and shown beside the paper's."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import BackendOption, JsonOption, open_network
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.adversarial.badges import Badge, FGSMErrors
    from visualizer.engine.network import Network
    from visualizer.engine.training.datasets import Dataset


class BadgeError(UserError):
    """The data of a figure is not there."""


def badges(
    mnist: Annotated[
        Path, Parameter(help="The folder of MNIST's four files (train-images-idx3-ubyte.gz, ...).")
    ],
    /,
    *,
    output: Annotated[
        Path | None,
        Parameter(name=["--output", "-o"], help="A JSON file to write too.", show_default=False),
    ] = None,
    backend: BackendOption = None,
    json: JsonOption = False,
) -> None:
    """Compute published figures again, with the paper's own number beside ours.

    Goodfellow, Shlens & Szegedy 2014: FGSM at ε = .25 on MNIST's 10,000 test digits, for a softmax
    regression and for a small network (our LeNet-5), and for one that adversarial training made.
    """
    import json as text

    from visualizer.engine.adversarial.badges import goodfellow, softmax_regression
    from visualizer.engine.backend import choose
    from visualizer.engine.files import write_file
    from visualizer.engine.training.datasets import read_mnist

    choose(backend)
    try:
        train, test = read_mnist(mnist, "train"), read_mnist(mnist, "test")
    except ValueError as error:
        raise BadgeError(str(error)) from error
    with terminal.progress() as progress:
        task = progress.add_task("Training a softmax regression", total=None)
        regression = softmax_regression(train)
        progress.remove_task(task)
    measured = {
        "softmax regression": measure(regression, test),
        "small network": measure(open_network("lenet", backend), test),
        "adversarial training": measure(_adversarially_trained(train), test),
    }
    found = goodfellow(*measured.values())
    report = {
        "badges": [asdict(badge) | {"reproduced": badge.reproduced} for badge in found],
        "measured": {name: asdict(each) for name, each in measured.items()},
    }
    data = text.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    if output is not None:
        write_file(output, f"{data}\n".encode("utf-8", "backslashreplace"))
    if json:
        print(data)
    else:
        show(found)


def _adversarially_trained(train: Dataset) -> Network:
    from visualizer.engine.adversarial.badges import ADVERSARIAL, adversarially_trained
    from visualizer.engine.training.loop import BatchDone

    steps = adversarially_trained(train)
    with terminal.progress() as progress:
        total = ADVERSARIAL.epochs * -(-len(train) // ADVERSARIAL.batch_size)
        task = progress.add_task("Training on adversarial digits", total=total)
        while True:
            try:
                event = next(steps)
            except StopIteration as end:
                return end.value
            if isinstance(event, BatchDone):
                progress.update(task, completed=event.batch)


def measure(network: Network, test: Dataset) -> FGSMErrors:
    """FGSM on all test digits, with a progress bar."""
    import numpy as np

    from visualizer.engine.adversarial.badges import fgsm_errors

    pictures = np.repeat(test.pictures.astype(np.float32) / 255, 3, axis=3)
    with terminal.progress() as progress:
        task = progress.add_task(f"Attacking {network.title}", total=len(test))
        for state in fgsm_errors(network, pictures, test.labels):
            progress.update(task, completed=state.pictures)
    return state


def show(found: list[Badge]) -> None:
    """Print the table."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("Figure", "Paper", "Here", "", "Remark"):
        table.add_column(heading, justify="right" if heading in ("Paper", "Here") else "left")
    for each in found:
        verdict: Any = "reproduced" if each.reproduced else "differs"
        row = (each.name, f"{each.published:.2%}", f"{each.ours:.2%}", verdict, each.remark)
        table.add_row(*(escape(text) for text in row))
    terminal.console().print(table)
