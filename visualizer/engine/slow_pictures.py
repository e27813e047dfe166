"""Pictures that may take long are decoded by a child process, which has some seconds for each."""

from __future__ import annotations

import math
from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from visualizer.engine.child_process import Limits, ask
from visualizer.engine.decoding import (
    MAX_MEMORY,
    PictureError,
    decode,
    decoded,
    floats,
    is_endless,
    is_quick,
)

MEMORY = MAX_MEMORY + (200 << 20)
"""Bytes of the process: a picture, and the program itself."""
LIMITS = Limits(seconds=20, memory=MEMORY, processor=4.0)
"""Twice what the largest picture takes whose work is known from its header."""
ENDLESS_LIMITS = Limits(seconds=20, memory=MEMORY, processor=2.0)
"""For JPEG 2000 and AVIF: some 12 MB, or 50 million pixels."""


def decoding(
    data: bytes, name: str, longest: int | None = None
) -> Generator[None, None, np.ndarray]:
    """Do `decode`, yielding while a picture that takes long is decoded.

    Closing the generator stops that.

    Raises:
        PictureError: as `decode`, or it takes too much time or memory.
    """
    if is_quick(data):
        return decode(data, name, longest)
    try:
        with TemporaryDirectory(prefix="visualizer-") as folder:
            source, target = Path(folder) / "picture", Path(folder) / "pixels"
            source.write_bytes(data)
            request = {
                "source": str(source),
                "target": str(target),
                "name": name,
                "longest": longest,
            }
            limits = ENDLESS_LIMITS if is_endless(data) else LIMITS
            found = yield from ask(__name__, request, limits)
            if found is not None and "shape" in found:
                pixels = np.fromfile(target, found["dtype"], math.prod(found["shape"]))
                return floats(pixels.reshape(found["shape"]))
    except OSError as error:
        raise PictureError(
            f"{name} cannot be read: the system says “{error.strerror or error}”; free some space "
            "for temporary files, or make it smaller."
        ) from error
    raise PictureError(
        found["refusal"]
        if found is not None
        else f"{name} takes too much time or memory to open; save it as a PNG or JPEG, or smaller."
    )


def answer(source: str, target: str, name: str, longest: int | None) -> dict[str, Any]:
    """Decode a picture for `decoding`: the pixels go into a file, their shape is the answer."""
    try:
        pixels = decoded(Path(source).read_bytes(), name, longest)
    except PictureError as error:
        return {"refusal": str(error)}
    pixels.tofile(target)
    return {"shape": pixels.shape, "dtype": str(pixels.dtype)}
