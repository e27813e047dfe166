"""`visualizer tour`: what a visitor should see, as pictures of the real window and a page."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import (
    DEFAULT_NETWORK,
    BackendOption,
    JsonOption,
    NetworkOption,
    OutputOption,
    make_folder,
)
from visualizer.cli.reports import file_name
from visualizer.cli.tour_page import page
from visualizer.engine.files import write_file


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
    network: NetworkOption = DEFAULT_NETWORK,
    backend: BackendOption = None,
    json: JsonOption = False,
) -> None:
    """Draw every workspace of the window into pictures, light and dark, and a page to look at.

    The real window is drawn, offscreen, so it works without a display.
    """
    from visualizer.engine.backend import choose
    from visualizer.engine.specimen import open_specimen

    specimens = [open_specimen(path) for path in picture or []]
    choose(backend)
    folder = make_folder(output)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as home, terminal.progress() as progress:
        os.environ["VISUALIZER_HOME"] = home  # the user's own window stays as it was left
        from visualizer.gui.tour import take_tour

        task = progress.add_task("Opening the window", total=None)
        for shot in take_tour(network, specimens):
            progress.update(task, description=shot.title, completed=len(rows), total=shot.total)
            name = f"{file_name(shot.name)}-{shot.look.theme}.png"
            write_file(folder / name, shot.png)
            rows.append(
                {"file": name, "title": shot.title, "text": shot.text, "theme": shot.look.theme}
            )
    write_file(folder / "index.html", page(rows, network).encode())
    if json:
        terminal.print_json(
            {"network": network, "page": str(folder / "index.html"), "pictures": rows}
        )
    else:
        print(f"{len(rows)} pictures of the window and index.html are in {output}")
