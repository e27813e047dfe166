"""Netpbm pictures (PBM, PGM, PPM; plain or binary) as arrays, in a time that grows with the file.

http://netpbm.sourceforge.net/doc/ppm.html and the pages of its sisters. Pillow reads the plain ones
a character at a time, and their comments in quadratic time.
"""

from __future__ import annotations

import re

import numpy as np

MAGIC = re.compile(rb"P[1-6][\s#]")
MAX_PLAIN = 24_000_000
"""Bytes of a picture written in digits, which is read ten times as slowly as one that is not."""
MAX_COMMENTS = 10_000
HEADER = 4096
"""Bytes before the pixels, comments and all."""

_GAP = rb"(?:\s|#[^\r\n]*[\r\n])+"
_SIZE = re.compile(rb"P[14]" + _GAP + rb"(\d{1,9})" + _GAP + rb"(\d{1,9})(?=[\s#])")
_SIZE_AND_LARGEST = re.compile(
    rb"P[2356]" + (_GAP + rb"(\d{1,9})") * 2 + _GAP + rb"(\d{1,5})(?=[\s#])"
)


def is_pnm(data: bytes) -> bool:
    """Whether bytes begin as one of these pictures."""
    return MAGIC.match(data) is not None


def header(data: bytes) -> tuple[int, int, int, int]:
    """(width, height, largest value, where the pixels begin).

    Raises:
        ValueError: it is damaged.
    """
    bits = data[1:2] in b"14"
    found = (_SIZE if bits else _SIZE_AND_LARGEST).match(data[:HEADER])
    if found is None:
        raise ValueError("no header")
    width, height, *rest = map(int, found.groups())
    largest = rest[0] if rest else 1
    if not (width and height and 0 < largest < 65536):
        raise ValueError("an impossible size")
    return width, height, largest, found.end()


def pixels(data: bytes) -> np.ndarray:
    """The values of all pixels, H x W x 1 or 3: float32 from 0 to 1, or uint8 where they are that.

    Raises:
        ValueError: it is damaged, cut short, or plain and longer than `MAX_PLAIN`.
    """
    width, height, largest, at = header(data)
    kind = int(data[1:2])
    channels = 3 if kind in (3, 6) else 1
    shape, count = (height, width, channels), height * width * channels
    if kind == 4:
        row = -(-width // 8)
        packed = np.frombuffer(data, np.uint8, height * row, at + 1).reshape(height, row)
        return 1 - np.unpackbits(packed, axis=1)[:, :width, None].astype(np.float32)
    if kind > 4:
        kept = np.frombuffer(data, np.uint8 if largest < 256 else ">u2", count, at + 1)
        if largest == 255:
            return kept.reshape(shape)
        return (kept.reshape(shape) / np.float32(largest)).clip(0, 1)
    if len(data) > MAX_PLAIN or data.count(b"#") > MAX_COMMENTS:
        raise ValueError("too long")
    text = re.sub(rb"#[^\r\n]*", b" ", data[at:])
    if kind == 1:  # digits that need nothing between them
        bits = np.frombuffer(text, np.uint8)
        values = 1 - (bits[(bits == ord("0")) | (bits == ord("1"))][:count].astype(int) - ord("0"))
    else:
        values = np.fromstring(text, np.int64, sep=" ")[:count]
        if values.min(initial=0) < 0:
            raise ValueError("a negative value")
    if values.size != count:
        raise ValueError("cut short")
    return (values.reshape(shape) / np.float32(largest)).clip(0, 1).astype(np.float32)
