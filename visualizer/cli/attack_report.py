"""The report of `visualizer attack`, as JSON values and as text."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.cli import terminal
from visualizer.engine.adversarial.advice import advice, classifier_warning
from visualizer.engine.adversarial.attack import bound_of

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import AttackOutcome
    from visualizer.engine.network import Network, Prediction

SURVIVAL_WORDS = {
    "png8": "saved as 8-bit PNG",
    "blur": "blur, 1 pixel",
    "shift": "shift by 2 pixels",
    "resize": "shrunk to 75% and back",
    "greyscale": "without colour",
}


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
    from visualizer.engine.adversarial.criterion import find_class
    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel

    index = find_class(network, truth, DifferentiableModel.of(network).classes)
    return Truth(index, network.label(index))


def report_of(
    network: Network, settings: Any, attacked: AttackOutcome, truth: Truth | None, quality: int
) -> dict[str, Any]:
    """What is said of an attack, in plain values that JSON can hold."""
    from visualizer.engine.adversarial.transform_robustness import transform_results, transforms

    before, after = attacked.top(network)
    size, norm = bound_of(settings) or (None, None)
    found = transform_results(network, attacked, transforms(quality))
    report: dict[str, Any] = {
        "method": attacked.method,
        "epsilon": size,
        "norm": norm,
        "success": attacked.success,
        "before": [plain(each) for each in before],
        "after": [plain(each) for each in after],
        **asdict(attacked.size),
        "survives": {name: outcome.survived for name, outcome in found.items()},
    }
    if attacked.targeted:
        share = float(attacked.after[attacked.label])
        label = network.label(attacked.label)
        report["target"] = {"label": label, "index": attacked.label, "probability": share}
    if truth is not None:
        report["truth"] = asdict(truth)
        report["misclassified_before"] = before[0].index != truth.index
    said = (note(report, advice(attacked.method, settings)), classifier_warning(network))
    report["note"] = " ".join(filter(None, said))
    return report


def transfer_of(network: Network, other: Network, attacked: AttackOutcome) -> dict[str, Any]:
    """What another network makes of both pictures, in plain values.

    `judged_by` is "target" where the other network knows the class that was to be reached, else
    "answer changed".
    """
    from visualizer.engine.adversarial.transform_robustness import transfer

    found = transfer(network, other, attacked)
    answers = {
        "before": (found.before, found.before_probability),
        "after": (found.after, found.after_probability),
    }
    return {
        "fooled": found.fooled,
        "judged_by": "answer changed" if found.wanted is None else "target",
        **{
            side: {"label": other.label(index), "index": index, "probability": share}
            for side, (index, share) in answers.items()
        },
    }


def plain(best: Prediction) -> dict[str, Any]:
    """A class and its probability as plain values."""
    return {
        "label": best.label,
        "index": int(best.index),
        "probability": float(best.probability),
    }


def note(report: dict[str, Any], hint: str) -> str:
    """A remark on an unusual or failed attack, else ""."""
    before, target = report["before"][0], report.get("target")
    if report.get("misclassified_before"):
        return (
            f"It was misclassified already: the network takes this {report['truth']['label']} for "
            f"{before['label']}, so the attack leads away from {before['label']}."
        )
    if target is not None and target["index"] == before["index"]:
        return f"The network answers {target['label']} already, so there was nothing to do."
    if report["success"]:
        return ""
    if target is not None:
        return (
            f"{target['label']} was not reached; its probability is now "
            f"{target['probability']:.2%}. {hint}"
        )
    return f"The network still answers {before['label']}. {hint}"


def show(report: dict[str, Any], folder: Path) -> None:
    """Print what came of the attack."""
    from rich.markup import escape
    from rich.table import Table

    console = terminal.console()
    before, after = report["before"][0], report["after"][0]
    verdict = "[bold]fooled[/bold]" if report["success"] else "[bold]not fooled[/bold]"
    console.print(f"{verdict}: {escape(_change(before, after))}")
    console.print(
        f"L∞ {report['linf'] * 255:.3g}/255   L2 {report['l2']:.3g}   RMS {report['rms']:.4f}   "
        f"SSIM {report['ssim']:.3f}"
    )
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    if report["success"]:
        for name, still in report["survives"].items():
            words = SURVIVAL_WORDS.get(name, f"JPEG, quality {name.removeprefix('jpeg')}")
            table.add_row(words, "survives" if still else "does not survive")
    for name, found in report.get("transfer", {}).items():
        verdict = "fooled too" if found["fooled"] else "not fooled"
        table.add_row(escape(name), f"{verdict}: {_change(found['before'], found['after'])}")
    if table.row_count:
        console.print(table)
    if report["note"]:
        console.print(escape(report["note"]))
    print(f"original.png, difference.png and adversarial.png are in {folder}")


def _change(before: dict[str, Any], after: dict[str, Any]) -> str:
    return (
        f"{before['label']} {before['probability']:.1%} → "
        f"{after['label']} {after['probability']:.1%}"
    )
