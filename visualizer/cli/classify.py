"""`visualizer classify`: what the network sees in pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from visualizer.cli import terminal
from visualizer.cli.options import (
    DEFAULT_NETWORK,
    NO_FILE,
    BackendOption,
    FileOptions,
    JsonOption,
    NetworkOption,
    is_guessed,
    open_network,
)
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network

BAR = 24
"""How many characters long a bar of 100% is."""


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
    top: Annotated[
        int, Parameter(help="How many names to show.", validator=validators.Number(gte=1))
    ] = 5,
    mode: Annotated[
        Literal["crop", "fit"],
        Parameter(help="Whether it sees the centre of a wide or tall picture, or all of it."),
    ] = "crop",
    network: NetworkOption = DEFAULT_NETWORK,
    file: FileOptions = NO_FILE,
    backend: BackendOption = None,
    json: JsonOption = False,
) -> int:
    """Name what is in pictures, with the probability the network gives to each name.

    A network without class names that ends in up to four linear outputs gives its plain values.
    """
    from visualizer.engine.pictures import read_picture

    opened: Network | None = None
    results: list[dict[str, Any]] = []
    with terminal.progress() as progress:
        task = progress.add_task("Classifying", total=len(pictures))
        for path in pictures:
            try:
                picture = read_picture(path)
            except UserError as error:
                terminal.complain(str(error))
            else:
                opened = opened or open_network(network, backend, file)  # not before it is needed
                best = best_names(opened, picture, mode, top)
                guess = {"guessed": True} if is_guessed(opened) else {}
                results.append({"file": str(path), "network": opened.name, **guess, "top": best})
            progress.advance(task)
    if json:
        terminal.print_json(results)
    else:
        show(results)
    return 0 if len(results) == len(pictures) else 2


def best_names(
    network: Network, picture: Any, mode: Literal["crop", "fit"], count: int
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
