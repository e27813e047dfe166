"""What `visualizer evolve` writes beside the pictures: pages, films of the wall and of lines."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import OutputError
from visualizer.cli.window import qt_libraries

if TYPE_CHECKING:
    from visualizer.engine.evolution.evolution import Evolution
    from visualizer.engine.evolution.fooling import EvolveSettings
    from visualizer.engine.network import Network
    from visualizer.engine.technique import Frame


@Parameter(name="*")
@dataclass(frozen=True)
class Exports:
    """What is written too, once the evolution is over."""

    pdf: Annotated[
        bool, Parameter(help="Write all champions on pages, too: gallery.pdf.", negative="")
    ] = False
    film: Annotated[
        bool, Parameter(help="Film the wall over the generations, too: wall.mp4.", negative="")
    ] = False
    line: Annotated[
        str | None,
        Parameter(
            help="Film the lines of these classes' champions, too: names or indices, with commas "
            "between.",
            show_default=False,
        ),
    ] = None

    def check(self, evolution: Evolution) -> None:
        """Refuse what cannot be written before any time is spent."""
        _cells(evolution, self.line)

    def write(self, evolution: Evolution, settings: EvolveSettings, folder: Path) -> None:
        """Write all of it."""
        from visualizer.engine.evolution.line_film import champion_frames
        from visualizer.engine.evolution.wall_film import wall_frames

        if not len(evolution.archive.filled):
            return
        if self.pdf:
            _write_pages(evolution, settings, folder / "gallery.pdf")
        if self.film:
            _write_film(wall_frames(evolution), folder / "wall.mp4")
        for cell in _cells(evolution, self.line):
            name = f"line {file_name(evolution, cell)}.mp4"
            _write_film(champion_frames(evolution, cell), folder / name)


NO_EXPORTS = Exports()


def file_name(evolution: Evolution, cell: int) -> str:
    """The name of a cell's class as part of a file's."""
    label = evolution.scores.network.label(int(evolution.classes[cell]))
    return re.sub(r"[^\w .-]", "_", label)[:60].strip()


def indices(network: Network, classes: str) -> list[int]:
    """The classes that are named, with commas between."""
    from visualizer.engine.adversarial.criterion import find_class

    known = network.stages[-1].units
    return sorted({find_class(network, name.strip(), known) for name in classes.split(",")})


def _cells(evolution: Evolution, line: str | None) -> list[int]:
    """The cells of the classes whose lines are to be films."""
    if line is None:
        return []
    if evolution.encoding.name != "cppn":
        raise OutputError("Only the line of a formula becomes a film: --line is for cppn.")
    network, there = evolution.scores.network, evolution.classes.tolist()
    wanted = indices(network, line)
    for index in wanted:
        if index not in there:
            raise OutputError(
                f"This evolution has no cell for {network.label(index)}, so it has no line to film."
            )
    return [there.index(index) for index in wanted]


def _write_pages(evolution: Evolution, settings: EvolveSettings, path: Path) -> None:
    """The gallery on pages, for which Qt needs no screen."""
    from visualizer.engine.evolution.exhibits import described, plates

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with qt_libraries():
        from PySide6.QtWidgets import QApplication

        from visualizer.gui.widgets.picture_pages import PIXELS, save_pages
    application = QApplication.instance() or QApplication(["visualizer"])
    title = f"What {evolution.scores.network.title} is sure of"
    for _ in save_pages(path, title, described(evolution, settings), plates(evolution, PIXELS)):
        pass
    del application


def _write_film(frames: Iterator[Frame], path: Path) -> None:
    """Frames as a film, with a progress bar."""
    from visualizer.engine.ascent.film import filmed

    with terminal.progress() as progress:
        task = progress.add_task(f"Filming {path.name}", total=None)
        for frame in filmed(frames, path):
            progress.update(task, completed=frame.step, total=frame.total)
