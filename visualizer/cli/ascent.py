"""`visualizer dream`, `stimulus`, `style`, `zoom`, ...: one picture or film, made by ascent."""

from __future__ import annotations

import contextlib
import inspect
import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.autosave import file_beside, saving_newest
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
from visualizer.engine.technique import Frame, Settings, Technique, techniques

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
NOISE_STEPS = 50
"""Steps an octave out of noise: after the usual ten there is little but noise yet."""


FRAME_RATE = 24.0


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
ClassOption = Annotated[
    str | None,
    Parameter(
        name="--class",
        help="The class to climb: its name, a unique part of it, or its index.",
        show_default=False,
    ),
]
RateOption = Annotated[
    float, Parameter(name="--frame-rate", help="Pictures a second of the film, from 1 to 60.")
]


def command(asked: Technique) -> Any:
    """A function whose parameters are the technique's settings, for cyclopts to read."""

    def function(
        *places: Any,
        output: Path,
        stage: str | None = None,
        channel: str | None = None,
        class_: str | None = None,
        frame_rate: float = FRAME_RATE,
        network: str = DEFAULT_NETWORK,
        file: FileOptions = NO_FILE,
        backend: str | None = None,
        json: bool = False,
        **given: str | bool | None,
    ) -> None:
        from visualizer.engine.ascent.default_targets import with_default_targets

        technique = asked
        picture = places[0] if places else None
        if len(places) > 1:
            given["style"] = places[1]
        if technique.name == "stimulus" and given.get("preset") is not None:
            technique = techniques()["regularised"]
        aim = TargetOptions(stage, channel, class_)
        settings = settings_of(technique, given, aim, picture)
        output = checked_output(output, film=technique.name == "zoom")
        specimen = specimen_of(picture, settings)
        opened = open_network(network, backend, file)
        settings = with_default_targets(aim.at(settings, opened), opened)
        report = make(technique, opened, specimen, settings, output, frame_rate)
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

    parameters = _parameters(asked)
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {each.name: each.annotation for each in parameters}
    function.__doc__ = f"{asked.title}.\n\n{asked.explanation}"
    return function


@dataclass(frozen=True)
class TargetOptions:
    """What to climb, as options name it: a stage, channels of it, or a class by its name."""

    stage: str | None = None
    channel: str | None = None
    class_name: str | None = None

    @property
    def given(self) -> bool:
        """Whether one of the options was."""
        return self != TargetOptions()

    def at(self, settings: Settings, network: Network) -> Settings:
        """The settings with this aim, where it names one, on a network.

        Raises:
            UserError: the network has no such class, or several.
        """
        from visualizer.engine.ascent.default_targets import default_stage
        from visualizer.engine.attribution.target import choose_target

        known: dict[str, Any] = settings.to_dict()
        if not self.given:
            return settings
        if "target" not in known:
            return replace(settings, **{"stage": self.stage or known["stage"]})
        if self.class_name is not None:
            grey = np.full((*network.size, 3), 0.5, np.float32)
            return replace(
                settings, **{"target": str(choose_target(network, grey, self.class_name))}
            )
        stage = self.stage or known["target"].partition(":")[0] or default_stage(network)
        target = stage if self.channel is None else f"{stage}:{self.channel}"
        return replace(settings, **{"target": target})


def settings_of(
    technique: Technique,
    given: dict[str, str | bool | None],
    aim: TargetOptions,
    picture: Path | None,
) -> Settings:
    """The settings that the options name, but for the aim, which needs the network.

    Raises:
        UserError: one is out of range, or two contradict each other.
    """
    from visualizer.cli.techniques import values_of

    known = {field.name for field in technique.fields}
    for name, value in given.items():
        if value is not None and name not in known:
            option = name.replace("_", "-")
            raise RequestError(f"--{option} is for the frequencies; leave it or --preset out.")
    values = values_of(technique, {name: given[name] for name in given if name in known})
    if aim.class_name is not None and (aim.stage is not None or aim.channel is not None):
        raise RequestError("Give --class, or --stage and --channel, but not both.")
    if aim.given and "target" in values:
        raise RequestError("Give --target, or --stage, --channel or --class, but not both.")
    if picture is None and technique.name == "dream":
        if values.setdefault("start", "noise") != "noise":
            raise RequestError("There is no picture to start from; name one, or --start noise.")
        values.setdefault("steps", NOISE_STEPS)
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
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise RequestError(f"You may not write “{path}”; choose another folder.")
    return path


def make(
    technique: Technique,
    network: Network,
    specimen: Specimen,
    settings: Settings,
    output: Path,
    frame_rate: float = FRAME_RATE,
) -> dict[str, Any]:
    """Run the technique, write its last picture or its film, and tell what was done."""
    from visualizer.cli.classify import best_names
    from visualizer.engine.ascent.objective_gradient import END, START
    from visualizer.engine.specimen import Specimen

    started = time.perf_counter()
    frames = technique(network, specimen, settings)
    last: Frame | None = None
    recipe = technique.provenance(network, specimen, settings)

    def specimen_of(frame: Frame) -> Specimen:
        assert frame.picture is not None
        title = f"{technique.title}: {frame.label}"
        source = recipe.source + frame.so_far
        return Specimen(frame.picture, title, replace(recipe, source=source))

    is_film = output.suffix.lower() in FILMS
    if is_film:
        from visualizer.engine.ascent.film import filmed

        frames = filmed(frames, output, frame_rate)
    else:
        frames = saving_newest(frames, output, specimen_of)
    with terminal.progress() as progress, contextlib.closing(frames):
        task = progress.add_task(technique.title, total=None)
        for frame in frames:
            progress.update(task, completed=frame.step, total=frame.total)
            last = frame if frame.picture is not None else last
    assert last is not None
    seconds = time.perf_counter() - started
    made = specimen_of(last)
    if not is_film:
        made.save(output)
        file_beside(output).unlink(missing_ok=True)
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
    if technique.name == "stimulus":  # the other way to climb is reached by its presets
        fields += [f for f in techniques()["regularised"].fields if f.name == "preset"]
    names = {field.name for field in fields}
    aimed = "target" in names
    return [
        *places,
        keyword("output", FilmFile if technique.name == "zoom" else OutputFile),
        *([keyword("stage", StageOption, None)] if aimed else []),
        *([keyword("channel", ChannelOption, None)] if aimed else []),
        *([keyword("class_", ClassOption, None)] if aimed else []),
        *([keyword("frame_rate", RateOption, FRAME_RATE)] if technique.name == "zoom" else []),
        *(keyword(field.name, option(field), None) for field in fields),
        keyword("network", NetworkOption, DEFAULT_NETWORK),
        keyword("file", FileOptions, NO_FILE),
        keyword("backend", BackendOption, None),
        keyword("json", JsonOption, False),
    ]
