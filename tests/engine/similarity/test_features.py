"""Features of a collection: what they are, that they are kept, and files that are no pictures."""

import errno
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from PIL import Image

from visualizer.engine.generators import run_to_end
from visualizer.engine.similarity.agreement import agreements
from visualizer.engine.similarity.clusters import clusters
from visualizer.engine.similarity.collection import CollectionError, collected, find_pictures
from visualizer.engine.similarity.duplicates import Duplicate, duplicates
from visualizer.engine.similarity.feature_file import KEY, FeatureFile
from visualizer.engine.similarity.features import (
    THUMBNAIL,
    FeatureError,
    extracting,
    identity,
    journey_stages,
    vectors_of,
)
from visualizer.engine.similarity.journey import between, laying_out_stages, scoring
from visualizer.engine.similarity.map_picture import drawn, journey_film, svg

STAGES = ("data", "conv1", "pool1")


@pytest.fixture
def folder(tmp_path):
    """Two classes of coloured squares, 12 pictures each: red ones and blue ones."""
    rng = np.random.default_rng(0)
    for name, channel in (("blue", 2), ("red", 0)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 60, (30, 40, 3), np.uint8)
            pixels[..., channel] += 150
            Image.fromarray(pixels).save(tmp_path / "pictures" / name / f"{number}.png")
    return tmp_path / "pictures"


@pytest.fixture
def computed(plain, folder, tmp_path):
    """A function that gives the features of the folder, and how many had to be computed."""

    def run(stages=STAGES, pooling="mean", collection=None):
        steps = []
        work = extracting(
            plain, collection or find_pictures(folder), stages, pooling, folder=tmp_path / "kept"
        )
        while True:
            try:
                steps.append(next(work))
            except StopIteration as end:
                return end.value, steps[-1].computed

    return run


def test_the_features_are_the_means_of_the_maps(plain, computed):
    features, count = computed()
    assert count == 24
    assert features.stages == (*STAGES, "output")
    assert features.classes == ("blue", "red")
    assert features.labels.tolist() == [0] * 12 + [1] * 12
    seen = plain.fit(np.asarray(Image.open(features.items[3].path)))
    maps = plain.forward(seen[None])
    for stage in STAGES:
        assert features.of(stage)[3] == pytest.approx(maps[stage][0].mean((0, 1)), abs=1e-5)
    assert features.of("output")[3] == pytest.approx(maps["output"][0], abs=1e-5)
    thumbnail = features.thumbnails([3])
    assert thumbnail.shape == (1, THUMBNAIL, THUMBNAIL, 3)
    assert thumbnail[0, ..., 2].mean() > 2 * thumbnail[0, ..., 0].mean()  # a blue one


def test_whole_maps_keep_their_places(plain, computed):
    features, _ = computed(pooling="whole")
    seen = plain.fit(np.asarray(Image.open(features.items[0].path)))
    maps = plain.forward(seen[None])
    assert features.of("conv1")[0] == pytest.approx(maps["conv1"][0].ravel(), abs=1e-5)


def test_large_maps_are_averaged_over_neighbouring_places(plain, computed, monkeypatch):
    monkeypatch.setattr("visualizer.engine.similarity.features.WHOLE", 5 * 5 * 4)
    monkeypatch.setattr(plain, "_cache", {})
    features, _ = computed(("conv1",), "whole")
    seen = plain.fit(np.asarray(Image.open(features.items[0].path)))
    maps = plain.forward(seen[None])["conv1"][0]
    side = -(-maps.shape[0] // 3)
    rows = features.of("conv1")[0].reshape(side, side, 4)
    assert rows[0, 0] == pytest.approx(maps[:3, :3].mean((0, 1)), abs=1e-5)
    assert rows[-1, -1] == pytest.approx(
        maps[3 * side - 3 :, 3 * side - 3 :].mean((0, 1)), abs=1e-5
    )


def test_nothing_is_computed_twice(computed, folder):
    first, _ = computed()
    again, count = computed()
    assert count == 0
    assert np.array_equal(first.of("conv1"), again.of("conv1"))
    Image.fromarray(np.full((9, 9, 3), 200, np.uint8)).save(folder / "red" / "new.png")
    assert computed()[1] == 1
    _, count = computed(("conv2",))  # another stage
    assert count == 25


def test_after_a_cut_it_goes_on(plain, folder, tmp_path):
    kept = tmp_path / "kept"
    cut = extracting(plain, find_pictures(folder), STAGES, folder=kept)
    next(cut)  # one batch
    cut.close()
    rows = next(kept.rglob("conv1*.rows"))
    rows.write_bytes(rows.read_bytes() + b"half")  # a row that a power cut left half written
    features, steps = None, []
    work = extracting(plain, find_pictures(folder), STAGES, folder=kept)
    while features is None:
        try:
            steps.append(next(work).computed)
        except StopIteration as end:
            features = end.value
    assert steps[-1] == 24 - 16
    whole = run_to_end(extracting(plain, find_pictures(folder), STAGES, folder=tmp_path / "other"))
    assert np.array_equal(features.of("conv1"), whole.of("conv1"))


def test_broken_files_are_named_and_left_out(computed, folder):
    (folder / "red" / "broken.png").write_bytes(b"no picture")
    collection = find_pictures(folder)
    (folder / "red" / "0.png").unlink()  # after the folder was looked at
    features, count = computed(collection=collection)
    assert count == 23
    assert set(features.broken) == {"red/broken.png", "red/0.png"}
    assert all(sentence.endswith(".") for sentence in features.broken.values())


def test_without_a_readable_picture_it_says_so(computed, tmp_path):
    with pytest.raises(CollectionError, match="put some there"):
        find_pictures(tmp_path)
    with pytest.raises(CollectionError, match="no folder"):
        find_pictures(tmp_path / "nowhere")
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(FeatureError, match="can be read"):
        computed(collection=find_pictures(tmp_path))


def test_of_too_many_pictures_some_all_over_the_folder_are_taken(folder):
    found = find_pictures(folder, most=4)
    assert [item.name for item in found.items] == [
        "blue/0.png",
        "blue/8.png",
        "red/3.png",
        "red/11.png",
    ]
    assert found.left_out == 20


def test_a_full_disk_loses_nothing(computed, monkeypatch):
    real = Path.open

    def full(self, mode="r", *rest, **options):
        if mode == "ab":
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *rest, **options)

    monkeypatch.setattr(Path, "open", full)
    features, count = computed()
    assert count == 24
    assert "No space left" in features.problems[0]
    assert len(features.of("conv1")) == 24
    assert np.isfinite(features.of("conv1")).all()


def test_another_window_at_the_same_pictures_does_no_harm(tmp_path):
    path = tmp_path / "rows"
    first = FeatureFile(path, 2)
    second = FeatureFile(path, 2)
    assert "Another window" in second.problem
    for each, value in ((first, 1), (second, 2)):
        each.add([bytes(KEY)], np.full((1, 2), value))
        assert each.read([bytes(KEY)]).tolist() == [[value, value]]
    first.close()
    third = FeatureFile(path, 2)
    assert third.read([bytes(KEY)]).tolist() == [[1, 1]]
    third.close()
    assert not FileLock(tmp_path / "rows.lock").is_locked


def test_pictures_of_the_tray_need_no_file(computed, plain):
    red, blue = np.zeros((2, 20, 20, 3), np.float32)
    red[..., 0] = blue[..., 2] = 1
    features, _ = computed(
        collection=collected("tray", [("red", red), ("again", red), ("b", blue)])
    )
    rows = features.of("data")
    assert rows[0] == pytest.approx(rows[1])
    assert rows[0] == pytest.approx([1, 0, 0], abs=1e-5)
    one = vectors_of(plain, blue, ["data"], "mean", "crop")["data"]
    assert one == pytest.approx(rows[2])


def test_another_training_state_has_other_files(plain, explore):
    before = identity(plain)
    weights = plain.model.get_weights()
    plain.model.set_weights([w + 0.01 for w in weights])
    try:
        assert identity(plain) != before
    finally:
        plain.model.set_weights(weights)
    assert identity(plain) == before


def test_a_journey_stops_at_some_stages_from_the_picture_to_the_output(plain):
    assert journey_stages(plain) == tuple(stage.name for stage in plain.stages)
    assert journey_stages(plain, 3)[0] == "data"
    assert journey_stages(plain, 3)[-1] == "output"


def test_colours_are_told_apart_by_the_picture_itself(computed):
    features, _ = computed()
    score = run_to_end(scoring(features, "data"))
    assert score.precision == score.accuracy == 1


def test_the_journey_has_a_map_a_stage_and_a_film(computed):
    features, _ = computed()
    maps = run_to_end(laying_out_stages(features, ("data", "conv1"), "pca"))
    assert [each.stage for each in maps] == ["data", "conv1"]
    assert between(maps, 0) == pytest.approx(maps[0].xy)
    assert between(maps, 1) == pytest.approx(maps[1].xy)
    assert between(maps, 0.5) == pytest.approx((maps[0].xy + maps[1].xy) / 2)
    # A picture that is on the map is placed where it is.
    vectors = features.of("conv1")
    assert maps[1].place(vectors[:4]) == pytest.approx(maps[1].xy[:4], abs=1e-6)
    frames = list(journey_film(features, maps, side=160))
    assert frames[-1].step == frames[-1].total == len(frames)
    assert np.abs(frames[0].picture - frames[-1].picture).max() > 0.5


def test_a_map_is_drawn_with_every_picture_in_the_colour_of_its_class(computed):
    features, _ = computed()
    (found,) = run_to_end(laying_out_stages(features, ("data",), "pca"))
    picture = drawn(features, found.xy, "Colours")
    left, right = picture[100:, :600].mean((0, 1)), picture[100:, 600:].mean((0, 1))
    assert (left[0] - left[2]) * (right[0] - right[2]) < 0  # red on one side, blue on the other
    text = svg(features, found.xy, "Red & blue")
    assert text.count("<image") == 24
    assert "Red &amp; blue" in text
    assert "<title>red/3.png</title>" in text


def test_twins_are_found_whatever_they_are_called_and_however_saved(computed, folder, tmp_path):
    rng = np.random.default_rng(4)
    scene = np.kron(rng.integers(0, 255, (6, 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
    photo = Image.fromarray(scene)
    photo.save(folder / "red" / "photo.png")
    (folder / "blue" / "copy.png").write_bytes((folder / "red" / "photo.png").read_bytes())
    photo.resize((96, 72)).save(folder / "red" / "smaller.jpg", quality=90)
    features, _ = computed()
    score = run_to_end(scoring(features, "conv1"))
    found = duplicates(features, score.neighbours)
    names = {
        (features.items[pair.first].name, features.items[pair.second].name): pair for pair in found
    }
    assert set(names) == {
        ("blue/copy.png", "red/photo.png"),
        ("blue/copy.png", "red/smaller.jpg"),
        ("red/photo.png", "red/smaller.jpg"),
    }
    assert found[0] == Duplicate(found[0].first, found[0].second, 1.0, exact=True)
    assert not found[1].exact


def test_groups_come_with_the_classes_the_network_gives_them(computed, plain):
    features, _ = computed()
    found = clusters(features, "data", 2)
    assert sorted(len(each.members) for each in found) == [12, 12]
    members = {frozenset(features.labels[each.members].tolist()) for each in found}
    assert members == {frozenset({0}), frozenset({1})}
    assert all(word in [plain.label(k) for k in range(5)] for g in found for word in g.words)


def test_the_shares_of_all_channels_are_the_cosine():
    a, b = np.array([3.0, 4, 0]), np.array([4.0, 3, 0])
    found = agreements(a, b)
    assert [each.channel for each in found] == [0, 1]
    assert sum(each.share for each in found) == pytest.approx(24 / 25)
    assert found[0].values == (3, 4)
    assert agreements(a, np.zeros(3)) == []
