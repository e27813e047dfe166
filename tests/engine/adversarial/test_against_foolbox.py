"""The attacks against foolbox, an independent implementation, on the same network and photos."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from visualizer.engine.adversarial import deepfool, fgsm, iterative, pgd
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.norms import l2_norm
from visualizer.engine.adversarial.random_perturbations import (
    picture_generators,
    random_perturbations,
)

EPSILON = 0.03

# foolbox 3.3.4 calls it; NumPy 2 dropped it.
vars(np).setdefault("find_common_type", lambda arrays, scalars: np.result_type(*arrays, *scalars))


@pytest.fixture(scope="module")
def foolbox():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import foolbox
    return foolbox


@pytest.fixture(scope="module")
def peer(foolbox, attacked):
    """The same network as foolbox sees it."""
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = foolbox.TensorFlowModel(attacked.network.logits, bounds=(0, 1), device="/cpu:0")
    return model, tf.constant(attacked.photos), tf.constant(attacked.labels)


def last(frames):
    """The last thing a generator yields."""
    return list(frames)[-1]


def ours(attacked, module, settings, criterion=None):
    criterion = criterion or Criterion(attacked.labels, targeted=False)
    return last(module.perturb(attacked.model, attacked.photos, criterion, settings))


def theirs(attack, peer, criterion=None, **options):
    model, photos, labels = peer
    return attack.run(model, photos, labels if criterion is None else criterion, **options).numpy()


def test_fgsm(attacked, foolbox, peer):
    expected = theirs(foolbox.attacks.LinfFastGradientAttack(), peer, epsilon=EPSILON)
    found = ours(attacked, fgsm, fgsm.FGSMSettings(epsilon=EPSILON))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_targeted_basic_iterative(attacked, foolbox, peer):
    import tensorflow as tf

    targets = (attacked.labels + 1) % 4
    attack = foolbox.attacks.LinfBasicIterativeAttack(rel_stepsize=0.2, steps=10)
    criterion = foolbox.criteria.TargetedMisclassification(tf.constant(targets))
    expected = theirs(attack, peer, criterion, epsilon=EPSILON)
    settings = iterative.BasicIterativeSettings(epsilon=EPSILON)
    found = ours(attacked, iterative, settings, Criterion(targets, targeted=True))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_basic_iterative(attacked, foolbox, peer):
    attack = foolbox.attacks.LinfBasicIterativeAttack(rel_stepsize=0.2, steps=10)
    expected = theirs(attack, peer, epsilon=EPSILON)
    settings = iterative.BasicIterativeSettings(epsilon=EPSILON)
    np.testing.assert_allclose(ours(attacked, iterative, settings), expected, atol=1e-5)


def test_momentum_iterative_without_momentum_is_basic_iterative(attacked, foolbox, peer):
    attack = foolbox.attacks.LinfBasicIterativeAttack(rel_stepsize=0.2, steps=10)
    expected = theirs(attack, peer, epsilon=EPSILON)
    settings = iterative.MomentumIterativeSettings(epsilon=EPSILON, momentum=0.0)
    np.testing.assert_allclose(ours(attacked, iterative, settings), expected, atol=1e-5)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_pgd_from_the_same_start(attacked, foolbox, peer, norm):
    size = EPSILON if norm == "linf" else 0.5
    kind = foolbox.attacks.LinfPGD if norm == "linf" else foolbox.attacks.L2PGD
    attack = kind(rel_stepsize=0.1, steps=20, random_start=False)
    expected = theirs(attack, peer, epsilon=size)
    settings = pgd.PGDSettings(
        norm=norm, epsilon=EPSILON, l2_epsilon=0.5, steps=20, random_start=False
    )
    np.testing.assert_allclose(ours(attacked, pgd, settings), expected, atol=1e-5)


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_pgd_from_a_random_start(attacked, foolbox, peer, monkeypatch, norm):
    import eagerpy

    size = EPSILON if norm == "linf" else 0.5
    kind = foolbox.attacks.LinfPGD if norm == "linf" else foolbox.attacks.L2PGD
    generators = picture_generators(attacked.photos, seed=3)
    change = random_perturbations(attacked.photos.shape[1:], size, norm, generators)
    start = np.clip(attacked.photos + change, 0, 1)
    monkeypatch.setattr(
        kind, "get_random_start", lambda self, x, size: eagerpy.from_numpy(x, start)
    )
    attack = kind(rel_stepsize=0.1, steps=20, random_start=True)
    expected = theirs(attack, peer, epsilon=size)
    settings = pgd.PGDSettings(norm=norm, epsilon=EPSILON, l2_epsilon=0.5, steps=20, seed=3)
    found = ours(attacked, pgd, settings)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    straight = ours(attacked, pgd, replace(settings, random_start=False))
    assert np.abs(found - straight).max() > 0.1 * EPSILON  # the start matters here


def test_deepfool_finds_as_small_a_change(attacked, foolbox, peer):
    attack = foolbox.attacks.L2DeepFoolAttack(steps=50, candidates=4, overshoot=0.02, loss="logits")
    expected = theirs(attack, peer)
    found = ours(attacked, deepfool, deepfool.DeepFoolSettings(candidates=4))
    fooled = attacked.model.logits(found).argmax(axis=1) != attacked.labels
    assert fooled.all()
    median = np.median(l2_norm(found - attacked.photos))
    assert median == pytest.approx(np.median(l2_norm(expected - attacked.photos)), rel=0.05)
