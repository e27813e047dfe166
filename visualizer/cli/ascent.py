"""`visualizer dream`, `stimulus`, `style`, `zoom`, ...: one picture or film, made by ascent."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.autosave import file_beside, saving_newest
from visualizer.cli.options import USUAL, JsonOption, NetworkOptions, PictureFile, is_guessed
from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.errors import UserError
from visualizer.engine.technique import OBJECTIVE, Frame, Settings, Technique, techniques

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

FILMS = (".mp4", ".gif")
NOISE_STEPS = 50
"""Default steps an octave from noise, which needs more than a picture."""
FRAME_RATE = 24.0


class RequestError(UserError):
    """Options that contradict each other, or an invalid output file."""


OutputFile = Annotated[Path, Parameter(name=["--output", "-o"], help="The file to write: a PNG.")]
FilmFile = Annotated[
    Path,
    Parameter(
        name=["--output", "-o"],
        help="The file to write: .mp4 or .gif, or .png for the last picture.",
    ),
]
OptionalPicture = Annotated[
    Path | None,
    Parameter(help="A file of any picture format; none dreams on noise.", show_default=False),
]


@Parameter(name="*")
@dataclass(frozen=True)
class TargetOptions:
    """What to climb, as options name it: a stage, channels of it, or a class by its name."""

    stage: Annotated[
        str | None, Parameter(help="The stage to climb, such as conv5.", show_default=False)
    ] = None
    channel: Annotated[
        str | None,
        Parameter(
            name=["--channel", "--unit"],
            help="The channel or unit of it, counted from 0, or several: 1,2.",
            show_default=False,
        ),
    ] = None
    class_name: Annotated[
        str | None,
        Parameter(
            name="--class",
            help="The class to climb: its name, a unique part of it, or its index.",
            show_default=False,
        ),
    ] = None

    @property
    def given(self) -> bool:
        """Whether one of the options was."""
        return self != TargetOptions()

    def at(self, settings: Settings, network: Network) -> Settings:
        """The settings with the target that these options name, if any.

        Raises:
            UserError: the network has no such class, or several.
        """
        from visualizer.engine.ascent.default_targets import default_stage
        from visualizer.engine.attribution.target import choose_target

        known: dict[str, Any] = settings.to_dict()
        if not self.given:
            return settings
        if "target" not in known:
            return settings.from_dict(known | {"stage": self.stage or known["stage"]})
        if self.class_name is not None:
            grey = np.full((*network.size, 3), 0.5, np.float32)
            target = str(choose_target(network, grey, self.class_name))
        else:
            target = self.stage or known["target"].partition(":")[0] or default_stage(network)
            target += "" if self.channel is None else f":{self.channel}"
        return settings.from_dict(known | {"target": target})


NO_TARGET = TargetOptions()


def dream(technique: Technique) -> Callable[..., None]:
    """`visualizer dream [PICTURE] -o FILE`: on a picture, or out of noise."""

    @with_settings(technique.settings)
    def run(
        picture: OptionalPicture = None,
        /,
        *,
        output: OutputFile,
        aim: TargetOptions = NO_TARGET,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        if picture is None:
            if given.setdefault("start", "noise") != "noise":
                raise RequestError("There is no picture to start from; name one, or --start noise.")
            given.setdefault("steps", NOISE_STEPS)
        make(technique, picture, settings_of(technique, given, aim), output, aim, where, json)

    return _documented(run, technique)


def zoom(technique: Technique) -> Callable[..., None]:
    """`visualizer zoom [PICTURE] -o FILE`: a film."""

    @with_settings(technique.settings)
    def run(
        picture: OptionalPicture = None,
        /,
        *,
        output: FilmFile,
        aim: TargetOptions = NO_TARGET,
        frame_rate: Annotated[
            float, Parameter(help="Pictures a second of the film, from 1 to 60.")
        ] = FRAME_RATE,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        settings = settings_of(technique, given, aim)
        make(technique, picture, settings, output, aim, where, json, frame_rate=frame_rate)

    return _documented(run, technique)


def style(technique: Technique) -> Callable[..., None]:
    """`visualizer style PICTURE [STYLE] -o FILE`: the second picture needs no option's name."""

    @with_settings(technique.settings, positional=("style",))
    def run(
        picture: PictureFile,
        /,
        *,
        output: OutputFile,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        settings = read(technique.settings, given)
        make(technique, picture, settings, output, NO_TARGET, where, json)

    return _documented(run, technique)


def stimulus(technique: Technique) -> Callable[..., None]:
    """`visualizer stimulus -o FILE`: by frequencies, or with --preset by regularised pixels."""
    other = techniques()["regularised"]
    shared = {field.name for field in technique.fields} | {"preset"}

    @with_settings(
        methods={each.name: each.settings for each in (technique, other)},
        without={field.name for field in other.fields} - shared,
    )
    def run(
        *,
        output: OutputFile,
        aim: TargetOptions = NO_TARGET,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        chosen = other if "preset" in given else technique
        for name in given:
            if name not in {field.name for field in chosen.fields}:
                option = name.replace("_", "-")
                raise RequestError(f"--{option} is for the frequencies; leave it or --preset out.")
        make(chosen, None, settings_of(chosen, given, aim), output, aim, where, json)

    return _documented(run, technique)


def regularised(technique: Technique) -> Callable[..., None]:
    """`visualizer regularised -o FILE`."""

    @with_settings(technique.settings)
    def run(
        *,
        output: OutputFile,
        aim: TargetOptions = NO_TARGET,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        make(technique, None, settings_of(technique, given, aim), output, aim, where, json)

    return _documented(run, technique)


def wall(technique: Technique) -> Callable[..., None]:
    """`visualizer wall -o FILE`; the stage is one of its settings."""

    @with_settings(technique.settings)
    def run(
        *,
        output: OutputFile,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        settings = read(technique.settings, given)
        make(technique, None, settings, output, NO_TARGET, where, json)

    return _documented(run, technique)


COMMANDS: dict[str, Callable[[Technique], Callable[..., None]]] = {
    "dream": dream,
    "zoom": zoom,
    "style": style,
    "stimulus": stimulus,
    "regularised": regularised,
    "wall": wall,
}
"""The techniques that have a command of their own here."""


def _documented(run: Callable[..., None], technique: Technique) -> Callable[..., None]:
    run.__doc__ = f"{technique.title}.\n\n{technique.explanation}"
    return run


def settings_of(technique: Technique, given: Mapping[str, Any], aim: TargetOptions) -> Settings:
    """The settings of the options, except the target options, which need the network.

    Raises:
        UserError: one is out of range, or two contradict each other.
    """
    if aim.class_name is not None and (aim.stage is not None or aim.channel is not None):
        raise RequestError("Give --class, or --stage and --channel, but not both.")
    if aim.given and "target" in given:
        raise RequestError("Give --target, or --stage, --channel or --class, but not both.")
    return read(technique.settings, given)


def specimen_of(picture: Path | None, settings: Settings) -> Specimen:
    """The picture in a file, or noise about grey."""
    from visualizer.engine.specimen import Provenance, Specimen, open_specimen

    if picture is not None:
        return open_specimen(picture)
    seed = settings.to_dict()["seed"]
    noise = np.random.default_rng(seed).uniform(0.3, 0.7, (240, 320, 3)).astype(np.float32)
    return Specimen(noise, "White noise", Provenance("white noise", seed=seed))


def checked_output(path: Path, film: bool) -> Path:
    """The file to write, with its suffix; checked before any long work is done.

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
    picture: Path | None,
    settings: Settings,
    output: Path,
    aim: TargetOptions,
    where: NetworkOptions,
    json: bool,
    *,
    frame_rate: float = FRAME_RATE,
) -> None:
    """Run a technique and write its last picture, or its film; print what was made."""
    from visualizer.engine.ascent.deep_dream import OCTAVES_LEFT_OUT
    from visualizer.engine.ascent.default_targets import with_default_targets

    output = checked_output(output, film=technique.name == "zoom")
    specimen = specimen_of(picture, settings)
    opened = where.open()
    settings = with_default_targets(aim.at(settings, opened), opened)
    report = written(technique, opened, specimen, settings, output, frame_rate)
    if json:
        terminal.print_json(report)
        return
    best = report["top"][0]
    print(f"{output}: the network sees {best['label']} ({best['probability']:.0%}).")
    if missing := report["numbers"].get(OCTAVES_LEFT_OUT):
        print(
            f"{missing:.0f} of {settings.to_dict()['octaves']} octaves were left out: "
            "there the picture is too small for what is climbed."
        )


def written(
    technique: Technique,
    network: Network,
    specimen: Specimen,
    settings: Settings,
    output: Path,
    frame_rate: float,
) -> dict[str, Any]:
    """Run the technique, write its last picture or its film, and return the report."""
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
    numbers.pop(OBJECTIVE, None)
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
