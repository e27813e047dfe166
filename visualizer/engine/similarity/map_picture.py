"""A map drawn as a picture: thumbnails in the plane, as PNG, SVG or the frames of a film."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from html import escape

import numpy as np
from PIL import Image, ImageDraw

from visualizer.engine.lettering import font
from visualizer.engine.similarity.features import THUMBNAIL, Features
from visualizer.engine.similarity.journey import StageMap, between, stops
from visualizer.engine.technique import Frame

SIDE = 1200
"""Pixels on a side of the drawn map, without its title."""
TITLE = 64
MOST_IN_SVG = 2_000
"""Thumbnails of an SVG; of a larger map as many, evenly spread."""
GROUND, INK = "#ffffff", "#1b1f26"
CLASS_COLOURS = (
    "#d55e00",
    "#0072b2",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c6d31",
    "#6a3d9a",
    "#1b9e77",
    "#666666",
)
"""Of the frames around thumbnails, by class, in turn; Okabe & Ito 2008 and four more."""
EACH, PAUSE = 24, 18
"""Pictures of a film from one stage to the next, and at each."""


def class_colour(label: int) -> str:
    """The colour of a class; grey for none."""
    return "#9aa3af" if label < 0 else CLASS_COLOURS[label % len(CLASS_COLOURS)]


def in_frame(xy: np.ndarray, side: int, thumb: int, bounds: np.ndarray | None = None) -> np.ndarray:
    """Where the centres of thumbnails are in a square picture: pixels, N x 2, y downwards.

    Args:
        xy: points, N x 2, y upwards.
        side: of the picture.
        thumb: side of a thumbnail; none is cut at the edge.
        bounds: 2 x 2, lowest and highest x and y that are shown; those of the points if None.
    """
    low, high = (xy.min(0), xy.max(0)) if bounds is None else bounds
    extent = float((high - low).max()) or 1.0
    inside = (xy - (low + high) / 2) / extent * (side - thumb - 4)
    return np.asarray(inside * [1, -1] + side / 2)


def thumb_size(count: int, side: int) -> int:
    """Pixels on a side of each of so many thumbnails, that the map is neither empty nor a heap."""
    return int(np.clip(side / (2.2 * max(count, 1) ** 0.5), 8, THUMBNAIL))


def drawn(
    features: Features,
    xy: np.ndarray,
    title: str,
    side: int = SIDE,
    bounds: np.ndarray | None = None,
) -> np.ndarray:
    """Draw a map, uint8, (TITLE + side) x side x 3: thumbnails, framed by class."""
    thumb = thumb_size(len(xy), side)
    places = np.round(in_frame(xy, side, thumb, bounds) - thumb / 2).astype(int)
    canvas = Image.new("RGB", (side, side + TITLE), GROUND)
    draw = ImageDraw.Draw(canvas)
    labels, frame = features.labels, max(1, thumb // 24)
    for at, (left, top) in enumerate(places):
        small = Image.fromarray(features.thumbnails([at])[0]).resize((thumb, thumb))
        corner = (int(left), int(top) + TITLE)
        canvas.paste(small, corner)
        if features.classes:
            box = [*corner, corner[0] + thumb - 1, corner[1] + thumb - 1]
            draw.rectangle(box, outline=class_colour(int(labels[at])), width=frame)
    draw.text((20, 16), title, fill=INK, font=font(28))
    return np.asarray(canvas)


def png(picture: np.ndarray) -> bytes:
    """A drawn map as a PNG file."""
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "PNG")
    return data.getvalue()


def svg(features: Features, xy: np.ndarray, title: str, side: int = SIDE) -> str:
    """Draw a map as an SVG whose thumbnails have their names as tooltips."""
    shown = np.unique(np.linspace(0, len(xy) - 1, MOST_IN_SVG).round().astype(int))
    thumb = thumb_size(len(shown), side)
    corners = in_frame(xy, side, thumb) - thumb / 2
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side + TITLE}" '
        f'viewBox="0 0 {side} {side + TITLE}" font-family="sans-serif">',
        f'<rect width="100%" height="100%" fill="{GROUND}"/>',
        f'<text x="20" y="42" font-size="28" fill="{INK}">{escape(title)}</text>',
    ]
    labels = features.labels
    for at in shown:
        data = io.BytesIO()
        Image.fromarray(features.thumbnails([int(at)])[0]).save(data, "JPEG", quality=85)
        x, y = corners[at] + (0, TITLE)
        where = f'x="{x:.1f}" y="{y:.1f}" width="{thumb}" height="{thumb}"'
        lines.append(
            f"<g><title>{escape(_plain(features.items[at].name))}</title>"
            f'<image {where} href="data:image/jpeg;base64,'
            f'{base64.b64encode(data.getvalue()).decode()}"/>'
        )
        if features.classes:
            colour = class_colour(int(labels[at]))
            lines.append(f'<rect {where} fill="none" stroke="{colour}" stroke-width="2"/>')
        lines.append("</g>")
    return "\n".join([*lines, "</svg>", ""])


def journey_film(features: Features, maps: Sequence[StageMap], side: int = 720) -> Iterator[Frame]:
    """The frames of a film that goes from the first map to the last."""
    points = np.concatenate([each.xy for each in maps])
    bounds = np.stack([points.min(0), points.max(0)])
    positions = list(stops(maps, EACH, PAUSE))
    for step, position in enumerate(positions, 1):
        nearest = maps[round(position)]
        words = nearest.stage
        if not np.isnan(nearest.score.precision):
            words += f" · precision at 5: {nearest.score.precision:.0%}"
        picture = drawn(features, between(maps, position), words, side, bounds)
        yield Frame(step, len(positions), picture.astype(np.float32) / 255, {})


def _plain(name: str) -> str:
    """Without what XML may not hold."""
    return "".join(c for c in name if c.isprintable())
