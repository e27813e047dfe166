"""The words of the lessons."""

from __future__ import annotations

from functools import cache

from visualizer.engine.resources import resource


@cache
def words_of(lesson: str) -> str:
    """The page of words of a lesson, Markdown."""
    return resource(f"lessons/{lesson}.md").read_text(encoding="utf-8").strip()
