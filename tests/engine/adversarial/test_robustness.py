"""Robustness reports: the sums are those of the attacks themselves, and a cut loses nothing."""

import csv
import io
import json
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from visualizer.engine.adversarial import PERTURB, attacks
from visualizer.engine.adversarial.chart import chart
from visualizer.engine.adversarial.goal import Goal
from visualizer.engine.adversarial.norms import to_8_bit_within
from visualizer.engine.adversarial.robustness import Plan, RobustnessError, robustness
from visualizer.engine.adversarial.tally import Tally, TallyError
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import read_picture

PLAN = Plan(("fgsm", "bim"), (2 / 255, 16 / 255), batch=3)


@pytest.fixture
def photos(attacked, tmp_path):
    """Eight photos in subfolders named after what the network says, one of them wrongly, and two
    broken files.
    """
    folder = tmp_path / "photos"
    for index, (photo, label) in enumerate(zip(attacked.photos, attacked.labels, strict=True)):
        name = attacked.network.label(int((label + 1) % 4 if index == 0 else label))
        sub = folder / name.replace(" ", "_")
        sub.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.rint(photo * 255).astype(np.uint8)).save(sub / f"{index}.png")
    (sub / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (sub / "empty.jpg").write_bytes(b"")
    return folder


def finish(attacked, photos, out, plan=PLAN):
    tally = Tally(out, {"network": "small", **plan.to_dict()})
    states = list(robustness(attacked.network, photos, tally, plan))
    return tally, states


def expected(attacked, photos, method, epsilon):
    """Accuracy and fooling rate worked out picture by picture."""
    right, correct, fooled = [], [], []
    for path in sorted(photos.glob("*/[0-9]*.png")):
        label = attacked.network.classes.index(path.parent.name.replace("_", " "))
        picture = read_picture(path)[None]
        clean = attacked.oracle.logits(picture).argmax(axis=1)
        settings = attacks()[method].settings(epsilon=epsilon)
        *_, changed = PERTURB[method](attacked.oracle, picture, Goal(clean, False), settings)
        final = to_8_bit_within(changed, picture, epsilon)
        answer = attacked.oracle.logits(final).argmax()
        right.append(answer == label)
        if clean[0] == label:
            correct.append(path)
            fooled.append(answer != clean[0])
    return np.mean(right), np.mean(fooled)


def test_the_sums_are_those_of_the_attacks_picture_by_picture(attacked, photos, tmp_path):
    tally, states = finish(attacked, photos, tmp_path / "answers.jsonl")
    assert [(s.step, s.total) for s in states] == [(0, 10), (3, 10), (6, 10), (9, 10), (10, 10)]
    clean, *sums = tally.sums()
    assert (clean.method, clean.pictures, clean.fooling) == ("", 8, 0)
    assert clean.accuracy == pytest.approx(7 / 8)
    assert [(s.method, s.epsilon) for s in sums] == [
        (method, epsilon) for method in PLAN.methods for epsilon in PLAN.epsilons
    ]
    for each in sums:
        accuracy, fooling = expected(attacked, photos, each.method, each.epsilon)
        assert each.accuracy == pytest.approx(accuracy)
        assert each.fooling == pytest.approx(fooling)
    assert sums[1].fooling > 0


def test_broken_files_are_reported_and_the_rest_done(attacked, photos, tmp_path):
    tally, _ = finish(attacked, photos, tmp_path / "answers.jsonl")
    assert sorted(name.rpartition("/")[2] for name in tally.broken) == ["broken.png", "empty.jpg"]
    assert len(tally.rows) == 8


def test_a_report_that_was_cut_off_goes_on_where_it_was(attacked, photos, tmp_path, monkeypatch):
    out = tmp_path / "answers.jsonl"
    tally = Tally(out, {"network": "small", **PLAN.to_dict()})
    states = robustness(attacked.network, photos, tally, PLAN)
    next(states), next(states), next(states)  # noqa: B018
    states.close()
    with out.open("ab") as file:  # the power went off in the middle of a line
        file.write(b'{"name": "bee/7.png", "label": 1, "cle')
    asked = []
    original = attacked.oracle.cross_entropy
    monkeypatch.setattr(
        attacked.oracle, "cross_entropy", lambda x, y: asked.append(len(x)) or original(x, y)
    )
    again, rest = finish(attacked, photos, out)
    assert rest[0].step == 6
    whole, _ = finish(attacked, photos, tmp_path / "at once.jsonl")
    assert again.sums() == whole.sums()
    assert again.broken == whole.broken
    assert asked
    assert set(asked) == {PLAN.batch}  # one shape, compiled once
    asked.clear()
    finish(attacked, photos, out)
    assert asked == []


def test_answers_of_another_report_are_not_mixed_in(attacked, photos, tmp_path):
    out = tmp_path / "answers.jsonl"
    finish(attacked, photos, out)
    before = out.read_bytes()
    with pytest.raises(TallyError, match="another"):
        finish(attacked, photos, out, Plan(("fgsm",), (1 / 255,)))
    assert out.read_bytes() == before


def test_pictures_without_labels_have_a_fooling_rate_and_no_accuracy(attacked, photos, tmp_path):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in photos.glob("*/[0-9]*.png"):
        path.rename(flat / path.name)
    tally, _ = finish(attacked, flat, tmp_path / "answers.jsonl")
    assert {each.accuracy for each in tally.sums()} == {None}
    for each in tally.sums()[1:]:
        assert 0 <= each.fooling <= 1
    table = list(csv.DictReader(io.StringIO(tally.csv())))
    assert [row["accuracy"] for row in table] == [""] * 5
    assert table[0]["method"] == "none"
    assert float(table[1]["epsilon_255"]) == pytest.approx(2)


def test_the_figure_is_a_picture_with_a_line_an_attack(attacked, photos, tmp_path):
    tally, _ = finish(attacked, photos, tmp_path / "answers.jsonl")
    picture = np.asarray(Image.open(io.BytesIO(chart(tally.sums(), "Small"))).convert("RGB"))
    for colour in ((0xB3, 0x26, 0x1E), (0x0B, 0x5F, 0xA5)):
        assert (picture == np.array(colour)).all(axis=2).sum() > 200


@pytest.mark.parametrize(
    ("plan", "word"),
    [
        ({"methods": ("deepfool",)}, "fgsm"),
        ({"methods": ("fgms",)}, "fgms"),
        ({"methods": ()}, "none"),
        ({"epsilons": (0.0,)}, "8/255"),
        ({"epsilons": (float("nan"),)}, "8/255"),
        ({"batch": 0}, "1 or more"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan, word):
    with pytest.raises(RobustnessError, match=word):
        Plan(**plan)


def test_a_folder_that_cannot_be_is_refused(attacked, photos, tmp_path):
    tally = Tally(tmp_path / "a.jsonl", {})
    (tmp_path / "empty").mkdir()
    for folder, word in ((tmp_path / "none", "no folder"), (tmp_path / "empty", "no pictures")):
        with pytest.raises(UserError, match=word):
            next(robustness(attacked.network, folder, tally, PLAN))
    (photos / "cat").mkdir(exist_ok=True)
    (photos / "cat").rename(photos / "giraffe")
    Image.new("RGB", (12, 12)).save(photos / "giraffe" / "a.png")
    with pytest.raises(UserError, match="giraffe"):
        next(robustness(attacked.network, photos, tally, PLAN))


def test_a_full_disk_is_told_and_what_was_found_is_kept(attacked, photos, tmp_path, monkeypatch):
    tally = Tally(tmp_path / "answers.jsonl", {"network": "small"})
    tally.path = SimpleNamespace(open=_full, __str__=lambda _: "answers")
    with pytest.raises(UserError, match="No space"):
        list(robustness(attacked.network, photos, tally, PLAN))
    assert json.loads((tmp_path / "answers.jsonl").read_text().splitlines()[0])["about"]


def _full(*_, **__):
    raise OSError(28, "No space left on device")
