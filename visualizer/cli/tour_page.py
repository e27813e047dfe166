"""The page of a tour: plain HTML beside its pictures, which asks nothing of the internet."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Any

from visualizer.engine.resources import resource


def page(pictures: list[dict[str, Any]], network: str = "") -> str:
    """The page's HTML; each picture has `file`, `title`, `text` and `theme`, light beside dark.

    A stop of the tour that was drawn in both themes shows the one that the reader's system is in.
    """
    stops = [list(group) for _, group in groupby(pictures, key=lambda row: row["title"])]
    sections = "\n".join(_section(number, stop) for number, stop in enumerate(stops, 1))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Convnet Visualizer: a tour</title>
<style>{resource("tour_page.css").read_text(encoding="utf-8")}</style>
<header>
<h1>Convnet Visualizer</h1>
<p>A window onto a convolutional network. You give it a picture; it shows what every layer makes of
it. These are pictures of the real window with {escape(network) or "a network"} open.</p>
</header>
{sections}
<footer><p>Open the window itself with <code>visualizer</code>. The pictures here were drawn by
<code>visualizer tour</code>.</p></footer>
</html>
"""


def _section(number: int, stop: list[dict[str, Any]]) -> str:
    by_theme = {row["theme"]: row for row in stop}
    first, dark = stop[0], by_theme.get("dark")
    source = (
        f'<source srcset="{escape(dark["file"])}" media="(prefers-color-scheme: dark)">'
        if dark and len(by_theme) > 1
        else ""
    )
    links = " · ".join(
        f'<a class="other" href="{escape(r["file"])}">{r["theme"]}</a>' for r in stop
    )
    return f"""<section>
<h2><span>{number}</span>{escape(first["title"])}</h2>
<p>{escape(first["text"])}</p>
<a href="{escape(first["file"])}"><picture>{source}<img src="{escape(first["file"])}" loading="lazy"
alt="{escape(first["title"])}"></picture></a>
{links}
</section>"""
