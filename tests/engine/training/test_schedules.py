"""The learning rate's curves, by hand and within bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine.errors import UserError
from visualizer.engine.training.schedules import SCHEDULES, Schedule


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(), {0: 1, 0.5: 1, 1: 1}),
        (Schedule("step", drops=2), {0: 1, 0.3: 1, 0.4: 0.1, 0.7: 0.01, 1: 0.01}),
        (Schedule("exponential", end=0.01), {0: 1, 0.5: 0.1, 1: 0.01}),
        (Schedule("cosine", end=0.2), {0: 1, 0.5: 0.6, 1: 0.2}),
        (Schedule("cosine", cycles=2, end=0.2), {0.25: 0.6, 0.5: 1, 0.75: 0.6, 1: 0.2}),
        (Schedule("one-cycle", end=0.001), {0: 1 / 25, 0.15: 0.52, 0.3: 1, 1: 0.001}),
        (Schedule("drawn", points=((0, 0), (0.5, 2), (0.5, 1), (1, 0))), {0.25: 1, 0.75: 0.5}),
        (Schedule("cosine", warm_up=0.1, end=0.2), {0: 0, 0.05: 0.5, 0.1: 1, 0.55: 0.6, 1: 0.2}),
    ],
)
def test_each_follows_its_formula(schedule, expected):
    for progress, factor in expected.items():
        assert schedule.factor(progress) == pytest.approx(factor), progress


@settings(deadline=None)
@given(
    st.sampled_from(SCHEDULES),
    st.floats(0, 0.5),
    st.floats(1e-6, 1),
    st.integers(0, 5),
    st.integers(1, 5),
    st.floats(-1, 2),
)
def test_a_factor_is_from_0_to_1_wherever_one_asks(kind, warm_up, end, drops, cycles, progress):
    schedule = Schedule(kind, warm_up, end, drops, cycles)
    assert 0 <= schedule.factor(progress) <= 1 + 1e-9


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 10)), min_size=1, max_size=3000))
def test_a_redrawn_schedule_goes_through_the_stroke_and_stays_elsewhere(strokes):
    schedule = Schedule("cosine")
    redrawn = schedule.redrawn(strokes)
    assert redrawn.kind == "drawn"
    low, high = min(x for x, _ in strokes), max(x for x, _ in strokes)
    for progress in np.linspace(0, 1, 41):
        if progress < low - 0.01 or progress > high + 0.01:
            assert redrawn.factor(progress) == pytest.approx(schedule.factor(progress), abs=2e-4)
    if len(strokes) == 1:
        assert redrawn.factor(low) == pytest.approx(strokes[0][1], abs=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "linear"},
        {"warm_up": 0.9},
        {"end": 0.0},
        {"cycles": 0},
        {"points": ()},
        {"points": ((0.5, 1), (0.2, 1))},
        {"points": ((0, float("nan")),)},
        {"points": ((0, -1),)},
    ],
)
def test_what_is_no_schedule_is_refused(wrong):
    with pytest.raises(UserError):
        Schedule(**wrong)
