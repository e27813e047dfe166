"""`visualizer dream`, `stimulus`, `style` and `zoom` as a user runs them."""

import json

import cv2
import numpy as np
import pytest

from visualizer.cli.ascent import COMMANDS
from visualizer.engine.specimen import open_specimen
from visualizer.engine.technique import techniques
from visualizer.models.labels import labels

LENET = ("--network", "lenet")
KEYS = {
    "technique",
    "file",
    "network",
    "network_sha256",
    "guessed",
    "settings",
    "seed",
    "seconds",
    "objective",
    "numbers",
    "top",
}


def test_dream_prints_what_it_did_and_nothing_else(visualizer, digit, tmp_path):
    out = tmp_path / "out.png"
    words = ["dream", digit, "--stage", "conv2", "--channel", "3", "-o", out, "--json", *LENET]
    words += ["--side", "56", "--steps", "4", "--octaves", "1", "--seed", "5"]
    ended = visualizer(*words)
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert set(report) == KEYS
    assert report["settings"]["target"] == "conv2:3"
    assert report["seed"] == report["settings"]["seed"] == 5
    assert report["objective"]["end"] > report["objective"]["start"]
    shares = [best["probability"] for best in report["top"]]
    assert len(shares) == 5
    assert shares == sorted(shares, reverse=True)
    made = open_specimen(out)
    assert max(made.picture.shape) == 56
    assert made.provenance.technique == "dream"
    assert made.provenance.settings == report["settings"]
    assert made.provenance.network_sha256 == report["network_sha256"]
    assert made.provenance.parents == (open_specimen(digit).id,)


def test_dream_without_a_picture_dreams_on_noise(visualizer, tmp_path):
    words = ["dream", "--stage", "conv2", "-o", tmp_path / "noise.png", *LENET]
    ended = visualizer(*words, "--side", "56", "--steps", "1", "--octaves", "1")
    assert (ended.status, ended.err) == (0, "")
    assert "the network sees" in ended.out
    assert open_specimen(tmp_path / "noise.png").provenance.settings["start"] == "noise"


def test_octaves_that_are_left_out_are_said(visualizer, digit, tmp_path):
    words = ["dream", digit, "--stage", "output", "--unit", "3", *LENET, "--side", "56"]
    words += ["--steps", "1", "--jitter", "2", "-o", tmp_path / "out.png"]
    ended = visualizer(*words)
    assert ended.status == 0
    assert "1 of 4 octaves were left out" in ended.out
    report = json.loads(visualizer(*words, "--json").out)
    assert report["numbers"] == {"octaves": 3, "octaves left out": 1}


def test_stimulus_is_seen_as_its_class_and_can_be_made_again(visualizer, tmp_path):
    words = ["stimulus", "--stage", "output", "--unit", "3", "--json", *LENET]
    words += ["--shift", "1", "--steps", "40", "-o"]
    reports = []
    for name in ("one", "again.png"):
        ended = visualizer(*words, tmp_path / name)
        assert (ended.status, ended.err) == (0, "")
        reports.append(json.loads(ended.out))
    assert reports[0]["settings"]["target"] == "output:3"
    assert reports[0]["top"][0]["index"] == 3
    assert reports[0]["objective"]["end"] > reports[0]["objective"]["start"]
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "again.png").read_bytes()


def test_a_class_is_climbed_by_its_name(visualizer, tmp_path):
    words = ["stimulus", "--class", "Goldfish", "--steps", "1", "--json", "-o", tmp_path / "a.png"]
    report = json.loads(visualizer(*words, "--network", "alexnet").out)
    index = labels("tiny-imagenet-200").index("goldfish")
    assert report["settings"]["target"] == f"output:{index}"


def test_the_published_presets_are_reached_from_stimulus(visualizer, tmp_path):
    words = ["stimulus", "--unit", "3", "--preset", "blur", "--steps", "5", "--negative", "--json"]
    report = json.loads(visualizer(*words, *LENET, "-o", tmp_path / "blur.png").out)
    assert report["technique"] == "regularised"
    assert report["settings"]["target"] == "output:3"
    assert report["objective"]["end"] < report["objective"]["start"]
    words += ["--shift", "2", "-o", str(tmp_path / "no.png")]
    assert "--shift is for the frequencies" in visualizer(*words).refused()


def test_what_is_climbed_is_the_networks_usual_stage_unless_told(visualizer, digit, tmp_path):
    """LeNet's last convolution is conv3; AlexNet's conv5 means nothing to it."""
    short = ["--steps", "1", "--side", "56", "--octaves", "1", "--json", *LENET]
    for words, target in (([], "conv3"), (["--channel", "3"], "conv3:3")):
        out = tmp_path / "dream.png"
        report = json.loads(visualizer("dream", digit, *words, *short, "-o", out).out)
        assert report["settings"]["target"] == target
    words = ["wall", "--units", "2", "--steps", "1", "--json", *LENET, "-o", tmp_path / "wall.png"]
    assert json.loads(visualizer(*words).out)["settings"]["stage"] == "conv3"
    words = ["style", digit, digit, "--side", "56", "--steps", "2", "--json", *LENET]
    report = json.loads(visualizer(*words, "-o", tmp_path / "style.png").out)
    assert report["settings"]["style_stages"] == "conv1 + conv2 + conv3"


def test_style_takes_two_pictures(visualizer, digit, coffee, tmp_path):
    words = ["style", digit, coffee, "-o", tmp_path / "styled.png", "--json", *LENET]
    words += ["--content-stages", "conv2", "--style-stages", "conv1 + conv2"]
    ended = visualizer(*words, "--side", "56", "--steps", "3", "--optimiser", "lbfgs")
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert report["settings"]["style"] == str(coffee)
    assert report["objective"]["end"] < report["objective"]["start"]
    assert open_specimen(tmp_path / "styled.png").provenance.technique == "style"


def test_zoom_makes_a_film(visualizer, digit, tmp_path):
    words = ["zoom", digit, "--stage", "conv2", "-o", tmp_path / "flight.mp4", "--json", *LENET]
    words += ["--frame-rate", "12"]
    ended = visualizer(*words, "--frames", "3", "--steps", "1", "--side", "64")
    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out)["file"].endswith("flight.mp4")
    film = cv2.VideoCapture(str(tmp_path / "flight.mp4"))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 3
    assert film.get(cv2.CAP_PROP_FPS) == pytest.approx(12)


def test_a_wall_is_one_picture(visualizer, tmp_path):
    words = ["wall", "--stage", "conv1", "--units", "4", "--steps", "2", *LENET]
    ended = visualizer(*words, "-o", tmp_path / "wall.png")
    assert (ended.status, ended.err) == (0, "")
    assert np.ptp(open_specimen(tmp_path / "wall.png").picture) > 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["dream", "--start", "picture", "-o", "out.png"], "no picture to start from"),
        (["dream", "--target", "conv1", "--stage", "conv2", "-o", "out.png"], "but not both"),
        (["stimulus", "-o", "out.jpg"], "ends in .png"),
        (["stimulus", "-o", "nowhere/out.png"], "no folder"),
        (["stimulus", "-o", "."], "is a folder"),
        (["zoom", "-o", "out.avi"], "ends in .png or .mp4 or .gif"),
        (["stimulus", "--steps", "0", "-o", "out.png"], "steps is 0"),
        (["stimulus", "--stage", "conv9", "-o", "out.png", *LENET], "no stage 'conv9'"),
        (["zoom", "--frame-rate", "0", "--frames", "1", "-o", "a.gif", *LENET], "1 to 60"),
        (["stimulus", "--class", "unicorn", "-o", "out.png", *LENET], "no class called"),
        (["stimulus", "--class", "1", "--unit", "2", "-o", "out.png", *LENET], "but not both"),
        (["stimulus", "--unit", "99", "-o", "out.png", *LENET], "no channel 99"),
        (["dream", "nothing.png", "-o", "out.png"], "nothing.png"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    visualizer, tmp_path, monkeypatch, words, sentence
):
    monkeypatch.chdir(tmp_path)
    assert sentence in visualizer(*words).refused()
    assert list(tmp_path.iterdir()) == []


def test_these_commands_are_techniques():
    assert set(COMMANDS) <= set(techniques())
