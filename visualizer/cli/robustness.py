"""`visualizer robustness`: how easily a network is fooled, over a folder of pictures."""

from __future__ import annotations

from dataclasses import asdict
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

if TYPE_CHECKING:
    from visualizer.engine.adversarial.tally import Tally

USUAL = "0.5/255,1/255,2/255,4/255,8/255,16/255"


def robustness(
    folder: Annotated[
        Path,
        Parameter(help="Pictures, or subfolders of pictures named after classes."),
    ],
    /,
    *,
    output: OutputOption,
    method: Annotated[
        list[str] | None,
        Parameter(
            help="fgsm (the default), bim, mim, pgd, noise; may be given again.", negative=""
        ),
    ] = None,
    epsilons: Annotated[str, Parameter(help="Sizes, with commas between.")] = USUAL,
    batch: Annotated[
        int, Parameter(help="Pictures at a time.", validator=validators.Number(gte=1, lte=1024))
    ] = 32,
    network: NetworkOption = DEFAULT_NETWORK,
    trust: TrustOption = False,
    backend: BackendOption = None,
    json: JsonOption = False,
) -> int:
    """Attack every picture of a folder; report accuracy and fooling rate against epsilon.

    Writes robustness.csv, robustness.json and robustness.png. Cut off and started again, it goes on
    where it was (answers.jsonl). Files that cannot be read are told and left out.
    """
    from visualizer.engine.adversarial.robustness import Plan
    from visualizer.engine.adversarial.robustness import robustness as attack_all
    from visualizer.engine.adversarial.tally import Tally

    plan = Plan(tuple(dict.fromkeys(method or ["fgsm"])), sizes(epsilons), batch)
    target = make_folder(output)
    opened = open_network(network, backend, trust)
    about = {
        "folder": str(folder.resolve()),
        "network": opened.name,
        "network_sha256": opened.sha256,
        **plan.to_dict(),
    }
    tally = Tally(target / "answers.jsonl", about)
    told: set[str] = set()
    with terminal.progress() as progress:
        task = progress.add_task(f"Attacking with {', '.join(plan.methods)}", total=None)
        for state in attack_all(opened, folder, tally, plan):
            progress.update(task, completed=state.step, total=state.total)
            for name in tally.broken.keys() - told:
                terminal.complain(tally.broken[name])
                told.add(name)
    report = write(target, tally)
    if json:
        terminal.print_json(report)
    else:
        show(report, target)
    return 2 if tally.broken else 0


def sizes(text: str) -> tuple[float, ...]:
    """The sizes that "1/255, 0.02" names, in order.

    Raises:
        SettingsError: one is no number between 0 and 1.
    """
    from visualizer.engine.adversarial.fgsm import FGSMSettings
    from visualizer.engine.technique import describe

    field = next(each for each in describe(FGSMSettings) if each.name == "epsilon")
    return tuple(sorted({field.parse(word) for word in text.split(",") if word.strip()}))


def write(folder: Path, tally: Tally) -> dict[str, Any]:
    """Write the table, the figure and the JSON, and return what the JSON holds.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    import json

    from visualizer.engine.adversarial.chart import chart
    from visualizer.engine.files import write_file

    sums = tally.sums()
    report = {
        **tally.about,
        "pictures": len(tally.rows),
        "broken": tally.broken,
        "results": [asdict(each) for each in sums],
    }
    text = json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False)
    title = f"{tally.about['network']}: fooled at which ε ({len(tally.rows)} pictures)"
    write_file(folder / "robustness.csv", tally.csv().encode())
    write_file(folder / "robustness.json", text.encode())
    write_file(folder / "robustness.png", chart(sums, title))
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
    print(f"robustness.csv, robustness.json and robustness.png are in {folder}")
