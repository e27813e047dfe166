"""What the map says."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    import numpy as np

    from visualizer.gui.map.mapping import Findings, Mapped, Why

CHOOSE = "Click a picture to see which ones are most like it to the network, and why."
EMPTY = (
    "Drop a folder of pictures here, or choose one: the network puts those near each other that "
    "are alike to it. A folder in it for each class gives colours and a curve."
)
FEW = "A map needs two pictures at least. Open a folder, or put more pictures into the tray."
COLOURS = {
    "class": "colour by class",
    "prediction": "colour by answer",
    "nothing": "no colours",
}
FOUND = {"twins": "Twins", "odd": "Odd ones", "groups": "Groups"}
SEARCH = "Search names, classes and answers"

BODY = (
    "A picture goes through the network up to **{stage}**, and what comes out is a list of "
    "numbers: its *features*. Pictures with nearly the same numbers are alike to the network, and "
    "lie near each other here. At **data** only the colours count; further on come edges and "
    "textures, and at last what is in the picture, so dogs find dogs.\n\n"
    "Turn the dial to travel through the stages. *Precision at 5* asks each picture how many of "
    "its five nearest are of its class."
)
FORMULA = {"cosine": "distance = 1 − a·b / (|a| |b|)", "euclid": "distance = |a − b|"}
PAPER = (
    "Donahue et al. 2014, [DeCAF](https://arxiv.org/abs/1310.1531); van der Maaten & Hinton 2008, "
    "*Visualizing Data using t-SNE*"
)


def explanation(stage: str, mapped: Mapped | None) -> Explanation:
    """What the explain panel says."""
    facts: list[tuple[str, str]] = []
    if mapped is not None:
        features = mapped.features
        facts = [
            ("pictures", f"{len(features.items):,}"),
            ("numbers a picture", f"{features.width(stage):,}"),
        ]
        if features.classes:
            facts.insert(1, ("classes", f"{len(features.classes):,}"))
    formula = "distance = 1 − a·b / (|a| |b|)"
    shown = stage or "a stage"
    return Explanation(
        "Alike to the network", BODY.format(stage=shown), formula, tuple(facts), PAPER, "map"
    )


def class_or_name(mapped: Mapped, place: int) -> str:
    """A picture in a word or two."""
    item = mapped.features.items[place]
    if item.label is None:
        return item.name.rpartition("/")[2]
    return mapped.features.classes[item.label]


def chosen(mapped: Mapped | None, place: int | None) -> str:
    """What is known of the chosen picture."""
    if mapped is None or place is None:
        return "It is not of this collection; it lies where the network would put it."
    from visualizer.engine.stage import LAST  # which reads Keras

    features = mapped.features
    answer = features.of(LAST)[place]
    best = int(answer.argmax())
    said = f"To the network: {features.network.label(best)} ({answer[best]:.0%})."
    label = features.items[place].label
    return f"Class {features.classes[label]}. {said}" if label is not None else said


def why(found: Why, stage: str) -> str:
    """Why two pictures are alike, in a sentence."""
    if not found.agreements:
        return f"At {stage} they have nothing in common."
    parts = ", ".join(f"{each.channel} ({each.share:.0%})" for each in found.agreements)
    return f"Why alike? At {stage} these channels add most to the likeness: {parts}."


def table(names: Sequence[str], distances: np.ndarray) -> str:
    """The distances of some pictures from each other as an HTML table: A, B, C ..."""
    letters = [chr(ord("A") + at) for at in range(len(names))]
    cell = "<td align='right' style='padding: 1px 8px'>{}</td>"
    rows = ["<tr><td></td>" + "".join(cell.format(f"<b>{each}</b>") for each in letters) + "</tr>"]
    for at, letter in enumerate(letters):
        numbers = "".join(cell.format(f"{apart:.3g}" if apart else "·") for apart in distances[at])
        rows.append(f"<tr><td><b>{letter}</b> {escape(names[at])}</td>{numbers}</tr>")
    return f"<table>{''.join(rows)}</table>"


def findings(
    mapped: Mapped | None, found: Findings | None, key: str
) -> Sequence[tuple[str, list[int]]]:
    """Lines with the pictures they are about."""
    if mapped is None:
        return []
    if found is None:
        return [("Looking…", [])]
    features = mapped.features
    names = [item.name for item in features.items]
    if key == "twins":
        lines = [
            (
                f"{names[t.first]} = {names[t.second]}"
                + ("" if t.exact else f" ({t.likeness:.0%} alike)"),
                [t.first, t.second],
            )
            for t in found.duplicates
        ]
        return lines or [("No picture is there twice.", [])]
    if key == "odd":
        classes = features.classes
        if not classes:
            return [("Odd ones are looked for where there is a folder a class.", [])]
        lines = [
            (f"{names[o.index]} lies among {classes[o.neighbours]} ({o.share:.0%})", [o.index])
            for o in found.odd_ones
        ]
        return lines or [("Every picture has a neighbour of its own class.", [])]
    return [
        (
            f"{len(c.members)} pictures: {', '.join(c.words) or 'nothing in particular'}",
            c.members.tolist(),
        )
        for c in found.clusters
    ]
