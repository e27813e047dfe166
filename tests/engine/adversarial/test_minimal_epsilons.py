"""How hard each class is to reach, and the pictures of the dial."""

import numpy as np
import pytest

from visualizer.engine.adversarial.attack_context import (
    adversarial_pass,
    attack_context,
    clean_pass,
)
from visualizer.engine.adversarial.minimal_epsilons import minimal_epsilons
from visualizer.engine.adversarial.norms import ssim, to_8_bit


def test_every_class_gets_the_size_of_a_path_that_ends_there(attacked):
    picture = to_8_bit(attacked.photos[0])
    states = list(minimal_epsilons(attacked.network, picture, limit=24))
    steps = [state.step for state in states]
    assert steps == sorted(steps)
    last = states[-1]
    assert (last.step, last.total) == (4, 4)
    assert last.epsilons[attacked.labels[0]] == 0
    for label in range(4):
        current = picture[None]
        for step in range(25):
            scores, slope = attacked.model.cross_entropy(current, np.array([label]))
            if scores.argmax() == label:
                size = np.abs(current - picture).max()
                assert last.epsilons[label] == pytest.approx(size, abs=1e-6)
                assert size <= step / 255 + 1e-6
                break
            current = np.clip(current - np.float32(1 / 255) * np.sign(slope), 0, 1)
        else:
            assert np.isinf(last.epsilons[label])


def test_it_fills_in_and_classes_beyond_the_limit_are_infinite(attacked):
    states = list(minimal_epsilons(attacked.network, to_8_bit(attacked.photos[0]), limit=0))
    epsilons = states[-1].epsilons
    assert sorted(epsilons) == [0, np.inf, np.inf, np.inf]
    assert not states[-1].epsilons.flags.writeable


@pytest.mark.parametrize("levels", [0, 1, 7, 32])
def test_the_dial_moves_each_pixel_by_whole_levels_and_never_farther(attacked, levels):
    context = attack_context(clean_pass(attacked.network, attacked.photos[2]))
    moved = context.perturbed(levels / 255)
    np.testing.assert_array_equal(moved, to_8_bit(moved))
    assert np.abs(moved - context.picture).max() <= levels / 255 + 1e-6
    judged = context.judge(moved)
    scores = attacked.model.logits(moved[None])
    assert judged.success == (scores.argmax() != attacked.labels[2])


def test_the_pass_judges_as_the_network_does(attacked):
    for photo in attacked.photos:
        context = attack_context(clean_pass(attacked.network, photo))
        for levels in (1, 4, 20):
            moved = context.perturbed(levels / 255)
            alone, walked = (
                context.judge(moved),
                context.judge(moved, adversarial_pass(context, moved)),
            )
            assert alone.success == walked.success
            np.testing.assert_allclose(alone.after, walked.after, atol=1e-5)


def test_the_noise_is_as_large_as_the_attack(attacked):
    context = attack_context(clean_pass(attacked.network, attacked.photos[2]))
    moved = context.perturbed(8 / 255)
    passed = adversarial_pass(context, moved)
    sizes = [np.linalg.norm(x - context.picture) for x in (moved, passed.noise)]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-3)
    assert passed.divergence["data"] == pytest.approx(passed.noise_divergence["data"], rel=1e-2)
    assert passed.divergence.keys() == {stage.name for stage in attacked.network.stages}


@pytest.mark.parametrize("size", [(3, 9), (6, 7), (12, 12), (64, 48)])
@pytest.mark.parametrize("amount", [0, 0.01, 0.5])
def test_ssim_is_that_of_scikit_image(size, amount):
    from skimage.metrics import structural_similarity

    rng = np.random.default_rng(0)
    a = rng.random((*size, 3)).astype(np.float32)
    b = np.clip(a + rng.uniform(-amount, amount, a.shape), 0, 1).astype(np.float32)
    side = min(7, *size)
    side -= (side + 1) % 2
    expected = structural_similarity(
        a.astype(np.float64), b.astype(np.float64), channel_axis=2, data_range=1, win_size=side
    )
    assert ssim(a, b) == pytest.approx(expected, abs=1e-9)
