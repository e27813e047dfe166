"""Attacks made one after the other: what is worked out once, and what comes of a request."""

import numpy as np
import pytest

from visualizer.engine.adversarial import attacks
from visualizer.engine.adversarial.attack_context import attack_context, clean_pass
from visualizer.engine.adversarial.attack_result import Attacker, AttackRequest, with_known
from visualizer.engine.adversarial.epsilon import curve
from visualizer.engine.specimen import Provenance, Specimen


def finished(attacks_made):
    """What a generator returns."""
    while True:
        try:
            next(attacks_made)
        except StopIteration as stop:
            return stop.value


@pytest.fixture
def request_of(attacked):
    """A function that makes a request about one of the photos."""
    specimens = [
        Specimen(photo, f"Photo {place}", Provenance("bee/photo.png"))
        for place, photo in enumerate(attacked.photos)
    ]

    def make(photo=0, method="fgsm", **chosen):
        settings = with_known(attacks()[method].settings(), **chosen)
        return AttackRequest(attacked.network, specimens[photo], method, settings)

    return make


def test_only_the_settings_that_a_method_has_are_chosen():
    deepfool = attacks()["deepfool"].settings()
    assert not hasattr(deepfool, "epsilon")
    assert with_known(deepfool, target="#1", epsilon=0.5).target == "#1"
    assert with_known(attacks()["fgsm"].settings(), epsilon=0.5, l2_epsilon=3).epsilon == 0.5


def test_the_clean_pass_and_the_gradient_are_made_once_a_picture_and_target(request_of):
    attacker = Attacker(lambda *_: None)
    first = finished(attacker.attack(request_of(epsilon=2 / 255)))
    second = finished(attacker.attack(request_of(epsilon=9 / 255)))
    assert second.context is first.context
    aimed = finished(attacker.attack(request_of(epsilon=9 / 255, target="#2")))
    assert aimed.context is not first.context
    assert aimed.context.clean is first.context.clean
    assert aimed.outcome.label == 2
    other = finished(attacker.attack(request_of(photo=1)))
    assert other.context.clean is not first.context.clean
    assert attacker.network is other.network
    attacker.forget()
    assert attacker.network is None


@pytest.mark.parametrize("method", ["fgsm", "pgd", "noise"])
def test_a_result_has_the_outcome_its_stages_and_the_recipe(request_of, method):
    asked = request_of(method=method, epsilon=6 / 255)
    result = finished(Attacker(lambda network, source: len(source)).attack(asked))
    assert result.request is asked
    assert result.truth == len("bee/photo.png")
    change = result.outcome.adversarial - result.outcome.original
    assert 0 < np.abs(change).max() <= 6 / 255 + 1e-6
    assert set(result.passed.divergence) == {stage.name for stage in result.network.stages}
    made = result.specimen()
    np.testing.assert_array_equal(made.picture, result.outcome.adversarial)
    assert made.provenance.technique == method
    assert made.provenance.parents == (asked.specimen.id,)
    answer = result.network.label(int(result.outcome.after.argmax()))
    assert made.title == f"Photo 0 as {answer}"


def test_the_leading_classes_begin_with_the_answer_and_the_target(attacked):
    context = attack_context(clean_pass(attacked.network, attacked.photos[0]), "#3")
    found = curve(attacked.model, context.ray, np.arange(-4, 5) / 255)
    first = int(found.probabilities[4].argmax())
    leading = found.leading_classes(context.criterion, count=3)
    assert leading[:2] == list(dict.fromkeys([first, 3]))[:2]
    assert len(set(leading)) == 3
    left_out = ({0, 1, 2, 3} - set(leading)).pop()
    strongest = found.probabilities.max(axis=0)
    assert strongest[left_out] <= strongest[leading[2]]
