"""All champions on a sheet, each with its class and how sure the network is of it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from visualizer.engine.evolution.evolution import Evolution
from visualizer.engine.evolution.exhibits import drawn, exhibits
from visualizer.engine.lettering import font

SIDE, GAP, LETTER, COLUMNS = 144, 14, 13, 10
"""Pixels of a picture, between two, of a letter; pictures in a row."""


def gallery(evolution: Evolution) -> Generator[None, None, np.ndarray]:
    """Draw the sheet, the surest first, in slices: uint8 H x W x 3 on white."""
    shown, network = exhibits(evolution), evolution.scores.network
    columns = min(COLUMNS, max(1, len(shown)))
    rows = -(-max(1, len(shown)) // columns)
    across, down = SIDE + GAP, SIDE + GAP + LETTER + 4
    sheet = Image.new("RGB", (columns * across + GAP, rows * down + GAP), "white")
    draw = ImageDraw.Draw(sheet)
    letters = font(LETTER)
    for place, exhibit in enumerate(shown):
        x, y = GAP + place % columns * across, GAP + place // columns * down
        picture = drawn(evolution.encoding, exhibit.genome, network.size, max(network.size))
        image = Image.fromarray(picture)
        scale = SIDE / max(image.size)
        image = image.resize((round(image.width * scale), round(image.height * scale)))
        sheet.paste(image, (x, y))
        words, number = exhibit.label, f" {100 * exhibit.confidence:.1f}"
        while words and draw.textlength(words + number, letters) > SIDE:
            words = words[:-1]
        draw.text((x, y + SIDE + 2), words + number, "black", letters)
        yield None
    return np.asarray(sheet)


def save_gallery(evolution: Evolution, path: Path) -> Generator[None, None, None]:
    """Write the sheet as a PNG."""
    from visualizer.engine.specimen import Provenance, Specimen

    sheet = yield from gallery(evolution)
    recipe = Provenance("gallery of evolved pictures", network=evolution.scores.network.name)
    Specimen(sheet, "Gallery", recipe).save(path)
