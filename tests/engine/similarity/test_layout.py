"""Maps: against scikit-learn, and what must hold of any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from visualizer.engine.generators import run_to_end
from visualizer.engine.similarity.layout import (
    aligned,
    laying_out,
    principal_components,
)


@pytest.fixture(scope="module")
def groups():
    """Three groups of 20 vectors, far from each other."""
    rng = np.random.default_rng(1)
    centres = rng.normal(0, 10, (3, 12))
    return (np.repeat(centres, 20, axis=0) + rng.normal(0, 1, (60, 12))).astype(np.float32)


def test_principal_components_are_those_of_scikit_learn(groups):
    found = principal_components(groups)
    reference = PCA(2, svd_solver="full").fit(groups.astype(np.float64))
    expected = reference.transform(groups.astype(np.float64))
    assert np.abs(found.xy) == pytest.approx(np.abs(expected), abs=1e-6)
    assert found.explained == pytest.approx(reference.explained_variance_ratio_)


def test_a_new_picture_lies_where_it_would_have_lain(groups):
    found = principal_components(groups)
    assert found.place(groups[:5]) == pytest.approx(found.xy[:5], abs=1e-9)


def test_tsne_keeps_groups_together_and_places_a_new_one_among_its_own(groups):
    steps = []
    work = laying_out(groups, "t-sne", seed=3)
    while True:
        try:
            steps.append(next(work))
        except StopIteration as end:
            layout = end.value
            break
    moving = [each for each in steps if each is not None]
    assert len(moving) > 10
    assert moving[-1] == pytest.approx(layout.xy)
    centres = layout.xy.reshape(3, 20, 2).mean(1)
    spread = np.linalg.norm(layout.xy.reshape(3, 20, 2) - centres[:, None], axis=2).max()
    apart = np.linalg.norm(centres - np.roll(centres, 1, 0), axis=1).min()
    assert apart > 2 * spread
    placed = layout.place(groups[[0, 20, 40]] + 0.1)
    assert np.linalg.norm(placed - centres, axis=1).max() < spread


def test_the_same_seed_makes_the_same_map(groups):
    first, again = (run_to_end(laying_out(groups, "t-sne", seed=5)).xy for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize("method", ["t-sne", "pca"])
@pytest.mark.parametrize("count", [1, 2, 3, 8, 9])
def test_few_or_equal_pictures_have_a_map_too(method, count):
    for vectors in (np.ones((count, 4)), np.arange(4.0 * count).reshape(count, 4)):
        layout = run_to_end(laying_out(vectors.astype(np.float32), method))
        assert layout.xy.shape == (count, 2)
        assert np.isfinite(layout.xy).all()


def test_a_map_may_begin_at_one_where_all_lie_on_one_another(groups):
    layout = run_to_end(laying_out(groups, "t-sne", begin=np.full((60, 2), 0.1)))
    assert np.isfinite(layout.xy).all()
    assert np.ptp(layout.xy, axis=0).min() > 1


@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.floats(0.1, 10), st.booleans())
def test_a_turned_and_mirrored_map_is_laid_over_the_other(seed, angle, scale, mirrored):
    points = np.random.default_rng(seed).normal(0, 1, (12, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    other = scale * (points * ([-1, 1] if mirrored else [1, 1])) @ turn + [5, -7]
    assert aligned(other, points) == pytest.approx(points, abs=1e-8)


def test_points_that_are_all_the_same_lie_in_the_middle_of_the_others():
    assert aligned(np.ones((3, 2)), np.array([[0, 0], [2, 2], [4, 4]])).tolist() == [[2, 2]] * 3
