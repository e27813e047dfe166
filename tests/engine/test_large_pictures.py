"""A specimen keeps 2,048 pixels of a photo; where more are wanted the file is read again."""

import cv2
import numpy as np
import pytest

from visualizer.engine.ascent.deep_dream import start_from
from visualizer.engine.specimen import OPENED_SIDE, Provenance, Specimen, open_specimen, picture_for

WIDE, HIGH = 3000, 40


@pytest.fixture
def photo(tmp_path):
    """A photo whose finest stripes a specimen cannot hold."""
    pixels = np.zeros((HIGH, WIDE, 3), np.uint8)
    pixels[:, ::2] = 255
    pixels[HIGH // 2 :, : WIDE // 2] = (200, 30, 90)
    path = tmp_path / "wide.png"
    cv2.imwrite(str(path), pixels)
    return path


def stripes(picture):
    """How much neighbouring columns differ in the upper right corner."""
    corner = picture[: picture.shape[0] // 3, -picture.shape[1] // 3 :]
    return float(np.abs(np.diff(corner, axis=1)).mean())


def test_a_large_dream_starts_from_all_the_pixels_of_the_file(photo):
    specimen = open_specimen(photo)
    assert max(specimen.picture.shape) == OPENED_SIDE
    start = start_from(specimen, WIDE)
    assert start.shape == (HIGH, WIDE, 3)
    assert stripes(start) == pytest.approx(1)
    assert stripes(specimen.picture) < 0.9


def test_a_small_one_takes_what_the_specimen_has(photo):
    specimen = open_specimen(photo)
    assert picture_for(specimen, OPENED_SIDE) is specimen.picture
    assert picture_for(specimen, 480) is specimen.picture


@pytest.mark.parametrize("now", ["gone", "another picture", "no picture"])
def test_a_file_that_is_not_the_same_any_more_is_left_alone(photo, now):
    specimen = open_specimen(photo)
    if now == "gone":
        photo.unlink()
    elif now == "another picture":
        cv2.imwrite(str(photo), np.full((HIGH, WIDE, 3), 90, np.uint8))
    else:
        photo.write_bytes(b"nothing")
    assert picture_for(specimen, WIDE) is specimen.picture


def test_what_a_technique_made_is_never_read_from_its_parents_file(photo):
    made = np.full((27, OPENED_SIDE, 3), 0.5, np.float32)
    specimen = Specimen(made, "dream", Provenance(str(photo), technique="deep-dream"))
    assert picture_for(specimen, WIDE) is specimen.picture
