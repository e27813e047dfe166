"""`visualizer classify`: what the network sees in pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import USUAL, JsonOption, NetworkOptions, is_guessed
from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.errors import UserError
from visualizer.engine.settings import Settings, setting

if TYPE_CHECKING:
    import numpy as np

    from visualizer.engine.network import Network

BAR = 24
"""How many characters long a bar of 100% is."""


@dataclass(frozen=True)
class ClassifySettings(Settings):
    """How pictures are shown to the network, and how much of its answer is printed."""

    top: int = setting(5, low=1, help="How many names to show.")
    mode: str = setting(
        "crop",
        choices=("crop", "fit"),
        help="Whether it sees the centre of a wide or tall picture, or all of it with margins.",
    )


@with_settings(ClassifySettings)
def classify(
    pictures: Annotated[
        list[Path],
        Parameter(
            help="Files of any picture format; one that cannot be read does not stop the others.",
            consume_multiple=True,
            negative="",
        ),
    ],
    /,
    *,
    given: Given,
    where: NetworkOptions = USUAL,
    json: JsonOption = False,
) -> int:
    """Name what is in pictures, with the probability the network gives to each name.

    A network without class names that ends in up to four linear outputs gives its plain values.
    """
    from visualizer.engine.pictures import LARGE, read_picture

    settings = read(ClassifySettings, given)
    opened: Network | None = None
    results: list[dict[str, Any]] = []
    with terminal.progress() as progress:
        task = progress.add_task("Classifying", total=len(pictures))
        for path in pictures:
            try:
                picture = read_picture(path, LARGE)
            except UserError as error:
                terminal.print_error(str(error))
            else:
                opened = opened or where.open()  # not before it is needed
                best = best_names(opened, picture, settings.mode, settings.top)
                guess = {"guessed": True} if is_guessed(opened) else {}
                results.append({"file": str(path), "network": opened.name, **guess, "top": best})
            progress.advance(task)
    if json:
        terminal.print_json(results)
    else:
        show(results)
    return 0 if len(results) == len(pictures) else 2


def best_names(
    network: Network, picture: np.ndarray, mode: str, count: int
) -> list[dict[str, Any]]:
    """The most probable classes of a picture (H x W x 3 in [0, 1]), best first; or the values."""
    from visualizer.engine.activations import activations

    probabilities = activations(network, picture, mode).probabilities
    number = "value" if network.gives_values else "probability"
    return [
        {"label": best.label, "index": int(best.index), number: float(best.probability)}
        for best in network.top(probabilities, count)
    ]


def show(results: list[dict[str, Any]]) -> None:
    """Print each file with its names and their probabilities as bars."""
    from rich.markup import escape
    from rich.table import Table

    console = terminal.console()
    for result in results:
        console.print(f"[bold]{escape(result['file'])}[/bold]")
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
        table.add_column()
        table.add_column(justify="right")
        table.add_column()
        for best in result["top"]:
            label = escape(best["label"])
            if "value" in best:
                table.add_row(label, f"{best['value']:.4g}")
            else:
                bar = "█" * round(BAR * best["probability"])
                table.add_row(label, f"{best['probability']:.1%}", bar)
        console.print(table)
