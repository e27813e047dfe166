"""Every registered technique as a command: its options come from its settings."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cyclopts import App

from visualizer.cli import ascent, terminal
from visualizer.cli.evolve import evolve
from visualizer.cli.options import (
    USUAL,
    JsonOption,
    NetworkOptions,
    OutputOption,
    PictureFile,
    is_guessed,
    make_folder,
)
from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.technique import Frame, Technique, techniques

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Settings


COMMANDS = ascent.COMMANDS | {"evolve": evolve}
"""The techniques whose commands are written by hand."""
GROUP = "Techniques"
"""Their heading in the help."""


def add_techniques(program: App) -> None:
    """Give the program one command a technique, in the order of the registry.

    A technique named like another command, such as a plug-in called "classify", gets none.
    """
    for technique in with_a_command():
        if technique.name not in program:
            made = COMMANDS.get(technique.name, command)
            program.command(made(technique), name=technique.name, group=GROUP)


def with_a_command() -> list[Technique]:
    """The techniques that are a command each: all but those that share `attack` or `explain`."""
    from visualizer.engine.adversarial import attacks
    from visualizer.engine.attribution import methods

    shared = attacks() | methods()
    return [technique for name, technique in techniques().items() if name not in shared]


def command(technique: Technique) -> Callable[..., None]:
    """The command of a technique: from one picture to a folder of pictures and numbers."""

    @with_settings(technique.settings)
    def run(
        picture: PictureFile,
        /,
        *,
        output: OutputOption,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        from visualizer.cli.reports import write_report
        from visualizer.engine.specimen import open_specimen

        settings = read(technique.settings, given)
        specimen = open_specimen(picture)
        make_folder(output)
        opened = where.open()
        started = time.perf_counter()
        frames = last_frames(technique, opened, specimen, settings)
        facts = {
            "file": str(picture),
            "guessed": is_guessed(opened),
            "seconds": round(time.perf_counter() - started, 3),
        }
        report = write_report(output, technique, opened, specimen, settings, frames, facts)
        if json:
            terminal.print_json(report)
        else:
            print(f"{len(frames)} pictures and {technique.name}.json are in {output}")

    run.__doc__ = f"{technique.title}.\n\n{technique.explanation}"
    return run


def last_frames(
    technique: Technique, network: Network, specimen: Specimen, settings: Settings
) -> dict[str, Frame]:
    """Run a technique to its end; keep the last frame with a picture under each label."""
    frames: dict[str, Frame] = {}
    with terminal.progress() as progress:
        task = progress.add_task(technique.title, total=None)
        for frame in technique(network, specimen, settings):
            progress.update(task, completed=frame.step, total=frame.total)
            if frame.picture is not None:
                frames[frame.label or technique.name] = frame
    return frames
