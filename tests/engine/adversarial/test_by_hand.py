"""Attacks on a linear network, worked out by hand in float64, and properties of any attack."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from visualizer.engine.adversarial import deepfool, fgsm, iterative, lbfgs, noise, pgd
from visualizer.engine.adversarial.criterion import Criterion, choose_criterion, find_class
from visualizer.engine.adversarial.differentiable_model import softmax
from visualizer.engine.adversarial.epsilon import curve, fgsm_ray
from visualizer.engine.adversarial.noise import norm_matched_noise
from visualizer.engine.adversarial.norms import (
    distortion,
    l2_norm,
    project,
    steepest,
    to_8_bit,
    to_8_bit_within,
)
from visualizer.engine.errors import UserError

PICTURE = (6, 6, 3)
FOUR = deepfool.DeepFoolSettings(candidates=4)
pictures = arrays(np.float32, (2, *PICTURE), elements=st.floats(0, 1, width=32))
transforms = arrays(np.float32, (2, *PICTURE), elements=st.floats(-3, 3, width=32))


class LinearOracle:
    """Two classes with scores w.x and -w.x: NumPy in float64, gradients written out."""

    probabilities = staticmethod(softmax)

    def __init__(self, weights: np.ndarray) -> None:
        self.weights = weights.astype(np.float64)

    def logits(self, x):
        score = (x.reshape(len(x), -1) @ self.weights.ravel())[:, None]
        return np.hstack([score, -score])

    def cross_entropy(self, x, labels):
        scores = self.logits(x)
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        # d(-log p_label)/dx = sum_k (p_k - [k = label]) dscore_k/dx
        slope = (probabilities[:, 0] - (labels == 0)) - (probabilities[:, 1] - (labels == 1))
        return scores, (slope.reshape(-1, 1, 1, 1) * self.weights).astype(np.float32)

    def weighted_sum(self, x, weights):
        slope = (weights[:, 0] - weights[:, 1]).reshape(-1, 1, 1, 1)
        return self.logits(x), (slope * self.weights).astype(np.float32)


@pytest.fixture
def linear():
    rng = np.random.default_rng(3)
    weights = rng.normal(0, 0.3, PICTURE)
    photo = rng.uniform(0.3, 0.7, (1, *PICTURE)).astype(np.float32)
    weights -= (weights * photo[0]).sum() / (photo**2).sum() * photo[0]  # w.x = 0 ...
    weights += 0.05 * photo[0]  # ... and then a little above: class 0
    return SimpleNamespace(model=LinearOracle(weights), weights=weights, photo=photo)


def test_untargeted_fgsm_goes_against_the_weights_of_its_class(linear):
    criterion = Criterion(np.array([0]), targeted=False)
    (found,) = fgsm.perturb(linear.model, linear.photo, criterion, fgsm.FGSMSettings(epsilon=0.1))
    expected = linear.photo - 0.1 * np.sign(linear.weights)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert linear.model.logits(found).argmax() == 1


def test_targeted_fgsm_goes_towards_its_class(linear):
    criterion = Criterion(np.array([0]), targeted=True)
    (found,) = fgsm.perturb(linear.model, linear.photo, criterion, fgsm.FGSMSettings(epsilon=0.1))
    np.testing.assert_allclose(found, linear.photo + 0.1 * np.sign(linear.weights), atol=1e-6)


def test_deepfool_steps_straight_to_the_border(linear):
    criterion = Criterion(np.array([0]), targeted=False)
    settings = deepfool.DeepFoolSettings(candidates=2)
    *_, found = deepfool.perturb(linear.model, linear.photo, criterion, settings)
    distance = (linear.weights * linear.photo[0]).sum() / np.linalg.norm(linear.weights)
    assert l2_norm(found - linear.photo)[0] == pytest.approx(distance * 1.02, rel=0.01)
    assert linear.model.logits(found).argmax() == 1


def test_deepfool_asks_for_few_rows_at_a_time_and_always_as_many(attacked, monkeypatch):
    photos = np.concatenate([attacked.photos, 1 - attacked.photos])  # times 4 classes: 64 rows
    criterion = Criterion(attacked.model.logits(photos).argmax(axis=1), targeted=False)
    alone = [
        list(deepfool.perturb(attacked.model, photos[[i]], criterion.subset([i]), FOUR))[-1][0]
        for i in range(len(photos))
    ]
    ask_tell, weighted_sum = [], attacked.model.weighted_sum
    monkeypatch.setattr(
        attacked.model, "weighted_sum", lambda x, w: ask_tell.append(len(x)) or weighted_sum(x, w)
    )
    *_, together = deepfool.perturb(attacked.model, photos, criterion, FOUR)
    assert set(ask_tell) == {32}
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_lbfgs_finds_almost_the_smallest_change(linear):
    criterion = Criterion(np.array([0]), targeted=False)
    *_, found = lbfgs.perturb(
        linear.model, linear.photo, criterion, lbfgs.LBFGSSettings(searches=14)
    )
    distance = (linear.weights * linear.photo[0]).sum() / np.linalg.norm(linear.weights)
    assert linear.model.logits(found).argmax() == 1
    assert l2_norm(found - linear.photo)[0] == pytest.approx(distance, rel=0.05)


def test_momentum_sums_gradients_by_their_mean_size():
    # Two gradients whose sizes differ by a thousand count alike (Dong et al. 2018, equation 6):
    # first (+2, -1) / 1.5, then (-1000, -2000) / 1500, together (+, -).
    slopes = iter([np.array([2.0, -1.0]), np.array([-1000.0, -2000.0])])
    model = SimpleNamespace(
        cross_entropy=lambda x, labels: (None, next(slopes).reshape(1, 1, 2, 1).astype(np.float32))
    )
    photo = np.full((1, 1, 2, 1), 0.5, np.float32)
    settings = iterative.MomentumIterativeSettings(
        epsilon=0.1, steps=2, step_share=0.5, momentum=1.0
    )
    criterion = Criterion(np.array([0]), targeted=False)
    first, second = iterative.perturb(model, photo, criterion, settings)
    np.testing.assert_allclose(first.ravel(), [0.55, 0.45])
    np.testing.assert_allclose(second.ravel(), [0.6, 0.4])


def test_goodfellows_line_is_straight_in_a_linear_network(linear):
    criterion = Criterion(np.array([0]), targeted=False)
    ray = fgsm_ray(linear.model, linear.photo[0], criterion)
    epsilons = np.linspace(-0.2, 0.2, 21)
    found = curve(linear.model, ray, epsilons, batch=4)
    slope = np.abs(linear.weights).sum()
    start = (linear.weights * linear.photo[0]).sum()
    np.testing.assert_allclose(found.logits[:, 0], start - epsilons * slope, atol=1e-4)
    border = start / slope
    flip = found.flip(criterion)
    assert flip is not None
    assert border <= flip <= border + 0.02 + 1e-9


@settings(deadline=None)
@given(pictures, transforms, st.floats(0, 0.5), st.sampled_from(["linf", "l2"]))
def test_projection_stays_within_epsilon_and_the_picture(original, change, epsilon, norm):
    found = project(original + change, original, epsilon, norm)
    assert found.min() >= 0
    assert found.max() <= 1
    size = np.abs(found - original).max() if norm == "linf" else l2_norm(found - original).max()
    assert size <= epsilon + 1e-5


@settings(deadline=None)
@given(pictures, transforms)
def test_projection_leaves_alone_what_is_within(original, change):
    small = original + np.clip(change, -0.01, 0.01)
    inside = np.clip(small, 0, 1)
    np.testing.assert_allclose(project(inside, original, 0.0101, "linf"), inside, atol=1e-6)


@settings(deadline=None)
@given(pictures, transforms, st.floats(0, 3), st.sampled_from(["linf", "l2"]))
def test_rounding_to_8_bit_never_goes_beyond_epsilon(original, change, epsilon, norm):
    original = to_8_bit(original)
    for changed in (original + change, project(original + change, original, epsilon, norm)):
        found = to_8_bit_within(changed, original, epsilon, norm)
        np.testing.assert_allclose(found * 255, np.rint(found * 255), atol=1e-3)
        steps = (np.rint(found * 255) - np.rint(original * 255)).astype(np.float64)
        flat = steps.reshape(len(steps), -1)
        if norm == "linf":
            assert np.abs(flat).max() <= epsilon * 255 + 1e-4
        else:
            assert ((flat**2).sum(axis=1) <= (epsilon * 255) ** 2).all()  # not a hair beyond
        assert found.min() >= 0
        assert found.max() <= 1


def test_rounding_takes_back_no_more_than_it_must():
    original = np.full((1, 20, 20, 3), 100 / 255, np.float32)
    change = np.full(original.shape, 0.7 / 255, np.float32)  # each is rounded to a whole level
    epsilon = float(l2_norm(change)[0])
    found = to_8_bit_within(original + change, original, epsilon, "l2")
    assert l2_norm(to_8_bit(original + change) - original)[0] > epsilon
    assert 0.99 * epsilon < l2_norm(found - original)[0] <= epsilon


@pytest.mark.parametrize("length", [0.05, 0.3, 1.0])
def test_pgd_in_l2_keeps_to_its_size_when_it_is_saved(attacked, length):
    settings = pgd.PGDSettings(norm="l2", l2_epsilon=length, steps=8)
    for photo in attacked.photos[:4]:
        _, result = run(pgd.pgd(attacked.network, specimen_of(photo), settings))
        assert 0 < result.size.l2 <= length * (1 + 1e-6)


@settings(deadline=None)
@given(transforms)
def test_steepest_directions_have_size_one(gradient):
    flat = steepest(gradient, "linf")
    assert set(np.unique(flat)) <= {-1.0, 0.0, 1.0}
    length = l2_norm(steepest(gradient, "l2"))
    moved = l2_norm(gradient) > 1e-6
    np.testing.assert_allclose(length[moved], 1, rtol=1e-4)


@settings(deadline=None)
@given(pictures, st.floats(0, 0.4), st.integers(0, 2**31 - 1))
def test_the_random_twin_has_every_size_of_the_change(original, epsilon, seed):
    signs = np.where(original[0] > 0.5, -1, 1)
    changed = (original[0] + epsilon * signs).astype(np.float32)
    noise = norm_matched_noise(original[0], changed, seed)
    mine, its = distortion(original[0], changed), distortion(original[0], noise)
    assert its.linf == pytest.approx(mine.linf, abs=1e-6)
    assert its.l2 == pytest.approx(mine.l2, abs=1e-4)
    assert its.rms == pytest.approx(mine.rms, abs=1e-5)


def run(generator):
    """All frames of an attack, and what it returned."""
    frames = []
    while True:
        try:
            frames.append(next(generator))
        except StopIteration as stop:
            return frames, stop.value


def specimen_of(picture):
    from visualizer.engine.specimen import Provenance, Specimen

    return Specimen(picture, "photo", Provenance("test"))


def test_a_small_network_is_fooled_and_its_noise_twin_is_not(attacked):
    specimen = specimen_of(attacked.photos[0])
    settings = fgsm.FGSMSettings(epsilon=16 / 255)
    frames, result = run(fgsm.fgsm(attacked.network, specimen, settings))
    assert len(frames) == 1
    assert result.success
    assert result.size.linf == pytest.approx(16 / 255, abs=1e-6)
    assert result.before.argmax() == result.label != result.after.argmax()
    noise = norm_matched_noise(result.original, result.adversarial, seed=1)
    assert distortion(result.original, noise).rms == pytest.approx(result.size.rms, rel=1e-3)
    assert attacked.model.logits(noise[None]).argmax() == result.label


def test_noise_as_an_attack_fools_nobody(attacked):
    specimen = specimen_of(attacked.photos[0])
    settings = noise.NoiseSettings(epsilon=16 / 255, seed=1)
    _, result = run(noise.noise(attacked.network, specimen, settings))
    assert not result.success
    assert result.size.linf == pytest.approx(16 / 255, abs=1e-6)


def test_a_target_is_reached_by_name(attacked):
    specimen = specimen_of(attacked.photos[0])
    name = attacked.network.label((int(attacked.labels[0]) + 2) % 4)
    settings = pgd.PGDSettings(epsilon=0.2, target=name, seed=4, restarts=3)
    frames, result = run(pgd.pgd(attacked.network, specimen, settings))
    assert result.targeted
    assert result.success
    assert attacked.network.label(int(result.after.argmax())) == name
    assert frames[-1].step <= frames[-1].total


def test_the_same_seed_gives_the_same_picture(attacked):
    specimen = specimen_of(attacked.photos[1])
    settings = pgd.PGDSettings(epsilon=0.02, seed=9)
    first = run(pgd.pgd(attacked.network, specimen, settings))[1]
    second = run(pgd.pgd(attacked.network, specimen, settings))[1]
    np.testing.assert_array_equal(first.adversarial, second.adversarial)


def test_targets_are_found_by_index_name_and_part(attacked):
    network = attacked.network
    assert find_class(network, "2", 4) == 2
    assert find_class(network, "CAT", 4) == 2  # the exact name wins over “sea cat”
    assert find_class(network, "sea", 4) == 3
    for wrong, said in (
        ("dog", "no class called"),
        ("7", "counts its classes"),
        ("a", "say which"),
        ("#9", "counts its classes"),
    ):
        with pytest.raises(UserError, match=said):
            find_class(network, wrong, 4)


def test_a_name_goes_before_an_index():
    network = SimpleNamespace(label=lambda index: "123"[index], title="Three")
    assert find_class(network, "1", 3) == 0
    assert find_class(network, "#1", 3) == 1
    assert find_class(network, "0", 3) == 0  # no class is called so
    with pytest.raises(UserError, match="counts its classes"):
        find_class(network, "4", 3)
    twice = SimpleNamespace(label=lambda index: ("crane", "Crane", "crow")[index], title="Birds")
    with pytest.raises(UserError, match="#1"):
        find_class(twice, "crane", 3)
    assert find_class(twice, "1", 3) == 1


def test_the_least_likely_class_can_be_the_target(attacked):
    scores = attacked.model.logits(attacked.photos[:1])
    criterion = choose_criterion(attacked.network, scores, "Least likely")
    assert criterion.targeted
    assert criterion.labels[0] == scores.argmin()


def test_the_slope_of_a_network_that_is_too_sure_for_float32_is_still_right(attacked):
    import keras

    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    rng = np.random.default_rng(0)
    weights = rng.normal(0, 3, (27, 4)).astype(np.float32)
    layers = keras.layers
    model = keras.Sequential(
        [layers.Input((3, 3, 3)), layers.Flatten(), layers.Dense(4, activation="softmax")]
    )
    model.layers[-1].set_weights([weights, np.array([45, 0, 0, 0], np.float32)])
    network = Network(
        model, name="sure", title="Sure", classes=(), preprocessing=Preprocessing(), sha256=""
    )
    x = rng.uniform(0.4, 0.6, (1, 3, 3, 3)).astype(np.float32)
    model = DifferentiableModel(network)
    scores, slope = model.cross_entropy(x, np.array([0]))
    scores = scores.astype(np.float64)[0]
    assert scores[0] - np.sort(scores)[-2] > 20  # the softmax is 1 in float32
    probabilities = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    expected = (
        weights[:, 1:].astype(np.float64) @ probabilities[1:]
        - weights[:, 0] * probabilities[1:].sum()
    )
    np.testing.assert_allclose(slope.ravel() / expected, 1, rtol=1e-3)
