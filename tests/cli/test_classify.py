"""`visualizer classify` names what the network sees."""

import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def one(tmp_path):
    """A handwritten-looking 1: a white stroke on black."""
    digit = np.zeros((28, 28), np.uint8)
    digit[4:24, 13:16] = 255
    Image.fromarray(digit).save(tmp_path / "one.png")
    return tmp_path / "one.png"


def test_json_is_a_list_of_files_with_their_best_names(visualizer, one):
    ended = visualizer("classify", one, "--network", "lenet", "--json", "--top", 3)
    assert ended.status == 0
    assert ended.err == ""
    (result,) = json.loads(ended.out)
    assert list(result) == ["file", "network", "top"]
    assert result["file"] == str(one)
    assert result["network"] == "lenet"
    assert len(result["top"]) == 3
    assert result["top"][0]["label"] == "1"
    assert result["top"][0]["index"] == 1
    probabilities = [best["probability"] for best in result["top"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert probabilities[0] > 0.9
    assert sum(probabilities) <= 1 + 1e-6


def test_more_names_than_classes_are_all_of_them(visualizer, one):
    ended = visualizer("classify", one, "--network", "lenet", "--json", "--top", 99)
    best = json.loads(ended.out)[0]["top"]
    assert sorted(row["index"] for row in best) == list(range(10))
    assert sum(row["probability"] for row in best) == pytest.approx(1, abs=1e-5)


def test_people_read_names_and_per_cent(visualizer, one):
    ended = visualizer("classify", one, "--network", "lenet")
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert lines[0] == str(one)
    assert lines[1].split()[0] == "1"
    assert lines[1].split()[1].endswith("%")
    assert "█" in lines[1]
    assert len(lines) == 6


def test_a_broken_picture_does_not_stop_the_others(visualizer, one, broken):
    ended = visualizer("classify", one, broken, one, "--network", "lenet", "--json")
    assert "broken.png" in ended.refused()
    assert [row["file"] for row in json.loads(ended.out)] == [str(one), str(one)]


def test_without_a_picture_that_can_be_read_the_list_is_empty(visualizer, broken):
    ended = visualizer("classify", broken, "--json")
    assert ended.refused()
    assert json.loads(ended.out) == []


def test_a_wide_picture_can_be_seen_whole(visualizer, tmp_path):
    wide = np.zeros((28, 84), np.uint8)
    wide[4:24, 5:8] = 255  # a stroke that a crop of the centre misses
    Image.fromarray(wide).save(tmp_path / "wide.png")
    seen = {
        mode: json.loads(
            visualizer(
                "classify", tmp_path / "wide.png", "--network", "lenet", "--json", "--mode", mode
            ).out
        )[0]["top"]
        for mode in ("crop", "fit")
    }
    assert seen["crop"] != seen["fit"]
