"""What the Explain workspace says: the explanation of a method, and the line below its map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from visualizer.engine.attribution.integrated_gradients import COMPLETENESS, POINTS
from visualizer.gui.core.pages import page
from visualizer.gui.workspace import Explanation, Table

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.explain.requests import Look

SANITY = "sanity-check"


def explanation(method: str, look: Look | None) -> Explanation:
    """Explain a method, or the sanity check, with the numbers of what is on show."""
    parts = page(f"explain-{method}")
    body = [numbers(look)] if look is not None else []
    body += [parts["text"], f"**What to look for.** {parts['Look for']}"]
    body.append(f"**What it cannot tell.** {parts['Cannot tell']}")
    return Explanation(
        title=parts["title"],
        body="\n\n".join(body),
        formula=parts["Formula"],
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


def numbers(look: Look) -> str:
    """The numbers of a map in one line, above all that stays the same."""
    found = look.result.numbers
    parts = [f"**{look.result.label}** explained in {look.seconds:.2f} s"]
    if COMPLETENESS in found:
        parts.append(f"score gained {found['score gained']:.3g}")
        parts.append(f"{COMPLETENESS} {found[COMPLETENESS]:.2%}")
        parts.append(f"{found[POINTS]:.0f} {POINTS}")
    return " · ".join(parts)


def words(look: Look) -> str:
    """The line below a map: how far it is, or how long it took and what is to be said of it."""
    found = look.result.numbers
    if not look.done and COMPLETENESS in found:
        return f"adds up within {found[COMPLETENESS]:.1%} so far"
    if not look.done and look.total:
        return f"{look.step / look.total:.0%}"
    if look.result.silent:
        return "Nothing in the picture speaks for it."
    if COMPLETENESS in found:
        return f"adds up within {found[COMPLETENESS]:.1%}  ·  {look.seconds:.1f} s"
    return f"{look.seconds:.2f} s"


def hint(session: Session, sanity: bool) -> str:
    """What stands where there is no map yet."""
    if session.network is None:
        return session.busy or "Open a network to explain it."
    if session.specimen is None:
        return "Open a picture, drop one here, or paste it with Ctrl+V."
    if session.live and sanity:
        return "Choose a picture from the tray: the sanity check takes one that stands still."
    return "Working on the picture…"
