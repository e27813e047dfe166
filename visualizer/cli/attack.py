"""`visualizer attack`: fool the network on purpose, and say how, by how much and for how long."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter, validators

from visualizer.cli import terminal
from visualizer.cli.options import (
    DEFAULT_NETWORK,
    BackendOption,
    JsonOption,
    NetworkOption,
    OutputOption,
    TrustOption,
    make_folder,
    open_network,
)
from visualizer.engine.adversarial import attacks
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from visualizer.engine.adversarial.attack import Attacked
    from visualizer.engine.network import Network, Prediction
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Settings, Technique

SURVIVAL_WORDS = {
    "png8": "saved as 8-bit PNG",
    "jpeg75": "JPEG, quality 75",
    "blur": "blur, 1 pixel",
    "shift": "shift by 2 pixels",
    "resize": "shrunk to 75% and back",
    "greyscale": "without colour",
}


class MethodError(UserError):
    """An attack that is not there, or one that was asked for something it does not have."""


def attack(
    picture: Annotated[Path, Parameter(help="A file of any picture format.")],
    /,
    *,
    output: OutputOption,
    method: Annotated[str, Parameter(help=f"One of {', '.join(attacks())}.")] = "fgsm",
    epsilon: Annotated[
        str | None,
        Parameter(
            help="Largest change of a pixel, as 8/255 (the default) or 0.03; DeepFool and L-BFGS "
            "look for the smallest themselves.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str | None,
        Parameter(
            help="Class to reach: its name, its index or “least likely”; else any other class.",
            show_default=False,
        ),
    ] = None,
    setting: Annotated[
        list[str] | None,
        Parameter(
            name="--set",
            help="Another setting of the method, as steps=40; may be given again.",
            negative="",
            show_default=False,
        ),
    ] = None,
    truth: Annotated[
        str | None,
        Parameter(
            help="What the picture shows, a name or an index: a picture that is already "
            "misclassified is told so.",
            show_default=False,
        ),
    ] = None,
    factor: Annotated[
        float,
        Parameter(
            help="How many times as strong the difference is drawn.",
            validator=validators.Number(gte=1, lte=255),
        ),
    ] = 10,
    network: NetworkOption = DEFAULT_NETWORK,
    trust: TrustOption = False,
    backend: BackendOption = None,
    json: JsonOption = False,
) -> None:
    """Change a picture a little so that the network takes it for something else.

    Writes original.png, difference.png and adversarial.png. Whether it worked is judged on the
    saved file, read back.
    """
    from visualizer.engine.specimen import open_specimen

    technique = find_method(method)
    settings = settings_of(technique, epsilon, target, setting or [])
    specimen = open_specimen(picture)
    folder = make_folder(output)
    opened = open_network(network, backend, trust)
    shown = truth_of(opened, truth)
    attacked = run(technique, opened, specimen, settings)
    attacked = save(folder, technique, opened, specimen, settings, attacked, factor)
    report = {"file": str(picture), "network": opened.name, "network_sha256": opened.sha256}
    report |= report_of(opened, settings, attacked, shown)
    if json:
        terminal.print_json(report)
    else:
        show(report, folder)


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


def settings_of(
    technique: Technique, epsilon: str | None, target: str | None, others: list[str]
) -> Settings:
    """The settings of an attack from the words of the command line.

    Raises:
        UserError: the method has no such setting, or it cannot have that value.
    """
    fields = {field.name: field for field in technique.fields}
    given: dict[str, str] = {}
    for text in others:
        name, equals, value = text.partition("=")
        if not equals:
            raise MethodError(f"“{text}” sets nothing; write a name and a value, as steps=40.")
        given[name.strip().replace("-", "_")] = value
    given |= {k: v for k, v in (("epsilon", epsilon), ("target", target)) if v is not None}
    for name in given:
        if name not in fields:
            raise MethodError(
                f"The attack {technique.name} has no setting “{name}”; it has {', '.join(fields)}."
            )
    return technique.settings(**{name: fields[name].parse(v) for name, v in given.items()})


@dataclass(frozen=True)
class Truth:
    """What a picture really shows."""

    index: int
    label: str


def truth_of(network: Network, truth: str | None) -> Truth | None:
    """The class that the user says the picture shows.

    Raises:
        UserError: the network has no such class.
    """
    if truth is None:
        return None
    from visualizer.engine.adversarial.goal import find_class

    index = find_class(network, truth, network.stages[-1].units)
    return Truth(index, network.label(index))


def run(technique: Technique, network: Network, specimen: Specimen, settings: Settings) -> Attacked:
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
    attacked: Attacked,
    factor: float,
) -> Attacked:
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


def report_of(
    network: Network, settings: Any, attacked: Attacked, truth: Truth | None
) -> dict[str, Any]:
    """What is said of an attack, in plain values that JSON can hold."""
    from visualizer.engine.adversarial.survival import survives

    before, after = attacked.top(network)
    report: dict[str, Any] = {
        "method": attacked.method,
        "epsilon": getattr(settings, "epsilon", None),
        "success": attacked.success,
        "before": [plain(each) for each in before],
        "after": [plain(each) for each in after],
        **asdict(attacked.size),
        "survives": survives(network, attacked),
    }
    if attacked.targeted:
        share = float(attacked.after[attacked.label])
        label = network.label(attacked.label)
        report["target"] = {"label": label, "index": attacked.label, "probability": share}
    if truth is not None:
        report["truth"] = asdict(truth)
        report["misclassified_before"] = before[0].index != truth.index
    report["note"] = note(report)
    return report


def plain(best: Prediction) -> dict[str, Any]:
    """A class and its probability as plain values."""
    return {
        "label": best.label,
        "index": int(best.index),
        "probability": float(best.probability),
    }


def note(report: dict[str, Any]) -> str:
    """What is out of the ordinary, in words; nothing where all went as usual."""
    before, target = report["before"][0], report.get("target")
    if report.get("misclassified_before"):
        return (
            f"It was misclassified already: the network takes this {report['truth']['label']} for "
            f"{before['label']}, so the attack leads away from {before['label']}."
        )
    if target is not None and target["index"] == before["index"]:
        return f"The network answers {target['label']} already, so there was nothing to do."
    if target is not None and not report["success"]:
        return (
            f"{target['label']} was not reached; its probability is now "
            f"{target['probability']:.2%}. Try a larger epsilon, or another method."
        )
    return ""


def show(report: dict[str, Any], folder: Path) -> None:
    """Print what came of the attack."""
    from rich.markup import escape
    from rich.table import Table

    console = terminal.console()
    before, after = report["before"][0], report["after"][0]
    verdict = "[bold]fooled[/bold]" if report["success"] else "[bold]not fooled[/bold]"
    console.print(
        f"{verdict}: {escape(before['label'])} {before['probability']:.1%} → "
        f"{escape(after['label'])} {after['probability']:.1%}"
    )
    console.print(
        f"L∞ {report['linf'] * 255:.3g}/255   L2 {report['l2']:.3g}   RMS {report['rms']:.4f}   "
        f"SSIM {report['ssim']:.3f}"
    )
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, still in report["survives"].items():
        table.add_row(SURVIVAL_WORDS[name], "survives" if still else "does not survive")
    if report["success"]:
        console.print(table)
    if report["note"]:
        console.print(escape(report["note"]))
    print(f"original.png, difference.png and adversarial.png are in {folder}")
