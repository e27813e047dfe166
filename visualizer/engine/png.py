"""The chunks of a PNG file, read without decoding it: text goes in and out, pixels stay.

PNG (Portable Network Graphics) Specification, third edition, sections 5.3 and 11.3.3.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 1_000_000
"""Bytes of one text after inflating; longer ones are not read."""


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(type, content, whole chunk as stored) of each chunk, as far as the file is sound."""
    if not data.startswith(SIGNATURE):
        return
    position = len(SIGNATURE)
    while position + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 12 + length
        if end > len(data):
            return
        kind = data[position + 4 : position + 8]
        yield kind, data[position + 8 : end - 4], data[position:end]
        position = end
        if kind == b"IEND":
            return


def text(data: bytes, keyword: str) -> str | None:
    """The international text (iTXt) stored under `keyword`, or None where there is none to read."""
    for kind, content, _ in chunks(data):
        if kind != b"iTXt":
            continue
        try:
            key, rest = content.split(b"\0", 1)
            if key != keyword.encode("latin-1"):
                continue
            compressed, method, rest = rest[0], rest[1], rest[2:]
            _language, _translated, body = rest.split(b"\0", 2)
            if compressed:
                if method != 0:
                    continue
                inflater = zlib.decompressobj()
                body = inflater.decompress(body, MAX_TEXT)
                if inflater.unconsumed_tail or not inflater.eof:
                    continue
            if len(body) <= MAX_TEXT:
                return body.decode("utf-8")
        except (ValueError, IndexError, zlib.error):
            continue
    return None


def with_text(data: bytes, keyword: str, value: str) -> bytes:
    """The PNG with one more text in it, under `keyword`, ahead of its pixels."""
    body = keyword.encode("latin-1") + b"\0\1\0\0\0" + zlib.compress(value.encode("utf-8"))
    chunk = b"iTXt" + body
    header = len(SIGNATURE) + 25  # IHDR comes first and has 13 bytes
    stored = struct.pack(">I", len(body)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:header] + stored + data[header:]


def without_text(data: bytes) -> bytes:
    """The PNG without its texts; other files as they are.

    Decoders inflate every text they meet, so that a hostile one makes a sound picture unreadable.
    """
    if not data.startswith(SIGNATURE):
        return data
    kept = [SIGNATURE]
    length = len(SIGNATURE)
    for kind, _, whole in chunks(data):
        length += len(whole)
        if kind not in (b"tEXt", b"zTXt", b"iTXt"):
            kept.append(whole)
    kept.append(data[length:])  # what is cut short is for the decoder to complain of
    return b"".join(kept)
