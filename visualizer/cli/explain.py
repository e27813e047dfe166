"""`visualizer explain`: which pixels mattered, by one method or by all of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import (
    USUAL,
    JsonOption,
    NetworkOptions,
    OutputOption,
    PictureFile,
    is_guessed,
    make_folder,
)
from visualizer.cli.settings import Given, known, read, with_settings
from visualizer.engine.attribution import methods
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


@with_settings(methods={name: each.settings for name, each in methods().items()}, without=("view",))
def explain(
    picture: PictureFile,
    /,
    *,
    output: OutputOption,
    method: Annotated[
        str, Parameter(help=f"One of {', '.join(METHODS)}; or “{ALL}” of them.")
    ] = "grad-cam",
    given: Given,
    where: NetworkOptions = USUAL,
    json: JsonOption = False,
) -> int:
    """Show which pixels of a picture mattered for an answer of the network.

    Writes a picture for each way to show a map: over the picture, alone, with what speaks against
    the target in blue, in the three colours, and the picture bright only where the map is.
    """
    from visualizer.engine.specimen import open_specimen

    chosen = chosen_methods(method, given)
    specimen = open_specimen(picture)
    folder = make_folder(output)
    opened = where.open()
    reports = []
    for technique, settings in chosen:
        started = time.perf_counter()
        try:
            result = last_frame(technique, opened, specimen, settings)
        except UserError as error:
            if method != ALL:
                raise
            terminal.print_error(f"{technique.title}: {error}")
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
    return 0 if len(reports) == len(chosen) else 2


def chosen_methods(
    method: str, given: Mapping[str, Any]
) -> list[tuple[Technique, AttributionSettings]]:
    """The methods that are asked for, each with its settings.

    Args:
        method: a name, or "all".
        given: settings as options give them; of "all", each goes to the methods that have it.

    Raises:
        UserError: there is no such method, it has no such setting, or it cannot be that.
    """
    found = methods()
    if method == ALL:
        return [
            (each, cast("AttributionSettings", read(each.settings, known(each.settings, given))))
            for each in found.values()
        ]
    if method not in found:
        close = get_close_matches(method.lower(), found, n=1)
        hint = f"did you mean {close[0]!r}? There are" if close else "there are"
        raise MethodError(f"There is no method {method!r}; {hint} {', '.join(found)} and {ALL}.")
    settings = read(found[method].settings, given, f"The method {method}")
    return [(found[method], cast("AttributionSettings", settings))]


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
    from visualizer.engine.attribution.integrated_gradients import COMPLETENESS, SCORE_GAINED

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
        report["score_gained"] = result.numbers[SCORE_GAINED]
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
