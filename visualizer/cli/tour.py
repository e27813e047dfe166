"""`visualizer tour`: what a visitor should see, as pictures of the real window and a page."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import (
    USUAL,
    JsonOption,
    NetworkOptions,
    OutputOption,
    make_folder,
)
from visualizer.cli.reports import file_name
from visualizer.cli.tour_page import page
from visualizer.cli.window import offscreen_window, qt_libraries
from visualizer.engine.files import write_file

Place = Literal["layers", "dream", "explain", "attack", "evolve", "train", "map", "learn"]
"""The workspaces, as in the window's table."""


def tour(
    *,
    output: OutputOption,
    picture: Annotated[
        list[Path] | None,
        Parameter(
            help="A picture to take instead of the samples; may be given again.",
            negative="",
            show_default=False,
        ),
    ] = None,
    workspace: Annotated[
        list[Place] | None,
        Parameter(
            help="A workspace to visit instead of all; may be given again.",
            negative="",
            show_default=False,
        ),
    ] = None,
    where: NetworkOptions = USUAL,
    json: JsonOption = False,
) -> None:
    """Draw every workspace of the window into pictures, light and dark, and a page to look at.

    The real window is drawn, offscreen, so it works without a display.
    """
    from visualizer.engine.backend import choose
    from visualizer.engine.specimen import open_specimen

    specimens = [open_specimen(path) for path in picture or []]
    network = where.network
    choose(where.backend)
    folder = make_folder(output)
    rows: list[dict[str, Any]] = []
    with offscreen_window(), terminal.progress() as progress:
        with qt_libraries():
            from visualizer.gui.shell.workspaces import WORKSPACES
            from visualizer.gui.tour import take_tour

        task = progress.add_task("Opening the window", total=None)
        visited = workspace or WORKSPACES
        for shot in take_tour(network, specimens, workspaces=visited, **asdict(where.file)):
            progress.update(task, description=shot.title, completed=len(rows), total=shot.total)
            name = f"{file_name(shot.name)}-{shot.appearance.theme}.png"
            write_file(folder / name, shot.png)
            about = {"title": shot.title, "text": shot.text, "theme": shot.appearance.theme}
            rows.append({"file": name, **about})
    write_file(folder / "index.html", page(rows, network).encode())
    if json:
        terminal.print_json(
            {"network": network, "page": str(folder / "index.html"), "pictures": rows}
        )
    else:
        print(f"{len(rows)} pictures of the window and index.html are in {output}")
