"""Readable names for the classes of the known data sets, in the order of the outputs."""

import re

import pytest

from visualizer.engine.errors import UserError
from visualizer.models.labels import SETS, identifiers, labels

SIZES = {"imagenet-1000": 1000, "tiny-imagenet-200": 200, "mnist": 10}


@pytest.mark.parametrize("name", SETS)
def test_every_class_has_one_name_of_its_own(name):
    names = labels(name)
    assert len(names) == SIZES[name]
    assert len({label.lower() for label in names}) == len(names)
    assert all(label == label.strip() and label for label in names)
    assert not any(re.fullmatch(r"n\d{8}", label) or "_" in label for label in names)


@pytest.mark.parametrize("name", ["imagenet-1000", "tiny-imagenet-200"])
def test_the_order_is_that_of_the_sorted_identifiers(name):
    ids = identifiers(name)
    assert list(ids) == sorted(ids)
    assert all(re.fullmatch(r"n\d{8}", identifier) for identifier in ids)


def test_tiny_imagenet_is_a_part_of_imagenet_with_the_same_names():
    imagenet = dict(zip(identifiers("imagenet-1000"), labels("imagenet-1000"), strict=True))
    for identifier, label in zip(
        identifiers("tiny-imagenet-200"), labels("tiny-imagenet-200"), strict=True
    ):
        assert imagenet[identifier] == label


@pytest.mark.parametrize(
    ("index", "identifier", "label"),
    [
        (0, "n01440764", "tench"),
        (1, "n01443537", "goldfish"),
        (281, "n02123045", "tabby"),
        (388, "n02510455", "giant panda"),
        (817, "n04285008", "sports car"),
        (967, "n07920052", "espresso"),
        (999, "n15075141", "toilet paper"),
    ],
)
def test_well_known_places(index, identifier, label):
    assert identifiers("imagenet-1000")[index] == identifier
    assert labels("imagenet-1000")[index] == label


def test_digits():
    assert labels("mnist") == tuple("0123456789")


@pytest.mark.parametrize("name", ["imagenet", "", "../../etc/passwd", "MNIST"])
def test_an_unknown_set_names_those_there_are(name):
    with pytest.raises(UserError, match="tiny-imagenet-200"):
        labels(name)
