"""The record of a training as an event file, which TensorBoard draws.

Written without TensorBoard: a row of records, each with its length and checksums (CRC-32C, masked),
that hold a protocol buffer `Event` with a time, a step and a named number.
"""

from __future__ import annotations

import struct
import time
from functools import cache
from pathlib import Path

import numpy as np

from visualizer.engine.files import write_file
from visualizer.engine.training.history import COLUMNS, History

MASK = 0xA282EAD8


def write_events(folder: Path, history: History, began: float | None = None) -> Path:
    """Write a record as `events.out.tfevents.…` and return its path.

    Steps count batches; what epochs measured has the tags `validation/…`.

    Args:
        folder: for TensorBoard's --logdir.
        history: of the training.
        began: seconds since 1970; now unless given. Every event has this time.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    moment = time.time() if began is None else began
    events = [_event(moment, 0, _field(3, b"brain.Event:2"))]
    batches = history.column("batch")
    for name in COLUMNS[1:]:
        for batch, value in zip(batches, history.column(name), strict=True):
            events.append(_scalar(moment, int(batch), f"train/{name}", value))
    for epoch in history.epochs:
        for name in ("loss", "accuracy"):
            value = getattr(epoch, f"validation_{name}")
            events.append(_scalar(moment, epoch.batch, f"validation/{name}", value))
        fooled = epoch.adversarial_accuracy
        events.append(_scalar(moment, epoch.batch, "validation/adversarial_accuracy", fooled))
    path = folder / f"events.out.tfevents.{int(moment):010d}.training"
    return write_file(path, b"".join(_record(event) for event in events if event))


def _scalar(moment: float, step: int, tag: str, value: float) -> bytes:
    """An event with one number; nothing where it is none."""
    if not np.isfinite(value):
        return b""
    number = _field(1, tag.encode()) + b"\x15" + struct.pack("<f", value)
    return _event(moment, step, _field(5, _field(1, number)))


def _event(moment: float, step: int, content: bytes) -> bytes:
    return b"\x09" + struct.pack("<d", moment) + b"\x10" + _whole(step) + content


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _whole(len(content)) + content


def _whole(value: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    groups = []
    while value > 127:
        groups.append(value & 127 | 128)
        value >>= 7
    return bytes([*groups, value])


def _record(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    return length + _checksum(length) + data + _checksum(data)


def _checksum(data: bytes) -> bytes:
    table, crc = _table(), 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + MASK) & 0xFFFFFFFF)


@cache
def _table() -> tuple[int, ...]:
    """Of CRC-32C (Castagnoli), by byte."""
    values = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)  # noqa: PLW2901
        values.append(byte)
    return tuple(values)
