"""The figures of Nguyen, Yosinski & Clune 2015 beside those of an evolution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visualizer.engine.adversarial.badges import Badge

if TYPE_CHECKING:
    from visualizer.engine.evolution.evolution import Evolution

PAPER = "Nguyen, Yosinski & Clune 2015"
ENCODINGS = {"cppn": "CPPN", "direct": "direct"}


def nguyen(evolution: Evolution) -> list[Badge]:
    """The paper's median confidence beside that of an evolution; none for other kinds of data.

    The paper has figures for MNIST, and for the 1,000 classes of ImageNet.
    """
    network, encoding = evolution.scores.network, evolution.encoding.name
    data = str((network.card or {}).get("data", "")).casefold()
    summary = evolution.summary()
    ours, seen = summary["median_confidence"], int(summary["evaluations"])
    here = f"{network.title}, {len(evolution.classes):,} classes, {seen:,} pictures"
    if "mnist" in data:
        published, tolerance = 0.9999, 0.0005
        where, remark = "MNIST", f"{here} here; a LeNet and 200 generations of 200 in the paper"
    elif "imagenet" in data:
        direct = encoding == "direct"
        published, tolerance = (0.2159 if direct else 0.8811), 0.05
        generations = "20,000" if direct else "5,000"
        where = "ImageNet"
        remark = f"{here} here; AlexNet, 1,000 classes, {generations} generations in the paper"
    else:
        return []
    name = f"Median of {where}, {ENCODINGS[encoding]}"
    return [Badge(name, f"{PAPER}, section 3", published, ours, tolerance, remark)]
