"""What the Evolve workspace says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visualizer.engine.technique import techniques
from visualizer.gui.core.pages import page
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from visualizer.engine.adversarial.badges import Badge
    from visualizer.engine.evolution.excited_layers import ExcitedLayer
    from visualizer.engine.evolution.lineage import Ancestor
    from visualizer.engine.evolution.nearest_photos import Photo
    from visualizer.engine.evolution.survival import Survival
    from visualizer.gui.evolve.champion import ChampionView
    from visualizer.gui.evolve.evolving import WallFrame
    from visualizer.gui.evolve.immunity import Round
    from visualizer.gui.evolve.inside import Inside
    from visualizer.gui.evolve.other_networks import OtherAnswer

WALL_HINT = "Press Start (N): pictures are bred until the network is sure of one for every class."
BREEDING_HINT = (
    "Click the pictures you like, then “Next generation” (G): these are their children, each a "
    "little different."
)
NOTHING_FOUND = "No class fits the search and the confidence."
IMMUNISE = (
    "The network learns that these pictures are none of its classes, with photos so that it "
    "forgets nothing. Then they are bred anew."
)
LOOKING = "The network looks at it…"
NO_PHOTOS = "Drop photos, or a folder of them, on the window: they are compared with it here."
FORMULA = "From the place of a pixel on the left to its colour on the right, each step drawn."
OTHERS = "Drawn at the size of each network; each answers with the classes that it knows."


def share(probability: float, short: bool = False) -> str:
    """A probability as people read it: 99.98%, 99.3%, 7.4%; short: 100%, 99.3%, 7%."""
    percent = 100 * probability
    if short:
        return f"{percent:.1f}%" if 98.95 <= percent < 99.95 else f"{percent:.0f}%"
    return f"{percent:.2f}%" if 99.5 < percent < 99.995 else f"{percent:.1f}%"


def status(frame: WallFrame, running: bool) -> tuple[str, ...]:
    """How far an evolution is, the most important first."""
    filled = frame.confidence
    over = int((filled > 0.9).sum())
    return (
        "" if running else "paused",
        f"{frame.evaluations:,} pictures seen",
        f"{over} of {len(filled)} classes over 90%",
        frame.unsaved,
        f"generation {frame.step:,}",
        f"{frame.per_second:.0f} a second" if running and frame.per_second else "",
    )


def offer(evaluations: int, network: str) -> str:
    """What is asked when an evolution of last time is there."""
    return (
        f"Go on with {evaluations:,} evaluations of {network}? Start (N) begins a new one in its "
        "place."
    )


def question(evaluations: int, begun: bool) -> str:
    """What is asked before an evolution is replaced."""
    what = "this evolution" if begun else "the evolution of last time"
    return (
        f"{what.capitalize()} has seen {evaluations:,} pictures and will be gone. Begin anew? "
        "(N again)"
    )


def rounds(found: Sequence[Round], frame: WallFrame | None) -> tuple[str, ...]:
    """How sure the network was in each round, the newest first."""
    if not found:
        return ()
    now = "" if frame is None or not len(frame.history) else share(float(frame.history[-1][1]))
    before = [
        f"{'before' if not number else f'{number} ×'}: {share(each.median)}"
        for number, each in enumerate(found)
    ]
    return (f"immunised {len(found)} ×: median {now or '…'}", *reversed(before))


def immunised(last: Round) -> str:
    """What immunising did to the network, in a sentence."""
    after, photos = share(last.accuracy_after), f"{last.photos:,} photos"
    right = f"is right on {after} of {photos} (before: {share(last.accuracy_before)})"
    if not last.labelled:
        right = f"answers as before on {after} of {photos}"
    return (
        f"Immunised: it knows {share(last.recognised)} of the pictures that fooled it, and "
        f"{right}. Now it is tried again."
    )


def family(view: ChampionView) -> str:
    """The line of a champion in a sentence."""
    if not view.line:
        return ""
    held = list(dict.fromkeys(each.label for each in view.line))
    switches = sum(a.label != b.label for a, b in zip(view.line[:-1], view.line[1:], strict=True))
    if len(view.line) == 1:
        return "a picture out of nothing that no child has beaten yet"
    if len(held) == 1:
        return f"{len(view.line)} champions in a row, all of them {held[0]}"
    times = "once" if switches == 1 else f"{switches} times"
    return f"{len(view.line)} champions in a row; the goal changed {times}: it began as {held[0]}"


def ancestor(each: Ancestor) -> str:
    """The tooltip of an ancestor."""
    more = f", and {each.others} more classes" if each.others else ""
    sure = "" if each.confidence is None else f" {share(each.confidence)}"
    return f"Born in generation {each.generation}: held {each.label}{sure}{more}"


def tab_note(
    tab: int, view: ChampionView | None, inside: Inside | None, others: Sequence[OtherAnswer]
) -> str:
    """What is said above a tab of the champion's page, in the order of its tabs."""
    if view is None:
        return ""
    if tab < 2:
        return family(view) if tab == 0 else FORMULA
    if tab == 4:
        return OTHERS if others else LOOKING
    if inside is None:
        return ""
    return photos(view, inside) if tab == 2 else layers(inside)


def photos(view: ChampionView, inside: Inside) -> str:
    """Is it the class, or a pattern: what the comparison with photos says."""
    compared = inside.photos
    if not compared.photos:
        return ""
    if not compared.of_class:
        return (
            f"To the network none of the {compared.photos} photos in the tray is “{view.label}”: "
            "drop some on the window to compare. These are the nearest of the others."
        )
    nearest = f"{compared.nearest[0].likeness:.2f} (1 is the same, in {compared.stage})"
    if compared.among is None:
        return (
            f"To the network one photo in the tray is “{view.label}”, too, and alike by {nearest}. "
            "With a second one it can be said whether that is much."
        )
    verdict = (
        "inside it is a pattern, and only the answer is the class."
        if compared.nearest[0].likeness < compared.among
        else "to the network it is one of them."
    )
    return (
        f"{compared.of_class} photos are “{view.label}”, too. The nearest is alike by {nearest}, "
        f"they among themselves by {compared.among:.2f}: {verdict}"
    )


def photo(found: Photo, label: str) -> str:
    """The tooltip of a photo."""
    sure = share(found.response.probability)
    title = found.specimen.title
    return f"{title}: {found.likeness:.2f} alike; the network sees {label} {sure}"


def layers(inside: Inside) -> str:
    """What the layers show."""
    if not inside.photos.photos:
        return "Where the strongest channel of each layer responds."
    return (
        "Where the channel that stands out most responds. The numbers: the layer's whole response "
        "in multiples of that to the photos in the tray."
    )


def layer(found: ExcitedLayer) -> str:
    """The tooltip of a layer."""
    said = f"{found.stage}, channel {found.unit}"
    if found.times is None:
        return said
    return f"{said}; the layer responds {found.times:.2f} times as strongly as to photos"


def times(ratio: float | None) -> str:
    """A multiple in a few letters."""
    if ratio is None:
        return ""
    return f"{ratio:.1f}×" if ratio < 9.95 else f"{ratio:.0f}×"


def other_says(other: OtherAnswer, label: str) -> tuple[str, ...]:
    """What another network sees, the likeliest first."""
    first, *rest = other.answers
    same = first.label.casefold() == label.casefold()
    said = first.label if same else f"sees {first.label}"
    if first.is_value:
        said = f"{first.label} {first.text()}"
    return said, *(f"{each.label} {each.text()}" for each in rest)


def sees(view: ChampionView, tried: Survival) -> tuple[str, str]:
    """What the network sees instead."""
    names = view.names
    label = names[tried.index] if tried.index < len(names) else f"class {tried.index}"
    return f"sees {label}", share(tried.best)


def _badge(badge: Badge) -> str:
    """The paper's figure beside ours, and why they differ."""
    both = f"paper {badge.published:.2%}, here {badge.ours:.2%}"
    return both if badge.reproduced else f"{both}: differs ({badge.remark})"


def explanation(frame: WallFrame | None, kind: str) -> Explanation:
    """Explain the page on show: "wall", "champion" or "breeding"."""
    parts = page(f"evolve-{kind}")
    facts: list[tuple[str, str]] = []
    if frame is not None and len(frame.history):
        _, median, lower, upper, over_90, over_99 = frame.history[-1]
        facts = [
            ("Median confidence", share(median)),
            ("Half of the classes", f"{share(lower)} to {share(upper)}"),
            ("Over 90%", f"{over_90:.0f} of {len(frame.classes)}"),
            ("Over 99%", f"{over_99:.0f} of {len(frame.classes)}"),
            *((each.name.split(",")[0], _badge(each)) for each in frame.badges),
        ]
    return Explanation(
        title=parts["title"],
        body=f"{parts['text']}\n\n**What to look for.** {parts['Look for']}",
        formula=parts["Formula"],
        facts=tuple(facts),
        paper=techniques()["evolve"].paper,
        page=f"evolve-{kind}",
    )
