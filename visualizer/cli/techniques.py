"""Every registered technique as a command: its options come from its settings."""

from __future__ import annotations

import inspect
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from visualizer.cli import ascent, terminal
from visualizer.cli.options import (
    DEFAULT_NETWORK,
    NO_FILE,
    BackendOption,
    FileOptions,
    JsonOption,
    NetworkOption,
    OutputOption,
    is_guessed,
    make_folder,
    open_network,
)
from visualizer.engine.technique import Field, Frame, Technique, techniques

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Settings


GROUP = "Techniques"
"""The heading they stand under in the help."""
OPTIONS = {"--scaling": "--map-scaling"}
"""Settings whose own names are taken by an option that every command has."""


def add_techniques(program: App) -> None:
    """Give the program one command a technique, in the order of the registry."""
    for technique in with_a_command():
        made = ascent.command if technique.name in ascent.NEEDS else command
        program.command(made(technique), name=technique.name, group=GROUP)


def with_a_command() -> list[Technique]:
    """The techniques that are a command each: all but those that share `attack` or `explain`."""
    from visualizer.engine.adversarial import attacks
    from visualizer.engine.attribution import methods

    shared = attacks() | methods()
    return [technique for name, technique in techniques().items() if name not in shared]


def command(technique: Technique) -> Any:
    """A function whose parameters are the technique's settings, for cyclopts to read."""

    def function(
        picture: Path,
        /,
        *,
        output: Path,
        network: str = DEFAULT_NETWORK,
        file: FileOptions = NO_FILE,
        backend: str | None = None,
        json: bool = False,
        **given: str | bool | None,
    ) -> None:
        from visualizer.cli.reports import write_report
        from visualizer.engine.specimen import open_specimen

        settings = technique.settings(**values_of(technique, given))
        specimen = open_specimen(picture)
        make_folder(output)
        opened = open_network(network, backend, file)
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

    parameters = _parameters(technique)
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    function.__doc__ = f"{technique.title}.\n\n{technique.explanation}"
    return function


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


def _parameters(technique: Technique) -> list[inspect.Parameter]:
    def keyword(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> Any:
        kind = inspect.Parameter.KEYWORD_ONLY
        return inspect.Parameter(name, kind, annotation=annotation, default=default)

    picture = Annotated[Path, Parameter(help="A file of any picture format.")]
    return [
        inspect.Parameter("picture", inspect.Parameter.POSITIONAL_ONLY, annotation=picture),
        keyword("output", OutputOption),
        *(keyword(field.name, option(field), None) for field in technique.fields),
        keyword("network", NetworkOption, DEFAULT_NETWORK),
        keyword("file", FileOptions, NO_FILE),
        keyword("backend", BackendOption, None),
        keyword("json", JsonOption, False),
    ]


def option(field: Field) -> Any:
    """How cyclopts reads a setting: as text, for the field itself to parse; a switch for a bool."""
    text = f"{field.help} ({field.expected()}; default {field.format(field.default)})"
    kind: Any = bool if field.type is bool else str
    name = OPTIONS.get(field.option, field.option)
    return Annotated[kind | None, Parameter(name=name, help=text, show_default=False)]


def values_of(technique: Technique, given: dict[str, str | bool | None]) -> dict[str, Any]:
    """The settings that options name, each read by its own field."""
    fields = {field.name: field for field in technique.fields}
    return {
        name: fields[name].parse(value) if isinstance(value, str) else value
        for name, value in given.items()
        if value is not None
    }
