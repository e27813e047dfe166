from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from visualizer.gui.shell.stable_ranking import SECONDS, STEP, History, StableRanking

shares = st.floats(0, 1, width=32)


@settings(max_examples=50, deadline=None)
@given(st.lists(arrays(np.float64, st.integers(1, 12), elements=shares), min_size=1, max_size=20))
def test_whatever_comes_the_rows_are_different_classes_that_exist(answers):
    top, history = StableRanking(5), History()
    for now, values in enumerate(answers):
        history.add(now / 10, values)
        top.follow(values, now / 10)
        assert len(top.shown) == len(set(top.shown)) == min(5, len(values))
        assert max(top.shown) < len(values)
        assert all(0 <= ago <= 1 for ago, _ in history.curve(0))
    for wait in range(3):
        top.follow(answers[-1], len(answers) + wait)
    weakest = min(answers[-1][top.shown])
    assert (answers[-1] > weakest).sum() < 5


def test_the_curve_of_a_fast_camera_has_no_more_points_than_can_be_seen():
    history = History()
    for frame in range(1200):  # 20 s at 60 pictures a second
        history.add(frame / 60, np.array([frame / 1200]))
        assert history.curve(0)[-1] == (0, frame / 1200)
    ago = [before for before, _ in history.curve(0)]
    assert 90 <= len(ago) <= 1.25 * SECONDS / STEP
    assert max(np.diff(ago[::-1])) * SECONDS < 2 * STEP
