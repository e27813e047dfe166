"""The wall over the generations as a film, put together from the ancestors that the archive keeps.

An archive forgets champions without descendants, so nothing has to be saved for the film: a cell
shows the last of its champions that is still known, and before the first of them, darkened, the
ancestor of today's champion, which held another class then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageDraw

from visualizer.engine.evolution.archive import Archive, Individual
from visualizer.engine.evolution.evolution import Encoding, Evolution
from visualizer.engine.evolution.exhibits import drawn
from visualizer.engine.lettering import font
from visualizer.engine.technique import Frame

WIDTH, HEIGHT = 1600, 900
"""Pixels that a frame has at most."""
HEADER, EDGE, LARGEST_SIDE = 44, 12, 240
CAPTION, NAMED = 22, 90
"""Pixels below a picture for the name of its class, and of a picture that is large enough."""
MOMENTS, HOLD, LONGEST_HOLD, END = 200, 2, 12, 60
"""Moments of the film at most; frames of each of them, more where there are few; of the last."""
GLOW = 8
"""Frames that a cell is lit after it changed."""
GROUND, WORDS, ACCENT = (20, 22, 27), (226, 228, 233), (245, 166, 50)
DARKENED = 0.4


@dataclass(frozen=True)
class Change:
    """A cell shows another individual from a generation on.

    Attributes:
        generation: of the change.
        number: of the individual.
        cell: which.
        held: whether it held the cell; else it is an ancestor of the one that holds it today.
    """

    generation: int
    number: int
    cell: int
    held: bool


def changes(archive: Archive) -> list[Change]:
    """What is known of how the wall came to be, in order."""
    found: list[Change] = []
    first: dict[int, int] = {}  # the number of the first known champion of each cell
    for each in sorted(archive.individuals.values(), key=lambda each: each.number):
        if each.genome is not None:
            found += [Change(each.generation, each.number, cell, True) for cell in each.won]
            for cell in each.won:
                first.setdefault(cell, each.number)
    for cell in map(int, archive.filled):
        for each in archive.line(cell):
            if each.genome is not None and each.number < first.get(cell, each.number):
                found.append(Change(each.generation, each.number, cell, False))
    return sorted(found, key=lambda change: (change.number, change.cell))


def moments(changed: Sequence[Change], count: int = MOMENTS) -> list[Sequence[Change]]:
    """Cut the changes into so many moments at most, between generations, of about equal numbers."""
    if not changed:
        return []
    generations = np.array([each.generation for each in changed])
    ends = np.flatnonzero(np.append(np.diff(generations) > 0, True)) + 1  # of each generation
    wanted = np.linspace(len(changed) / count, len(changed), count)
    cuts = np.unique(ends[np.searchsorted(ends, wanted - 1e-9)])
    starts = [0, *cuts[:-1].tolist()]
    return [changed[start:end] for start, end in zip(starts, cuts.tolist(), strict=True)]


@dataclass(frozen=True)
class _Layout:
    """Where the cells are: their upper left corners, and the pixels of a picture and a frame."""

    corners: Sequence[tuple[int, int]]
    picture: tuple[int, int]
    frame: tuple[int, int]
    named: bool


def wall_frames(evolution: Evolution) -> Iterator[Frame]:
    """The frames of the film; what is known of the wall is taken at the first.

    The cells stand in the order of today's confidence, the surest first.

    Yields:
        Frames with pictures, uint8, of one size of even sides, at most `HEIGHT` x `WIDTH`.
    """
    archive, network, encoding = evolution.archive, evolution.scores.network, evolution.encoding
    people: Mapping[int, Individual] = dict(archive.individuals)
    cut = moments(changes(archive))
    order = np.argsort(-archive.scores, kind="stable")
    layout = _layout(len(order), network.size)
    place = {int(cell): layout.corners[at] for at, cell in enumerate(order)}
    names = {cell: network.label(int(evolution.classes[cell])) for cell in place}
    canvas = _empty(layout, place, names)
    hold = min(max(HOLD, MOMENTS * HOLD // max(1, len(cut))), LONGEST_HOLD)
    step, total = 0, max(0, len(cut) - 1) * hold + END
    history = evolution.history.array()
    lit: dict[int, int] = {}  # frames that each cell is still lit
    for at, moment in enumerate(cut):
        newest = {change.cell: change for change in moment}
        pictures: dict[int, np.ndarray] = {}
        for cell, change in newest.items():
            if change.number not in pictures:
                genome = people[change.number].genome
                pictures[change.number] = _fitting(encoding, genome, network.size, layout.picture)
                yield Frame(step, total)
            picture = pictures[change.number]
            _cut(canvas, place[cell], layout)[:] = picture if change.held else _darkened(picture)
            lit[cell] = GLOW
        _write(canvas[:HEADER], _header(network.title, moment[-1], history))
        for _ in range(END if at == len(cut) - 1 else hold):
            step += 1
            yield Frame(step, total, _with_glow(canvas, lit, place, layout))
            lit = {cell: left - 1 for cell, left in lit.items() if left > 1}


def _layout(count: int, size: tuple[int, int]) -> _Layout:
    """The largest cells that fit, with their names where these can be read."""
    side, columns = _largest(count, size, 0)
    named = side >= NAMED
    if named:
        side, columns = _largest(count, size, CAPTION)
    tall, wide, gap = _cell(side, size)
    right, down = wide + gap, tall + gap + (CAPTION if named else 0)
    corners = [(EDGE + at % columns * right, HEADER + at // columns * down) for at in range(count)]
    width, height = 2 * EDGE + columns * right, HEADER + -(-count // columns) * down + EDGE
    return _Layout(corners, (tall, wide), (height + height % 2, max(width + width % 2, 640)), named)


def _largest(count: int, size: tuple[int, int], caption: int) -> tuple[int, int]:
    """The pixels of a picture's longer side, and how many pictures stand in a row."""
    best, longest = (1, 1), max(size)
    for columns in range(1, count + 1):
        across = (WIDTH - 2 * EDGE) // columns
        down = (HEIGHT - HEADER - EDGE) // -(-count // columns) - caption
        side = int(min(LARGEST_SIDE, down * longest / size[0], across * longest / size[1]))
        while side > best[0]:
            tall, wide, gap = _cell(side, size)
            if wide + gap <= across and tall + gap <= down:
                best = side, columns
            side -= 1
    return best


def _cell(side: int, size: tuple[int, int]) -> tuple[int, int, int]:
    """The height and width of a picture with this longer side, and the gap beside it."""
    tall, wide = (max(1, round(side * each / max(size))) for each in size)
    return tall, wide, max(1, side // 16)


def _empty(
    layout: _Layout, place: Mapping[int, tuple[int, int]], names: Mapping[int, str]
) -> np.ndarray:
    """The canvas before the first picture."""
    canvas = np.empty((*layout.frame, 3), np.uint8)
    canvas[:] = GROUND
    for cell, (x, y) in place.items() if layout.named else ():
        below = y + layout.picture[0]
        _write(canvas[below : below + CAPTION, x : x + layout.picture[1]], names[cell], 13, 0)
    return canvas


def _fitting(
    encoding: Encoding, genome: Any, size: tuple[int, int], wanted: tuple[int, int]
) -> np.ndarray:
    """A genome as a picture of the size wanted."""
    picture = drawn(encoding, genome, size, max(wanted))
    if picture.shape[:2] != wanted:  # pixels stay squares, so their number is a multiple
        picture = cv2.resize(picture, wanted[::-1], interpolation=cv2.INTER_AREA)
    return picture


def _cut(canvas: np.ndarray, corner: tuple[int, int], layout: _Layout) -> np.ndarray:
    x, y = corner
    return canvas[y : y + layout.picture[0], x : x + layout.picture[1]]


def _darkened(picture: np.ndarray) -> np.ndarray:
    return np.rint(DARKENED * picture + (1 - DARKENED) * np.array(GROUND)).astype(np.uint8)


def _header(title: str, last: Change, history: np.ndarray) -> str:
    """What is known of a moment; individuals are numbered by the pictures seen before them."""
    words = f"{title}    generation {last.generation:,}    {last.number + 1:,} pictures seen"
    if len(history):
        median = np.interp(last.number, history[:, 0], history[:, 1])
        words += f"    median confidence {median:.0%}"
    return words


def _write(strip: np.ndarray, words: str, letter: int = 17, left: int = EDGE) -> None:
    """Write a line into a strip of the canvas."""
    image = Image.new("RGB", (strip.shape[1], strip.shape[0]), GROUND)
    place = left, strip.shape[0] / 2
    ImageDraw.Draw(image).text(place, words, WORDS, font(letter), anchor="lm")
    strip[:] = np.asarray(image)


def _with_glow(
    canvas: np.ndarray,
    lit: Mapping[int, int],
    place: Mapping[int, tuple[int, int]],
    layout: _Layout,
) -> np.ndarray:
    """The canvas with a frame around each cell that changed, fainter from frame to frame."""
    picture = canvas.copy()
    thick = min(max(1, max(layout.picture) // 24), 4)
    for cell, left in lit.items():
        inside, share = _cut(picture, place[cell], layout), left / GLOW
        middle = inside[thick:-thick]  # without the corners, which belong to the rows
        for strip in (inside[:thick], inside[-thick:], middle[:, :thick], middle[:, -thick:]):
            strip[:] = np.rint((1 - share) * strip + share * np.array(ACCENT))
    return picture
