"""`visualizer networks`: what can be opened by name."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from visualizer.cli import terminal
from visualizer.cli.options import JsonOption
from visualizer.engine.errors import UserError

NUMBERS = ("Classes", "Weights", "MB", "Top-1")
HEADINGS = ("Name", "Network", "Input", *NUMBERS, "Data", "Licence", "Where")


def networks_app() -> App:
    """`visualizer networks` and what can be done with them."""
    app = App(name="networks", help=networks.__doc__, default_command=networks)
    app.command(pack)
    app.command(add)
    app.command(remove)
    return app


def networks(
    *,
    network: Annotated[str | None, Parameter(help="Only this one.", show_default=False)] = None,
    json: JsonOption = False,
) -> None:
    """List the networks that have a name, with what they were trained on and how well they do."""
    from visualizer.models.catalog import entries

    found = [entry for entry in entries() if network in (None, entry.name)]
    if not found and network is not None:
        known = ", ".join(entry.name for entry in entries())
        raise UserError(
            f"There is no network called {network!r} in the catalogue, which has {known}."
        )
    if json:
        terminal.print_json([dataclasses.asdict(entry) for entry in found])
        return
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in HEADINGS:
        table.add_column(
            heading,
            justify="right" if heading in NUMBERS else "left",
            no_wrap=heading not in ("Network", "Data", "Licence"),
        )
    for entry in found:
        table.add_row(
            entry.name,
            entry.title,
            "×".join(map(str, entry.input)),
            f"{entry.classes:,}",
            f"{entry.parameters / 1e6:.2f} M" if entry.parameters else "",
            f"{entry.megabytes:.1f}",
            f"{entry.top1:.1%}" if entry.top1 is not None else "",
            entry.data_name,
            entry.licence_name,
            entry.place.lower(),
        )
    terminal.console().print(table)
    if network is not None:
        (entry,) = found
        terminal.console().print(f"\nTrained on {entry.data}.\nBy {entry.source}.", markup=False)
        terminal.console().print(f"Licence: {entry.licence.rstrip('.')}.", markup=False)


def pack(
    folder: Annotated[Path, Parameter(help="The folder to fill; made if need be.")],
    names: Annotated[
        tuple[str, ...], Parameter(help="Only these networks.", show_default=False)
    ] = (),
    /,
    *,
    json: JsonOption = False,
) -> None:
    """Download networks into a folder, once for a whole class.

    On the other computers set VISUALIZER_MIRROR to that folder, or to the address of a web server
    that serves it: they take their networks from there and need no internet.
    """
    from visualizer.models import catalog

    with terminal.download_bar() as progress:
        for state in catalog.pack(folder, names):
            progress(state)
    rows = catalog.packed(folder)
    if json:
        terminal.print_json({"folder": str(folder), "networks": rows})
        return
    count = f"{len(rows)} network{'' if len(rows) == 1 else 's'}"
    print(
        f"“{folder}” holds {count}, {sum(int(row['bytes']) for row in rows) / 1e6:.0f} MB. "
        "On the other computers, set VISUALIZER_MIRROR to it."
    )


def add(
    file: Annotated[Path, Parameter(help="A .keras file of `visualizer train` or the window.")], /
) -> None:
    """Copy a network that you trained into the catalogue, where it has a name."""
    from visualizer.models import catalog

    entry = catalog.add(file)
    print(f"“{entry.title}” is in the catalogue as {entry.name}.")


def remove(name: Annotated[str, Parameter(help="Of a network of yours.")], /) -> None:
    """Delete a network of yours from the catalogue."""
    from visualizer.models import catalog

    catalog.remove(name)
    print(f"{name} is deleted.")
