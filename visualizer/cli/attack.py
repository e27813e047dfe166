"""`visualizer attack`: attack one picture, and report the change and its robustness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from visualizer.cli import attack_report, terminal
from visualizer.cli.options import (
    USUAL,
    FileOptions,
    JsonOption,
    NetworkOptions,
    OutputError,
    OutputOption,
    PictureFile,
    is_guessed,
    make_folder,
    open_network,
)
from visualizer.cli.settings import Given, known, read, with_settings
from visualizer.engine.adversarial import attacks
from visualizer.engine.adversarial.attack import bound_of
from visualizer.engine.errors import UserError
from visualizer.engine.settings import Settings, setting

if TYPE_CHECKING:
    import numpy as np

    from visualizer.engine.adversarial.attack import AttackOutcome
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Technique


WRITTEN = ("original.png", "difference.png", "adversarial.png")


class MethodError(UserError):
    """An attack that is not there, or one that was asked for something it does not have."""


@dataclass(frozen=True)
class ReportSettings(Settings):
    """What is said and drawn of an attack, whatever the method."""

    truth: str | None = setting(
        None,
        help="What the picture shows, a name or an index: a picture that is already misclassified "
        "is told so.",
    )
    jpeg_quality: int = setting(
        75, low=1, high=100, help="Quality of the JPEG file that it may survive."
    )
    factor: float = setting(
        10.0, low=1, high=255, help="How many times as strong the difference is drawn."
    )


@with_settings(ReportSettings, methods={name: each.settings for name, each in attacks().items()})
def attack(
    picture: PictureFile,
    /,
    *,
    output: OutputOption,
    method: Annotated[str, Parameter(help=f"One of {', '.join(attacks())}.")] = "fgsm",
    given: Given,
    transfer: Annotated[
        list[str] | None,
        Parameter(
            help="Show both pictures to another network too; may be given again.",
            negative="",
            show_default=False,
        ),
    ] = None,
    where: NetworkOptions = USUAL,
    json: JsonOption = False,
) -> None:
    """Change a picture a little so that the network takes it for something else.

    Writes original.png, difference.png and adversarial.png. Whether it worked is judged on the
    saved file, read back.
    """
    from visualizer.engine.specimen import open_specimen

    technique = find_method(method)
    about = read(ReportSettings, known(ReportSettings, given))
    settings = settings_of(technique, {k: v for k, v in given.items() if k not in about.to_dict()})
    check_not_overwritten(picture, output)
    specimen = open_specimen(picture)
    folder = make_folder(output)
    opened = where.open()
    others = {
        name: open_network(name, where.backend, FileOptions(where.file.trust))
        for name in dict.fromkeys(transfer or [])
    }
    shown = attack_report.truth_of(opened, about.truth)
    attacked = run(technique, opened, specimen, settings)
    attacked = save(folder, technique, opened, specimen, settings, attacked, about.factor)
    report = {
        "file": str(picture),
        "network": opened.name,
        "network_sha256": opened.sha256,
        "guessed": is_guessed(opened),
    }
    report |= attack_report.report_of(opened, settings, attacked, shown, about.jpeg_quality)
    if others:
        report["transfer"] = {
            name: attack_report.transfer_of(opened, other, attacked)
            for name, other in others.items()
        }
    if json:
        terminal.print_json(report)
    else:
        attack_report.show(report, folder)


def check_not_overwritten(picture: Path, folder: Path) -> None:
    """Check that no result would overwrite the picture itself.

    Raises:
        OutputError: one would.
    """
    for name in WRITTEN:
        result = folder / name
        if result.exists() and picture.exists() and result.samefile(picture):
            raise OutputError(
                f"“{picture}” would be written over by the result of that name; choose another "
                "folder with -o, or give the picture another name."
            )


def find_method(name: str) -> Technique:
    """The attack of this name.

    Raises:
        MethodError: there is none.
    """
    known = attacks()
    if name not in known:
        close = get_close_matches(name.lower(), known, n=1)
        hint = f"did you mean {close[0]!r}? There are" if close else "there are"
        raise MethodError(f"There is no attack {name!r}; {hint} {', '.join(known)}.")
    return known[name]


def settings_of(technique: Technique, given: Mapping[str, Any]) -> Settings:
    """The settings of an attack from the options of the command line.

    Raises:
        UserError: the method has no such setting, or it cannot have that value.
    """
    settings = read(technique.settings, given, f"The attack {technique.name}")
    if "epsilon" in given and (bound_of(settings) or ("", ""))[1] == "l2":
        raise MethodError(
            f"--epsilon {given['epsilon']} is the largest change of a pixel, but the norm is l2; "
            "give the length of the change as --l2-epsilon 2."
        )
    return settings


def run(
    technique: Technique, network: Network, specimen: Specimen, settings: Settings
) -> AttackOutcome:
    """Run an attack to its end, with a progress bar; return what came of it."""
    with terminal.progress() as progress:
        task = progress.add_task(technique.title, total=None)
        frames = technique(network, specimen, settings)
        while True:
            try:
                frame = next(frames)
            except StopIteration as end:
                return end.value
            progress.update(task, completed=frame.step, total=frame.total)


def save(
    folder: Path,
    technique: Technique,
    network: Network,
    specimen: Specimen,
    settings: Settings,
    attacked: AttackOutcome,
    factor: float,
) -> AttackOutcome:
    """Write the three pictures; return the attack judged on the file of the third, read back.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    from visualizer.engine.adversarial.attack import judged_again
    from visualizer.engine.rendering import difference
    from visualizer.engine.specimen import Provenance, Specimen, open_specimen

    def write(name: str, picture: np.ndarray, title: str, provenance: Provenance) -> Specimen:
        return open_specimen(Specimen(picture, title, provenance).save(folder / name))

    source = Provenance(specimen.provenance.source, parents=(specimen.id,))
    original = write("original.png", attacked.original, specimen.title, source)
    recipe = technique.provenance(network, specimen, settings)
    title = f"{specimen.title}, {technique.title}"
    adversarial = write("adversarial.png", attacked.adversarial, title, recipe)
    change = difference(attacked.adversarial, attacked.original, factor)
    both = Provenance("difference", parents=(original.id, adversarial.id))
    write("difference.png", change, f"{title}: difference × {factor:g}", both)
    return judged_again(network, attacked, adversarial.picture)
