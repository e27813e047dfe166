"""`visualizer badges` as a user runs it."""

import gzip
import json
import struct

import cv2
import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture(scope="module")
def mnist(tmp_path_factory):
    """A few digits in the four files of MNIST."""
    folder = tmp_path_factory.mktemp("mnist")
    data = load_digits()
    pictures = np.stack([cv2.resize(each * 15.9, (28, 28)) for each in data.images[:150]])
    for prefix, some in (("train", slice(0, 100)), ("t10k", slice(100, 150))):
        images, labels = np.rint(pictures[some]).astype(np.uint8), data.target[some]
        header = b"\0\0\x08\x03" + struct.pack(">3I", *images.shape)
        with gzip.open(folder / f"{prefix}-images-idx3-ubyte.gz", "wb") as file:
            file.write(header + images.tobytes())
        with gzip.open(folder / f"{prefix}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(b"\0\0\x08\x01" + struct.pack(">I", len(labels)))
            file.write(labels.astype(np.uint8).tobytes())
    return folder


def test_it_prints_and_writes_the_papers_numbers_beside_ours(visualizer, mnist, tmp_path):
    ended = visualizer("badges", mnist, "-o", tmp_path / "badges.json", "--json")
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert report == json.loads((tmp_path / "badges.json").read_text())
    assert [badge["published"] for badge in report["badges"]] == [
        *(0.999, 0.793, 0.894, 0.976, 0.179)
    ]
    assert {measured["pictures"] for measured in report["measured"].values()} == {50}
    for badge in report["badges"]:
        assert 0 <= badge["ours"] <= 1
        near = abs(badge["ours"] - badge["published"]) <= badge["tolerance"]
        assert badge["reproduced"] == near


def test_without_the_data_it_says_what_is_missing(visualizer, tmp_path):
    assert "MNIST's four files" in visualizer("badges", tmp_path).refused()
