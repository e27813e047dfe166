"""The live source of tests and benchmarks: a real film, really decoded."""

from __future__ import annotations

import math

from visualizer.engine.film_source import Film
from visualizer.engine.resources import resource


def film(rate: float | None = math.inf, title: str | None = "Test film") -> Film:
    """The film that comes with the program, as fast as it is read or at a rate of its own."""
    return Film(resource("sample-film.mp4"), rate=rate, title=title)
