"""`visualizer lesson`: the lessons of the course, and their worksheets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import JsonOption, make_folder
from visualizer.cli.window import offscreen_window, qt_libraries
from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file
from visualizer.engine.lessons.course import COURSE
from visualizer.engine.lessons.course import lesson as find_lesson

ALL = "all"


def lesson(
    name: Annotated[
        str | None,
        Parameter(help="Of a lesson, or “all”; without one the lessons are listed."),
    ] = None,
    *,
    output: Annotated[
        Path | None,
        Parameter(
            name=["--output", "-o"],
            help="The worksheet, a .pdf of two pages; for all lessons a folder.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write the worksheet of a lesson: what it is about, its questions, and their answers."""
    if name is None:
        _list(json)
        return
    if output is None:
        raise UserError(f"Say where the worksheet goes: visualizer lesson {name} -o sheet.pdf")
    names = [each.name for each in COURSE] if name == ALL else [find_lesson(name).name]
    if name != ALL and output.suffix.lower() != ".pdf":
        raise UserError(f"A worksheet is a PDF; call it “{output.stem}.pdf”.")
    paths = [output / f"{each}.pdf" for each in names] if name == ALL else [output]
    if name == ALL:
        make_folder(output)
    with offscreen_window(), terminal.progress() as progress:
        with qt_libraries():
            from visualizer.gui.lesson_sheets import worksheets

        task = progress.add_task("Opening the lessons", total=len(names))
        for path, sheet in zip(paths, worksheets(names), strict=True):
            write_file(path, sheet)
            progress.update(task, description=path.stem, advance=1)
    if json:
        terminal.print_json({"worksheets": [str(path) for path in paths]})
    else:
        print(f"{len(paths)} worksheets are in {output}" if name == ALL else f"{output}")


def _list(json: bool) -> None:
    if json:
        terminal.print_json(
            [
                {
                    "name": each.name,
                    "title": each.title,
                    "minutes": each.minutes,
                    "after": list(each.after),
                    "questions": [task.question for task in each.tasks],
                }
                for each in COURSE
            ]
        )
        return
    for place, each in enumerate(COURSE, 1):
        after = f"  (after {', '.join(each.after)})" if each.after else ""
        print(f"{place:3}  {each.name:18} {each.title}, {each.minutes} minutes{after}")
