"""The network that writes: its files, its text, its units; and the one that learns an own text."""

import json
from dataclasses import replace

import numpy as np
import pytest

from visualizer.engine.lessons import letter_network
from visualizer.engine.lessons.books import plain, read_text, without_frame
from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.letter_network import KEPT_PASSES, passes, read_network
from visualizer.engine.lessons.letters import (
    LAST,
    MOST_WRITTEN,
    NETWORKS,
    OWN,
    UNITS,
    Letters,
    LettersSettings,
    begun_with,
    correlations,
    feature,
    usual_text,
    with_text,
)
from visualizer.engine.lessons.run import LessonRun, advance
from visualizer.engine.resources import pretrained
from visualizer.models.checksums import sha256_of

LESSON = Letters()
TEXT = "the cat sat on the mat. " * 40


def written(settings, count, seed=1):
    run = LessonRun(LESSON, settings, seed)
    run.take(*advance(LESSON, run.state, settings, count, 30)[:2])
    return run


def test_the_same_seed_writes_the_same_text():
    settings = LettersSettings(trained=LAST)
    run, again, other = (written(settings, 60, seed) for seed in (1, 1, 2))
    assert len(run.state.text) == 60
    assert run.state.text == again.state.text != other.state.text
    assert len(run.state.units) == 60
    assert run.state.units[0].shape == (UNITS,)


def test_near_zero_the_likeliest_letter_is_taken():
    settings = LettersSettings(trained=LAST, temperature=0.05)
    run = LessonRun(LESSON, settings)
    likeliest = LESSON.details(run.state, settings).chances[0]
    assert likeliest[1] > 0.9
    assert LESSON.step(run.state, settings).text == likeliest[0]
    header, rows = LESSON.numbers(run.state, settings)
    assert header[2] == "p at T = 0.05"
    assert rows[0][0] == likeliest[0]
    assert sum(row[2] for row in rows) == pytest.approx(1)


def test_a_text_begins_with_given_letters():
    settings = LettersSettings(trained=LAST)
    run = LessonRun(LESSON, settings)
    state = begun_with(run.state, settings, "Stately, plump")
    assert (state.text, state.begun) == ("Stately, plump", 14)
    assert LESSON.step(state, settings).text.startswith("Stately, plump")
    with pytest.raises(LessonError, match="never read the letter “ж”"):
        begun_with(run.state, settings, "ж")
    with pytest.raises(LessonError, match="200 letters"):
        begun_with(run.state, settings, "a" * 201)
    again = LESSON.from_values(LESSON.to_values(state), settings, 1)
    assert (again.text, again.begun) == (state.text, state.begun)
    np.testing.assert_array_equal(again.memory.units, state.memory.units)


def test_it_ends():
    run = LessonRun(LESSON)
    end = replace(run.state, text="a" * MOST_WRITTEN)
    assert LESSON.over(end, run.settings)
    assert not LESSON.over(run.state, run.settings)


def test_features_by_hand():
    assert feature("ab\nc d", "place in the line").tolist() == [1, 2, 0, 1, 2, 3]
    assert feature("ab\nc d", "place in the word").tolist() == [1, 2, 0, 1, 0, 1]
    assert feature("aB c", "spaces").tolist() == [0, 0, 1, 0]
    assert feature("aB c", "capitals").tolist() == [0, 1, 0, 0]
    units = np.random.default_rng(0).normal(size=(6, 3))
    expected = [np.corrcoef(units[:, k], [1, 2, 0, 1, 2, 3])[0, 1] for k in range(3)]
    np.testing.assert_allclose(correlations("ab\nc d", units, "place in the line"), expected)


def test_the_tasks_are_solved_by_what_they_ask_for():
    run = written(LettersSettings(trained=LAST), 300)
    assert run.solved[0]
    found = LESSON.details(run.state, run.settings).followers
    unit, r = found["place in the line"]
    assert abs(r) >= 0.6, "the shipped network has a unit that counts"
    run.choose(replace(run.settings, unit=(unit + 1) % UNITS))
    assert not run.solved[2]
    run.choose(replace(run.settings, unit=unit))
    assert run.solved[2]
    assert not run.solved[1]
    assert written(LettersSettings(trained=LAST, temperature=0.05), 250).solved[1]


def test_it_has_learnt_more_with_every_kept_pass():
    rows = passes()
    assert [each.number for each in rows] == list(range(1, 18))
    kept = [rows[number - 1].held_out for number in KEPT_PASSES]
    assert kept == sorted(kept, reverse=True)
    assert kept[-1] < 1.65
    assert kept[0] > 2
    assert all(len(each.text) >= 500 for each in rows)
    assert len(NETWORKS) == len(KEPT_PASSES) + 1


def test_the_shipped_network_is_that_of_its_card():
    folder = pretrained() / "letters"
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert sha256_of(folder / "letters.npz") == card["sha256"]
    assert (folder / "letters.npz").stat().st_size < 5e6
    for number in KEPT_PASSES:
        rounded, exact = card["held_out_nats"][str(number)], passes()[number - 1].held_out
        assert rounded == pytest.approx(exact, abs=0.01), "8 bits cost next to nothing"


def test_damaged_weights_are_refused(tmp_path):
    with np.load(pretrained() / "letters" / "letters.npz") as file:
        arrays = {name: file[name] for name in file.files if name[0] in "1a" and "17" not in name}
    path = tmp_path / "letters.npz"
    for wrong in (
        {"1/bias": arrays["1/bias"][:-1]},
        {"1/bias": np.full_like(arrays["1/bias"], np.nan)},
        {"1/recurrent": arrays["1/recurrent"][:10]},
        {"alphabet": np.array(["ab"])},
        {"alphabet": np.array([None])},
    ):
        np.savez(path, **{**arrays, **wrong})
        with pytest.raises(LessonError, match="install the program again"):
            read_network(path, 1)
    np.savez(path, **arrays)
    assert read_network(path, 1).weights.units == UNITS
    with pytest.raises(LessonError, match="cannot be read"):
        read_network(path, 17)


def test_an_own_text_is_learnt():
    settings = LettersSettings(trained=OWN)
    run = LessonRun(LESSON, settings)
    run.take(with_text(run.state, settings, TEXT))
    first = run.state
    vector = first.learner.vector.copy()
    run.take(*advance(LESSON, first, settings, 40, 60)[:2])
    learner = run.state.learner
    assert learner.loss < 0.3
    assert "the" in run.state.text
    assert learner.adam.updates == 400
    np.testing.assert_array_equal(first.learner.vector, vector)
    assert LESSON.numbers(run.state, settings)[1]
    kept = LESSON.from_values(LESSON.to_values(run.state), settings, 1)
    assert kept.learner.text == learner.text
    assert not LESSON.over(run.state, settings)
    learner.adam.updates = letter_network.MOST_UPDATES
    assert LESSON.over(run.state, settings)


def test_the_usual_own_text_is_that_of_the_lessons():
    assert "guess the next one" in usual_text()
    assert LESSON.to_values(LESSON.start(LettersSettings(trained=OWN), 1)) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "needs 300 letters"),
        (" \n" * 1000, "needs 300 letters"),
        ("a" * 200_001, "more than 200,000"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 400))), "kinds of letters"),
    ],
)
def test_an_empty_or_giant_text_is_refused_in_a_sentence(text, said):
    run = LessonRun(LESSON)
    with pytest.raises(LessonError, match=said):
        with_text(run.state, run.settings, text)


def test_what_cannot_be_gone_on_from_is_said():
    state = LESSON.start(LettersSettings(trained=OWN), 1)
    assert LESSON.problem(state) == ""
    state.learner.vector[0] = np.nan
    assert "infinite" in LESSON.problem(state)


@pytest.mark.parametrize(
    "values", [{"text": 3}, {"text": "a" * 30_000, "begun": 0}, {"text": "abc", "begun": 4},
               {"text": "ж", "begun": 0}, {"own": "x"}],
)  # fmt: skip
def test_hostile_values_are_refused(values):
    with pytest.raises(LessonError):
        LESSON.from_values(values, LettersSettings(), 1)


def test_books_are_read_within_bounds(tmp_path, monkeypatch):
    path = tmp_path / "book.txt"
    path.write_bytes(
        "\ufeffThe Project Gutenberg EBook\r\n*** START OF THIS PROJECT GUTENBERG EBOOK X ***\r\n"
        "Produced by A\r\n\r\n\r\n“Caf\u00e9”\r\n\r\nEnd of the Project Gutenberg EBook".encode()
    )
    assert without_frame(read_text(path)) == "“Café”\n"
    assert plain("“Café” fee œ", 2) == ('"fe" fee e', ' "ef')
    path.write_bytes(b"caf\xe9")
    assert read_text(path) == "café"
    monkeypatch.setattr("visualizer.engine.lessons.books.MOST_BYTES", 3)
    with pytest.raises(LessonError, match="larger than"):
        read_text(path)
    with pytest.raises(LessonError, match="cannot be read"):
        read_text(tmp_path)
