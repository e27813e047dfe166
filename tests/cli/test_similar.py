"""`visualizer similar` as a user runs it."""

import csv
import json

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two classes of digits that look like ones and like noughts, and a file that is none."""
    folder = tmp_path_factory.mktemp("similar") / "shapes"
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:28, :28]
    for name in ("nought", "one"):
        (folder / name).mkdir(parents=True)
        for number in range(8):
            x, y = 14 + rng.uniform(-2, 2, 2)
            far = np.hypot(rows - y, columns - x)
            shape = np.abs(far - 7) < 2 if name == "nought" else np.abs(columns - x) < 2
            pixels = (shape * 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    (folder / "one" / "broken.png").write_bytes(b"nothing")
    return folder


def test_it_writes_features_distances_and_a_map(visualizer, folder, tmp_path):
    query = folder / "one" / "3.png"
    arguments = ["similar", folder, "--network", "lenet", "--query", query, "--layout", "pca"]
    ended = visualizer(*arguments, "-o", tmp_path, "--json")
    assert ended.status == 2
    assert "broken.png" in ended.err
    report = json.loads(ended.out)
    assert report["pictures"] == 16
    assert report["classes"] == ["nought", "one"]
    assert report["stages"][0]["stage"] == "data"
    assert report["stages"][-1]["stage"] == "output"
    assert report["stages"][-2]["precision_at_5"] > 0.9
    nearest = report["queries"][0]["nearest"]
    assert (nearest[0]["picture"], nearest[0]["distance"]) == (
        "one/3.png",
        pytest.approx(0, abs=1e-6),
    )
    assert [each["class"] for each in nearest[:4]] == ["one"] * 4
    with np.load(tmp_path / "features.npz") as data:
        assert data["features"].shape[0] == len(data["names"]) == len(data["map"]) == 16
    with (tmp_path / "distances.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 16 * 10
    assert float(rows[0]["cosine"]) <= float(rows[1]["cosine"])
    assert Image.open(tmp_path / "map.png").size[0] == 1200
    assert (tmp_path / "map.svg").read_text().count("<image") == 16


def test_the_journey_is_a_film_and_a_table(visualizer, folder, tmp_path):
    arguments = ["similar", folder, "--network", "lenet", "--journey", "--layout", "pca"]
    ended = visualizer(*arguments, "-o", tmp_path)
    assert "Precision at 5" in ended.out
    assert (tmp_path / "journey.mp4").stat().st_size > 1000
    with (tmp_path / "stages.csv").open() as file:
        assert next(csv.DictReader(file))["stage"] == "data"


def test_the_folder_of_the_pictures_is_not_written_to(visualizer, folder):
    refused = visualizer("similar", folder, "-o", folder / "map").refused()
    assert "choose a folder outside" in refused


def test_a_stage_that_is_not_there_is_named(visualizer, folder, tmp_path):
    ended = visualizer("similar", folder, "--network", "lenet", "--stage", "conv9", "-o", tmp_path)
    assert "conv9" in ended.refused()
