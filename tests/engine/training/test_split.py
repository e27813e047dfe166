"""Two sides without a picture in common, whatever the data are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine.training.datasets import Dataset, read_digits
from visualizer.engine.training.split import (
    SplitError,
    balance_warning,
    class_counts,
    class_looks,
    split,
)


def dataset(values, labels, classes="abc"):
    """Pictures of one grey each."""
    pictures = np.array(values, np.uint8)[:, None, None, None] * np.ones((1, 2, 2, 1), np.uint8)
    return Dataset(pictures, np.array(labels), tuple(classes))


def sides(found):
    train = {picture.tobytes() for picture in found.train.pictures}
    return train, {picture.tobytes() for picture in found.validation.pictures}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 255), st.integers(0, 2)), min_size=1, max_size=60),
    st.floats(0.01, 0.99),
    st.integers(0, 5),
)
def test_no_picture_is_on_both_sides_and_none_is_lost(rows, part, seed):
    data = dataset(*zip(*rows, strict=True))
    try:
        found = split(data, part, seed)
    except SplitError:
        return
    train, validation = sides(found)
    assert not train & validation
    assert len(found.train) + len(found.validation) == len(data)
    assert min(class_counts(found.train)) >= 1
    assert min(class_counts(found.validation)) >= 1


def test_the_seed_decides_and_classes_keep_their_proportions():
    data = read_digits()
    found, again, other = split(data, seed=1), split(data, seed=1), split(data, seed=2)
    np.testing.assert_array_equal(found.validation.pictures, again.validation.pictures)
    assert sides(found)[1] != sides(other)[1]
    parts = np.array(class_counts(found.validation)) / np.array(class_counts(data))
    assert parts.min() > 0.18
    assert parts.max() < 0.22


def test_two_pictures_a_class_are_enough():
    found = split(dataset([1, 2, 3, 4], [0, 0, 1, 1], "ab"))
    assert class_counts(found.train) == class_counts(found.validation) == (1, 1)


@pytest.mark.parametrize(
    ("values", "labels", "classes", "said"),
    [
        ([1, 2, 3], [0, 0, 0], "a", "only one class"),
        ([1, 2, 3], [0, 0, 1], "ab", "“b” has only one picture"),
        ([1, 2, 3, 3, 3], [0, 0, 1, 1, 1], "ab", "“b” has only one picture"),
        ([1, 2], [0, 0], "ab", "“b” has no picture"),
    ],
)
def test_too_few_are_said(values, labels, classes, said):
    with pytest.raises(SplitError, match=said):
        split(dataset(values, labels, classes))


def test_classes_out_of_balance_are_said():
    assert balance_warning(dataset([1] * 4, [0, 0, 1, 1], "ab")) == ""
    assert "“a” has 4 pictures and “b” only 1" in balance_warning(
        dataset([1] * 5, [0, 0, 0, 0, 1], "ab")
    )


def test_a_look_at_each_class_shows_pictures_of_it():
    found = split(dataset(range(60), [0] * 40 + [1] * 18 + [2] * 2), seed=3)
    looks = class_looks(found, 5)
    assert [look.name for look in looks] == ["a", "b", "c"]
    assert tuple(look.train for look in looks) == class_counts(found.train)
    assert tuple(look.validation for look in looks) == class_counts(found.validation)
    assert [len(set(look.examples)) for look in looks] == [5, 5, 1]
    for label, look in enumerate(looks):
        assert set(found.train.labels[list(look.examples)]) == {label}
