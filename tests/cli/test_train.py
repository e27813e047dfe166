"""`visualizer train` as a user runs it, stops it, kills it and goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from filelock import FileLock

from visualizer.cli import main
from visualizer.engine.training import checkpoints, training_file
from visualizer.engine.training.shapes import draw_shapes
from visualizer.models.catalog import open_network

RANDOM = [
    "--model", "small-alexnet", "--augmentation", "digits", "--dropout", 0.3, "--batch-size", 256,
    "--seed", 1,
]  # fmt: skip
"""Dropout, and pictures that are moved."""
QUICK = ["--model", "softmax", "--batch-size", 64, "--learning-rate", 0.02, "--seed", 1]


def lines(ended):
    assert ended.status == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def weights_of(file):
    return [np.array(w) for w in open_network(str(file)).model.get_weights()]


def test_the_default_learns_digits_and_its_file_opens_in_every_command(visualizer, tmp_path):
    file = tmp_path / "mine.keras"
    *epochs, last = lines(
        visualizer(
            "train", "--data", "digits", "--model", "lenet", "--epochs", 6, "--learning-rate",
            0.01, "--schedule", "one-cycle", "--seed", 1, "-o", file, "--json",
        )
    )  # fmt: skip
    assert [epoch["epoch"] for epoch in epochs] == list(range(1, 7))
    assert last["validation_accuracy"] == epochs[-1]["validation_accuracy"] > 0.95
    assert last["batches"] == 6 * 45
    assert last["batches_per_second"] == pytest.approx(last["batches"] / last["seconds"])
    history = last["history"]
    assert len(history["batches"]["loss"]) == last["batches"]
    assert max(history["batches"]["learning_rate"]) == pytest.approx(0.01, rel=0.01)
    network = open_network(str(file))
    assert network.classes == tuple("0123456789")
    assert not network.card["guessed"]
    card = network.card["training"]
    assert card["settings"]["schedule"] == "one-cycle"
    assert card["recipe"]["data"] == "digits"
    assert card["validation_accuracy"] == last["validation_accuracy"]
    from visualizer.engine.training.datasets import read_digits

    digits = read_digits()
    pictures = np.repeat(digits.pictures[:200], 3, axis=3).astype(np.float32) / 255
    answers = network.forward(pictures)["output"]
    np.testing.assert_allclose(answers.sum(1), 1, atol=1e-5)
    assert (answers.argmax(1) == digits.labels[:200]).mean() > 0.95


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The weights after four epochs that nothing interrupted."""
    file = tmp_path_factory.mktemp("trained") / "whole.keras"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISUALIZER_HOME", str(file.parent / "home"))
        assert main([str(word) for word in ["train", *RANDOM, "--epochs", 4, "-o", file]]) == 0
    return weights_of(file)


def assert_same(file, whole):
    for value, expected in zip(weights_of(file), whole, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_gone_on_with_it_ends_as_if_it_never_stopped(visualizer, tmp_path, whole):
    file = tmp_path / "parts.keras"
    visualizer("train", *RANDOM, "--epochs", 2, "-o", file)
    *epochs, last = lines(
        visualizer(
            "train", "--resume", file, "--epochs", 4, "--tensorboard", tmp_path / "tb", "--json"
        )
    )
    assert [epoch["epoch"] for epoch in epochs] == [3, 4]
    assert last["history"]["total"] == 4 * 6
    (events,) = (tmp_path / "tb").iterdir()
    assert "tfevents" in events.name
    assert_same(file, whole)


def test_killed_again_and_again_it_ends_as_if_it_never_was(visualizer, tmp_path, whole):
    """SIGKILL between any two lines of the loop: what was saved last is sound."""
    file = tmp_path / "killed.keras"
    program = (
        "import os, random, signal, sys\n"
        "from visualizer.cli import main\n"
        "from visualizer.engine.training import training_file\n"
        "from visualizer.engine.training.step import TrainingStep\n"
        "training_file.SAVE_SECONDS = 0\n"
        "on, left = TrainingStep.on_indices, [random.Random(sys.argv[1]).randint(3, 9)]\n"
        "def step(*arguments):\n"
        "    left[0] -= 1\n"
        "    if not left[0]:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return on(*arguments)\n"
        "TrainingStep.on_indices = step\n"
        "sys.exit(main(sys.argv[2:]))\n"
    )
    begin = ["train", *map(str, RANDOM), "--epochs", "4", "-o", str(file)]
    go_on = ["train", "--resume", str(file)]
    for kill, arguments in enumerate([begin, go_on]):
        ended = subprocess.run(
            [sys.executable, "-c", program, str(kill), *arguments],
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == -getattr(signal, "SIGKILL", signal.SIGTERM), ended.stderr[-2000:]
        meta = checkpoints.read_meta(file.with_suffix(".training"))
        assert meta["batch"] >= 2 * (kill + 1)
    assert not file.exists()
    assert visualizer(*go_on).status == 0
    assert_same(file, whole)


def test_a_race_and_a_range_test(visualizer, tmp_path):
    file = tmp_path / "best.keras"
    *epochs, last = lines(
        visualizer("train", *QUICK, "--epochs", 2, "--race", "0.1,0.0001", "-o", file, "--json")
    )
    assert sorted((epoch["racer"], epoch["epoch"]) for epoch in epochs) == [
        ("0.0001", 1), ("0.0001", 2), ("0.1", 1), ("0.1", 2),
    ]  # fmt: skip
    assert last["best"] == "0.1"
    assert [racer["learning_rate"] for racer in last["race"]] == [0.1, 0.0001]
    assert len(open_network(str(file)).classes) == 10
    (found,) = lines(visualizer("train", *QUICK, "--range-test", "--json"))
    assert 1e-4 < found["steepest"] < 3
    assert 1e-4 < found["valley"] < 3
    assert len(found["learning_rates"]) == len(found["losses"])


def test_a_race_of_optimizers_and_schedules(visualizer):
    race = "adam,nesterov:0.05,one-cycle,sgd:constant:0.001"
    *_, last = lines(visualizer("train", *QUICK, "--epochs", 1, "--race", race, "--json"))
    assert [racer["racer"] for racer in last["race"]] == race.split(",")
    assert [(r["optimizer"], r["learning_rate"], r["schedule"]) for r in last["race"]] == [
        ("adam", 0.02, "constant"),
        ("nesterov", 0.05, "constant"),
        ("adam", 0.02, "one-cycle"),
        ("sgd", 0.001, "constant"),
    ]
    losses = [racer["history"]["batches"]["loss"] for racer in last["race"]]
    assert len({row[0] for row in losses}) == 1  # before the first step
    assert len({row[1] for row in losses}) == 4
    best = max(last["race"], key=lambda racer: racer["validation_accuracy"])
    assert last["best"] == best["racer"]


def test_adversarial_training_says_both_accuracies(visualizer):
    *epochs, last = lines(
        visualizer("train", *QUICK, "--epochs", 1, "--adversarial", "8/255", "--json")
    )
    assert 0 < last["adversarial_accuracy"] <= last["validation_accuracy"]
    assert epochs[0]["adversarial_accuracy"] == last["adversarial_accuracy"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of six folders of ten shapes, and a broken picture."""
    import cv2

    folder = tmp_path_factory.mktemp("own") / "My shapes"
    data = draw_shapes(60, 0)
    for i, (picture, label) in enumerate(zip(data.pictures, data.labels, strict=True)):
        inside = folder / data.classes[label]
        inside.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(inside / f"{i}.png"), picture[..., ::-1])
    (folder / "star" / "broken.png").write_bytes(b"no")
    return folder


def test_a_folder_of_ones_own_and_a_network_cut_for_it(visualizer, tmp_path, folder):
    file = tmp_path / "shapes.keras"
    ended = visualizer(
        "train", "--data", folder, "--model", "lenet", "--transfer", "auto", "--epochs", 2,
        "-o", file, "--json",
    )  # fmt: skip
    assert "Left out, as they cannot be read: “broken.png”." in ended.err
    last = lines(ended)[-1]
    assert last["batches"] == 4
    network = open_network(str(file))
    assert network.classes == ("cross", "disc", "ring", "square", "star", "triangle")
    assert network.size == (28, 28)
    assert network.card["training"]["recipe"]["transfer"] == "auto"
    again = lines(visualizer("train", "--resume", file, "--epochs", 3, "--json"))
    assert [line["epoch"] for line in again[:-1]] == [3]
    moved = next((folder / "disc").iterdir())
    moved.rename(tmp_path / moved.name)
    refused = visualizer("train", "--resume", file, "--epochs", 4).refused()
    assert "are others than this training was begun with" in refused
    (tmp_path / moved.name).rename(moved)


def test_a_training_goes_on_with_the_network_it_was_begun_with_alone(visualizer, tmp_path, folder):
    base, file = tmp_path / "base.keras", tmp_path / "mine.keras"
    first = ["train", "--model", "mlp", "--batch-size", 512, "--epochs", 1, "-o", base]
    assert visualizer(*first).status == 0
    cut = ["--data", folder, "--model", base, "--transfer", "auto"]
    assert visualizer("train", *cut, "--epochs", 1, "-o", file).status == 0
    assert visualizer("train", "--resume", file, "--epochs", 2).status == 0
    assert visualizer(*first, "--seed", 2).status == 0
    refused = visualizer("train", "--resume", file, "--epochs", 3).refused()
    assert "is another one than this training was begun with" in refused
    base.unlink()
    assert "There is no file" in visualizer("train", "--resume", file, "--epochs", 3).refused()


def test_a_network_without_stages_cannot_be_cut(visualizer, tmp_path):
    base = tmp_path / "base.keras"
    assert visualizer("train", *QUICK, "--epochs", 1, "-o", base).status == 0
    ended = visualizer("train", "--model", base, "--transfer", "auto")
    assert "no stage between the picture and the output" in ended.refused()


def test_unfrozen_stages_learn_and_go_on_as_if_never_stopped(visualizer, tmp_path, folder):
    cut = ["--data", folder, "--model", "lenet", "--transfer", "auto", "--augmentation", "objects"]
    usual = ["train", *cut, "--unfreeze", "conv2", "--json"]
    ended = visualizer(*usual, "--epochs", 2, "-o", tmp_path / "whole.keras")
    assert "The new head alone names" in ended.err
    assert [line["epoch"] for line in lines(ended)[:-1]] == [1, 2]
    visualizer(*usual, "--epochs", 1, "-o", tmp_path / "parts.keras")
    again = visualizer("train", "--resume", tmp_path / "parts.keras", "--epochs", 2, "--json")
    assert [line["epoch"] for line in lines(again)[:-1]] == [2]
    learnt = weights_of(tmp_path / "whole.keras")
    assert_same(tmp_path / "parts.keras", learnt)
    frozen = open_network("lenet").model.get_weights()
    same = [bool((w == old).all()) for w, old in zip(learnt[:-2], frozen, strict=False)]
    assert same == [True, True] + [False] * (len(learnt) - 4)
    network = open_network(str(tmp_path / "whole.keras"))
    assert network.classes[0] == "cross"
    assert network.card["training"]["recipe"]["unfreeze"] == "conv2"


def test_what_was_trained_is_put_into_the_catalogue_and_taken_out(visualizer, tmp_path):
    file = tmp_path / "My digits.keras"
    assert visualizer("train", *QUICK, "--epochs", 1, "-o", file).status == 0
    assert "in the catalogue as my-digits" in visualizer("networks", "add", file).out
    (row,) = json.loads(visualizer("networks", "--network", "my-digits", "--json").out)
    assert (row["where"], row["data"]) == ("yours", "Handwritten digits, 8 x 8")
    assert open_network("my-digits").classes == tuple("0123456789")
    assert "deleted" in visualizer("networks", "remove", "my-digits").out
    assert "no network of yours" in visualizer("networks", "remove", "lenet").refused()


def test_a_diverged_run_goes_on_with_half_the_rate(visualizer):
    ended = visualizer(
        "train", "--data", "shapes", "--model", "softmax", "--optimizer", "sgd", "--epochs", 1,
        "--learning-rate", 10,
    )  # fmt: skip
    assert "the steps were too large" in ended.err
    assert "It goes on with 5." in ended.err


def test_too_little_memory_is_said_and_it_goes_on_with_half_the_batch(visualizer, monkeypatch):
    from visualizer.engine.training.step import TrainingStep

    step = TrainingStep.on_indices

    def short(self, indices, transforms=None):
        if len(indices) > 32:
            raise MemoryError
        return step(self, indices, transforms)

    monkeypatch.setattr(TrainingStep, "on_indices", short)
    ended = visualizer("train", *QUICK, "--epochs", 1, "--json")
    assert "not enough memory for 64 pictures a step" in ended.err
    assert "It goes on with 32." in ended.err
    assert lines(ended)[-1]["batches"] == 45


def test_refusals_say_what_to_do(visualizer, tmp_path, folder):
    def said(*arguments):
        return visualizer("train", *arguments).refused()

    assert "There is no data set “mnits”; choose one of digits" in said("--data", "mnits")
    assert "--transfer auto" in said("--model", "alexnet")
    assert "say where with --transfer" in said("--unfreeze", 2)
    assert "stages to unfreeze, not conv9" in said(
        "--data", folder, "--transfer", "auto", "--unfreeze", "conv9"
    )
    assert "ends in .keras" in said("-o", tmp_path / "mine.h5")
    assert "no folder" in said("-o", tmp_path / "none" / "mine.keras")
    assert "learning rate is 20" in said("--learning-rate", 20)
    assert "2, 1 of them different" in said("--race", "0.1,0.1")
    assert "of 2 to 4 that differ" in said("--race", "1,2,3,4,5")
    assert "“quick” is no racer" in said("--race", "0.1,quick")
    assert "“20” is no racer" in said("--race", "0.1,20")
    assert "two things of one setting" in said("--race", "sgd:adam,0.1")
    assert "goes on as it began" in said("--resume", tmp_path / "a.keras", "--seed", 2)
    assert "no training" in said("--resume", tmp_path / "a.keras")
    assert "no folders with pictures" in said("--data", tmp_path)
    assert "no folders with pictures" in said("--data", folder / "star")
    with FileLock(tmp_path / ".b.keras.running"):
        assert "Another training writes" in said(*QUICK, "-o", tmp_path / "b.keras")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_full_disk_is_said_and_the_old_file_stays(visualizer, tmp_path, monkeypatch):
    import errno

    file = tmp_path / "mine.keras"
    visualizer("train", *QUICK, "--epochs", 1, "-o", file)
    before = file.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "the disk is full" in visualizer("train", "--resume", file, "--epochs", 2).refused()
    assert file.read_bytes() == before
    assert training_file.read_recipe(file.with_suffix(".training"))["data"] == "digits"


@pytest.mark.parametrize(
    "options",
    [
        ["--range-test", "-o", "mine.keras"],
        ["--range-test", "--race", "0.1,0.01"],
        ["--race", "0.1,0.01", "--tensorboard", "logs"],
    ],
)
def test_options_that_would_do_nothing_are_told(visualizer, tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    assert "leave them out" in visualizer("train", *options).refused()
    assert list(tmp_path.iterdir()) == []
