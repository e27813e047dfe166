"""Targets as people write them, and what is climbed for each, by hand."""

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.ascent.conftest import FLAT
from visualizer.engine import backend
from visualizer.engine.ascent.objective_gradient import ObjectiveGradient
from visualizer.engine.errors import UserError
from visualizer.engine.objective import Target, parse_targets

targets = st.builds(
    Target,
    stage=st.from_regex(r"[A-Za-z_][\w/.-]{0,12}", fullmatch=True).filter(str.isascii),
    channels=st.lists(st.integers(0, 9999), max_size=4).map(tuple),
    position=st.none() | st.tuples(st.integers(0, 99), st.integers(0, 99)),
    weight=st.sampled_from([1.0, 0.5, 2.0, -1.0, -0.25, 10.0]),
)


@settings(deadline=None)
@given(st.lists(targets, min_size=1, max_size=4))
def test_what_is_written_is_read_back(wanted):
    assert parse_targets(" + ".join(map(str, wanted))) == tuple(wanted)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_targets_or_refused(text):
    with contextlib.suppress(UserError):
        assert all(np.isfinite(target.weight) for target in parse_targets(text))


@pytest.mark.parametrize(
    "text", ["", "conv5:", "conv5:a", "conv5@1", "*conv5", "1.2.3*conv5", "9" * 5000 + "*a", "a + "]
)
def test_what_names_nothing_is_said(text):
    with pytest.raises(UserError, match="names nothing to climb"):
        parse_targets(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("conv9", "no stage"),
        ("conv1:8", "no channel 8"),
        ("conv1:0@10,0", "no place 10,0"),
        ("conv1@1,1", "needs a channel"),
        ("scores:0@0,0", "no stage|no place"),
        ("output:0@0,0", "have no place"),
    ],
)
def test_what_the_network_does_not_have_is_said(hill, text, words):
    with pytest.raises(UserError, match=words):
        ObjectiveGradient(hill, parse_targets(text))


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(1).uniform(0, 1, (8, 8, 3)).astype(np.float32)


@pytest.mark.parametrize("text", ["data", "conv1", "data:1", "conv1:1", "conv1:0,1@2,3"])
def test_objectives_by_hand(flat, picture, text):
    """Value and gradient against NumPy: the stage is `picture @ FLAT`."""
    (target,) = parse_targets(text)
    matrix = np.eye(3, dtype=np.float32) if target.stage == "data" else FLAT
    maps = picture @ matrix
    by_maps = np.zeros_like(maps)
    if not target.channels:
        value = (maps**2).mean()
        by_maps = 2 * maps / maps.size
    else:
        places = np.s_[2, 3] if target.position else np.s_[:, :]
        chosen = maps[places][..., list(target.channels)]
        value = chosen.mean()
        for channel in target.channels:
            by_maps[(*places, channel)] = 1 / chosen.size
    values, gradient = ObjectiveGradient(flat, [target]).at(picture[None])
    assert values[0] == pytest.approx(value, rel=1e-4)
    np.testing.assert_allclose(gradient[0], by_maps @ matrix.T, rtol=1e-3, atol=1e-6)


def test_several_targets_are_summed_with_their_weights(flat, picture):
    parts = [
        ObjectiveGradient(flat, parse_targets(text)).at(picture[None])
        for text in ("data", "conv1:1")
    ]
    value, gradient = ObjectiveGradient(flat, parse_targets("2*data + -0.5*conv1:1")).at(
        picture[None]
    )
    assert value[0] == pytest.approx(2 * parts[0][0][0] - 0.5 * parts[1][0][0], rel=1e-4)
    np.testing.assert_allclose(gradient, 2 * parts[0][1] - 0.5 * parts[1][1], rtol=1e-3, atol=1e-6)


def test_classes_are_climbed_by_their_scores(hill):
    """The slope of a class is that of its logit, here by central differences."""
    rng = np.random.default_rng(2)
    picture = rng.uniform(0.2, 0.8, (1, 24, 24, 3)).astype(np.float32)
    objective = ObjectiveGradient(hill, parse_targets("output:2"))
    _, gradient = objective.at(picture)
    for _ in range(3):
        direction = rng.normal(0, 1, picture.shape).astype(np.float32)
        ends = [objective.at(picture + s * 3e-4 * direction)[0][0] for s in (1, -1)]
        numerical = (ends[0] - ends[1]) / 6e-4
        assert np.vdot(gradient, direction) == pytest.approx(numerical, rel=0.05, abs=0.01)


def test_the_whole_answer_is_climbed_by_its_scores(hill):
    """The mean of their squares; probabilities would have next to no slope."""
    picture = np.random.default_rng(2).uniform(0.2, 0.8, (1, 24, 24, 3)).astype(np.float32)
    values, _ = ObjectiveGradient(hill, parse_targets("output")).at(picture)
    scores = backend.compiled(hill.logits)(picture)
    assert values[0] == pytest.approx((scores**2).mean(), rel=1e-4)
