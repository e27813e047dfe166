"""What the Explain workspace says: the explanation of a method, and the line below its map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from visualizer.engine.attribution.integrated_gradients import COMPLETENESS, POINTS
from visualizer.gui.core.pages import page
from visualizer.gui.workspace import Explanation, Table

if TYPE_CHECKING:
    from visualizer.engine.attribution.results import AttributionResult
    from visualizer.engine.attribution.sanity_table import SanityCell, SanityTable

SANITY = "sanity-check"


def explanation(method: str, result: AttributionResult | None) -> Explanation:
    """Explain a method, or the sanity check, with the numbers of what is on show."""
    parts = page(f"explain-{method}")
    body = [numbers(result)] if result is not None else []
    body += [parts["text"], f"**What to look for.** {parts['Look for']}"]
    body.append(f"**What it cannot tell.** {parts['Cannot tell']}")
    return Explanation(
        title=parts["title"],
        body="\n\n".join(body),
        formula=parts["Formula"],
        paper=parts["Paper"],
        page=f"explain-{method}",
    )


def table(results: Mapping[str, AttributionResult]) -> Table | None:
    """What is known of each map, for export; None if there is none."""
    header = ["method", "explains", "seconds", COMPLETENESS]
    rows = [
        [name, result.frame.label, result.seconds, result.frame.numbers.get(COMPLETENESS, "")]
        for name, result in results.items()
    ]
    return (header, rows) if rows else None


def numbers(result: AttributionResult) -> str:
    """The numbers of a map in one line, above all that stays the same."""
    found = result.frame.numbers
    parts = [f"**{result.frame.label}** explained in {result.seconds:.2f} s"]
    if COMPLETENESS in found:
        parts.append(f"score gained {found['score gained']:.3g}")
        parts.append(f"{COMPLETENESS} {found[COMPLETENESS]:.2%}")
        parts.append(f"{found[POINTS]:.0f} {POINTS}")
    return " · ".join(parts)


def words(result: AttributionResult) -> str:
    """The line below a map: how far it is, or how long it took and what is to be said of it."""
    found = result.frame.numbers
    if not result.done and COMPLETENESS in found:
        return f"adds up within {found[COMPLETENESS]:.1%} so far"
    if not result.done and result.total:
        return f"{result.step / result.total:.0%}"
    if result.frame.silent:
        return "Nothing speaks for it."
    if COMPLETENESS in found:
        return f"adds up within {found[COMPLETENESS]:.1%}  ·  {result.seconds:.1f} s"
    return f"{result.seconds:.2f} s"


def sanity_numbers(cell: SanityCell, title: str, trained: bool) -> str:
    """The numbers of one map of the sanity check."""
    if trained:
        return f"{title}, the network as it was trained"
    return (
        f"{title}, drawn anew down to {cell.stage}: rank correlation {cell.rank:.2f}, "
        f"SSIM {cell.ssim:.2f}"
    )


def verdict(table: SanityTable, method: str) -> str:
    """Whether a method notices that the network is gone, in a word or two."""
    notices, mean = table.notices(method), table.mean_rank(method)
    if notices is None:
        return ""
    return f"{'notices' if notices else 'hardly notices'}: ρ {mean:.2f}"


def sanity_export(table: SanityTable) -> Table | None:
    """The numbers of all maps of the sanity check; None if there are none."""
    header = ["method", "drawn anew down to", "rank correlation", "SSIM"]
    rows = [[cell.method, cell.stage, cell.rank, cell.ssim] for cell in table.cells]
    return (header, rows) if rows else None
