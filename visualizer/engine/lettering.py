"""The letters of pictures that are drawn without a window."""

from __future__ import annotations

import io
from functools import cache

from PIL import ImageFont

from visualizer.engine.resources import resource


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The program's typeface at so many pixels."""
    return ImageFont.truetype(io.BytesIO(resource("fonts/Inter-Regular.otf").read_bytes()), size)
