"""Robustness reports: the sums are those of the attacks themselves, and a cut loses nothing."""

import csv
import io
import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageColor

from visualizer.engine.adversarial import PERTURB, attacks
from visualizer.engine.adversarial.chart import COLOURS, RIGHT, WIDTH, chart
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.labelled_folder import FolderError, find_labelled_pictures
from visualizer.engine.adversarial.norms import to_8_bit_within
from visualizer.engine.adversarial.robustness import RobustnessConfig, RobustnessError, robustness
from visualizer.engine.adversarial.robustness_results import (
    PictureResult,
    ResultsError,
    RobustnessResults,
)
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import read_picture
from visualizer.engine.specimen import Provenance, Specimen

PLAN = RobustnessConfig(("fgsm", "bim"), (2 / 255, 16 / 255), batch=3)


@pytest.fixture
def photos(attacked, tmp_path):
    """Eight photos in subfolders named after what the network says, two of them wrongly, and two
    broken files.
    """
    folder = tmp_path / "photos"
    for index, (photo, label) in enumerate(zip(attacked.photos, attacked.labels, strict=True)):
        name = attacked.network.label(int((label + 1) % 4 if index < 2 else label))
        sub = folder / name.replace(" ", "_")
        sub.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(photo * 255).astype(np.uint8)).save(sub / f"{index}.png")
    (sub / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (sub / "empty.jpg").write_bytes(b"")
    return folder


def finish(attacked, photos, out, config=PLAN):
    results = RobustnessResults(out, {"network": "small", **config.to_dict()})
    items = find_labelled_pictures(photos, attacked.network).items
    states = list(robustness(attacked.network, items, results, config))
    return results, states


def expected(attacked, photos, method, epsilon):
    """Accuracy and fooling rate worked out picture by picture."""
    right, fooled = [], []
    for path in sorted(photos.glob("*/[0-9]*.png")):
        label = attacked.network.classes.index(path.parent.name.replace("_", " "))
        picture = read_picture(path)[None]
        clean = attacked.model.logits(picture).argmax(axis=1)
        settings = attacks()[method].settings(epsilon=epsilon)
        *_, changed = PERTURB[method](attacked.model, picture, Criterion(clean, False), settings)
        final = to_8_bit_within(changed, picture, epsilon)
        answer = attacked.model.logits(final).argmax()
        right.append(clean[0] == label and answer == label)
        if clean[0] == label:
            fooled.append(answer != clean[0])
    return np.mean(right), np.mean(fooled)


def test_the_sums_are_those_of_the_attacks_picture_by_picture(attacked, photos, tmp_path):
    results, states = finish(attacked, photos, tmp_path / "answers.jsonl")
    # Broken pictures are done as soon as they are read.
    assert list(dict.fromkeys(state.step for state in states)) == [0, 3, 6, 8, 9, 10]
    assert {state.total for state in states} == {10}
    clean, *summaries = results.summaries()
    assert (clean.method, clean.pictures, clean.fooling) == ("", 8, 0)
    assert clean.accuracy == pytest.approx(6 / 8)
    assert [(s.method, s.epsilon) for s in summaries] == [
        (method, epsilon) for method in PLAN.methods for epsilon in PLAN.epsilons
    ]
    for each in summaries:
        accuracy, fooling = expected(attacked, photos, each.method, each.epsilon)
        assert each.accuracy == pytest.approx(accuracy)
        assert each.fooling == pytest.approx(fooling)
        assert each.accuracy <= clean.accuracy  # robust accuracy: right before and after
    assert summaries[1].fooling > 0


def test_broken_files_are_reported_and_the_rest_done(attacked, photos, tmp_path):
    results, _ = finish(attacked, photos, tmp_path / "answers.jsonl")
    assert sorted(name.rpartition("/")[2] for name in results.broken) == ["broken.png", "empty.jpg"]
    assert len(results.rows) == 8


def test_a_report_that_was_cut_off_goes_on_where_it_was(attacked, photos, tmp_path, monkeypatch):
    out = tmp_path / "answers.jsonl"
    results = RobustnessResults(out, {"network": "small", **PLAN.to_dict()})
    items = find_labelled_pictures(photos, attacked.network).items
    states = robustness(attacked.network, items, results, PLAN)
    assert next(state for state in states if state.step == 6)
    states.close()
    with out.open("ab") as file:  # the power went off in the middle of a line
        file.write(b'{"name": "bee/7.png", "label": 1, "cle')
    ask_tell = []
    original = attacked.model.cross_entropy
    monkeypatch.setattr(
        attacked.model, "cross_entropy", lambda x, y: ask_tell.append(len(x)) or original(x, y)
    )
    again, rest = finish(attacked, photos, out)
    assert rest[0].step == 6
    whole, _ = finish(attacked, photos, tmp_path / "at once.jsonl")
    assert again.summaries() == whole.summaries()
    assert again.broken == whole.broken
    assert ask_tell
    assert set(ask_tell) == {PLAN.batch}  # one shape, compiled once
    ask_tell.clear()
    finish(attacked, photos, out)
    assert ask_tell == []


def test_chance_is_the_same_where_a_report_was_cut_off(attacked, photos, tmp_path):
    config = RobustnessConfig(("pgd", "noise"), (3 / 255, 24 / 255), batch=3)
    out = tmp_path / "answers.jsonl"
    results = RobustnessResults(out, {"network": "small", **config.to_dict()})
    items = find_labelled_pictures(photos, attacked.network).items
    states = robustness(attacked.network, items, results, replace(config, batch=2))
    assert next(state for state in states if state.step == 4)
    states.close()
    again, _ = finish(attacked, photos, out, config)
    whole, _ = finish(attacked, photos, tmp_path / "at once.jsonl", config)
    assert again.rows == whole.rows
    assert len(again.rows) == 8


def test_each_picture_of_a_slow_attack_is_kept_when_it_is_done(attacked, photos, tmp_path):
    for path in photos.glob("*/[13-6].png"):  # one that is wrong and two that are right will do
        path.unlink()
    config = RobustnessConfig(("lbfgs", "fgsm"), (8 / 255,), batch=8)
    out = tmp_path / "answers.jsonl"
    results = RobustnessResults(out, {"network": "small", **config.to_dict()})
    items = find_labelled_pictures(photos, attacked.network).items
    kept, works = [], []
    for state in robustness(attacked.network, items, results, config):
        kept.append(len(out.read_text().splitlines()) - 1)
        works.append(state.work)
        assert state.step <= state.work <= state.total
    assert set(kept) == set(range(4))
    assert works == sorted(works)
    assert len(set(works)) > 40  # it is heard of while it looks
    assert [row.method for row in next(iter(results.rows.values()))] == ["", "lbfgs", "fgsm"]


@pytest.mark.parametrize("what", ["answer", "slope", "answer after"])
def test_pictures_without_numbers_are_left_out_and_the_rest_is_done(
    attacked, photos, tmp_path, monkeypatch, what
):
    config = RobustnessConfig(("fgsm", "deepfool"), (4 / 255,), batch=8)
    (path, *_) = sorted(photos.glob("*/4.png"))
    odd = read_picture(path)

    def spoilt(x, values, ever=False):
        values = values.copy()
        close = np.abs(x - odd).reshape(len(x), -1).max(axis=1)
        values[(close < 0.2) & ((close > 0) | ever)] = np.nan
        return values

    model = attacked.model
    if what == "slope":
        slope = model._cross_entropy
        monkeypatch.setattr(
            model, "_cross_entropy", lambda x, y: (slope(x, y)[0], spoilt(x, slope(x, y)[1], True))
        )
    else:
        logits = model._logits
        monkeypatch.setattr(model, "_logits", lambda x: spoilt(x, logits(x), ever=what == "answer"))
    results, states = finish(attacked, photos, tmp_path / "a.jsonl", config)
    monkeypatch.undo()
    whole, _ = finish(attacked, photos, tmp_path / "b.jsonl", config)
    name = f"{path.parent.name}/4.png"
    assert "is left out" in results.broken[name]
    assert str(path) in results.broken[name]
    del whole.rows[name]
    assert results.rows == whole.rows
    assert (states[-1].step, states[-1].broken) == (10, 3)


def test_answers_of_another_report_are_not_mixed_in(attacked, photos, tmp_path):
    out = tmp_path / "answers.jsonl"
    finish(attacked, photos, out)
    before = out.read_bytes()
    with pytest.raises(ResultsError, match="another"):
        finish(attacked, photos, out, RobustnessConfig(("fgsm",), (1 / 255,)))
    assert out.read_bytes() == before


def test_pictures_without_labels_have_a_fooling_rate_and_no_accuracy(attacked, photos, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in photos.glob("*/[0-9]*.png"):
        path.rename(flat / path.name)
    results, _ = finish(attacked, flat, tmp_path / "answers.jsonl")
    assert {each.accuracy for each in results.summaries()} == {None}
    for each in results.summaries()[1:]:
        assert 0 <= each.fooling <= 1
    table = list(csv.DictReader(io.StringIO(results.csv())))
    assert [row["accuracy"] for row in table] == [""] * 5
    assert table[0]["method"] == "none"
    assert float(table[1]["epsilon_255"]) == pytest.approx(2)


def test_the_figure_is_a_picture_with_a_line_an_attack(attacked, photos, tmp_path):
    results, _ = finish(attacked, photos, tmp_path / "answers.jsonl")
    clean, *summaries = results.summaries()
    every = [replace(each, method=method) for method in PERTURB for each in summaries[:2]]
    assert len(set(COLOURS)) >= len(PERTURB)
    for drawn, count in ((summaries, 2), (every, len(PERTURB))):
        picture = np.asarray(Image.open(io.BytesIO(chart([clean, *drawn], "Small"))).convert("RGB"))
        legend = picture[:, WIDTH - RIGHT + 20 :]
        found = [
            (legend == ImageColor.getrgb(colour)).all(axis=2).sum() > 100 for colour in COLOURS
        ]
        assert found == [place < count for place in range(len(COLOURS))]


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"methods": ("fgms",)}, "fgms"),
        ({"methods": ()}, "none"),
        ({"epsilons": (0.0,)}, "8/255"),
        ({"epsilons": (float("nan"),)}, "8/255"),
        ({"epsilons": (0.5 / 255,)}, "whole levels"),
        ({"epsilons": (0.25,)}, "63.75/255"),
        ({"batch": 0}, "1 or more"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(config, word):
    with pytest.raises(RobustnessError, match=word):
        RobustnessConfig(**config)


def test_a_folder_that_cannot_be_is_refused(attacked, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder, word in ((tmp_path / "none", "no folder"), (tmp_path / "empty", "no pictures")):
        with pytest.raises(FolderError, match=word):
            find_labelled_pictures(folder, attacked.network)


def test_a_network_of_nan_is_refused(attacked, photos, tmp_path, monkeypatch):
    monkeypatch.setattr(attacked.model, "_logits", lambda x: np.full((len(x), 4), np.nan))
    results = RobustnessResults(tmp_path / "a.jsonl", {})
    items = find_labelled_pictures(photos, attacked.network).items
    with pytest.raises(UserError, match="NaN"):
        list(robustness(attacked.network, items, results, PLAN))
    assert not results.rows


def test_a_broken_file_that_is_mended_is_attacked_when_the_report_goes_on(
    attacked, photos, tmp_path
):
    out = tmp_path / "answers.jsonl"
    finish(attacked, photos, out)
    (broken,) = photos.glob("*/broken.png")
    (good, *_) = photos.glob("*/[0-9]*.png")
    broken.write_bytes(good.read_bytes())
    results, _ = finish(attacked, photos, out)
    assert [name.rpartition("/")[2] for name in results.broken] == ["empty.jpg"]
    assert len(results.rows) == 9


def test_deepfool_fools_from_the_size_on_that_it_finds(attacked, photos, tmp_path):
    sizes = tuple(level / 255 for level in (1, 4, 16, 64))
    config = RobustnessConfig(("deepfool",), sizes, batch=3)
    about = {"network": "small", **config.to_dict()}
    results = RobustnessResults(tmp_path / "answers.jsonl", about)
    items = find_labelled_pictures(photos, attacked.network).items
    list(robustness(attacked.network, items, results, config))
    found = [row for rows in results.rows.values() for row in rows if row.method == "deepfool"]
    right = [row for row in found if row.clean == row.label]
    assert len(right) == 6
    summaries = [each for each in results.summaries() if each.method == "deepfool"]
    assert [each.epsilon for each in summaries] == pytest.approx(sizes)
    for each in summaries:
        near = [row for row in right if row.answer != row.clean and row.epsilon <= each.epsilon]
        assert each.fooling == pytest.approx(len(near) / 6)
        assert each.accuracy == pytest.approx((6 - len(near)) / 8)
    (distances,) = results.distances()
    assert (distances.pictures, distances.fooled) == (6, 6)
    assert distances.linf[2] == pytest.approx(np.median([row.epsilon for row in right]))
    assert distances.l2 == tuple(sorted(distances.l2))
    again = RobustnessResults(tmp_path / "answers.jsonl", about)  # as it was kept
    assert again.distances() == results.distances()
    assert again.summaries() == results.summaries()


def test_the_smallest_changes_are_those_of_the_attack_alone(attacked, photos, tmp_path):
    config = RobustnessConfig(("deepfool",), (1 / 255,), batch=3)
    results, _ = finish(attacked, photos, tmp_path / "answers.jsonl", config)
    for path in photos.glob("*/[0-9]*.png"):
        specimen = Specimen(read_picture(path), "", Provenance("test"))
        frames = attacks()["deepfool"](attacked.network, specimen)
        while True:
            try:
                next(frames)
            except StopIteration as end:
                size = end.value.size
                break
        row = results.rows[f"{path.parent.name}/{path.name}"][1]
        assert (row.epsilon, row.l2, row.rms) == pytest.approx((size.linf, size.l2, size.rms))


def test_a_full_disk_is_told_and_what_was_found_is_kept(attacked, photos, tmp_path, monkeypatch):
    results = RobustnessResults(tmp_path / "answers.jsonl", {"network": "small"})
    results.path = SimpleNamespace(open=_full, __str__=lambda _: "answers")
    with pytest.raises(UserError, match="No space"):
        list(
            robustness(
                attacked.network,
                find_labelled_pictures(photos, attacked.network).items,
                results,
                PLAN,
            )
        )
    assert json.loads((tmp_path / "answers.jsonl").read_text().splitlines()[0])["about"]


def _full(*_, **__):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    "damage",
    [
        b"[1, 2]",
        b"null",
        b'{"name": 3, "label": null, "clean": 0, "answers": []}',
        b'{"name": "x", "label": "cat", "clean": 0, "answers": [["", 0, 0]]}',
        b'{"name": "x", "label": null, "clean": 0, "answers": [["", 0, 0]]}',
        b'{"name": "x", "label": null, "clean": 0, "answers": [["", 1e999, 0], ["fgsm", 0, 0]]}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_damaged_lines_of_answers_are_found_out_again(damage, tmp_path):
    about = {"network": "small", **RobustnessConfig().to_dict()}
    path = tmp_path / "answers.jsonl"
    tally = RobustnessResults(path, about)
    for name in ("a.png", "b\u2028.png", "c.png"):
        tally.add(
            [PictureResult(name, 0, 0, "", 0.0, 0), PictureResult(name, 0, 0, "fgsm", 1 / 255, 1)]
        )
    lines = path.read_bytes().split(b"\n")
    assert len(lines) == 5
    path.write_bytes(b"\n".join([*lines[:3], damage, *lines[3:]]))
    again = RobustnessResults(path, about)
    assert list(again.rows) == ["a.png", "b\u2028.png"]
    assert again.rows == {name: tally.rows[name] for name in again.rows}
    again.add(
        [
            PictureResult("d.png", None, 0, "", 0.0, 0),
            PictureResult("d.png", None, 0, "fgsm", 1 / 255, 1),
        ]
    )
    assert list(RobustnessResults(path, about).rows) == ["a.png", "b\u2028.png", "d.png"]


@pytest.mark.parametrize("damage", [b"", b"[]", b"7", b"\xff", b"{}"])
def test_answers_whose_beginning_is_damaged_are_told(damage, tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_bytes(damage)
    with pytest.raises(ResultsError, match="or is damaged"):
        RobustnessResults(path, {"network": "small", **RobustnessConfig().to_dict()})
