"""AlexNet's recipe from archive to card, on a handful of photos."""

import json
import zipfile

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
def recipe(train):
    """Three short epochs, the first of them on small views."""
    small, large = train.View(99, 36, 60, 1.0, 1.0), train.View(195, 52, 64, 0.3, 0.0)
    return train.Recipe(phases=(train.Phase(1, small), train.Phase(2, large)), batch=4)


@pytest.fixture(scope="module")
def run(train, archive, recipe, tmp_path_factory):
    """Return a function that trains; gives the folder. `cuts` are the batches it is stopped at."""

    def start(cuts=()):
        work = tmp_path_factory.mktemp("work")
        for cut in [*cuts, None]:
            with pytest.MonkeyPatch.context() as patch:
                on_pictures, count = train.TrainingStep.on_pictures, iter(range(100))

                def stopped(step, pictures, targets, count=count, cut=cut, on=on_pictures):
                    if next(count) == cut:
                        raise KeyboardInterrupt
                    return on(step, pictures, targets)

                patch.setattr(train.TrainingStep, "on_pictures", stopped)
                patch.setattr(train, "SAVE_SECONDS", 0)
                try:
                    train.train(archive, work=work, recipe=recipe)
                except KeyboardInterrupt:
                    assert cut is not None
                finally:
                    keras.config.set_dtype_policy("float32")  # a command is a process of its own
        return work

    return start


@pytest.fixture(scope="module")
def whole(run):
    """The folder of a run that was not interrupted."""
    return run()


def test_a_run_that_is_stopped_anywhere_ends_bit_for_bit_where_a_whole_one_does(run, whole):
    resumed = run(cuts=(2, 3))  # in the middle of the first epoch and of the second
    with (
        zipfile.ZipFile(whole / "checkpoint.zip") as expected,
        zipfile.ZipFile(resumed / "checkpoint.zip") as got,
    ):
        assert got.namelist() == expected.namelist()
        for name in expected.namelist():
            assert name == "meta.json" or got.read(name) == expected.read(name), name
    rows = [json.loads(line) for line in (resumed / "log.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["size"]) for row in rows] == [(1, 99), (2, 195), (3, 195)]


def test_what_is_exported_opens_and_is_measured(
    train, archive, recipe, whole, tmp_path, monkeypatch, capsys
):
    train.export(archive, work=whole, out=tmp_path / "alexnet", recipe=recipe)
    printed = capsys.readouterr().out
    assert "top5: " in printed
    assert "calibration_error: " in printed
    monkeypatch.setattr(bundled, "pretrained", lambda: tmp_path)
    network = catalog.open_network("alexnet")
    held_out = network.card["held_out"]
    assert held_out["photos"] == KNOWN
    assert set(held_out["ends"]) == {"end-2.zip", "end-3.zip"}
    least = min(held_out["ends"].values(), key=lambda end: end["cross_entropy"])
    assert held_out["ends"][held_out["chosen"]] == least
    assert f"top1: {network.card['accuracy']['top1']:.2%}" in printed
    answer = network.forward(np.zeros((1, 195, 195, 3), np.float32))["output"]
    assert answer.shape == (1, 200)
    assert answer.sum() == pytest.approx(1, abs=1e-5)


def photos(count):
    pictures = np.random.default_rng(1).integers(0, 256, (count, 64, 64, 3), np.uint8)
    return Dataset(pictures, np.arange(count), tuple(map(str, range(count))))


def test_an_epoch_shows_every_photo_once_and_its_seed_decides_how(train):
    def epoch(seed, first=0):
        return list(train.batches(photos(6), train.View(40, 36, 60, 1.0, 0.0), 2, seed, first))

    once, again, other = epoch((1, 0)), epoch((1, 0)), epoch((1, 1))
    assert sorted(np.concatenate([targets.argmax(1) for _, targets in once])) == list(range(6))
    for (views, targets), (same, _), (differing, _) in zip(once, again, other, strict=True):
        assert (views.shape, views.dtype) == ((2, 40, 40, 3), np.uint8)
        assert targets.dtype == np.float32
        np.testing.assert_array_equal(views, same)
        assert (views != differing).any()
    np.testing.assert_array_equal(epoch((1, 0), first=2)[0][0], once[2][0])


def test_of_mixed_photos_the_target_is_shared_out_by_area(train):
    flat = (
        np.zeros((4, 64, 64, 3), np.uint8)
        + np.arange(0, 200, 50, dtype=np.uint8)[:, None, None, None]
    )
    data = Dataset(flat, np.arange(4), tuple("abcd"))
    view = train.View(64, 64, 64, 0.0, 1.0)
    for pictures, targets in train.batches(data, view, 4, (3, 0)):
        for picture, target in zip(pictures, targets, strict=True):
            parts = [(picture[..., 0] == 50 * label).mean() for label in range(4)]
            np.testing.assert_allclose(parts, target, atol=1e-6)
        assert (targets.max(1) < 1).any()


def test_without_variety_a_view_of_the_whole_photo_is_that_photo_or_its_mirror(train):
    picture = photos(1).pictures[0]
    centre = train.centre_view(picture, 64)
    np.testing.assert_array_equal(centre, picture)
    random_view = train.batches.__globals__["random_view"]
    view = train.View(64, 64, 64, 0.0, 0.0)
    seen = {random_view(picture, view, np.random.default_rng(seed)).tobytes() for seed in range(20)}
    assert seen == {picture.tobytes(), picture[:, ::-1].tobytes()}


def test_rates_are_straight_lines_however_many_epochs_there_are(train):
    recipe = train.Recipe()
    assert recipe.rate(0) == 0
    assert recipe.rate(0.2 * recipe.epochs) == pytest.approx(recipe.learning_rate)
    assert recipe.rate(recipe.epochs) == 0
    short = train.Recipe(phases=recipe.phases[:1])
    assert short.rate(short.epochs / 2) == pytest.approx(recipe.rate(recipe.epochs / 2))


def test_the_shipped_one_is_as_good_as_promised():
    card = bundled.read("alexnet").card
    assert card["accuracy"]["top1"] >= 0.50
    assert card["accuracy"]["top5"] >= 0.75
