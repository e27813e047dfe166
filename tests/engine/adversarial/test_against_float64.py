"""Attacks against plain versions of them, written from the papers for a network in float64."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import fmin_l_bfgs_b

from visualizer.engine.adversarial import deepfool, iterative, lbfgs
from visualizer.engine.adversarial.ask_tell import ask_tell
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.norms import l2_norm

SIDE, HIDDEN, CLASSES = 6, 24, 5


class PlainNetwork:
    """Two dense layers with a ReLU between, scores and gradients written out, one picture each."""

    def __init__(self, weights):
        self.w1, self.b1, self.w2, self.b2 = (each.astype(np.float64) for each in weights)

    def scores(self, x):
        return np.maximum(x @ self.w1 + self.b1, 0) @ self.w2 + self.b2

    def loss_and_slope(self, x, label):
        hidden = x @ self.w1 + self.b1
        scores = np.maximum(hidden, 0) @ self.w2 + self.b2
        probabilities = np.exp(scores - scores.max())
        probabilities /= probabilities.sum()
        wanted = np.eye(CLASSES)[label]
        return -np.log(probabilities[label]), self.w1 @ (
            (hidden > 0) * (self.w2 @ (probabilities - wanted))
        )


@pytest.fixture(scope="module")
def both():
    """A network in Keras and the same in NumPy; photos, their answers, and a target for each."""
    import keras

    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((SIDE, SIDE, 3)),
            layers.Flatten(),
            layers.Dense(HIDDEN, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(8)
    shapes = [weight.shape for weight in model.get_weights()]
    model.set_weights([rng.normal(0, 2 / np.sqrt(s[0]), s).astype(np.float32) for s in shapes])
    network = Network(
        model, name="two", title="Two", classes=(), preprocessing=Preprocessing(), sha256=""
    )
    plain = PlainNetwork(model.get_weights())
    photos = rng.uniform(0, 1, (12, SIDE, SIDE, 3)).astype(np.float32)
    answers = np.array([plain.scores(x.ravel().astype(np.float64)).argmax() for x in photos])
    return SimpleNamespace(
        model=DifferentiableModel.of(network),
        plain=plain,
        photos=photos,
        answers=answers,
        targets=(answers + rng.integers(1, CLASSES, 12)) % CLASSES,
    )


def test_the_two_are_the_same_network(both):
    scores = both.model.logits(both.photos)
    for photo, row in zip(both.photos, scores, strict=True):
        np.testing.assert_allclose(row, both.plain.scores(photo.ravel()), atol=1e-4)


@pytest.mark.parametrize("targeted", [False, True])
@pytest.mark.parametrize("momentum", [1.0, 0.5])
def test_momentum_iterative(both, momentum, targeted):
    epsilon, steps = 0.05, 10
    labels = both.targets if targeted else both.answers
    settings = iterative.MomentumIterativeSettings(epsilon=epsilon, steps=steps, momentum=momentum)
    *_, found = iterative.perturb(both.model, both.photos, Criterion(labels, targeted), settings)
    for photo, label, ours in zip(both.photos, labels, found, strict=True):
        start = photo.ravel().astype(np.float64)
        x, velocity = start, np.zeros_like(start)
        for _ in range(steps):
            _, slope = both.plain.loss_and_slope(x, label)
            velocity = momentum * velocity + slope / np.abs(slope).sum()
            x = x + (-1 if targeted else 1) * settings.step_share * epsilon * np.sign(velocity)
            x = np.clip(np.clip(x, start - epsilon, start + epsilon), 0, 1)
        np.testing.assert_allclose(ours.ravel(), x, atol=1e-5)
    plain = iterative.BasicIterativeSettings(epsilon=epsilon, steps=steps)
    *_, other = iterative.perturb(both.model, both.photos, Criterion(labels, targeted), plain)
    assert np.abs(found - other).max() > 0.01  # the memory matters here


def smallest_change(plain, photo, target):
    """Szegedy et al. 2013, 4.1, with every c of a fine grid tried: the least length that works."""
    start = photo.ravel().astype(np.float64)
    lengths = []
    for c in 10 ** np.linspace(1.5, -1, 25):

        def objective(x, c=c):
            loss, slope = plain.loss_and_slope(x, target)
            return c * ((x - start) ** 2).sum() + loss, 2 * c * (x - start) + slope

        x, _, _ = fmin_l_bfgs_b(objective, start, bounds=[(0, 1)] * start.size)
        if plain.scores(x).argmax() == target:
            lengths.append(np.linalg.norm(x - start))
    return min(lengths)


def test_lbfgs_finds_as_small_changes_as_an_exhaustive_search(both):
    photos, targets = both.photos[:4], both.targets[:4]
    criterion = Criterion(targets, targeted=True)
    *_, found = lbfgs.perturb(both.model, photos, criterion, lbfgs.LBFGSSettings())
    assert (both.model.logits(found).argmax(axis=1) == targets).all()
    assert found.min() >= 0
    assert found.max() <= 1
    expected = [
        smallest_change(both.plain, photo, target)
        for photo, target in zip(photos, targets, strict=True)
    ]
    ours = l2_norm(found - photos)
    assert np.median(ours) == pytest.approx(np.median(expected), rel=0.05)
    assert (ours < 1.2 * np.array(expected)).all()


def test_lbfgs_keeps_what_it_has_learnt_of_the_curvature(both, monkeypatch):
    import scipy.optimize

    begun = []
    minimize = scipy.optimize.minimize
    monkeypatch.setattr(
        scipy.optimize, "minimize", lambda *a, **k: begun.append(1) or minimize(*a, **k)
    )
    settings = lbfgs.LBFGSSettings(searches=5)
    list(lbfgs.perturb(both.model, both.photos[:1], Criterion(both.targets[:1], True), settings))
    assert len(begun) == settings.searches  # one for each c


def test_targeted_deepfool_goes_to_the_border_with_the_best_other_class(both):
    criterion = Criterion(both.targets, targeted=True)
    settings = deepfool.DeepFoolSettings(overshoot=0.0, steps=50)
    *_, found = deepfool.perturb(both.model, both.photos, criterion, settings)
    assert (both.model.logits(found).argmax(axis=1) == both.targets).all()
    # Just over a border: the target and the next best class are level there.
    best = np.sort(both.model.logits(found), axis=1)
    first = np.sort(both.model.logits(both.photos), axis=1)
    assert np.median(best[:, -1] - best[:, -2]) < 0.02 * np.median(first[:, -1] - first[:, -2])


def test_a_solver_turned_inside_out_asks_and_is_told():
    questions = ask_tell(lambda function: [function(x) + 1 for x in (1, 2, 3)])
    assert [next(questions), questions.send(10), questions.send(20)] == [1, 2, 3]
    with pytest.raises(StopIteration) as end:
        questions.send(30)
    assert end.value.value == [11, 21, 31]


def test_a_solver_that_nobody_asks_any_more_ends():
    before = threading.active_count()
    questions = ask_tell(lambda function: [function(x) for x in range(100)])
    next(questions)
    questions.close()
    assert threading.active_count() == before


def test_what_a_solver_raises_arrives():
    def fail(function):
        function(1)
        raise ZeroDivisionError

    questions = ask_tell(fail)
    next(questions)
    with pytest.raises(ZeroDivisionError):
        questions.send(0)
