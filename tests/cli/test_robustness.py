"""`visualizer robustness` as a user runs it."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from visualizer.models.catalog import open_network


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Handwritten digits in subfolders named after them, and one broken file."""
    folder = tmp_path_factory.mktemp("digits")
    data = load_digits()
    for index in range(12):
        sub = folder / str(data.target[index])
        sub.mkdir(exist_ok=True)
        picture = np.kron(np.rint(data.images[index] * 15.9).astype(np.uint8), np.ones((3, 3)))
        Image.fromarray(picture.astype(np.uint8)).convert("RGB").save(sub / f"{index}.png")
    (folder / "3" / "broken.png").write_bytes(b"nothing")
    return folder


def test_it_writes_table_json_and_figure_and_tells_of_broken_files(visualizer, digits, tmp_path):
    arguments = ["robustness", digits, "-o", tmp_path, "--network", "lenet"]
    ended = visualizer(*arguments, "--epsilons", "8/255,64/255", "--batch", 6, "--json")
    assert ended.status == 2
    assert "broken.png" in ended.err
    report = json.loads(ended.out)
    assert report == json.loads((tmp_path / "robustness.json").read_text())
    assert report["pictures"] == 12
    assert list(report["broken"]) == ["3/broken.png"]
    assert [row["method"] for row in report["results"]] == ["", "fgsm", "fgsm"]
    with (tmp_path / "robustness.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["epsilon_255"]) for row in rows] == pytest.approx([0, 8, 64])
    for row, result in zip(rows, report["results"], strict=True):
        assert float(row["accuracy"]) == pytest.approx(result["accuracy"])
    assert float(rows[2]["fooling_rate"]) >= float(rows[1]["fooling_rate"])
    assert float(rows[2]["accuracy"]) <= float(rows[0]["accuracy"])
    assert Image.open(tmp_path / "robustness.png").size == (1200, 720)

    ended = visualizer(*arguments, "--epsilons", "1/255")
    assert "another" in ended.refused()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--method", "fgms"], "choose from"),
        (["--epsilons", "lots"], "must be"),
        (["--epsilons", ","], "none were given"),
        (["--epsilons", "0.5/255"], "whole levels"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(visualizer, digits, tmp_path, words, expected):
    ended = visualizer("robustness", digits, "-o", tmp_path, "--network", "lenet", *words)
    assert expected in ended.refused()


def test_a_report_among_the_pictures_is_refused(visualizer, digits):
    before = sorted(digits.rglob("*"))
    for out in (digits, digits / "3", digits / "report"):
        ended = visualizer("robustness", digits, "-o", out, "--network", "lenet")
        assert "choose a folder outside" in ended.refused()
    assert sorted(digits.rglob("*")) == before


def test_answers_under_another_scaling_or_other_names_are_not_mixed(visualizer, digits, tmp_path):
    network = tmp_path / "own.keras"
    open_network("lenet").model.save(network)
    for file, names in (("a.txt", "0123456789"), ("b.txt", "1023456789")):
        (tmp_path / file).write_text("\n".join(names))
    common = ["robustness", digits, "-o", tmp_path / "out", "--network", network]
    common += ["--epsilons", "8/255", "--batch", 12]
    said = ["--scaling", "0..1", "--labels", tmp_path / "a.txt"]
    first = visualizer(*common, *said, "--json")
    assert first.status == 2  # of the broken file
    assert json.loads(first.out)["preprocessing"]["channels"] == 1
    for other in (
        ["--scaling", "0..255", "--labels", tmp_path / "a.txt"],
        ["--scaling", "0..1", "--labels", tmp_path / "b.txt"],
    ):
        assert "another report" in visualizer(*common, *other).refused()
    assert visualizer(*common, *said).status == 2


def test_deepfool_over_a_folder_with_one_of_no_class(visualizer, tmp_path, digits):
    folder = tmp_path / "photos"
    shutil.copytree(digits, folder)
    (folder / "3" / "broken.png").unlink()
    (folder / "4").rename(folder / "misc")
    ended = visualizer(
        *("robustness", folder, "-o", tmp_path / "out", "--network", "lenet", "--method"),
        *("deepfool", "--epsilons", "16/255,128/255"),
    )
    assert ended.status == 0
    assert "“misc” names no class" in ended.err
    report = json.loads((tmp_path / "out" / "robustness.json").read_text())
    assert report["unlabelled"] == ["misc"]
    assert report["guessed"] is False
    (smallest,) = report["smallest"]
    assert smallest["method"] == "deepfool"
    assert len(smallest["l2"]) == len(smallest["quantiles"])
    assert "deepfool fooled it on" in ended.out
    clean, near, far = report["results"]
    assert clean["accuracy"] >= near["accuracy"] >= far["accuracy"]
    assert near["fooling"] <= far["fooling"]
