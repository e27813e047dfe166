"""A show given to nobody: every scene stands once, offscreen, and is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.engine.shows.show_file import read_show
from visualizer.gui.shell.stage_area import rendered
from visualizer.gui.shows.handout import Page
from visualizer.gui.tour import Appearance, Guide
from visualizer.models import catalog

if TYPE_CHECKING:
    from visualizer.engine.shows.show import Show

SIZE = 1280, 720
"""Of the screen in pixels; a handout has twice as many."""
SHARPNESS = 2.0


@dataclass(frozen=True, eq=False)
class StoodScene:
    """A scene that was entered.

    Attributes:
        index: its place in the show, from 0.
        title: of it.
        problem: why it does not stand, in a sentence; "" if it does.
        warnings: what was said of it besides.
        pages: how it looks on each screen that was asked for; none where it does not stand.
        total: how many scenes there are.
    """

    index: int
    title: str
    problem: str
    warnings: tuple[str, ...]
    pages: tuple[Page, ...]
    total: int


def stand_all(
    path: Path, looks: Sequence[Appearance], sharpness: float = SHARPNESS
) -> Iterator[StoodScene]:
    """Open a show in a window that nobody sees, and enter every scene as it is presented.

    Args:
        path: of its file.
        looks: the themes and screens to draw each scene for.
        sharpness: pixels of a page for one of the screen.

    Raises:
        ShowError: it is no show.
        TourError: the network that is opened first does not open.
    """
    show = read_show(path)
    guide = Guide()
    window = guide.window
    said: list[str] = []
    failed: list[str] = []
    window.session.noticed.connect(lambda text, level: said.append(text) if level != "info" else 0)
    window.shows.failed.connect(lambda _, sentence: failed.append(sentence))
    try:
        guide.open(_first_network(show), ())
        assert guide.window.workspaces  # all are built, as in a window that has rested for a while
        window.shows.put(show, path)
        window.shows.rehearsing = True  # nothing in it moves
        guide.apply(looks[0])
        seen = window.centralWidget()  # all that is left of it for an audience
        assert seen is not None
        for index, scene in enumerate(show.scenes):
            said.clear()
            failed.clear()
            window.shows.go_to(index)
            guide.wait()
            problem = failed[0] if failed else ""
            pages = []
            for look in looks if not problem else ():
                guide.apply(look)
                image = rendered(seen, seen.geometry(), sharpness).toImage()
                pages.append(Page(scene.title, scene.notes, image))
            warnings = tuple(each for each in dict.fromkeys(said) if each != problem)
            yield StoodScene(index, scene.title, problem, warnings, tuple(pages), len(show.scenes))
    finally:
        guide.close()


def presented(theme: str, size: tuple[int, int] = SIZE) -> Appearance:
    """How a show looks on a screen of so many pixels."""
    return Appearance(theme, size, presenting=True)


def _first_network(show: Show) -> str:
    """A network of the catalogue that the show needs; its other ones are opened as they come."""
    known = {entry.name for entry in catalog.entries() if entry.available}
    return next((scene.network for scene in show.scenes if scene.network in known), "alexnet")
