"""Folders of people's own, whole and broken; shapes; grey and colour; sizes."""

import cv2
import numpy as np
import pytest

from visualizer.engine.training.own_pictures import (
    OwnPicturesError,
    from_pictures,
    in_colour,
    in_grey,
    read_class_folder,
    resized,
)
from visualizer.engine.training.shapes import CLASSES, draw_shapes


def end(steps):
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as stopped:
            return stopped.value, seen


@pytest.fixture
def folder(tmp_path):
    """Two classes, pictures of unequal sizes, one of them broken, and things that are none."""
    for name, colour in (("cats", (0, 0, 255)), ("dogs", (255, 0, 0))):
        (tmp_path / name).mkdir()
        for i, size in enumerate([(20, 50), (64, 64), (33, 12)]):
            picture = np.full((*size, 3), colour, np.uint8)
            assert cv2.imwrite(str(tmp_path / name / f"{i}.png"), picture)
    (tmp_path / "dogs" / "broken.jpg").write_bytes(b"no picture")
    (tmp_path / "dogs" / "notes.txt").write_text("?")
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_each_folder_is_a_class_and_broken_pictures_are_named(folder):
    found, seen = end(read_class_folder(folder, (16, 24)))
    assert found.data.classes == ("cats", "dogs")
    assert found.data.pictures.shape == (6, 16, 24, 3)
    assert found.data.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert (found.data.pictures[:3] == (255, 0, 0)).all()  # RGB
    assert [path.name for path, _ in found.broken] == ["broken.jpg"]
    assert found.warning == "Left out, as they cannot be read: “broken.jpg”."
    assert [step.step for step in seen] == list(range(1, 8))
    assert {step.total for step in seen} == {7}


def test_folders_that_are_no_data_set_are_said(folder, tmp_path):
    def said(path):
        with pytest.raises(OwnPicturesError) as refused:
            end(read_class_folder(path, (8, 8)))
        return str(refused.value)

    assert "no folder" in said(tmp_path / "missing")
    assert "no folders with pictures" in said(folder / "empty")
    assert "belong to no class" in said(folder / "cats")
    for file in (folder / "cats").iterdir():
        file.write_bytes(b"?")
    assert "None of the 3 pictures in “cats”" in said(folder)


def test_pictures_of_the_camera_become_a_data_set():
    rng = np.random.default_rng(0)
    held = {"cup": [rng.random((30, 40, 3)), rng.random((9, 9, 3))], "pen": [rng.random((5, 7, 3))]}
    data = from_pictures(held, (12, 12))
    assert data.classes == ("cup", "pen")
    assert data.pictures.shape == (3, 12, 12, 3)
    assert data.labels.tolist() == [0, 0, 1]
    with pytest.raises(OwnPicturesError, match="no pictures yet"):
        from_pictures({"cup": []}, (12, 12))


def test_shapes_are_drawn_by_their_seed_and_fill_their_classes():
    one, again, other = draw_shapes(12, 3), draw_shapes(12, 3), draw_shapes(12, (3, 1))
    np.testing.assert_array_equal(one.pictures, again.pictures)
    assert (one.pictures != other.pictures).any()
    assert one.classes == CLASSES
    assert np.bincount(one.labels).tolist() == [2] * 6
    assert one.pictures.std(axis=(1, 2)).max(axis=1).min() > 8  # something is seen in each


def test_grey_colour_and_size_are_brought_to_what_a_network_takes():
    data = draw_shapes(6, 0)
    grey = in_grey(data)
    assert grey.pictures.shape == (6, 32, 32, 1)
    assert in_grey(grey) is grey
    assert in_colour(data) is data
    assert (in_colour(grey).pictures[..., 2] == grey.pictures[..., 0]).all()
    assert resized(grey, (20, 28)).pictures.shape == (6, 20, 28, 1)
    assert resized(data, (32, 32)) is data
