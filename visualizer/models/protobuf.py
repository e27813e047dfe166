"""A minimal reader of Protocol Buffers, for the two messages that describe a SavedModel.

A message is a row of fields, each a number and a value. Nothing is executed, and no length in the
file makes more memory than the file has bytes.
"""

from __future__ import annotations

from collections.abc import Iterator


class ProtobufError(ValueError):
    """The bytes are not a message."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of variable length; return it and the place after it."""
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise ProtobufError("a number without an end")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give the fields of a message: (number, value); texts and inner messages are bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
            yield number, value
            continue
        if kind == 2:
            length, at = varint(data, at)
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise ProtobufError(f"a field of kind {kind}")
        if at + length > len(data):
            raise ProtobufError("a field longer than the message")
        yield number, data[at : at + length]
        at += length
