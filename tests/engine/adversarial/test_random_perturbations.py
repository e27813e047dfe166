"""Random starts and noise: what they depend on, what they are kept for, and what they cost."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from visualizer.engine.adversarial import noise, pgd
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.norms import l2_norm
from visualizer.engine.adversarial.random_perturbations import (
    picture_generators,
    random_perturbations,
)

WEAK = pgd.PGDSettings(epsilon=1.5 / 255, steps=3, restarts=4, seed=2)


def last(attacked, perturb, settings, rows=slice(None), criterion=None):
    wanted = criterion or Criterion(attacked.labels[rows], targeted=False)
    *_, found = perturb(attacked.model, attacked.photos[rows], wanted, settings)
    return found


@pytest.mark.parametrize(
    ("perturb", "settings"),
    [
        (pgd.perturb, pgd.PGDSettings(steps=3, epsilon=0.02, restarts=2)),
        (pgd.perturb, pgd.PGDSettings(steps=3, norm="l2", l2_epsilon=0.1, restarts=2)),
        (noise.perturb, noise.NoiseSettings(epsilon=0.02)),
    ],
)
def test_chance_does_not_depend_on_the_batch(attacked, perturb, settings):
    together = last(attacked, perturb, settings)
    for row in (0, 3, 7):
        alone = last(attacked, perturb, settings, [row])
        np.testing.assert_allclose(alone[0], together[row], atol=1e-6)
    other = last(attacked, perturb, replace(settings, seed=5))
    assert np.abs(other - together).max() > 1e-3


@pytest.mark.parametrize("grey", [False, True])
def test_random_changes_fill_the_cube_and_the_ball(grey):
    generators = picture_generators(
        np.random.default_rng(0).random((400, 2, 1, 3)).astype(np.float32), 0
    )
    cube = random_perturbations((2, 1, 3), 0.5, "linf", generators, grey)
    assert np.abs(cube).max() == pytest.approx(0.5, abs=0.01)
    assert cube.std() == pytest.approx(1 / np.sqrt(12), rel=0.1)
    ball = random_perturbations((2, 1, 3), 0.5, "l2", generators, grey)
    dimensions = 2 if grey else 6
    assert l2_norm(ball).max() <= 0.5 + 1e-6
    inner = (l2_norm(ball) < 0.5 * 0.5 ** (1 / dimensions)).mean()
    assert inner == pytest.approx(0.5, abs=0.08)  # as much room inside as outside
    for change in (cube, ball):
        assert (change == change[..., :1]).all() == grey


@pytest.mark.parametrize("targeted", [False, True])
def test_the_best_of_all_restarts_is_kept(attacked, targeted):
    labels = (attacked.labels + targeted) % 4
    criterion = Criterion(labels, targeted)
    one = replace(WEAK, restarts=1)
    kept = criterion.margin(
        attacked.model.logits(last(attacked, pgd.perturb, WEAK, criterion=criterion))
    )
    first = criterion.margin(
        attacked.model.logits(last(attacked, pgd.perturb, one, criterion=criterion))
    )
    assert (kept >= first).all()
    assert (kept > first).any()
    states = list(pgd.perturb(attacked.model, attacked.photos, criterion, WEAK))
    assert len(states) <= WEAK.restarts * WEAK.steps
    ends = [
        criterion.margin(attacked.model.logits(x)) for x in states[WEAK.steps - 1 :: WEAK.steps]
    ]
    assert all((now >= before).all() for before, now in pairwise(ends))


def test_margins_say_how_far_beyond_the_border_a_score_is():
    scores = np.array([[3.0, 1.0, 0.0], [0.0, 2.5, 2.0]])
    labels = np.array([0, 0])
    np.testing.assert_allclose(Criterion(labels, targeted=False).margin(scores), [-2, 2.5])
    np.testing.assert_allclose(Criterion(labels, targeted=True).margin(scores), [2, -2.5])


def test_one_start_is_not_judged_in_vain(attacked, monkeypatch):
    ask_tell, logits = [], attacked.model.logits
    monkeypatch.setattr(attacked.model, "logits", lambda x: ask_tell.append(len(x)) or logits(x))
    last(attacked, pgd.perturb, pgd.PGDSettings(steps=2))
    assert ask_tell == []
