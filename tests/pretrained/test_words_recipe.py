"""The recipe of the word vectors, on two tiny books."""

import json

import numpy as np
import pytest

from visualizer.engine.lessons.word_vectors import read_vectors


@pytest.fixture(scope="module")
def train(recipe_of):
    return recipe_of("words")


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Two books of Project Gutenberg, whose licence is no part of them."""
    folder = tmp_path_factory.mktemp("books")
    random = np.random.default_rng(0)
    nouns, verbs = ["king", "queen", "man", "woman"], ["sees", "hears", "likes"]
    for number in range(2):
        sentences = [
            f"The {random.choice(nouns)} {random.choice(verbs)} the {random.choice(nouns)}."
            for _ in range(600)
        ]
        (folder / f"{number}.txt").write_text(
            "licence\n*** START OF THIS PROJECT GUTENBERG EBOOK ***\n" + "\n".join(sentences)
            + "\n*** END OF THIS PROJECT GUTENBERG EBOOK ***\nlicence\n"
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def recipe(train):
    return train.Recipe(words=8, numbers=6, reach=2, shared=4, step=100, frequent=1, passes=2)


@pytest.fixture(scope="module")
def run(train, books, recipe, tmp_path_factory):
    """Return a function that trains; gives the folder. `cuts` are the steps it is stopped at."""

    def start(cuts=()):
        work = tmp_path_factory.mktemp("work")
        for cut in [*cuts, None]:
            with pytest.MonkeyPatch.context() as patch:
                step, count = train.Run.step, iter(range(10_000))

                def stopped(self, words, random, rate, count=count, cut=cut, step=step):
                    if next(count) == cut:
                        raise KeyboardInterrupt
                    return step(self, words, random, rate)

                patch.setattr(train.Run, "step", stopped)
                patch.setattr(train, "SAVE_SECONDS", -1)
                try:
                    train.train(books, work=work, recipe=recipe)
                except KeyboardInterrupt:
                    assert cut is not None
        return work

    return start


def test_a_stopped_run_ends_bit_for_bit_where_a_whole_one_does(run):
    whole, resumed = run(), run(cuts=(5, 30))
    with np.load(whole / "checkpoint.npz") as expected, np.load(resumed / "checkpoint.npz") as got:
        for name in expected.files:
            np.testing.assert_array_equal(expected[name], got[name])


def test_what_is_exported_is_read_by_the_lesson(train, run, recipe, tmp_path, capsys):
    train.export(work=run(), out=tmp_path, recipe=recipe)
    vectors = read_vectors(tmp_path / "words.npz")
    assert vectors.words[0] == "the"
    assert set(vectors.words) == {"the", "king", "queen", "man", "woman", "sees", "hears", "likes"}
    assert np.linalg.norm(vectors.rows, axis=1) == pytest.approx(1, abs=0.02)
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["data"].startswith("2 English books of the public domain, 6,000 words")
    assert f"{len(card['questions']['right'])} of 20 questions right" in capsys.readouterr().out
    # Nouns stand where nouns stand: each is nearer to a noun than to any verb.
    assert vectors.nearest("king", 1)[0][0] in ("queen", "man", "woman")


def test_pairs_are_those_within_reach_and_slopes_go_downhill(train, books, recipe):
    library = train.Library.read(books, 8)
    run = train.Run(library, recipe)
    words = library.text[:60].astype(np.int32)
    first = run.step(words, np.random.default_rng(1), 0.3)
    for _ in range(30):
        last = run.step(words, np.random.default_rng(1), 0.3)
    assert first == pytest.approx(6 * np.log(2), abs=0.01)  # one pair and five contrasts at 1/2
    assert last < 0.9 * first
