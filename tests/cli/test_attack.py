"""`visualizer attack` as a user runs it: the files, the numbers, and what is refused."""

import io
import json
from contextlib import redirect_stdout

import numpy as np
import pytest

from visualizer.cli import main
from visualizer.engine.adversarial.transform_robustness import transforms
from visualizer.engine.specimen import open_specimen
from visualizer.engine.technique import techniques
from visualizer.models.catalog import open_network


@pytest.fixture(scope="module")
def fooled(digit, tmp_path_factory):
    """What the command leaves behind and prints."""
    folder = tmp_path_factory.mktemp("out") / "new"
    command = ["attack", digit, "--method", "fgsm", "--epsilon", "64/255", "-o", folder, "--json"]
    out = io.StringIO()
    with redirect_stdout(out):
        assert main([*map(str, command), "--network", "lenet"]) == 0
    return folder, json.loads(out.getvalue())


def test_json_says_what_was_done(fooled):
    _, report = fooled
    assert report["method"] == "fgsm"
    assert report["epsilon"] == pytest.approx(64 / 255)
    assert list(report["survives"]) == list(transforms())
    assert {type(still) for still in report["survives"].values()} == {bool}
    for side in ("before", "after"):
        shares = [each["probability"] for each in report[side]]
        assert shares == sorted(shares, reverse=True)
        assert set(report[side][0]) == {"label", "index", "probability"}


def test_the_files_hold_what_the_numbers_say(fooled):
    folder, report = fooled
    original = open_specimen(folder / "original.png").picture
    adversarial = open_specimen(folder / "adversarial.png").picture
    change = adversarial.astype(np.float64) - original
    assert np.abs(change).max() == pytest.approx(report["linf"])
    assert report["linf"] <= 64 / 255 + 1e-6
    assert np.sqrt((change**2).sum()) == pytest.approx(report["l2"])
    assert np.sqrt((change**2).mean()) == pytest.approx(report["rms"])
    drawn = open_specimen(folder / "difference.png").picture
    expected = np.clip(128 + 255 * 10 * change, 0, 255)
    np.testing.assert_allclose(drawn * 255, expected, atol=0.51)


def test_success_is_that_of_the_saved_file(fooled):
    folder, report = fooled
    network = open_network("lenet")
    answers = [
        int(network.forward(open_specimen(folder / name).picture[None])["output"][0].argmax())
        for name in ("original.png", "adversarial.png")
    ]
    assert answers == [report["before"][0]["index"], report["after"][0]["index"]]
    assert report["success"] == (answers[0] != answers[1])
    assert report["survives"]["png8"] == report["success"]


def test_what_was_no_success_does_not_survive(visualizer, coffee, tmp_path):
    common = ["--network", "lenet", "--epsilon", "0", "--jpeg-quality", "1", "-o", tmp_path]
    report = json.loads(visualizer("attack", coffee, *common, "--json").out)
    assert not report["success"]
    assert not any(report["survives"].values())


def test_the_picture_carries_the_recipe_that_makes_it_again(fooled, digit):
    folder, _ = fooled
    saved = open_specimen(folder / "adversarial.png")
    recipe = saved.provenance
    technique = techniques()[recipe.technique]
    frames = technique(
        open_network("lenet"), open_specimen(digit), technique.settings.from_dict(recipe.settings)
    )
    while True:
        try:
            next(frames)
        except StopIteration as end:
            np.testing.assert_array_equal(end.value.adversarial, saved.picture)
            break


def test_a_target_is_a_name_or_an_index_and_its_probability_is_told(visualizer, digit, tmp_path):
    common = ["attack", digit, "--method", "bim", "--network", "lenet", "-o", tmp_path, "--json"]
    near = json.loads(visualizer(*common, "--epsilon", "1/255", "--target", "least likely").out)
    assert not near["success"]
    assert near["target"]["probability"] < 0.5
    assert near["target"]["label"] in near["note"]
    far = json.loads(visualizer(*common, "--epsilon", "0.6", "--target", "3", "--steps", "30").out)
    assert far["target"]["index"] == 3
    assert far["success"]
    assert far["after"][0]["index"] == 3


def test_a_picture_that_is_misclassified_already_is_told_so(visualizer, digit, tmp_path, fooled):
    wrong = (fooled[1]["before"][0]["index"] + 1) % 10
    ended = visualizer("attack", digit, "--truth", wrong, "--network", "lenet", "-o", tmp_path)
    assert ended.status == 0
    assert "misclassified already" in ended.out


def test_the_terminal_says_it_in_words(visualizer, digit, tmp_path):
    ended = visualizer(
        "attack", digit, "--method", "deepfool", "--network", "lenet", "-o", tmp_path
    )
    assert (ended.status, ended.err) == (0, "")
    assert "→" in ended.out
    assert "L∞" in ended.out
    assert str(tmp_path) in ended.out


@pytest.mark.parametrize("name", ["original.png", "difference.png", "adversarial.png"])
def test_the_users_own_picture_is_never_written_over(visualizer, digit, tmp_path, name):
    own = tmp_path / name
    own.write_bytes(digit.read_bytes())
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in (tmp_path, tmp_path / "link"):
        ended = visualizer("attack", own, "--network", "lenet", "-o", folder)
        assert "choose another folder" in ended.refused()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "link"])
    assert own.read_bytes() == digit.read_bytes()


def test_a_length_is_never_exceeded_in_the_saved_file(visualizer, digit, tmp_path):
    words = ["--method", "pgd", "--norm", "l2", "--l2-epsilon", "1", "--steps", "5"]
    ended = visualizer("attack", digit, *words, "--network", "lenet", "-o", tmp_path, "--json")
    report = json.loads(ended.out)
    assert (report["epsilon"], report["norm"]) == (1, "l2")
    original, adversarial = (
        np.rint(open_specimen(tmp_path / f"{name}.png").picture.astype(np.float64) * 255)
        for name in ("original", "adversarial")
    )
    assert 0.8 * 255 < np.sqrt(((adversarial - original) ** 2).sum()) <= 255


def test_the_whole_of_a_wide_picture_is_attacked_and_the_recipe_says_so(
    visualizer, coffee, tmp_path
):
    common = ["attack", coffee, "--network", "lenet", "-o"]
    assert visualizer(*common, tmp_path / "fit", "--mode", "fit").status == 0
    assert visualizer(*common, tmp_path / "crop").status == 0
    pictures = {}
    for mode in ("fit", "crop"):
        saved = open_specimen(tmp_path / mode / "adversarial.png")
        assert saved.provenance.settings["mode"] == mode
        pictures[mode] = open_specimen(tmp_path / mode / "original.png").picture
        expected = open_network("lenet").fit(open_specimen(coffee).picture, mode)
        np.testing.assert_allclose(pictures[mode], expected, atol=0.51 / 255)
    assert np.abs(pictures["fit"] - pictures["crop"]).max() > 0.1


def test_other_networks_and_another_jpeg_quality(visualizer, digit, tmp_path):
    words = ["--epsilon", "64/255", "--jpeg-quality", "30", "--network", "lenet"]
    others = ["--transfer", "alexnet", "--transfer", "lenet"]
    ended = visualizer("attack", digit, *words, *others, "-o", tmp_path, "--json")
    report = json.loads(ended.out)
    assert list(report["survives"]) == list(transforms(30))
    assert list(report["transfer"]) == ["alexnet", "lenet"]
    itself = report["transfer"]["lenet"]
    assert itself["fooled"] == report["success"]
    assert itself["judged_by"] == "answer changed"
    assert itself["after"]["index"] == report["after"][0]["index"]
    shown = visualizer("attack", digit, *words, *others, "-o", tmp_path)
    assert "JPEG, quality 30" in shown.out
    assert "alexnet" in shown.out


def test_a_targeted_attack_transfers_where_its_target_is_the_answer(visualizer, digit, tmp_path):
    words = ["--method", "pgd", "--epsilon", "0.5", "--target", "least likely"]
    networks = ["--network", "lenet", "--transfer", "lenet", "--transfer", "alexnet"]
    ended = visualizer("attack", digit, *words, *networks, "-o", tmp_path, "--json")
    report = json.loads(ended.out)
    same, other = report["transfer"]["lenet"], report["transfer"]["alexnet"]
    assert same["judged_by"] == "target"
    assert same["fooled"] == (same["after"]["index"] == report["target"]["index"])
    assert other["judged_by"] == "answer changed"  # it knows no digits
    assert other["fooled"] == (other["before"]["index"] != other["after"]["index"])


@pytest.mark.parametrize(
    ("method", "words"),
    [("fgsm", "many small steps"), ("pgd", "more restarts"), ("noise", "hardly ever")],
)
def test_advice_after_a_failure_is_that_of_the_method(visualizer, digit, tmp_path, method, words):
    arguments = ["--method", method, "--epsilon", "1/255", "--network", "lenet"]
    ended = visualizer("attack", digit, *arguments, "-o", tmp_path)
    assert "not fooled" in ended.out
    assert words in ended.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--method", "fgms"], "fgsm"),
        (["--method", "deepfool", "--epsilon", "8/255"], "no setting"),
        (["--epsilon", "lots"], "must be"),
        (["--steps", "40"], "--epsilon"),
        (["--method", "pgd", "--steps", "0"], "steps is 0"),
        (["--jpeg-quality", "0"], "jpeg quality is 0"),
        (["--factor", "1000"], "must be"),
        (["--target", "giraffe"], "giraffe"),
        (["--method", "pgd", "--epsilon", "0.1", "--norm", "l2"], "--l2-epsilon"),
        (["--transfer", "lenetto"], "lenetto"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(visualizer, digit, tmp_path, words, expected):
    ended = visualizer("attack", digit, "-o", tmp_path, "--network", "lenet", *words)
    assert expected in ended.refused()
    assert not (tmp_path / "adversarial.png").exists()
