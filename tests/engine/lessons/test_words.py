"""Distances of the slide, analogies by hand, the small skip-gram, and the vectors from books."""

import io
import json
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine.lessons import small_skip_gram as small
from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.run import LessonRun, advance
from visualizer.engine.lessons.small_weights import restored, rounded
from visualizer.engine.lessons.word_vectors import (
    Vectors,
    flat_map,
    from_books,
    letter_distance,
    nearest_by_letters,
    one_hot_distance,
    read_vectors,
)
from visualizer.engine.lessons.words import (
    BOOKS,
    EXAMPLES,
    HERE,
    LETTERS,
    ONE_HOT,
    SHOWN,
    Words,
    WordsSettings,
    with_words,
)
from visualizer.engine.resources import pretrained
from visualizer.models.checksums import sha256_of

LESSON = Words()


def run_of(kind, seed=1):
    return LessonRun(LESSON, WordsSettings(words_as=kind), seed)


def test_the_slides_distances():
    """cat-bat is 1; of cat-paw the slide gives the square, 13² + 0² + 3² = 178."""
    assert letter_distance("cat", "bat") == 1
    assert letter_distance("cat", "paw") ** 2 == pytest.approx(178)
    assert letter_distance("cat", "paw") == pytest.approx(13.3417, abs=1e-4)
    run = run_of(LETTERS)
    header, rows = LESSON.numbers(run.state, run.settings)
    assert header[1] == "cat"
    assert [row[-1] for row in rows] == [169, 0, 9, 178]


@given(st.lists(st.text("abcxyz", min_size=1, max_size=8), min_size=2, max_size=2, unique=True))
def test_one_hot_words_are_all_as_far_from_each_other(words):
    rows = np.eye(2)
    assert one_hot_distance(*words) == pytest.approx(np.linalg.norm(rows[0] - rows[1]))
    assert f"{one_hot_distance(*words):.4f}" == "1.4142"
    assert one_hot_distance(words[0], words[0]) == 0


def test_words_near_by_letters():
    words = ("cat", "dog", "bat", "cats")
    assert nearest_by_letters("cat", words, 2) == [("bat", 1.0), ("dog", pytest.approx(366**0.5))]


def test_an_analogy_by_hand():
    rows = np.array([(1, 0), (0, 1), (-1, 0), (0.6, 0.8), (0.8, -0.6)], np.float32)
    vectors = Vectors(("a", "b", "c", "d", "e"), rows)
    # b - a + c = (-2, 1): its cosines with d and e are (-1.2 + .8) / √5 and (-1.6 - .6) / √5.
    assert vectors.analogy("a", "b", "c", 2) == [
        ("d", pytest.approx(-0.4 / 5**0.5)), ("e", pytest.approx(-2.2 / 5**0.5)),
    ]  # fmt: skip
    assert vectors.nearest("a", 1) == [("e", pytest.approx(0.8))]
    assert vectors.similarity("a", "c") == -1
    with pytest.raises(LessonError, match="“f” is not among the 5 words"):
        vectors.place("f")


@given(st.integers(0, 1000), st.integers(3, 12))
def test_the_map_is_that_of_the_covariance(seed, count):
    """Against the eigenvectors of the covariance matrix, which is another way to them."""
    rows = np.random.default_rng(seed).normal(size=(count, 5))
    points = flat_map(rows)
    centred = rows - rows.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    expected = centred @ axes[:, [-1, -2]]
    np.testing.assert_allclose(np.abs(points), np.abs(expected), atol=1e-8)
    assert flat_map(rows[:1]).tolist() == [[0, 0]]


def test_the_slopes_are_those_of_finite_differences():
    model = small.begin(3)
    own, around = small.pairs(("the", "cat", "eats", "bread"), 2)
    assert len(own) == 10
    _, by_own, by_contexts = small.gradient(model, own, around)
    for array, slopes in ((model.own, by_own), (model.contexts, by_contexts)):
        for place in [(small.PLACE["cat"], 0), (small.PLACE["the"], 5), (small.PLACE["dog"], 2)]:
            kept = array[place]
            losses = []
            for moved in (kept + 1e-5, kept - 1e-5):
                array[place] = moved
                losses.append(small.gradient(model, own, around)[0])
            array[place] = kept
            assert slopes[place] == pytest.approx((losses[0] - losses[1]) / 2e-5, abs=1e-8)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_small_network_finds_the_kinds(seed):
    run = run_of(HERE, seed)
    assert run.state.model.same_kind_share < 0.7
    run.take(*advance(LESSON, run.state, run.settings, 400, 20)[:2])
    assert run.solved == [False, False, True]
    again = run_of(HERE, seed)
    again.take(*advance(LESSON, again.state, again.settings, 400, 20)[:2])
    np.testing.assert_array_equal(again.state.model.own, run.state.model.own)


def test_too_large_a_rate_is_said_before_it_is_shown():
    run = LessonRun(LESSON, WordsSettings(words_as=HERE), 1)
    broken = run.state.model.own.copy()
    broken[0, 0] = np.inf
    state = run.state.__class__(**{**vars(run.state), "model": small.SkipGram(broken, broken)})
    assert "learning rate" in LESSON.problem(state)
    assert LESSON.problem(run.state) == ""


def test_what_is_asked_is_checked():
    run = run_of(BOOKS)
    assert with_words(run.state, run.settings, ["Man ", "king", "woman"]).a == "man"
    for wrong, said in (("", "Write one"), ("zzyzx", "more common"), ("two words", "Write one"),
                        ("a" * 21, "Write one"), (3, "Write one")):  # fmt: skip
        with pytest.raises(LessonError, match=said):
            with_words(run.state, run.settings, ["man", wrong, "woman"])
    letters = run_of(LETTERS)
    assert with_words(letters.state, letters.settings, ["cat", "zzyzx", "a"]).b == "zzyzx"


def test_the_first_two_tasks():
    run = run_of(LETTERS)
    run.take(with_words(run.state, run.settings, ["cat", "bat", "kitten"]))
    assert run.solved == [True, False, False]
    run.choose(WordsSettings(words_as=BOOKS))
    run.take(with_words(run.state, run.settings, ["man", "king", "woman"]))
    assert run.solved == [True, True, False]
    assert LESSON.details(run.state, run.settings).answers[0][0] == "queen"


def test_the_vectors_from_books_answer_what_the_lesson_shows():
    vectors = from_books()
    expected = ("london", "mother", "worse", "looked", "french", "aunt", "smaller", "cats")
    for (a, b, c), word in zip(EXAMPLES[BOOKS], expected, strict=True):
        assert vectors.analogy(a, b, c, 1)[0][0] == word, (a, b, c)
    assert {word for words in SHOWN.values() for word in words} <= set(vectors.places)
    for kind, examples in EXAMPLES.items():
        for words in examples:
            state = run_of(kind).state
            assert with_words(state, WordsSettings(words_as=kind), list(words))


def test_the_shipped_vectors_are_those_of_their_card():
    folder = pretrained() / "words"
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert sha256_of(folder / "words.npz") == card["sha256"]
    assert (folder / "words.npz").stat().st_size < 2e6
    assert len(from_books().words) == card["recipe"]["words"]
    assert len(card["questions"]["right"]) >= 15


@pytest.mark.parametrize("kind", [LETTERS, ONE_HOT, BOOKS, HERE])
def test_a_state_is_kept_and_read_again(kind):
    run = run_of(kind)
    run.take(*advance(LESSON, run.state, run.settings, 3, 10)[:2])
    values = json.loads(json.dumps(LESSON.to_values(run.state)))
    again = LESSON.from_values(values, run.settings, 1)
    assert LESSON.numbers(again, run.settings) == LESSON.numbers(run.state, run.settings)
    assert LESSON.to_values(again) == values


@pytest.mark.parametrize(
    "wrong",
    [{"words": 3}, {"words": ["cat"]}, {"words": ["cat", "dog", None]}, {"at": -1}, {"own": [[1]]},
     {"contexts": [[float("nan")] * 8] * 39}, {"words": ["cat", "zebra", "dog"]}],
)  # fmt: skip
def test_hostile_values_are_refused(wrong):
    run = run_of(HERE)
    with pytest.raises(LessonError):
        LESSON.from_values({**LESSON.to_values(run.state), **wrong}, run.settings, 1)


@given(st.integers(0, 1000))
def test_eight_bits_are_within_half_a_step(seed):
    matrix = np.random.default_rng(seed).normal(0, 3, (6, 4)).astype(np.float32)
    matrix[:, 2] = 0
    whole, scales = rounded(matrix)
    assert whole.dtype == np.int8
    assert (np.abs(restored(whole, scales) - matrix) <= scales / 2 * 1.001).all()


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "words.npz"
    words, rows, scales = np.array(["a", "b"]), np.ones((2, 3), np.int8), np.ones(3, np.float32)
    np.savez(path, words=words, vectors=rows, scales=scales)
    assert read_vectors(path).words == ("a", "b")
    wrongs = (
        {"words": np.array([1, 2])}, {"vectors": rows.astype(float)}, {"vectors": rows[:1]},
        {"scales": np.array([1, np.nan, 1], np.float32)}, {"words": np.array(["a", None], object)},
    )  # fmt: skip
    for wrong in wrongs:
        np.savez(path, **{"words": words, "vectors": rows, "scales": scales, **wrong})
        with pytest.raises(LessonError, match="install the program again"):
            read_vectors(path)
    header = io.BytesIO()
    shape = {"descr": "|i1", "fortran_order": False, "shape": (10**6, 10**6)}
    np.lib.format.write_array_header_1_0(header, shape)
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("words", "vectors", "scales"):
            archive.writestr(f"{name}.npy", header.getvalue())
    with pytest.raises(LessonError, match="damaged"):
        read_vectors(path)
    path.write_bytes(b"no zip")
    with pytest.raises(LessonError, match="cannot be read"):
        read_vectors(path)
    with pytest.raises(LessonError, match="cannot be read"):
        read_vectors(tmp_path / "none.npz")
