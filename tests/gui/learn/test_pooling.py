"""The page of pooling: its three questions, by keys and the controls at the side."""

import pytest

from visualizer.engine.lessons.pooling import MEAN, PICTURE


@pytest.fixture
def user(pupil):
    return pupil.learn("pooling")


def test_the_slide_is_stepped_to_the_end(user):
    user.step()
    assert user.view.said.text() == "The largest of 1, 1, 5, 6 is 6."
    user.step(3)
    assert user.view.result.grid.values.tolist() == [[6, 8], [3, 4]]
    assert user.solved == [True, False, False]
    user.set(kind=MEAN)
    assert user.view.said.text() == "The mean of 1, 0, 3, 4 is 2."


def test_windows_overlap_and_a_cell_is_changed(user):
    user.set(stride=1)
    assert user.solved == [False, True, False]
    grid = user.view.source.grid
    grid.edited.emit(0, 0, 99)
    user.settle()
    user.step()
    assert user.view.said.text() == "The largest of 99, 1, 5, 6 is 99."


def test_what_a_shift_leaves_is_said(user, plate):
    user.set(shift=1)
    assert user.view.kept.text() == (
        "Moved right by 1: 31% of the picture's cells and 25% of the pooled ones are as they were."
    )
    user.set(shift=0)
    user.session.add(plate("one colour"))
    user.set(over=PICTURE, shift=1)
    assert user.solved == [False, False, True]
    assert "and 100% of the pooled ones" in user.view.kept.text()
