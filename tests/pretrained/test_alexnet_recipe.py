"""AlexNet's recipe from archive to card, on a handful of photos."""

import json

import cv2
import keras
import numpy as np
import pytest

from visualizer.engine.training.datasets import Dataset
from visualizer.models import alexnet, bundled, catalog

KNOWN = 3
"""Classes that have photos, of the 200 that there are."""


@pytest.fixture(scope="module")
def train(recipe_of):
    """The recipe of a narrow AlexNet that keeps few photos aside."""
    module = recipe_of("alexnet")
    module.HELD_OUT_PER_CLASS = 1
    narrow = {name: (how[0] // 16, *how[1:]) for name, how in alexnet.CONVOLUTIONS.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alexnet, "CONVOLUTIONS", narrow)
        yield module


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """`tiny-imagenet-200.zip`, unpacked, with five noisy photos of each of three classes."""
    folder = tmp_path_factory.mktemp("tiny-imagenet-200")
    wnids = [f"n{number:08}" for number in range(200)]
    (folder / "wnids.txt").write_text("\n".join(wnids))
    rng = np.random.default_rng(0)

    def photo(path, label):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 100, (64, 64, 3)) + 50 * label
        assert cv2.imwrite(str(path), pixels.astype(np.uint8))

    rows = []
    for label, wnid in enumerate(wnids[:KNOWN]):
        for i in range(5):
            photo(folder / "train" / wnid / "images" / f"{wnid}_{i}.JPEG", label)
        photo(folder / "val" / "images" / f"val_{label}.JPEG", label)
        rows.append(f"val_{label}.JPEG\t{wnid}\t0\t0\t9\t9")
    (folder / "val" / "val_annotations.txt").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="module")
def run(train, archive, tmp_path_factory):
    """Return a function that trains three short epochs, two of them large; gives the folder."""
    recipe = train.Recipe(epochs=3, large_epochs=2, batch=4)

    def start(interrupted):
        work = tmp_path_factory.mktemp("work")
        if interrupted:
            with pytest.MonkeyPatch.context() as patch:
                whole = train.train_epoch

                def cut(model, data, recipe, epoch):
                    if epoch == 2:
                        raise KeyboardInterrupt
                    return whole(model, data, recipe, epoch)

                patch.setattr(train, "train_epoch", cut)
                with pytest.raises(KeyboardInterrupt):
                    train.train(archive, work=work, recipe=recipe)
            assert train.epochs_done(work / "checkpoint.npz") == 2
        train.train(archive, work=work, recipe=recipe)
        keras.config.set_dtype_policy("float32")  # each command is a process of its own
        return work

    return start


@pytest.fixture(scope="module")
def whole(run):
    """The folder of a run that was not interrupted."""
    return run(interrupted=False)


def test_a_run_that_was_cut_off_ends_where_a_whole_one_does(run, whole):
    resumed = run(interrupted=True)
    with np.load(whole / "checkpoint.npz") as expected, np.load(resumed / "checkpoint.npz") as got:
        assert set(got) == set(expected)
        for name in expected:
            np.testing.assert_allclose(got[name], expected[name], rtol=1e-3, atol=1e-5)
    rows = [json.loads(line) for line in (resumed / "log.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["size"]) for row in rows] == [(1, 103), (2, 135), (3, 135)]


def test_what_is_exported_opens_and_is_measured(
    train, archive, whole, tmp_path, monkeypatch, capsys
):
    train.export(archive, work=whole, out=tmp_path / "alexnet")
    printed = capsys.readouterr().out
    assert "top5: " in printed
    assert "calibration_error: " in printed
    monkeypatch.setattr(bundled, "pretrained", lambda: tmp_path)
    network = catalog.open_network("alexnet")
    held_out = network.card["held_out"]
    assert held_out["photos"] == KNOWN
    assert set(held_out["ends"]) == {"checkpoint-2.npz", "checkpoint-3.npz"}
    least = min(held_out["ends"].values(), key=lambda end: end["cross_entropy"])
    assert held_out["ends"][held_out["chosen"]] == least
    assert f"top1: {network.card['accuracy']['top1']:.2%}" in printed
    answer = network.forward(np.zeros((1, 135, 135, 3), np.float32))["output"]
    assert answer.shape == (1, 200)
    assert answer.sum() == pytest.approx(1, abs=1e-5)


def photos(count):
    pictures = np.random.default_rng(1).integers(0, 256, (count, 64, 64, 3), np.uint8)
    return Dataset(pictures, np.arange(count), tuple(map(str, range(count))))


def test_an_epoch_shows_every_photo_once_and_its_seed_decides_how(train):
    def epoch(seed):
        return list(train.batches(photos(6), 40, (36, 60), 1.0, 2, seed))

    first, again, other = epoch((1, 0)), epoch((1, 0)), epoch((1, 1))
    assert sorted(np.concatenate([labels for _, labels in first])) == list(range(6))
    for (views, labels), (same, _), (differing, _) in zip(first, again, other, strict=True):
        assert (views.shape, views.dtype) == ((2, 40, 40, 3), np.uint8)
        assert labels.dtype == np.int64
        np.testing.assert_array_equal(views, same)
        assert (views != differing).any()


def test_without_variety_a_view_of_the_whole_photo_is_that_photo_or_its_mirror(train):
    picture = photos(1).pictures[0]
    centre = train.centre_view(picture, 64)
    np.testing.assert_array_equal(centre, picture)
    random_view = train.batches.__globals__["random_view"]
    seen = {
        random_view(picture, 64, (64, 64), 0.0, np.random.default_rng(seed)).tobytes()
        for seed in range(20)
    }
    assert seen == {picture.tobytes(), picture[:, ::-1].tobytes()}


def test_rates_are_straight_lines_however_many_epochs_there_are(train):
    recipe = train.Recipe()
    assert recipe.rate(0) == 0
    assert recipe.rate(0.5) == pytest.approx(0.04)
    assert recipe.rate(recipe.epochs) == 0
    short = train.Recipe(epochs=2)
    assert short.rate(1) == pytest.approx(recipe.rate(8.5))


def test_the_shipped_one_is_as_good_as_promised():
    card = bundled.read("alexnet").card
    assert card["accuracy"]["top1"] >= 0.50
    assert card["accuracy"]["top5"] >= 0.75
