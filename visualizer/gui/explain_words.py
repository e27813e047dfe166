"""What the Explain workspace says: the explanation of a method, and the line below its map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.integrated_gradients import COMPLETENESS, POINTS
from visualizer.gui.explanations import page
from visualizer.gui.workspaces.base import Explanation, Table

if TYPE_CHECKING:
    from visualizer.gui.explain_jobs import Look

SANITY = "sanity-check"


def explanation(method: str, look: Look | None) -> Explanation:
    """Explain a method, or the sanity check, with the numbers of what is on show."""
    parts = page(f"explain-{method}")
    body = [parts["text"], f"**What to look for.** {parts['Look for']}"]
    body.append(f"**What it cannot tell.** {parts['Cannot tell']}")
    return Explanation(
        title=parts["title"],
        body="\n\n".join(body),
        formula=parts["Formula"],
        facts=facts(look) if look is not None else (),
        paper=parts["Paper"],
    )


def table(looks: Mapping[str, Look]) -> Table | None:
    """What is known of each map, for export; None if there is none."""
    header = ["method", "explains", "seconds", COMPLETENESS]
    rows = [
        [name, look.result.label, look.seconds, look.result.numbers.get(COMPLETENESS, "")]
        for name, look in looks.items()
    ]
    return (header, rows) if rows else None


def facts(look: Look) -> tuple[tuple[str, str], ...]:
    """The numbers of a map, ready to show."""
    found = [("explains", look.result.label), ("took", f"{look.seconds:.2f} s")]
    for field in methods()[look.method].fields:
        if field.name not in ("target", "mode", "view", "opacity"):
            value = field.format(getattr(look.settings, field.name)) or "last convolution"
            found.append((field.label, f"{value} {field.unit}".strip()))
    numbers = look.result.numbers
    if "score gained" in numbers:
        found.append(("score gained", f"{numbers['score gained']:.3f}"))
    if COMPLETENESS in numbers:
        found.append((COMPLETENESS, f"{numbers[COMPLETENESS]:.2%}"))
        found.append((POINTS, f"{numbers[POINTS]:.0f}"))
    return tuple(found)


def words(look: Look) -> str:
    """The line below a map: how far it is, or how long it took and what is to be said of it."""
    if not look.done and COMPLETENESS in look.result.numbers:
        return f"adds up within {look.result.numbers[COMPLETENESS]:.1%} so far"
    if not look.done and look.total:
        return f"{look.step / look.total:.0%}"
    if look.result.silent:
        return "Nothing in the picture speaks for it."
    numbers = look.result.numbers
    if COMPLETENESS in numbers:
        return f"adds up within {numbers[COMPLETENESS]:.1%}  ·  {look.seconds:.1f} s"
    return f"{look.seconds:.2f} s"
