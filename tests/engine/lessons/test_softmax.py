"""The talk's numbers, SciPy as a reference, and a network's own probabilities."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from visualizer.engine.lessons.lesson import LessonError
from visualizer.engine.lessons.run import LessonRun, advance
from visualizer.engine.lessons.softmax import (
    FIRST,
    LOGITS,
    NETWORK,
    TABLE,
    VALUES,
    Softmax,
    SoftmaxSettings,
    cross_entropy,
    losses,
    of_logits,
    of_network,
    softmax,
    with_cell,
)

LESSON = Softmax()
ALL = (LOGITS, TABLE, VALUES)


def test_the_logits_of_the_talk():
    shares = softmax(FIRST[0])
    assert [round(each, 3) for each in shares] == [0.636, 0.234, 0.086, 0.032, 0.012]
    assert round(softmax(FIRST[0], 0.5)[0], 2) == 0.86


def test_the_table_of_the_talk():
    """-log .71, .98 and .49: .34 + .02 + .71 = 1.07."""
    state = LESSON.start(SoftmaxSettings(of=TABLE), 1)
    assert [state.given[row, right] for row, right in enumerate(state.right)] == [0.71, 0.98, 0.49]
    assert state.given.sum(1) == pytest.approx(np.ones(3))
    rounded = [round(each, 2) for each in losses(state)]
    assert rounded == [0.34, 0.02, 0.71]
    assert round(sum(rounded), 2) == 1.07


def test_the_logarithm_of_0_is_infinite():
    assert cross_entropy(0.0) == math.inf
    assert cross_entropy(1.0) == 0
    state = LESSON.start(SoftmaxSettings(of=TABLE), 1)
    state = with_cell(state, SoftmaxSettings(of=TABLE), (1, 2), 0)
    assert losses(state)[1] == math.inf
    assert LESSON.numbers(state, SoftmaxSettings(of=TABLE))[1][1][-1] == math.inf
    with pytest.raises(LessonError, match="between 0 and 1"):
        with_cell(state, SoftmaxSettings(of=TABLE), (1, 2), 1.5)


def test_squared_errors_by_hand():
    settings = SoftmaxSettings(of=VALUES)
    state = LESSON.start(settings, 1)
    assert losses(state).tolist() == [0.25, 0.25, 4]
    changed = with_cell(state, settings, (0, 1), 6)
    assert losses(changed)[0] == 9


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9), st.floats(0.1, 10)
)  # fmt: skip
def test_the_softmax_is_that_of_scipy(logits, temperature):
    logits = np.array(logits)
    shares = softmax(logits, temperature)
    assert shares == pytest.approx(special.softmax(logits / temperature), abs=1e-9)
    assert shares.sum() == pytest.approx(1)


def test_the_cross_entropy_is_that_of_keras():
    shares = softmax(FIRST[0])
    theirs = keras.losses.SparseCategoricalCrossentropy()(np.array([2]), shares[None])
    assert cross_entropy(shares[2]) == pytest.approx(float(theirs), abs=1e-5)


def test_a_network_s_logits_give_its_probabilities(plain, photo):
    seen = plain.fit(photo)
    state = of_network(plain, seen)
    probabilities = plain.forward(seen[None])["output"][0]
    assert softmax(state.given[0]) == pytest.approx(probabilities, abs=1e-6)
    assert state.theirs == pytest.approx(probabilities, abs=1e-6)
    assert state.right == (int(probabilities.argmax()),)
    settings = SoftmaxSettings(of=NETWORK)
    header, rows = LESSON.numbers(state, settings)
    assert header[-1] == "the network's own, at T = 1"
    assert rows[0][3] == pytest.approx(rows[0][4], abs=1e-6)
    assert [row[1] for row in rows] == sorted((row[1] for row in rows), reverse=True)
    assert LESSON.to_values(state) == {"at": -1}


def test_what_is_no_softmax_is_said():
    for logits, shares in (
        ([1.0], [1.0]),
        ([[1.0, 2.0]], [[0.3, 0.7]]),
        ([math.nan, 1], [0.5, 0.5]),
        ([0.0, 3.0], [0.5, 0.95]),
    ):
        with pytest.raises(LessonError, match="choose another"):
            of_logits(np.array(logits), np.array(shares), ["a", "b"])


def test_many_classes_are_shown_by_the_strongest():
    logits = np.arange(1000.0) / 100
    state = of_logits(logits, softmax(logits), [str(each) for each in range(1000)])
    assert state.shown == list(range(999, 989, -1))
    run = LessonRun(LESSON, SoftmaxSettings(of=NETWORK))
    run.take(state)
    run.take(*advance(LESSON, run.state, run.settings, 99, 10)[:2])
    assert run.steps == 11


def test_the_tasks_are_solved_by_what_they_ask_for():
    run = LessonRun(LESSON)
    run.choose(SoftmaxSettings(temperature=0.5))
    assert run.solved == [False] * 3
    run.choose(SoftmaxSettings(temperature=0.4))
    assert run.solved == [True, False, False]
    run.choose(SoftmaxSettings(of=TABLE))
    run.take(*advance(LESSON, run.state, run.settings, 3, 10)[:2])
    assert run.over
    assert run.solved == [True, True, False]
    run.take(with_cell(run.state, run.settings, (0, 1), 0))
    assert not run.solved[2], "of a wrong class: it does not count"
    run.take(with_cell(run.state, run.settings, (0, 0), 0))
    assert run.solved[2]


def test_a_state_is_kept_and_hostile_ones_are_refused():
    for of in ALL:
        settings = SoftmaxSettings(of=of)
        state = LESSON.step(LESSON.start(settings, 1), settings)
        state = with_cell(state, settings, (0, 0), 0.5)
        values = LESSON.to_values(state)
        assert LESSON.to_values(LESSON.from_values(values, settings, 1)) == values
        for wrong in ({"at": 99}, {"given": [[1]]}, {"given": "x"}, {"given": [[1e300] * 5]}):
            with pytest.raises(LessonError, match="damaged"):
                LESSON.from_values({**values, **wrong}, settings, 1)
    table = SoftmaxSettings(of=TABLE)
    with pytest.raises(LessonError, match="damaged"):
        LESSON.from_values({"at": 0, "given": [[2.0] * 3] * 3}, table, 1)
    assert LESSON.from_values({"at": 10}, SoftmaxSettings(of=NETWORK), 1).at == 10
