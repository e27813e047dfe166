"""The first attack anyone sees fools."""

import numpy as np
import pytest

from tests.gui.attack.conftest import small_network
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.attack.workspace import FIRST_LEVELS, FIRST_METHOD


def sample(name, title, seed):
    noise = np.random.default_rng(seed).uniform(0.1, 0.9, (12, 12, 3)).astype(np.float32)
    return Specimen(noise, title, Provenance(f"sample {name}"))


@pytest.fixture
def first(newcomer):
    """Someone who opens Attack for the first time, with the cup and the cat in the tray."""
    newcomer.workspace.hide()
    newcomer.networks["alexnet"] = small_network("alexnet")
    newcomer.pictures = (sample("cat", "Chelsea the cat", 3), sample("coffee", "Coffee cup", 2))
    newcomer.open("alexnet")
    return newcomer


def open_attack(user):
    user.workspace.show()
    user.settle()


def test_a_picture_a_method_and_a_size_that_fool_are_chosen_once(first):
    open_attack(first)
    assert first.session.specimen.title == "Chelsea the cat"
    assert first.workspace.result.request.method == FIRST_METHOD
    assert first.side.dial.levels == FIRST_LEVELS  # whatever FGSM's curve says
    first.session.select(first.session.specimens[1].id)
    first.workspace.hide()
    open_attack(first)
    assert first.session.specimen.title == "Coffee cup"


def test_a_picture_of_ones_own_stays(first):
    first.session.add(first.photo)
    first.settle()
    open_attack(first)
    assert first.session.specimen is first.photo
    assert first.side.method == "fgsm"
