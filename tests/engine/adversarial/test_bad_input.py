"""What attacks do with networks and pictures that they cannot attack, or only just."""

from dataclasses import replace

import numpy as np
import pytest

from visualizer.engine.adversarial import attacks
from visualizer.engine.adversarial.advice import advice, classifier_warning
from visualizer.engine.adversarial.attack_context import (
    adversarial_pass,
    attack_context,
    clean_pass,
)
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import AttackError, DifferentiableModel
from visualizer.engine.adversarial.norms import to_8_bit
from visualizer.engine.adversarial.transform_robustness import png8
from visualizer.engine.errors import UserError
from visualizer.engine.specimen import Provenance, Specimen


def made(units, activation, weight=None, channels=3, classes=()):
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((6, 6, channels)),
            layers.Flatten(),
            layers.Dense(units, activation=activation, name="answer"),
        ]
    )
    if weight is not None:
        model.set_weights([np.full_like(w, weight) for w in model.get_weights()])
    return Network(
        model,
        name="odd",
        title="Odd",
        classes=classes,
        preprocessing=Preprocessing(channels=channels),
        sha256="",
    )


def finish(name, network, specimen, **chosen):
    technique = attacks()[name]
    frames = technique(network, specimen, technique.settings(**chosen))
    while True:
        try:
            next(frames)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def photo():
    picture = np.random.default_rng(2).uniform(0, 1, (6, 6, 3)).astype(np.float32)
    return Specimen(picture, "Grain", Provenance("test"))


def ends_in(network, picture):
    """The network's own probabilities of a picture."""
    return network.forward(picture[None])["output"][0]


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", None])
def test_probabilities_are_the_networks_own(photo, activation):
    network = made(3, activation, classes=("ant", "bee", "cat"))
    found = finish("fgsm", network, photo, epsilon=32 / 255)
    np.testing.assert_allclose(found.before, ends_in(network, found.original), atol=1e-5)
    np.testing.assert_allclose(found.after, ends_in(network, found.adversarial), atol=1e-5)
    clean = clean_pass(network, photo.picture)
    np.testing.assert_allclose(clean.probabilities, ends_in(network, clean.picture), atol=1e-5)
    if activation == "sigmoid":
        assert abs(found.before.sum() - 1) > 0.01  # each class by itself


@pytest.mark.parametrize("activation", ["sigmoid", None])
@pytest.mark.parametrize("name", ["fgsm", "pgd", "deepfool", "lbfgs"])
def test_one_number_for_two_classes_is_fooled_as_two(photo, name, activation):
    network = made(1, activation, classes=("cat", "dog"))
    found = finish(name, network, photo)
    (second,) = ends_in(network, found.adversarial)
    assert found.after == pytest.approx([1 - second, second], abs=1e-5)
    assert found.success == ((second > 0.5) != (found.label == 1))
    target = ("dog", "cat")[found.label]
    towards = finish(name, network, photo, target=target)
    assert towards.targeted
    assert towards.label == 1 - found.label
    assert towards.after[towards.label] > towards.before[towards.label]


def test_its_walk_through_the_stages_has_two_classes_too(photo):
    network = made(1, "sigmoid", classes=("cat", "dog"))
    context = attack_context(clean_pass(network, photo.picture))
    assert adversarial_pass(
        context, context.perturbed(9 / 255)
    ).noise_probabilities.sum() == pytest.approx(1)


def test_what_is_saved_as_png_is_read_back_from_one(photo):
    found = to_8_bit(photo.picture)
    np.testing.assert_array_equal(png8(found), found)
    finer = found + np.float32(0.3 / 255)  # a PNG of 8 bits cannot hold that
    np.testing.assert_array_equal(png8(np.clip(finer, 0, 1)), found)


def test_only_a_success_can_survive(photo):
    from visualizer.engine.adversarial.transform_robustness import transform_results

    network = made(3, "softmax")
    wild = {"inverted": lambda picture: 1 - picture, "black": np.zeros_like}
    pictures = [np.random.default_rng(seed).uniform(0, 1, (6, 6, 3)) for seed in range(8)]
    for picture in pictures:
        specimen = Specimen(picture.astype(np.float32), "", Provenance("test"))
        found = transform_results(network, finish("fgsm", network, specimen, epsilon=0.0), wild)
        assert not any(outcome.survived for outcome in found.values())


def test_a_target_transfers_where_the_other_network_knows_it(photo):
    from visualizer.engine.adversarial.transform_robustness import transfer

    network = made(3, "softmax", classes=("ant", "bee", "cat"))
    found = finish("pgd", network, photo, target="bee", epsilon=0.3)
    other = made(3, "softmax", classes=("Bee", "cow", "dog"))
    result = transfer(network, other, found)
    answer = int(ends_in(other, found.adversarial).argmax())
    assert result.wanted == 0
    assert (result.after, result.fooled) == (answer, answer == 0)
    stranger = transfer(network, made(3, "softmax", classes=("x", "y", "z")), found)
    assert stranger.wanted is None
    assert stranger.fooled == (stranger.before != stranger.after)


@pytest.mark.parametrize("name", ["fgsm", "bim", "mim", "pgd", "deepfool", "lbfgs", "noise"])
def test_there_is_advice_after_every_method(name):
    settings = attacks()[name].settings()
    assert advice(name, settings).endswith(".")
    if hasattr(settings, "epsilon"):
        assert "1/255" in advice(name, replace(settings, epsilon=0.5 / 255))


def test_what_may_be_no_classifier_is_doubted():
    assert "plain numbers" in classifier_warning(made(3, None))
    assert not classifier_warning(made(3, None, classes=("ant", "bee", "cat")))
    assert not classifier_warning(made(3, "softmax"))
    assert not classifier_warning(made(3, "sigmoid"))


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_class_and_regression_networks_are_told_so(photo, activation):
    with pytest.raises(UserError, match="two classes"):
        finish("fgsm", made(1, activation), photo)


def test_a_network_of_nan_is_told_so(photo):
    network = made(3, "softmax", np.nan)
    with pytest.raises(AttackError, match="NaN"):
        finish("fgsm", network, photo)
    with pytest.raises(AttackError, match="NaN"):
        clean_pass(network, photo.picture)


@pytest.mark.parametrize("name", ["fgsm", "mim", "pgd", "deepfool", "lbfgs"])
def test_a_slope_of_nan_is_told_and_never_a_success(photo, name, monkeypatch):
    network = made(3, "softmax")
    model = DifferentiableModel.of(network)
    for slope in ("_cross_entropy", "_weighted_sum"):
        original = getattr(model, slope)
        monkeypatch.setattr(
            model, slope, lambda *x, original=original: (original(*x)[0], np.nan * x[0])
        )
    with pytest.raises(AttackError, match="no attack can follow"):
        finish(name, network, photo)
    if name == "fgsm":
        with pytest.raises(AttackError, match="no attack can follow"):
            attack_context(clean_pass(network, photo.picture))


@pytest.mark.parametrize("name", ["fgsm", "deepfool", "noise"])
def test_an_answer_of_nan_is_told_and_never_a_success(photo, name, monkeypatch):
    from visualizer.engine.adversarial.transform_robustness import transform_results, transforms

    network = made(3, "softmax")
    model = DifferentiableModel.of(network)
    found = finish(name, network, photo)
    logits = model._logits
    before = found.original

    def no_numbers(x):
        same = (x == before).all(axis=(1, 2, 3))
        return np.where(same[:, None], logits(x), np.nan).astype(np.float32)

    monkeypatch.setattr(model, "_logits", no_numbers)
    with pytest.raises(AttackError, match="NaN"):
        finish(name, network, photo)
    assert not any(
        outcome.survived for outcome in transform_results(network, found, transforms()).values()
    )
    assert not Criterion(np.zeros(2, int), targeted=False).satisfied(np.full((2, 3), np.nan)).any()


@pytest.mark.parametrize("name", ["fgsm", "bim", "mim", "pgd", "deepfool", "noise"])
def test_a_network_that_answers_the_same_to_everything_holds_out(photo, name):
    found = finish(name, made(3, "softmax", 0.0), photo)
    assert not found.success
    assert np.isfinite(found.adversarial).all()
    assert (found.adversarial >= 0).all()
    assert (found.adversarial <= 1).all()


GREY_CHOICES = [(name, {}) for name in attacks()] + [
    ("pgd", {"norm": "l2", "l2_epsilon": 0.2, "restarts": 2, "epsilon": 0.01}),
    ("noise", {"epsilon": 0.3}),
    ("fgsm", {"target": "3"}),
]


@pytest.fixture(scope="module")
def grey_network():
    return made(4, "softmax", channels=1)


@pytest.mark.parametrize(("name", "chosen"), GREY_CHOICES)
def test_grey_networks_get_grey_pictures(grey_network, name, chosen):
    for seed in range(4):
        picture = np.random.default_rng(seed).uniform(0, 1, (6, 6, 3)).astype(np.float32)
        found = finish(name, grey_network, Specimen(picture, "Grain", Provenance("test")), **chosen)
        assert found.size.linf > 0
        for of_it in (found.original, found.adversarial):
            np.testing.assert_array_equal(of_it, of_it[..., :1].repeat(3, -1))


def test_the_twin_of_a_grey_picture_is_as_large_in_the_eyes_of_a_grey_network(grey_network, photo):
    context = attack_context(clean_pass(grey_network, photo.picture))
    adversarial = context.perturbed(12 / 255)
    noise = adversarial_pass(context, adversarial).noise
    np.testing.assert_array_equal(noise, noise[..., :1].repeat(3, -1))
    luma = np.array([0.299, 0.587, 0.114])
    seen = [np.linalg.norm((x - context.picture) @ luma) for x in (adversarial, noise)]
    assert seen[1] == pytest.approx(seen[0], rel=0.02)


def test_grey_gradients_are_the_slope_along_grey(grey_network):
    model = DifferentiableModel.of(grey_network)
    photos = np.random.default_rng(1).uniform(0.2, 0.8, (3, 6, 6, 1)).repeat(3, -1)
    labels = np.array([0, 1, 2])
    photos = photos.astype(np.float32)
    _, slope = model.cross_entropy(photos, labels)
    along = np.random.default_rng(2).normal(0, 1, (6, 6, 1)).repeat(3, -1).astype(np.float32)

    def loss(x):
        shares = model.probabilities(model.logits(x))
        return -np.log(shares[np.arange(3), labels])

    step = np.float32(1e-2)
    numeric = (loss(photos + step * along) - loss(photos - step * along)) / (2 * step)
    np.testing.assert_allclose((slope * along).sum(axis=(1, 2, 3)), numeric, rtol=1e-2)


def test_the_smallest_changes_survive_being_saved(attacked):
    for picture in attacked.photos:
        specimen = Specimen(picture, "Grain", Provenance("test"))
        found = finish("deepfool", attacked.network, specimen)
        np.testing.assert_array_equal(found.adversarial, to_8_bit(found.adversarial))
        scores = attacked.model.logits(found.adversarial[None])
        assert found.success
        assert scores.argmax() != found.label
