"""The steps of a run: taken, undone, taken again, redirected, bounded, closed."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine.technique import Frame
from visualizer.gui.runs.history import Bounds, RunHistory
from visualizer.gui.runs.recipe import FrameSource, Recipe

NETWORK = SimpleNamespace(name="none", sha256="")


def recipe(title="counts"):
    return Recipe("count", title, NETWORK, SimpleNamespace(to_dict=dict))


def picture(value):
    return np.full((4, 6, 3), value, np.uint8)


def counting(last=9, pictures=True, resumes=True, title="counts"):
    """Frames 1, 2, ... `last`, counted on from the frame that it begins after."""

    def begin(frame):
        first = 1 if frame is None else frame.step + 1
        for step in range(first, last + 1):
            shown = picture(step) if pictures else None
            yield Frame(step, last, shown, {"loss": 1 / step, "accuracy": step / last})

    return FrameSource(recipe(title), begin, resumes)


def take(history, steps):
    return [history.advance().step for _ in range(steps)]


def test_epochs_without_pictures_are_steps_with_several_numbers():
    history = RunHistory(counting(3, pictures=False))
    assert take(history, 3) == [1, 2, 3]
    assert history.advance() is None
    assert history.curves == {"loss": [1, 1 / 2, 1 / 3], "accuracy": [1 / 3, 2 / 3, 1]}
    assert history.step.pictured is None


def test_a_frame_with_neither_picture_nor_numbers_is_progress_and_no_step():
    def begin(_frame):
        yield Frame(0, 2)
        yield Frame(1, 2, picture(1))
        yield Frame(1, 2)
        yield Frame(2, 2, None, {"loss": 0.5})

    history = RunHistory(FrameSource(recipe(), begin))
    assert take(history, 4) == [0, 1, 1, 2]
    assert [step.frame.step for step in history.steps] == [1, 2]
    assert history.step.pictured.frame.step == 1  # the picture on show is of the step before
    assert "stopped at step 1 of 2" in history.step.pictured.specimen().provenance.source


@given(st.lists(st.sampled_from(["advance", "undo"]), max_size=40))
def test_whatever_is_undone_is_taken_again_as_it_was(choices):
    history = RunHistory(counting(9, pictures=False))
    at = 0
    for choice in choices:
        if choice == "advance":
            frame = history.advance()
            at = min(at + 1, 9)
            assert frame is None or frame.step == at
        else:
            assert history.undo() == (at > 1)
            at = max(at - 1, min(at, 1))
        assert len(history.curves.get("loss", [])) == at
        assert (history.step.frame.step if history.step else 0) == at


@pytest.mark.parametrize("bounds", [Bounds(steps=3), Bounds(bytes=3 * 4 * 6 * (3 + 4))])
def test_the_past_is_bounded_by_steps_and_by_bytes(bounds):
    history = RunHistory(counting(9), bounds=bounds)
    take(history, 9)
    assert [step.frame.step for step in history.steps] == [7, 8, 9]
    assert len(history.curves["loss"]) == 9
    assert history.undo()
    assert history.undo()
    assert not history.undo()


def test_another_source_goes_on_from_the_newest_step_and_the_recipe_says_so():
    closed = []
    history = RunHistory(counting(9))
    take(history, 3)

    def begin(frame):
        try:
            yield Frame(frame.step + 1, None, picture(0))
            yield Frame(frame.step + 2, None, picture(0))
        finally:
            closed.append(frame.step)

    history.redirect(FrameSource(recipe("other"), begin))
    assert history.step.recipe.title == "counts"
    take(history, 1)
    assert (history.step.frame.step, history.step.recipe.title) == (4, "other")
    assert "steered by hand, at step 4" in history.step.specimen().provenance.source
    history.redirect(counting(9))
    take(history, 1)
    assert closed == [3]  # the generator that was left is closed, not forgotten
    assert history.step.frame.step == 5


def failing(resumes, errors):
    def begin(frame):
        yield from counting(2).begin(frame)
        if errors:
            errors.pop()
            raise ValueError("no")
        yield from counting(4).begin(Frame(2, 4))

    return FrameSource(recipe(), begin, resumes)


def test_after_an_error_what_resumes_goes_on_and_what_does_not_is_over():
    history = RunHistory(failing(True, [1]))
    take(history, 2)
    with pytest.raises(ValueError, match="no"):
        history.advance()
    assert take(history, 2) == [3, 4]
    history = RunHistory(failing(False, [1]))
    take(history, 2)
    with pytest.raises(ValueError, match="no"):
        history.advance()
    assert history.advance() is None


def test_what_is_saved_is_the_newest_picture():
    saved = []

    def begin(_frame):
        yield Frame(1, 2, picture(1))
        yield Frame(2, 2, None, {"loss": 0.5})

    history = RunHistory(FrameSource(recipe(), begin), saved.append)
    take(history, 2)
    assert not history.saved
    assert history.advance() is None
    assert [step.frame.step for step in saved] == [1]
    assert history.saved
