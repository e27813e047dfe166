"""Pictures that take far more time or memory than they have bytes are refused from their header."""

import re
import struct
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.engine.test_pictures import encoded, sentence_of
from visualizer.engine.pictures import read_picture


def chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + zlib.crc32(kind + content).to_bytes(4, "big")
    )


def hollow_png(width, height, colour, depth=8, more=b"") -> bytes:
    """A PNG of a few bytes, which says that it is large."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + head + more
        + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )  # fmt: skip


@pytest.mark.parametrize("colour", [0, 2, 3, 4, 6])
@pytest.mark.parametrize("size", [(1, 64_000_000), (64_000_000, 1)])
def test_a_picture_that_is_all_side_is_refused_from_its_header(size, colour):
    assert "sides of up to 100,000" in sentence_of(hollow_png(*size, colour))


@pytest.mark.parametrize(("colour", "depth"), [(2, 8), (6, 8), (4, 16), (0, 16)])
def test_what_would_take_too_much_memory_is_refused_from_its_header(colour, depth):
    assert "GB of memory" in sentence_of(hollow_png(8000, 8000, colour, depth))


@pytest.mark.skipif(sys.platform != "linux", reason="the system does not tell the peak of memory")
@pytest.mark.parametrize("kind", ["RGB", "RGBA", "P", "CMYK", "I;16", "F", "1"])
def test_no_picture_takes_a_gigabyte(kind):
    form = {"CMYK": "JPEG", "F": "TIFF", "I;16": "TIFF"}.get(kind, "PNG")
    data = encoded(Image.new(kind, (6000, 6000)), form, **({} if form != "TIFF" else ZIPPED))
    read_picture(data, 2048)
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    read_picture(data)
    assert resident("VmHWM") - before < 1e9


ZIPPED = {"compression": "tiff_adobe_deflate"}


def resident(field: str) -> int:
    status = Path("/proc/self/status").read_text()
    return int(re.findall(rf"{field}:\s+(\d+) kB", status)[0]) * 1024


def test_a_jpeg_of_thousands_of_passes_is_refused_before_it_is_decoded():
    data = encoded(Image.new("RGB", (2000, 2000)), "JPEG", progressive=True)
    last = data.rfind(b"\xff\xda")
    assert read_picture(data).shape == (2000, 2000, 3)
    assert "passes over its pixels" in sentence_of(data[:last] + data[last:-2] * 2000)


@pytest.mark.parametrize("kind", [b"IDAT", b"tEXt", b"abCd"])
def test_a_png_of_a_million_chunks_is_refused(kind):
    assert "damaged" in sentence_of(hollow_png(4, 4, 2, more=chunk(kind, b"") * 1_000_000))


def test_colour_profiles_after_the_first_are_not_inflated():
    profile = chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1_000_000)))
    sound = encoded(Image.new("RGB", (4, 4), "red"))
    data = sound[:33] + profile * 50_000 + sound[33:]
    began = time.process_time()
    read_picture(data)
    assert time.process_time() - began < 10  # they hold 50 GB


NETPBM = {
    "bits": (b"P1\n# a comment\n3 2\n101\n0 1 0", [[0, 1, 0], [1, 0, 1]]),
    "grey": (b"P2 3 2 10\n0 5 10 # half\n10 5 0", [[0, 0.5, 1], [1, 0.5, 0]]),
    "packed bits": (b"P4\n3 2\n\xa0\x40", [[0, 1, 0], [1, 0, 1]]),
    "packed grey": (b"P5 3 2 255\n\x00\x33\xff\xff\x33\x00", [[0, 0.2, 1], [1, 0.2, 0]]),
    "packed deep grey": (
        b"P5 3 1 65535\n\x00\x00\x33\x33\xff\xff",
        [[0, 0.2, 1]],
    ),
}


@pytest.mark.parametrize("form", NETPBM)
def test_netpbm_pictures_are_read(form):
    data, grey = NETPBM[form]
    picture = read_picture(data)
    np.testing.assert_allclose(picture, np.repeat(np.array(grey)[..., None], 3, 2), atol=1e-6)


def test_colours_of_netpbm_pictures():
    expected = [[[1, 0, 0], [0, 0, 1]]]
    np.testing.assert_array_equal(read_picture(b"P3 2 1 255\n255 0 0  0 0 255\n"), expected)
    np.testing.assert_array_equal(read_picture(b"P6 2 1 255\n\xff\0\0\0\0\xff"), expected)


@pytest.mark.parametrize(
    "data",
    [
        b"P3\n2000 1000\n255\n" + b"#x\n" * 6_000_000,
        b"P3\n2000 1000\n255\n" + b" " * 20_000_000,
        b"P3\n2000 1000\n255\n" + b"1" * 20_000_000,
        b"P3\n" + b"#" * 20_000_000,
        b"P2\n2000 1000\n255\n" + b"1 x " * 1000,
        b"P2\n0 1\n255\n1",
        b"P5\n10 10\n255\nabc",
        b"P2\n2 1\n255\n-1 3",
    ],
)
def test_damaged_netpbm_pictures_are_told_in_a_time_that_grows_with_them(data):
    began = time.process_time()
    assert "damaged" in sentence_of(data)
    assert time.process_time() - began < 10  # Pillow takes minutes over the first
