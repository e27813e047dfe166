"""What attacks do with networks and pictures that they cannot attack, or only just."""

import numpy as np
import pytest

from visualizer.engine.adversarial import attacks
from visualizer.engine.adversarial.attack import AttackError
from visualizer.engine.adversarial.norms import to_8_bit
from visualizer.engine.adversarial.oracle import Oracle
from visualizer.engine.adversarial.subject import prepare
from visualizer.engine.errors import UserError
from visualizer.engine.specimen import Provenance, Specimen


def made(units, activation, weight=None, channels=3):
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
        classes=(),
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


@pytest.mark.parametrize("activation", ["sigmoid", None])
def test_one_class_and_regression_networks_are_told_so(photo, activation):
    with pytest.raises(UserError, match="two classes"):
        finish("fgsm", made(1, activation), photo)


def test_a_network_of_nan_is_told_so(photo):
    network = made(3, "softmax", np.nan)
    with pytest.raises(AttackError, match="NaN"):
        finish("fgsm", network, photo)
    with pytest.raises(AttackError, match="NaN"):
        prepare(network, photo.picture)


@pytest.mark.parametrize("name", ["fgsm", "bim", "mim", "pgd", "deepfool", "noise"])
def test_a_network_that_answers_the_same_to_everything_holds_out(photo, name):
    found = finish(name, made(3, "softmax", 0.0), photo)
    assert not found.success
    assert np.isfinite(found.adversarial).all()
    assert (found.adversarial >= 0).all()
    assert (found.adversarial <= 1).all()


@pytest.mark.parametrize("name", ["fgsm", "bim", "pgd", "deepfool"])
def test_grey_networks_get_grey_pictures(photo, name):
    found = finish(name, made(4, "softmax", channels=1), photo)
    np.testing.assert_allclose(found.original[..., 0], found.original[..., 2])
    scores = Oracle.of(made(4, "softmax", channels=1)).logits(found.adversarial[None])
    assert np.isfinite(scores).all()


def test_the_smallest_changes_survive_being_saved(attacked):
    for picture in attacked.photos:
        specimen = Specimen(picture, "Grain", Provenance("test"))
        found = finish("deepfool", attacked.network, specimen)
        np.testing.assert_array_equal(found.adversarial, to_8_bit(found.adversarial))
        scores = attacked.oracle.logits(found.adversarial[None])
        assert found.success
        assert scores.argmax() != found.label
