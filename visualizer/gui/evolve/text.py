"""What the Evolve workspace says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from visualizer.engine.technique import techniques
from visualizer.gui.core.pages import page
from visualizer.gui.workspace import Explanation

if TYPE_CHECKING:
    from visualizer.engine.evolution.lineage import Ancestor
    from visualizer.engine.evolution.survival import Survival
    from visualizer.gui.evolve.champion import ChampionView
    from visualizer.gui.evolve.evolving import WallFrame

WALL_HINT = "Press Start (N): pictures are bred until the network is sure of one for every class."
BREEDING_HINT = (
    "Click the pictures you like, then “Next generation” (G): these are their children, each a "
    "little different."
)
NOTHING_FOUND = "No class fits the search and the confidence."
PAPER_MEDIAN = "88.11%, of the 1,000 classes of ImageNet"


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


def sees(view: ChampionView, tried: Survival) -> str:
    """What the network sees instead."""
    names = view.names
    label = names[tried.index] if tried.index < len(names) else f"class {tried.index}"
    return f"sees {label} {share(tried.best)}"


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
            ("Median in the paper", PAPER_MEDIAN),
        ]
    return Explanation(
        title=parts["title"],
        body=f"{parts['text']}\n\n**What to look for.** {parts['Look for']}",
        formula=parts["Formula"],
        facts=tuple(facts),
        paper=techniques()["evolve"].paper,
    )
