"""The chunks of a PNG file, read without decoding it: text goes in and out, pixels stay.

PNG (Portable Network Graphics) Specification, third edition, sections 5.3 and 11.3.3.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_TEXT = 1_000_000
"""Bytes of one text after inflating; longer ones are not read."""
MAX_CHUNKS = 100_000
"""Pieces of a file: those of a hundred million bytes have thousands of them."""
NEEDED = {
    *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"),
    *(b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"eXIf"),
}
"""Chunks that say what the pixels are; of all but the pixels themselves the first counts."""


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start, end) of each chunk as it is stored, as far as the file is sound.

    Its content is from start + 8 to end - 4.

    Raises:
        ValueError: there are more than `MAX_CHUNKS`.
    """
    if not data.startswith(SIGNATURE):
        return
    position = len(SIGNATURE)
    for count in itertools.count():
        if position + 12 > len(data):
            return
        if count == MAX_CHUNKS:
            raise ValueError(f"more than {MAX_CHUNKS} chunks")
        (length,) = struct.unpack_from(">I", data, position)
        end = position + 12 + length
        if end > len(data):
            return
        kind = data[position + 4 : position + 8]
        yield kind, position, end
        position = end
        if kind == b"IEND":
            return


def text(data: bytes, keyword: str) -> str | None:
    """The international text (iTXt) stored under `keyword`, or None where there is none to read.

    Raises:
        ValueError: there are more than `MAX_CHUNKS` chunks.
    """
    for kind, start, end in chunks(data):
        if kind != b"iTXt":
            continue
        try:
            key, rest = data[start + 8 : end - 4].split(b"\0", 1)
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


def pixels_only(data: bytes) -> bytes:
    """The PNG with nothing but its first picture; other files as they are.

    Decoders inflate every text and colour profile they meet, so that hostile ones make a sound
    picture unreadable, or slow.

    Raises:
        ValueError: there are more than `MAX_CHUNKS` chunks.
    """
    if not data.startswith(SIGNATURE):
        return data
    whole, kept, seen = memoryview(data), [memoryview(SIGNATURE)], set()
    last = len(SIGNATURE)
    for kind, start, last in chunks(data):
        if kind in NEEDED and (kind == b"IDAT" or kind not in seen):
            kept.append(whole[start:last])
        seen.add(kind)
    kept.append(whole[last:])  # what is cut short is for the decoder to complain of
    return b"".join(kept)
