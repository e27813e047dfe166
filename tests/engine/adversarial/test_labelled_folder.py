"""Folders of labelled pictures, as people and data sets have them."""

import json
import os

import numpy as np
import pytest
from PIL import Image

from visualizer.engine.adversarial.labelled_folder import find_labelled_pictures

IDS = ("n01", "n02", "n03", "n04")
"""Identifiers of ant, bee, cat and sea cat."""


@pytest.fixture
def put(tmp_path):
    """A function that puts a small picture somewhere."""

    def write(path):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(target)

    return write


def labels(folder, network, identifiers=IDS):
    found = find_labelled_pictures(folder, network, identifiers)
    assert all(item.path.is_file() for item in found.items)
    return {item.name: item.label for item in found.items}, found.unmatched


def test_folders_are_named_by_name_index_or_identifier(attacked, put, tmp_path):
    for name in ("Sea_Cat/a.png", "1/b.png", "n01/c.png", "d.png"):
        put(name)
    found, unmatched = labels(tmp_path, attacked.network)
    assert found == {"Sea_Cat/a.png": 3, "1/b.png": 1, "n01/c.png": 0, "d.png": None}
    assert unmatched == ()


def test_the_training_folder_of_tiny_imagenet(attacked, put, tmp_path):
    put("n02/images/n02_0.JPEG")
    put("n04/images/n04_7.JPEG")
    (tmp_path / "n02" / "n02_boxes.txt").write_text("n02_0.JPEG\t0\t10\t63\t58\n")
    found, unmatched = labels(tmp_path, attacked.network)
    assert found == {"n02/images/n02_0.JPEG": 1, "n04/images/n04_7.JPEG": 3}
    assert unmatched == ()


def test_the_validation_folder_of_tiny_imagenet(attacked, put, tmp_path):
    for index in range(3):
        put(f"images/val_{index}.JPEG")
    lines = ["val_0.JPEG\tn03\t0\t32\t44\t62", "val_1.JPEG\tn99\t0\t0\t1\t1", "", "no tab"]
    (tmp_path / "val_annotations.txt").write_text("\n".join(lines))
    found, unmatched = labels(tmp_path, attacked.network)
    assert found == {"images/val_0.JPEG": 2, "images/val_1.JPEG": None, "images/val_2.JPEG": None}
    assert unmatched == ()
    found, unmatched = labels(tmp_path, attacked.network, identifiers=())
    assert set(found.values()) == {None}
    assert unmatched == ("val_annotations.txt",)


def test_a_subfolder_of_no_class_is_told_and_its_pictures_have_no_label(attacked, put, tmp_path):
    for name in ("giraffe/a.png", "bee/b.png", "sea/c.png", ".hidden/d.png", "empty/e.txt/f.png"):
        put(name)
    found, unmatched = labels(tmp_path, attacked.network)
    assert found == {"giraffe/a.png": None, "bee/b.png": 1, "sea/c.png": None}
    assert unmatched == ("giraffe", "sea")  # a part of a name will not do: it could be any word


def test_classes_named_by_numbers_go_by_their_names(put, tmp_path):
    from types import SimpleNamespace

    stage = SimpleNamespace(shape=(3,), units=3, activation="softmax")
    network = SimpleNamespace(
        stages=[stage],
        classes=("1", "2", "3"),
        label=lambda i: "123"[i],
        title="Three",
        cached=lambda *_: SimpleNamespace(classes=3),
    )
    put("1/a.png"), put("3/b.png"), put("0/c.png")
    assert labels(tmp_path, network, ())[0] == {"1/a.png": 0, "3/b.png": 2, "0/c.png": 0}


def test_names_that_are_not_utf_8_or_hold_line_ends_are_kept_apart(plain, tmp_path):
    names = [b"caf\xe9.png", b"line\xe2\x80\xa8end.png", b"two\nlines.png"]
    for name in names:
        try:
            (tmp_path / os.fsdecode(name)).write_bytes(b"x")
        except OSError:
            pytest.skip("this file system has no such names")
    found = find_labelled_pictures(tmp_path, plain)
    assert sorted(item.name for item in found.items) == sorted(
        ["caf\\udce9.png", "line\u2028end.png", "two\nlines.png"]
    )
    for item in found.items:
        assert item.path.is_file()
        assert json.loads(json.dumps(item.name).encode()) == item.name
