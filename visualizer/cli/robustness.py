"""`visualizer robustness`: how easily a network is fooled, over a folder of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import (
    USUAL,
    JsonOption,
    NetworkOptions,
    OutputError,
    OutputOption,
    is_guessed,
    make_folder,
)
from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.adversarial import PERTURB
from visualizer.engine.settings import Settings, setting

if TYPE_CHECKING:
    from visualizer.engine.adversarial.robustness import RobustnessConfig
    from visualizer.engine.adversarial.robustness_results import RobustnessResults
    from visualizer.engine.network import Network


@dataclass(frozen=True)
class RobustnessSettings(Settings):
    """Sizes of the attacks, and how the pictures are shown to the network."""

    epsilons: str = setting(
        "1/255,2/255,4/255,8/255,16/255", help="Sizes in whole levels of 255, with commas between."
    )
    batch: int = setting(32, low=1, high=1024, help="Pictures at a time.")
    mode: str = setting(
        "crop",
        choices=("crop", "fit"),
        help="Whether it sees the centre of a wide or tall picture, or all of it with margins.",
    )


@with_settings(RobustnessSettings)
def robustness(
    folder: Annotated[
        Path,
        Parameter(
            help="Pictures, or subfolders of pictures named after classes or by WordNet "
            "(n01443537)."
        ),
    ],
    /,
    *,
    output: OutputOption,
    method: Annotated[
        list[str] | None,
        Parameter(
            help=f"fgsm (the default), or another of {', '.join(PERTURB)}; may be given again.",
            negative="",
            show_default=False,
        ),
    ] = None,
    given: Given,
    where: NetworkOptions = USUAL,
    json: JsonOption = False,
) -> int:
    """Attack every picture of a folder; report accuracy and fooling rate against epsilon.

    Writes robustness.csv, robustness.json and robustness.png. Cut off and started again, it goes on
    where it was (answers.jsonl). Files that cannot be read, and pictures for which the network
    gives no numbers, are told and left out. Accuracy counts the pictures that are right before and
    after; DeepFool and L-BFGS, which look for the smallest change themselves, fool from the size on
    that they find.
    """
    from visualizer.engine.adversarial.labelled_folder import find_labelled_pictures
    from visualizer.engine.adversarial.robustness import RobustnessConfig
    from visualizer.engine.adversarial.robustness import robustness as attack_all
    from visualizer.engine.adversarial.robustness_results import RobustnessResults
    from visualizer.models.labels import identifiers_of

    settings = read(RobustnessSettings, given)
    methods, epsilons = tuple(dict.fromkeys(method or ["fgsm"])), sizes(settings.epsilons)
    config = RobustnessConfig(methods, epsilons, settings.batch, settings.mode)
    if output.resolve().is_relative_to(folder.resolve()):
        raise OutputError(
            f"The folder “{output}” is among the pictures, where the figure of the report would be "
            "taken for one of them; choose a folder outside."
        )
    target = make_folder(output)
    opened = where.open()
    found = find_labelled_pictures(folder, opened, identifiers_of(opened.classes))
    for name in found.unmatched:
        terminal.print_error(
            f"“{name}” names no class of {opened.title}; its pictures are attacked without a label."
        )
    results = RobustnessResults(target / "answers.jsonl", about(folder, opened, config))
    with terminal.progress() as progress:
        task = progress.add_task(f"Attacking with {', '.join(config.methods)}", total=None)
        for state in attack_all(opened, found.items, results, config):
            progress.update(task, completed=state.work, total=state.total)
    for sentence in results.broken.values():
        terminal.print_error(sentence)
    report = write(target, results, guessed=is_guessed(opened), unlabelled=found.unmatched)
    if json:
        terminal.print_json(report)
    else:
        show(report, target)
    return 2 if results.broken else 0


def about(folder: Path, network: Network, config: RobustnessConfig) -> dict[str, Any]:
    """Everything that decides the results: a report goes on only if all of it is the same."""
    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel

    names = [network.label(index) for index in range(DifferentiableModel.of(network).classes)]
    return {
        "folder": str(folder.resolve()),
        "network": network.name,
        "network_sha256": network.sha256,
        "output": network.stages[-1].layer,
        "preprocessing": network.preprocessing.to_dict(),
        "classes_sha256": sha256("\n".join(names).encode()).hexdigest(),
        **config.to_dict(),
    }


def sizes(text: str) -> tuple[float, ...]:
    """The sizes that "1/255, 0.02" names, in order.

    Raises:
        SettingsError: one is no number between 0 and 1.
    """
    from visualizer.engine.adversarial.fgsm import FGSMSettings
    from visualizer.engine.technique import describe

    field = next(each for each in describe(FGSMSettings) if each.name == "epsilon")
    return tuple(sorted({field.parse(word) for word in text.split(",") if word.strip()}))


def write(
    folder: Path, results: RobustnessResults, *, guessed: bool, unlabelled: Sequence[str]
) -> dict[str, Any]:
    """Write the table, the figure and the JSON, and return what the JSON holds.

    Args:
        folder: where the three files are written.
        results: the answers.
        guessed: whether nobody has said how the network takes its pixels.
        unlabelled: subfolders whose names are no classes of the network.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    import json

    from visualizer.engine.adversarial.chart import chart
    from visualizer.engine.adversarial.robustness_results import QUANTILES
    from visualizer.engine.errors import one_sentence
    from visualizer.engine.files import write_file

    summaries = results.summaries()
    report = {
        **results.about,
        "guessed": guessed,
        "pictures": len(results.rows),
        "broken": results.broken,
        "unlabelled": list(unlabelled),
        "results": [asdict(each) for each in summaries],
        "smallest": [
            {**asdict(each), "quantiles": list(QUANTILES)} for each in results.distances()
        ],
    }
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    title = one_sentence(
        f"{results.about['network']}: fooled at which ε ({len(results.rows)} pictures)"
    )
    write_file(folder / "robustness.csv", results.csv().encode())
    write_file(folder / "robustness.json", text.encode("utf-8", "backslashreplace"))
    write_file(folder / "robustness.png", chart(summaries, title))
    return report


def show(report: dict[str, Any], folder: Path) -> None:
    """Print the table."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("Attack", "ε", "Accuracy", "Fooled"):
        table.add_column(heading, justify="left" if heading == "Attack" else "right")
    for row in report["results"]:
        shares = ["" if x is None else f"{x:.1%}" for x in (row["accuracy"], row["fooling"])]
        table.add_row(row["method"] or "none", f"{row['epsilon'] * 255:.3g}/255", *shares)
    terminal.console().print(table)
    for found in report["smallest"]:
        if found["fooled"]:
            terminal.console().print(smallest_words(found))
    print(f"robustness.csv, robustness.json and robustness.png are in {folder}")


def smallest_words(found: dict[str, Any]) -> str:
    """The sizes that an attack found, in one line."""
    middle = found["quantiles"].index(0.5)
    linf, l2, rms = (found[name][middle] for name in ("linf", "l2", "rms"))
    return (
        f"{found['method']} fooled it on {found['fooled']} of {found['pictures']} pictures; half "
        f"of the changes are no larger than L∞ {linf * 255:.3g}/255, L2 {l2:.3g}, RMS {rms:.4f}."
    )
