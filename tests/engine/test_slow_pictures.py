"""Pictures that take long are decoded by another process: within limits, and to be cancelled."""

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.engine.test_pictures import encoded, sentence_of
from visualizer.engine import slow_pictures
from visualizer.engine.child_process import Limits
from visualizer.engine.decoding import decode
from visualizer.engine.pictures import read_picture
from visualizer.engine.specimen import opening_specimen

NOISE = np.random.default_rng(0).integers(0, 256, (600, 700, 4), np.uint8)
COLOUR = Image.fromarray(NOISE[..., :3])


def in_this_process(monkeypatch):
    """Let every picture be decoded where it is asked for."""
    monkeypatch.setattr(slow_pictures, "is_quick", lambda data: True)


def elsewhere(monkeypatch):
    monkeypatch.setattr(slow_pictures, "is_quick", lambda data: False)


@pytest.fixture(scope="module")
def large():
    """A JPEG 2000 that takes about half a second."""
    noise = np.random.default_rng(1).integers(0, 256, (1100, 1100, 3), np.uint8)
    return encoded(Image.fromarray(noise), "JPEG2000")


@pytest.fixture
def quick(monkeypatch):
    return lambda limits: monkeypatch.setattr(slow_pictures, "ENDLESS_LIMITS", limits)


@pytest.mark.parametrize(
    ("picture", "form"),
    [
        (COLOUR, "JPEG2000"),
        (COLOUR, "AVIF"),
        (COLOUR, "PNG"),
        (Image.fromarray(NOISE), "PNG"),
        (Image.fromarray(NOISE[..., 0].astype(np.float32) * 2), "TIFF"),
    ],
)
def test_it_is_the_same_picture_wherever_it_is_decoded(picture, form, monkeypatch):
    data = encoded(picture, form)
    elsewhere(monkeypatch)
    found = read_picture(data, 256)
    in_this_process(monkeypatch)
    np.testing.assert_array_equal(found, read_picture(data, 256))
    np.testing.assert_array_equal(found, decode(data, "x", 256))
    assert not found.flags.writeable


def test_what_is_wrong_with_it_is_told_as_ever(monkeypatch):
    elsewhere(monkeypatch)
    data = encoded(COLOUR, "JPEG2000")
    assert "damaged or cut short" in sentence_of(data[: len(data) // 2])
    assert "not a picture in a format known here" in sentence_of(b"nothing")


@pytest.mark.parametrize(
    "limits", [Limits(20, 10**9, processor=0.05), Limits(20, 10**6), Limits(0.05, 10**9)]
)
def test_one_that_takes_too_much_is_told(limits, large, quick):
    quick(limits)
    assert "takes too much time or memory to open" in sentence_of(large)


def test_to_cancel_ends_the_process_that_decodes(large, tmp_path):
    path = tmp_path / "large.jp2"
    path.write_bytes(large)
    steps = opening_specimen(path)
    for _ in range(3):
        next(steps)
    (busy,) = [
        child
        for child in psutil.Process().children()
        if any("child_process" in word for word in child.cmdline())
    ]
    steps.close()
    assert not busy.is_running()
