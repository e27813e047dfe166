"""Generations one after the other, saved now and then and whenever they stop."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.evolution import loop as loop_module
from visualizer.engine.evolution.evolution import Generation
from visualizer.engine.evolution.fooling import EvolveSettings, new_evolution
from visualizer.engine.evolution.loop import EvolutionLoop

QUICK = EvolveSettings(population=30, random_starts=60, seed=3)


@pytest.fixture
def evolution(plain):
    return new_evolution(plain, QUICK)


@pytest.fixture
def saves():
    """The generation at each save."""
    return []


@pytest.fixture
def loop(evolution, saves):
    def save():
        saves.append(evolution.generation)
        yield

    return EvolutionLoop(evolution, save)


def test_it_ends_when_it_is_over_and_saves_once(loop, evolution, saves):
    news = [each for each in loop.run(lambda: evolution.generation >= 3) if each is not None]
    assert [each.number for each in news] == [0, 1, 2]
    assert news[-1].evaluations == evolution.archive.evaluations
    assert saves == [3]


def test_it_saves_within_generations_too(loop, evolution, saves, monkeypatch):
    monkeypatch.setattr(loop_module, "SAVE_SECONDS", 0)
    for _ in loop.run(lambda: evolution.generation >= 2):
        pass
    assert saves.count(0) > 1
    assert saves.count(1) > 1
    assert saves[-1] == 2


def test_closed_it_saves_and_goes_on_with_the_generation_that_was_begun(loop, evolution, saves):
    steps = loop.run(lambda: False)
    assert next(steps) is None
    steps.close()
    assert saves == [0]
    drawn = evolution.rng.bit_generator.state
    assert drawn != evolution.random_state
    whole = new_evolution(evolution.scores.network, QUICK)
    for _ in whole.step():
        pass
    first = next(each for each in loop.run(lambda: False) if isinstance(each, Generation))
    assert first.number == 0
    assert evolution.random_state == whole.random_state  # no genome was drawn again


def test_given_up_it_takes_the_generation_again(loop, evolution):
    steps = loop.run(lambda: False)
    next(steps)
    steps.close()
    loop.close()
    assert evolution.rng.bit_generator.state == evolution.random_state


def test_a_failure_saves_what_there_is(loop, evolution, saves, monkeypatch):
    steps = loop.run(lambda: False)
    next(each for each in steps if each is not None)

    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(evolution.scores, "exact", fail)
    with pytest.raises(MemoryError):
        list(steps)
    assert saves == [1]


def test_a_network_that_gives_no_numbers_is_said(plain, evolution, loop, saves, monkeypatch):
    nothing = np.full((1, 5), np.nan, np.float32)
    monkeypatch.setattr(evolution.scores, "exact", lambda x: nothing.repeat(len(x), axis=0))
    with pytest.raises(UserError, match="Plain answers with values that are no numbers"):
        list(loop.run(lambda: False))
    assert saves == [1]
