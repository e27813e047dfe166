"""The recipe of the network that writes, on a tiny book."""

import json

import numpy as np
import pytest

from visualizer.engine.lessons.letter_network import read_network


@pytest.fixture(scope="module")
def train(recipe_of):
    return recipe_of("letters")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "book.txt"
    path.write_text("Stately, plump.\n\nA yellow gown.\n" * 60)
    return path


@pytest.fixture(scope="module")
def recipe(train):
    return train.Recipe(units=6, passes=2, kept_passes=(1, 2), texts=4, letters=20, held_out=200)


@pytest.fixture(scope="module")
def run(train, book, recipe, tmp_path_factory):
    """Return a function that trains; gives the folder. `cuts` are the batches it is stopped at."""

    def start(cuts=()):
        work = tmp_path_factory.mktemp("work")
        for cut in [*cuts, None]:
            with pytest.MonkeyPatch.context() as patch:
                gradient, count = train.lstm.gradient, iter(range(10_000))

                def stopped(*given, count=count, cut=cut, gradient=gradient):
                    if len(given) == 4 and next(count) == cut:
                        raise KeyboardInterrupt
                    return gradient(*given)

                patch.setattr(train.lstm, "gradient", stopped)
                patch.setattr(train, "SAVE_SECONDS", -1)
                patch.setattr(train, "SAMPLE", 20)
                try:
                    train.train(book, work=work, recipe=recipe)
                except KeyboardInterrupt:
                    assert cut is not None
        return work

    return start


def test_a_stopped_run_ends_bit_for_bit_where_a_whole_one_does(run):
    whole, resumed = run(), run(cuts=(3, 9))
    with np.load(whole / "checkpoint.npz") as expected, np.load(resumed / "checkpoint.npz") as got:
        for name in expected.files:
            if name != "real":  # it holds the seconds
                np.testing.assert_array_equal(expected[name], got[name])
    for number in (1, 2):
        name = f"pass-{number}.npy"
        np.testing.assert_array_equal(np.load(whole / name), np.load(resumed / name))


def test_what_is_exported_is_read_by_the_lesson(train, book, run, recipe, tmp_path):
    work = run()
    train.export(book, work=work, out=tmp_path, recipe=recipe)
    card = json.loads((tmp_path / "card.json").read_text())
    assert [row["pass"] for row in card["passes"]] == [1, 2]
    network = read_network(tmp_path / "letters.npz", 2)
    assert network.alphabet == "\n ,.ASaeglmnoptuwy"
    exact = train.lstm.weights_of(np.load(work / "pass-2.npy"), len(network.alphabet), 6)
    for got, expected in zip(network.weights, exact, strict=True):
        np.testing.assert_allclose(got, expected, atol=0.01)
    measured = train.mean_loss(network.weights, train.Book.read(book, 200).held_out)
    assert card["held_out_nats"]["2"] == pytest.approx(measured, abs=1e-3)


def test_the_rate_is_flat_and_then_a_line(train):
    recipe = train.Recipe()
    assert recipe.rate(0) == recipe.rate(recipe.flat) == recipe.learning_rate
    assert recipe.rate((1 + recipe.flat) / 2) == pytest.approx(recipe.learning_rate / 2)
    assert recipe.rate(1) == 0
