"""The pages of resources/explanations.

A page is Markdown: a title, a text, and sections such as "Formula", "Paper" and "Look for" (or
"Look for: early", "middle" and "late").
"""

from __future__ import annotations

import re
from functools import cache

from visualizer.engine.resources import resource


@cache
def page(name: str) -> dict[str, str]:
    """Read a page into its parts: "title", "text" and one entry for every "## Section"."""
    content = resource(f"explanations/{name}.md").read_text(encoding="utf-8")
    head, *sections = re.split(r"^## ", content, flags=re.MULTILINE)
    title, _, text = head.partition("\n")
    parts = {"title": title.removeprefix("# ").strip(), "text": text.strip()}
    for section in sections:
        heading, _, body = section.partition("\n")
        parts[heading.strip()] = body.strip()
    return parts
