"""The figure of a robustness report: a line an attack, drawn without a window."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageDraw

from visualizer.engine.adversarial.robustness_results import Summary
from visualizer.engine.lettering import font

WIDTH, HEIGHT = 1200, 720
LEFT, TOP, RIGHT, BOTTOM = 120, 110, 240, 100
INK, QUIET, LINE = "#1b1f26", "#565e6b", "#d5dbe3"
COLOURS = ("#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""One an attack, for colour-blind eyes too (Okabe & Ito 2008, but their yellow: it is too pale)."""


def chart(summaries: Sequence[Summary], title: str) -> bytes:
    """Draw the fooling rate (full lines) and the accuracy (dashed) against epsilon, as a PNG.

    Args:
        summaries: of `RobustnessResults.summaries`; those without an attack stand at epsilon 0.
        title: what stands above it.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    large, small = font(28), font(20)
    draw.text((LEFT, 36), title, fill=INK, font=large)
    clean = next((each for each in summaries if not each.method), None)
    lines: dict[str, list[Summary]] = defaultdict(list)
    for each in summaries:
        if each.method:
            lines[each.method].append(each)
    largest = max((each.epsilon for each in summaries), default=0) or 1.0

    def at(epsilon: float, share: float) -> tuple[float, float]:
        x = LEFT + epsilon / largest * (WIDTH - LEFT - RIGHT)
        return x, HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    for share in (0, 0.25, 0.5, 0.75, 1):
        draw.line([at(0, share), at(largest, share)], fill=LINE, width=2)
        y = at(0, share)[1]
        draw.text((LEFT - 16, y), f"{share:.0%}", fill=QUIET, font=small, anchor="rm")
    shown = sorted({0.0, *(each.epsilon for each in summaries)})
    last = -100.0
    for epsilon in shown:
        x, y = at(epsilon, 0)
        if x - last > 50:  # skip labels that would overlap
            draw.text((x, y + 14), f"{epsilon * 255:.3g}", fill=QUIET, font=small, anchor="ma")
            last = x
    words = "ε, in levels of 1/255"
    draw.text((at(largest / 2, 0)[0], HEIGHT - 44), words, fill=QUIET, font=small, anchor="ma")
    for row, (method, group) in enumerate(lines.items()):
        colour = COLOURS[row % len(COLOURS)]
        ordered = sorted(group, key=lambda each: each.epsilon)
        fooled = [at(each.epsilon, each.fooling) for each in ordered if each.fooling is not None]
        draw.line([at(0, 0), *fooled], fill=colour, width=5, joint="curve")
        for x, y in fooled:
            draw.ellipse([x - 6, y - 6, x + 6, y + 6], fill=colour)
        right = [at(each.epsilon, each.accuracy) for each in ordered if each.accuracy is not None]
        if right and clean is not None and clean.accuracy is not None:
            _dashed(draw, [at(0, clean.accuracy), *right], colour)
        _legend(draw, TOP + 60 * row, method, colour, accuracy=bool(right))
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def _legend(
    draw: ImageDraw.ImageDraw, top: float, method: str, colour: str, *, accuracy: bool
) -> None:
    x, small = WIDTH - RIGHT + 30, font(20)
    draw.line([(x, top + 12), (x + 28, top + 12)], fill=colour, width=5)
    draw.text((x + 38, top), f"{method}: fooled", fill=INK, font=small)
    if accuracy:
        _dashed(draw, [(x, top + 38), (x + 28, top + 38)], colour)
        draw.text((x + 38, top + 26), "still right", fill=INK, font=small)


def _dashed(draw: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], colour: str) -> None:
    for (x0, y0), (x1, y1) in pairwise(points):
        length = max(1.0, ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5)
        for start in range(0, int(length), 18):
            a, b = start / length, min(start + 10, length) / length
            ends = [(x0 + (x1 - x0) * t, y0 + (y1 - y0) * t) for t in (a, b)]
            draw.line(ends, fill=colour, width=3)
