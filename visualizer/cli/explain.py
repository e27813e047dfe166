"""`visualizer explain`: which pixels mattered, by one method or by all of them."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter, validators

from visualizer.cli import terminal
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
from visualizer.engine.attribution.method import MARKED, METHODS, scores
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.attribution.method import AttributionFrame, AttributionSettings
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Technique

ALL = "all"


class MethodError(UserError):
    """A method that is not there, or one that was asked for something it does not have."""


def explain(
    picture: Annotated[Path, Parameter(help="A file of any picture format.")],
    /,
    *,
    output: OutputOption,
    method: Annotated[
        str, Parameter(help=f"One of {', '.join(METHODS)}; or “{ALL}” of them.")
    ] = "grad-cam",
    target: Annotated[
        str,
        Parameter(
            help="What is explained: a class (its name or index) or a unit, as in conv5:12@3,3; "
            "else the network's answer.",
            show_default=False,
        ),
    ] = "",
    opacity: Annotated[
        float,
        Parameter(
            help="How much the map covers the picture in the overlay.",
            validator=validators.Number(gte=0, lte=1),
        ),
    ] = 0.6,
    mode: Annotated[
        Literal["crop", "fit"],
        Parameter(help="Whether it sees the centre of a wide or tall picture, or all of it."),
    ] = "crop",
    setting: Annotated[
        list[str] | None,
        Parameter(
            name="--set",
            help="A setting of the method, as copies=50; may be given again.",
            negative="",
            show_default=False,
        ),
    ] = None,
    network: NetworkOption = DEFAULT_NETWORK,
    file: FileOptions = NO_FILE,
    backend: BackendOption = None,
    json: JsonOption = False,
) -> int:
    """Show which pixels of a picture mattered for an answer of the network.

    Writes a picture for each way to show a map: over the picture, alone, with what speaks against
    the target in blue, in the three colours, and the picture bright only where the map is.
    """
    from visualizer.engine.specimen import open_specimen

    shared = {"target": target, "opacity": opacity, "mode": mode}
    plans = plans_of(method, shared, setting or [])
    specimen = open_specimen(picture)
    folder = make_folder(output)
    opened = open_network(network, backend, file)
    reports = []
    for technique, settings in plans:
        started = time.perf_counter()
        try:
            result = last_frame(technique, opened, specimen, settings)
        except UserError as error:
            if method != ALL:
                raise
            terminal.complain(f"{technique.title}: {error}")
            continue
        seconds = round(time.perf_counter() - started, 3)
        files = save(folder, technique, opened, specimen, settings, result)
        report = {
            "file": str(picture),
            "network": opened.name,
            "network_sha256": opened.sha256,
            "guessed": is_guessed(opened),
        }
        report |= report_of(technique, opened, settings, result)
        reports.append({**report, "seconds": seconds, "pictures": files})
    if json:
        terminal.print_json(reports if method == ALL else reports[0])
    else:
        show(reports, folder)
    return 0 if len(reports) == len(plans) else 2


def plans_of(
    method: str, shared: dict[str, Any], others: list[str]
) -> list[tuple[Technique, AttributionSettings]]:
    """The methods that are asked for, each with its settings.

    Args:
        method: a name, or "all".
        shared: settings that every method has.
        others: settings in words, such as ``copies=50``; each goes to the methods that have it.

    Raises:
        UserError: there is no such method, none has such a setting, or it cannot be that.
    """
    from visualizer.engine.attribution import methods

    known = methods()
    if method not in (*known, ALL):
        close = get_close_matches(method.lower(), known, n=1)
        hint = f"did you mean {close[0]!r}? There are" if close else "there are"
        raise MethodError(f"There is no method {method!r}; {hint} {', '.join(known)} and {ALL}.")
    chosen = list(known.values()) if method == ALL else [known[method]]
    words = {}
    for text in others:
        name, equals, value = text.partition("=")
        if not equals:
            raise MethodError(f"“{text}” sets nothing; write a name and a value, as copies=50.")
        words[name.strip().replace("-", "_")] = value
    for name in words:
        if not any(field.name == name for each in chosen for field in each.fields):
            names = sorted({field.name for each in chosen for field in each.fields})
            raise MethodError(
                f"The method {method} has no setting “{name}”; it has {', '.join(names)}."
            )
    plans = []
    for technique in chosen:
        fields = {field.name: field for field in technique.fields}
        own = {name: fields[name].parse(v) for name, v in words.items() if name in fields}
        plans.append((technique, technique.settings(**{**shared, **own})))
    return plans  # type: ignore[return-value]


def last_frame(
    technique: Technique, network: Network, specimen: Specimen, settings: AttributionSettings
) -> AttributionFrame:
    """Run a method to its end, with a progress bar."""
    result: Any = None
    with terminal.progress() as progress:
        task = progress.add_task(technique.title, total=None)
        for frame in technique(network, specimen, settings):
            progress.update(task, completed=frame.step, total=frame.total)
            result = frame
    return result


def save(
    folder: Path,
    technique: Technique,
    network: Network,
    specimen: Specimen,
    settings: AttributionSettings,
    result: AttributionFrame,
) -> dict[str, str]:
    """Write the map in each view, with the recipe that makes it; the names of the files by view.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    from visualizer.engine.attribution.method import shown, views_of
    from visualizer.engine.specimen import Specimen

    files = {}
    for view in views_of(result):
        recipe = technique.provenance(network, specimen, replace(settings, view=view))
        picture = shown(result, view, settings.opacity)
        name = f"{technique.name} {view}.png".replace(" ", "-")
        title = f"{specimen.title}, {technique.title}: {result.label}"
        Specimen(picture, title, recipe).save(folder / name)
        files[view] = name
    return files


def report_of(
    technique: Technique, network: Network, settings: AttributionSettings, result: AttributionFrame
) -> dict[str, Any]:
    """What is said of an explanation, in plain values that JSON can hold.

    "objective" is the score of what was explained: of the picture, and of the picture without the
    tenth of its pixels that the map marks most.
    """
    from visualizer.engine.attribution.integrated_gradients import COMPLETENESS

    target = result.target
    assert target is not None
    start, end = scores(network, result)
    answer = network.forward(result.seen[None])[network.stages[-1].name][0]
    best = network.top(answer.reshape(-1, answer.shape[-1]).mean(axis=0))
    report = {
        "method": technique.name,
        "target": {**asdict(target), "name": result.label},
        "settings": settings.to_dict(),
        "seed": getattr(settings, "seed", None),
        "objective": {"start": start, "end": end, "marked_share": MARKED},
        "top": [
            {"label": b.label, "index": int(b.index), "probability": float(b.probability)}
            for b in best
        ],
        "note": "Nothing in the picture speaks for it." if result.silent else "",
    }
    if COMPLETENESS in result.numbers:
        report["completeness_error"] = result.numbers[COMPLETENESS]
        report["score_gained"] = result.numbers["score gained"]
    return report


def show(reports: list[dict[str, Any]], folder: Path) -> None:
    """Print what was explained, how, and where the pictures are."""
    from rich.markup import escape
    from rich.table import Table

    console = terminal.console()
    if not reports:
        return
    first = reports[0]
    answer = first["top"][0]
    console.print(
        f"why [bold]{escape(first['target']['name'])}[/bold]? The answer is "
        f"{escape(answer['label'])}, {answer['probability']:.1%}."
    )
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for report in reports:
        score = report["objective"]
        said = f"score {score['start']:.2f}, {score['end']:.2f} without the marked tenth"
        if "completeness_error" in report:
            said += f"; completeness error {report['completeness_error']:.2%}"
        table.add_row(report["method"], f"{report['seconds']:.2f} s", report["note"] or said)
    console.print(table)
    names = [name for report in reports for name in report["pictures"].values()]
    print(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} in {folder}")
