"""`visualizer networks`: what can be opened by name."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import JsonOption
from visualizer.engine.errors import UserError


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
    for heading in ("Name", "Network", "Input", "Classes", "Weights", "Top-1", "Where"):
        right = heading in ("Classes", "Weights", "Top-1")
        table.add_column(
            heading, justify="right" if right else "left", no_wrap=heading != "Network"
        )
    for entry in found:
        table.add_row(
            entry.name,
            entry.title,
            "×".join(map(str, entry.input)),
            f"{entry.classes:,}",
            f"{entry.parameters / 1e6:.2f} M" if entry.parameters else "",
            f"{entry.top1:.1%}" if entry.top1 is not None else "",
            "here" if entry.available else "to download",
        )
    terminal.console().print(table)
