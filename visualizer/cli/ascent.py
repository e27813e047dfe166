"""`visualizer dream`, `stimulus`, `style`, `zoom`, ...: one picture or film, made by ascent."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import (
    DEFAULT_NETWORK,
    NO_FILE,
    BackendOption,
    FileOptions,
    JsonOption,
    NetworkOption,
    is_guessed,
    open_network,
)
from visualizer.engine.errors import UserError
from visualizer.engine.technique import Frame, Settings, Technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

NEEDS = {
    "dream": "may",
    "zoom": "may",
    "style": "must",
    "stimulus": "never",
    "regularised": "never",
    "wall": "never",
}
"""The techniques that these commands are for, and whether they are given a picture."""

FILMS = (".mp4", ".gif")


class RequestError(UserError):
    """What was asked for does not go together."""


OutputFile = Annotated[Path, Parameter(name=["--output", "-o"], help="The file to write: a PNG.")]
FilmFile = Annotated[
    Path,
    Parameter(
        name=["--output", "-o"],
        help="The file to write: .mp4 or .gif, or .png for the last picture.",
    ),
]
StageOption = Annotated[
    str | None, Parameter(help="The stage to climb, such as conv5.", show_default=False)
]
ChannelOption = Annotated[
    str | None,
    Parameter(
        name=["--channel", "--unit"],
        help="The channel or unit of it, counted from 0, or several: 1,2.",
        show_default=False,
    ),
]


def command(technique: Technique) -> Any:
    """A function whose parameters are the technique's settings, for cyclopts to read."""

    def function(
        *places: Any,
        output: Path,
        stage: str | None = None,
        channel: str | None = None,
        network: str = DEFAULT_NETWORK,
        file: FileOptions = NO_FILE,
        backend: str | None = None,
        json: bool = False,
        **given: str | bool | None,
    ) -> None:
        picture = places[0] if places else None
        if len(places) > 1:
            given["style"] = places[1]
        settings = settings_of(technique, given, stage, channel, picture)
        output = checked_output(output, film=technique.name == "zoom")
        specimen = specimen_of(picture, settings)
        opened = open_network(network, backend, file)
        report = make(technique, opened, specimen, settings, output)
        if json:
            terminal.print_json(report)
        else:
            best = report["top"][0]
            print(f"{output}: the network sees {best['label']} ({best['probability']:.0%}).")
            if missing := report["numbers"].get("octaves left out"):
                print(
                    f"{missing:.0f} of {settings.to_dict()['octaves']} octaves were left out: "
                    "there the picture is too small for what is climbed."
                )

    parameters = _parameters(technique)
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    function.__doc__ = f"{technique.title}.\n\n{technique.explanation}"
    return function


def settings_of(
    technique: Technique,
    given: dict[str, str | bool | None],
    stage: str | None,
    channel: str | None,
    picture: Path | None,
) -> Settings:
    """The settings that the options name.

    Raises:
        UserError: one is out of range, or two contradict each other.
    """
    from visualizer.cli.techniques import values_of

    values = values_of(technique, given)
    if technique.name == "wall" and stage is not None:
        values["stage"] = stage
    elif stage is not None or channel is not None:
        if "target" in values:
            raise RequestError("Give --target, or --stage and --channel, but not both.")
        default = {field.name: field.default for field in technique.fields}["target"]
        chosen = stage or default.partition(":")[0]
        values["target"] = f"{chosen}:{channel}" if channel is not None else chosen
    alone = picture is None and technique.name == "dream"
    if alone and values.setdefault("start", "noise") != "noise":
        raise RequestError("There is no picture to start from; name one, or --start noise.")
    return technique.settings(**values)


def specimen_of(picture: Path | None, settings: Settings) -> Specimen:
    """The picture in a file, or noise about grey."""
    from visualizer.engine.specimen import Provenance, Specimen, open_specimen

    if picture is not None:
        return open_specimen(picture)
    seed = settings.to_dict()["seed"]
    noise = np.random.default_rng(seed).uniform(0.3, 0.7, (240, 320, 3)).astype(np.float32)
    return Specimen(noise, "White noise", Provenance("white noise", seed=seed))


def checked_output(path: Path, film: bool) -> Path:
    """The file to write, with its suffix; found wanting before any long work is done.

    Raises:
        RequestError: it is a folder, or in none, or of another kind.
    """
    kinds = (".png", *FILMS) if film else (".png",)
    if path.is_dir():
        raise RequestError(f"“{path}” is a folder; give the name of a file to write.")
    if not path.suffix:
        path = path.with_suffix(kinds[0])
    if path.suffix.lower() not in kinds:
        raise RequestError(
            f"“{path.name}” ends in “{path.suffix}”; give a name that ends in {' or '.join(kinds)}."
        )
    if not path.parent.is_dir():
        raise RequestError(f"There is no folder “{path.parent}”; choose one that exists.")
    return path


def make(
    technique: Technique,
    network: Network,
    specimen: Specimen,
    settings: Settings,
    output: Path,
) -> dict[str, Any]:
    """Run the technique, write its last picture or its film, and tell what was done."""
    from visualizer.cli.classify import best_names
    from visualizer.engine.ascent.slope import END, START
    from visualizer.engine.specimen import Specimen

    started = time.perf_counter()
    frames = technique(network, specimen, settings)
    if output.suffix.lower() in FILMS:
        from visualizer.engine.ascent.film import filmed

        frames = filmed(frames, output)
    last = _run(technique.title, frames)
    seconds = time.perf_counter() - started
    assert last.picture is not None
    recipe = technique.provenance(network, specimen, settings)
    made = Specimen(last.picture, f"{technique.title}: {last.label}", recipe)
    if output.suffix.lower() == ".png":
        made.save(output)
    numbers = dict(last.numbers)
    numbers.pop("objective", None)
    ends = {"start": numbers.pop(START), "end": numbers.pop(END)} if END in numbers else None
    return {
        "technique": technique.name,
        "file": str(output),
        "network": network.name,
        "network_sha256": network.sha256,
        "guessed": is_guessed(network),
        "settings": settings.to_dict(),
        "seed": recipe.seed,
        "seconds": round(seconds, 3),
        "objective": ends,
        "numbers": numbers,
        "top": best_names(network, made.picture, "crop", 5),
    }


def _run(title: str, frames: Iterator[Frame]) -> Frame:
    """The last frame that has a picture."""
    last: Frame | None = None
    with terminal.progress() as progress:
        task = progress.add_task(title, total=None)
        for frame in frames:
            progress.update(task, completed=frame.step, total=frame.total)
            last = frame if frame.picture is not None else last
    assert last is not None
    return last


def _parameters(technique: Technique) -> list[inspect.Parameter]:
    from visualizer.cli.techniques import option

    def keyword(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> Any:
        kind = inspect.Parameter.KEYWORD_ONLY
        return inspect.Parameter(name, kind, annotation=annotation, default=default)

    fields = list(technique.fields)
    places = []
    need = NEEDS[technique.name]
    if need != "never":
        text = "A file of any picture format" + (
            "; none dreams on noise." if need == "may" else "."
        )
        kind: Any = Path if need == "must" else Path | None
        places.append(
            inspect.Parameter(
                "picture",
                inspect.Parameter.POSITIONAL_ONLY,
                annotation=Annotated[kind, Parameter(help=text, show_default=False)],
                default=inspect.Parameter.empty if need == "must" else None,
            )
        )
    if technique.name == "style":  # the second picture may be named without its option
        style = fields.pop(0)
        places.append(
            inspect.Parameter(
                style.name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                annotation=option(style),
                default=None,
            )
        )
    names = {field.name for field in fields}
    aimed = "target" in names
    return [
        *places,
        keyword("output", FilmFile if technique.name == "zoom" else OutputFile),
        *([keyword("stage", StageOption, None)] if aimed else []),
        *([keyword("channel", ChannelOption, None)] if aimed else []),
        *(keyword(field.name, option(field), None) for field in fields),
        keyword("network", NetworkOption, DEFAULT_NETWORK),
        keyword("file", FileOptions, NO_FILE),
        keyword("backend", BackendOption, None),
        keyword("json", JsonOption, False),
    ]
