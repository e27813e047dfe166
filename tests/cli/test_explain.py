"""`visualizer explain` as a user runs it: the files, the numbers, and what is refused."""

import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest

from visualizer.cli import main
from visualizer.engine.attribution.heatmap import normalised
from visualizer.engine.attribution.method import METHODS
from visualizer.engine.specimen import open_specimen
from visualizer.engine.technique import techniques
from visualizer.models.catalog import open_network


@pytest.fixture(scope="module")
def everything(digit, tmp_path_factory):
    """What the command leaves behind and prints for all methods."""
    folder = tmp_path_factory.mktemp("out") / "new"
    command = ["explain", digit, "--method", "all", "-o", folder, "--copies", "5", "--json"]
    out = io.StringIO()
    with redirect_stdout(out):
        assert main([*map(str, command), "--network", "lenet"]) == 0
    return folder, {report["method"]: report for report in json.loads(out.getvalue())}


def test_it_prints_json_and_nothing_else(visualizer, digit, tmp_path):
    command = ["explain", digit, "--method", "grad-cam", "-o", tmp_path / "new", "--json"]
    ended = visualizer(*command, "--network", "lenet")
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert report["method"] == "grad-cam"
    assert report["network"] == "lenet"
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(report["pictures"].values())


def test_every_method_is_told_with_its_settings(everything):
    _, reports = everything
    assert tuple(reports) == METHODS
    answer = reports["saliency"]["top"][0]
    for name, report in reports.items():
        assert report["target"]["name"] == answer["label"]
        assert report["target"]["channels"] == [answer["index"]]
        assert len(report["top"]) == 5
        assert report["seconds"] >= 0
        assert ("completeness_error" in report) == (name == "integrated-gradients")
    assert reports["smoothgrad"]["settings"]["copies"] == 5
    assert reports["smoothgrad"]["seed"] == 0
    assert "copies" not in reports["occlusion"]["settings"]


def test_the_score_is_told_with_and_without_what_is_marked(everything):
    _, reports = everything
    starts = [report["objective"]["start"] for report in reports.values()]
    assert max(starts) == pytest.approx(min(starts), rel=1e-5)
    for name in ("grad-cam", "integrated-gradients", "occlusion"):
        objective = reports[name]["objective"]
        assert objective["end"] < objective["start"]
        assert objective["marked_share"] == 0.1


def test_integrated_gradients_say_how_well_they_add_up(everything):
    _, reports = everything
    network = open_network("lenet")
    report = reports["integrated-gradients"]
    index = report["target"]["channels"][0]
    assert report["completeness_error"] < 0.01
    assert report["score_gained"] > 0
    assert network.label(index) == report["target"]["name"]


def test_the_pictures_are_of_one_map(everything):
    folder, reports = everything
    negative, coloured = {"integrated-gradients", "occlusion"}, set(METHODS[:4]) | {METHODS[5]}
    for name, report in reports.items():
        views = {"overlay", "heat map", "masked picture"}
        views |= {"signed map"} if name in negative else set()
        views |= {"in colour"} if name in coloured else set()
        assert set(report["pictures"]) == views
        heat, masked = (
            open_specimen(folder / report["pictures"][view]).picture
            for view in ("heat map", "masked picture")
        )
        bright, lit = heat.mean(axis=2), masked.mean(axis=2)
        # Where the map is black, so is the masked picture.
        assert lit[bright == bright.min()].max(initial=0) <= 1 / 255


def test_the_pictures_carry_the_recipe_that_makes_them_again(everything, digit):
    folder, reports = everything
    network = open_network("lenet")
    for name in ("saliency", "smoothgrad", "occlusion"):
        for view in reports[name]["pictures"]:
            saved = open_specimen(folder / reports[name]["pictures"][view])
            recipe = saved.provenance
            technique = techniques()[recipe.technique]
            settings = technique.settings.from_dict(recipe.settings)
            *_, last = technique(network, open_specimen(digit), settings)
            np.testing.assert_allclose(last.picture / 255, saved.picture, atol=1.5 / 255)
            assert normalised(last.heat).max() == 1


def test_a_target_is_a_class_or_a_unit(visualizer, digit, tmp_path):
    common = ["explain", digit, "--method", "saliency", "--network", "lenet", "-o", tmp_path]
    of_class = json.loads(visualizer(*common, "--json", "--target", "3").out)
    assert of_class["target"]["channels"] == [3]
    stage = next(s.name for s in open_network("lenet").stages if s.kind == "convolution")
    of_unit = json.loads(visualizer(*common, "--json", "--target", f"{stage}:1@2,3").out)
    assert of_unit["target"]["stage"] == stage
    assert of_unit["target"]["position"] == [2, 3]
    assert of_unit["target"]["name"] == f"{stage}:1@2,3"


def test_the_terminal_says_it_in_words(visualizer, digit, tmp_path):
    ended = visualizer("explain", digit, "--network", "lenet", "-o", tmp_path)
    assert (ended.status, ended.err) == (0, "")
    assert "grad-cam" in ended.out
    assert str(tmp_path) in ended.out
    assert (tmp_path / "grad-cam-overlay.png").exists()


def test_of_all_methods_one_that_cannot_does_not_stop_the_others(visualizer, digit, tmp_path):
    stage = next(s.name for s in open_network("lenet").stages if s.kind == "convolution")
    command = ["explain", digit, "--method", "all", "--target", f"{stage}:0", "--copies", "5"]
    ended = visualizer(*command, "--network", "lenet", "-o", tmp_path, "--json")
    assert ended.status == 2
    assert "Grad-CAM" in ended.err
    assert len(json.loads(ended.out)) == len(METHODS) - 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--method", "gradcam"], "grad-cam"),
        (["--copies", "5"], "no setting"),
        (["--method", "smoothgrad", "--copies", "0"], "must be"),
        (["--target", "giraffe"], "giraffe"),
        (["--target", "output:1 + output:2"], "one at a time"),
        (["--stage", "output"], "weighs maps"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(visualizer, digit, tmp_path, words, expected):
    ended = visualizer("explain", digit, "-o", tmp_path, "--network", "lenet", *words)
    assert expected in ended.refused()
    assert not list(tmp_path.glob("*.png"))
