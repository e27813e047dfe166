"""`visualizer show`: a talk is presented, checked or handed out."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import BackendOption, JsonOption
from visualizer.cli.window import WindowError, offscreen_window, qt_libraries
from visualizer.engine.shows.bundled import find_show

if TYPE_CHECKING:
    from visualizer.gui.show_pages import StoodScene

WRONG = 2


def show(
    name: Annotated[
        str,
        Parameter(
            help="A .show file, or the name of a bundled one: hood, fool, evolve, dreams, "
            "training or lesson."
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"],
            help="Write a handout instead: a .pdf, a .pptx, or a folder for PNG pictures.",
            show_default=False,
        ),
    ] = None,
    notes: Annotated[
        bool, Parameter(negative="", help="Put the speaker's notes into the PDF, too.")
    ] = False,
    theme: Annotated[Literal["light", "dark"], Parameter(help="Of a handout.")] = "light",
    check: Annotated[
        bool,
        Parameter(negative="", help="Enter every scene offscreen, and say whether it stands."),
    ] = False,
    backend: BackendOption = None,
    json: JsonOption = False,
) -> int:
    """Present a show, or check it, or write it as a handout."""
    from visualizer.engine.backend import choose

    path = find_show(name)
    choose(backend)
    if not check and output is None:
        return _present(path)
    scenes: list[StoodScene] = []
    bar: AbstractContextManager[Any] = nullcontext() if json else terminal.progress()
    with offscreen_window(), bar as progress:
        with qt_libraries():
            from visualizer.gui.show_pages import presented, stand_all
            from visualizer.gui.shows import handout
        if output is not None:
            handout.check(output)
        task = None if json else progress.add_task("Opening the show", total=None)
        for scene in stand_all(path, [presented(theme)]):
            scenes.append(scene)
            if not json:
                done = len(scenes)
                progress.update(task, description=scene.title, completed=done, total=scene.total)
        if output is not None:
            pages = [page for scene in scenes for page in scene.pages]
            handout.save_handout(output, path.stem, pages, notes)
    if json:
        terminal.print_json({"show": str(path), "scenes": [_row(each) for each in scenes]})
    elif output is None:
        for each in scenes:
            print(_line(each))
    else:
        print(f"{len(scenes)} scenes are in {output}")
    broken = [each for each in scenes if each.problem]
    for each in broken if output is not None else ():
        terminal.print_error(_line(each))
    return WRONG if broken else 0


def _present(path: Path) -> int:
    if not terminal.has_display():
        raise WindowError(
            "There is no display here to present on; --check enters every scene without one, and "
            "-o talk.pdf writes a handout."
        )
    with qt_libraries():
        from visualizer.gui import app
    return app.run([path], present=True)


def _line(scene: StoodScene) -> str:
    """Whether a scene stands, in a line."""
    if scene.problem:
        said = f"does not stand: {scene.problem}"
    else:
        said = " ".join(("stands", *(f"({each})" for each in scene.warnings)))
    return f"{scene.index + 1:3}  {scene.title}  {said}"


def _row(scene: StoodScene) -> dict[str, Any]:
    return {
        "scene": scene.index + 1,
        "title": scene.title,
        "stands": not scene.problem,
        "problem": scene.problem,
        "warnings": list(scene.warnings),
    }
