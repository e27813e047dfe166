"""`visualizer evolve` as a user runs it, stops it, kills it and goes on."""

from __future__ import annotations

import errno
import json
import random
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from filelock import FileLock

from tests.checks.kills import EVOLVE, state_of, working
from visualizer.cli import main
from visualizer.engine.evolution import storage
from visualizer.engine.evolution.cppn import Genome
from visualizer.engine.evolution.rendering import picture
from visualizer.engine.specimen import open_specimen

QUICK = ["--network", "lenet", "--population", 40, "--random-starts", 80, "--seed", 1]


@pytest.fixture(scope="module")
def lenet():
    from visualizer.models.catalog import open_network

    return open_network("lenet")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The state after nine generations that nothing interrupted."""
    folder = tmp_path_factory.mktemp("evolved") / "whole"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISUALIZER_HOME", str(folder.parent / "home"))
        arguments = ["evolve", *QUICK, "--generations", 9, "-o", folder]
        assert main([str(word) for word in arguments]) == 0
    return state_of(folder)


def test_it_writes_a_picture_a_class_that_the_network_is_sure_of(visualizer, tmp_path, lenet):
    ended = visualizer("evolve", *QUICK, "--generations", 40, "-o", tmp_path / "run", "--json")
    assert ended.status == 0, ended.err
    report = json.loads(ended.out)
    assert report["generations"] == 40
    assert report["evaluations"] == 80 + 38 * 40
    assert report["median_confidence"] > 0.9
    assert report["evaluations_per_second"] > 0
    files = sorted((tmp_path / "run").glob("0*.png"))
    assert [file.name for file in files] == [f"{n:04d} {n}.png" for n in range(10)]
    assert open_specimen(tmp_path / "run" / "gallery.png").provenance.source.startswith("gallery")
    confidences = []
    for index, file in enumerate(files):  # counted after saving and opening again
        specimen = open_specimen(file)
        said = lenet.forward(specimen.picture[None])["output"][0]
        confidences.append(said[index])
        genome = Genome.from_dict(json.loads(specimen.provenance.genome))
        np.testing.assert_array_equal(picture(genome, 28, 28) / np.float32(255), specimen.picture)
        assert picture(genome, 100, 60).shape == (100, 60, 3)
    assert np.median(confidences) == pytest.approx(report["median_confidence"], abs=1e-4)
    assert min(confidences) == pytest.approx(report["worst_confidence"], abs=1e-4)


def test_pages_films_and_the_papers_figure(visualizer, tmp_path, qapp):
    folder = tmp_path / "run"
    ended = visualizer(
        "evolve", *QUICK, "--generations", 4, "-o", folder, "--pdf", "--film", "--line", "3"
    )
    assert ended.status == 0, ended.err
    assert "Median of MNIST, CPPN" in ended.out
    assert "99.99%" in ended.out
    assert (folder / "gallery.pdf").read_bytes().count(b"/Subtype /Image") == 10
    for name in ("wall.mp4", "line 3.mp4"):
        film = cv2.VideoCapture(str(folder / name))
        assert film.get(cv2.CAP_PROP_FRAME_COUNT) > 30
        film.release()
    again = ["evolve", "--network", "lenet", "--resume", folder, "--generations", 4]
    found = json.loads(visualizer(*again, "--json").out)["badges"]
    assert [each["published"] for each in found] == [0.9999]


def test_stopped_and_gone_on_with_it_ends_as_if_it_never_stopped(visualizer, tmp_path, whole):
    visualizer("evolve", *QUICK, "--generations", 4, "-o", tmp_path / "parts")
    ended = visualizer(
        "evolve", "--network", "lenet", "--resume", tmp_path / "parts", "--generations", 9
    )
    assert ended.status == 0, ended.err
    assert state_of(tmp_path / "parts") == whole


def test_killed_at_a_random_moment_it_ends_as_if_it_never_was(visualizer, tmp_path, whole):
    """SIGKILL in the middle: what was saved last is sound."""
    folder = tmp_path / "killed"
    visualizer("evolve", *QUICK, "--generations", 1, "-o", folder)
    arguments = ["--network", "lenet", "--resume", str(folder), "--generations", "9"]
    with working(EVOLVE, folder, arguments, save_seconds=0):
        time.sleep(random.Random(7).uniform(0, 0.05))
    assert storage.read(folder)["generation"] >= 1
    assert visualizer("evolve", *arguments).status == 0
    assert state_of(folder) == whole


def test_immunised_it_is_harder_to_fool_and_opens_by_itself(visualizer, tmp_path):
    folder = tmp_path / "run"
    first = visualizer("evolve", *QUICK, "--generations", 15, "-o", folder)
    assert first.status == 0, first.err
    again = ["evolve", "--network", "lenet", "--resume", folder, "--immunise", 2, "--json"]
    ended = visualizer(*again)
    assert ended.status == 0, ended.err
    report = json.loads(ended.out)
    assert report["photos"] == "1,797 handwritten digits of scikit-learn"
    sound, once, twice = report["rounds"]
    assert [sound["round"], once["round"], twice["round"]] == [0, 1, 2]
    assert sound["median_confidence"] == report["median_confidence"]
    assert once["median_confidence"] < sound["median_confidence"]
    assert once["labelled"]
    assert once["photos"] == twice["photos"] == 896
    assert once["accuracy_before"] > 0.9
    assert once["accuracy_after"] > 0.9
    assert once["recognised"] > 0.9
    network = folder / "round 1" / "immunised.keras"
    said = visualizer("classify", "--network", network, folder / "0003 3.png")
    assert said.status == 0
    assert said.err == ""  # no guess about its pixels
    assert "fooling picture" in said.out.splitlines()[1]
    assert len([*(folder / "round 2").glob("0*.png")]) == 10
    shown = visualizer(*again[:-1])  # again, with nothing left to evolve
    assert "Immunised 2 ×: right on" in shown.out


def test_immunised_with_photos_of_ones_own(visualizer, tmp_path, digit):
    folder = tmp_path / "photos" / "2"
    folder.mkdir(parents=True)
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(digit.read_bytes())
    (folder / "c.png").write_bytes(b"no picture")
    ended = visualizer(
        "evolve", *QUICK, "--generations", 3, "-o", tmp_path / "run", "--immunise", 1,
        "--photos", tmp_path / "photos",
    )  # fmt: skip
    assert ended.status == 0
    assert "“c.png”" in ended.err
    assert "of 1 photos" in ended.out


def test_chosen_classes_and_the_direct_encoding(visualizer, tmp_path):
    ended = visualizer(
        "evolve", *QUICK, "--encoding", "direct", "--classes", "3, 7", "--evaluations", 200,
        "-o", tmp_path / "run", "--json",
    )  # fmt: skip
    assert ended.status == 0, ended.err
    assert json.loads(ended.out)["evaluations"] == 200
    names = sorted(file.name for file in (tmp_path / "run").glob("0*.png"))
    assert names == ["0003 3.png", "0007 7.png"]
    again = ["evolve", "--network", "lenet", "--resume", tmp_path / "run", "--evaluations", 200]
    assert "Only the line of a formula" in visualizer(*again, "--line", "3").refused()


def test_refusals_say_what_to_do(visualizer, tmp_path):
    assert "-o, or the one to --resume" in visualizer("evolve", *QUICK).refused()
    assert "no evolution" in visualizer("evolve", "--resume", tmp_path).refused()
    done = tmp_path / "done"
    visualizer("evolve", *QUICK, "--generations", 1, "-o", done)
    assert "already" in visualizer("evolve", *QUICK, "-o", done).refused()
    again = ["evolve", "--network", "lenet", "--resume", done]
    assert "goes on as it began" in visualizer(*again, "--seed", 2).refused()
    assert "not of AlexNet" in visualizer("evolve", "--resume", done).refused()
    with FileLock(done / ".running"):
        assert "Another run writes" in visualizer(*again, "--generations", 3).refused()
    assert "above 0" in visualizer(*again, "--minutes", "-1").refused()
    assert "a number of rounds" in visualizer(*again, "--photos", tmp_path).refused()
    assert "a number of rounds" in visualizer(*again, "--immunise", 101).refused()
    nowhere = visualizer(*again, "--immunise", 1, "--photos", tmp_path / "nowhere")
    assert "There is no folder" in nowhere.refused()


def test_a_full_disk_ends_it_in_a_sentence_and_what_was_saved_stays(
    visualizer, tmp_path, monkeypatch
):
    visualizer("evolve", *QUICK, "--generations", 2, "-o", tmp_path / "run")
    before = state_of(tmp_path / "run")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    again = ["evolve", "--network", "lenet", "--resume", tmp_path / "run", "--generations", 3]
    assert "disk is full" in visualizer(*again).refused()
    assert state_of(tmp_path / "run") == before


def test_a_network_that_gives_no_numbers_is_said(visualizer, tmp_path):
    import keras

    dense = keras.layers.Dense
    layers = [keras.layers.Input((8, 8, 3)), keras.layers.Flatten(), dense(2), dense(5)]
    model = keras.Sequential(layers)
    model.layers[-2].bias.assign([3e38] * 2)
    model.layers[-1].kernel.assign(np.full((2, 5), 3e38))  # infinite less infinite is no number
    model.save(tmp_path / "odd.keras")
    ended = visualizer(
        "evolve", "--network", tmp_path / "odd.keras", "--scaling", "0..1", "--random-starts", 20,
        "-o", tmp_path / "run",
    )  # fmt: skip
    assert "odd.keras answers with values that are no numbers" in ended.refused()
