"""The card of a network says what is known of it, in the right units, and nothing else."""

import keras
import pytest
from keras import layers

from visualizer.gui.layers.stage_text import _colour
from visualizer.gui.shell.model_card import card_page
from visualizer.models import catalog


def network_of(channels, explore, **options):
    model = keras.Sequential(
        [keras.Input((8, 8, channels)), layers.GlobalAveragePooling2D(), layers.Dense(4)]
    )
    return explore(model, **options)


@pytest.mark.parametrize(
    ("channels", "words"), [(1, "in shades of grey"), (3, "in colour<"), (4, "transparency")]
)
def test_it_says_what_the_network_sees(channels, words, explore):
    assert words in card_page(network_of(channels, explore))


def test_only_one_channel_is_grey(explore):
    chosen = [_colour(network_of(n, explore), "colour", "grey") for n in (1, 3, 4)]
    assert chosen == ["grey", "colour", "colour"]


def test_shares_are_percentages_and_other_numbers_are_not(explore):
    card = {
        "accuracy": {"top1": 0.5041, "calibration_error": 0.0093, "measured_on": "10,000 photos"},
        "recipe": {"momentum": 0.9, "temperature": 0.8152, "seed": 2012, "batch": 12800},
        "seed": 2012,
    }
    page = card_page(network_of(3, explore, card=card))
    assert "top-1 50.4%" in page
    assert "calibration error 0.9%" in page
    assert "momentum 0.9, temperature 0.8152, seed 2012, batch 12,800" in page
    assert "<b>Seed</b></td><td style='padding: 3px 0'>2012<" in page
    assert "without a card" not in page


def test_a_file_without_names_tells_how_many_classes_and_that_scaling_is_a_guess(explore):
    card = {"source": "/home/pets.keras", "notes": ["Read an old setting."], "guessed": True}
    page = card_page(network_of(3, explore, card=card))
    assert "4 classes, whose names are not known" in page
    assert "Black 0, white 1 (a guess" in page
    assert "Read an old setting." in page
    assert "came without a card" in page


def test_networks_of_the_catalogue_that_have_no_card_file_get_theirs_from_the_catalogue():
    network = catalog.open_network("efficientnet-lite0")
    entry = next(e for e in catalog.entries() if e.name == "efficientnet-lite0")
    page = card_page(network)
    assert "without a card" not in page
    assert entry.licence in page
    assert f"top-1 {100 * entry.top1:.1f}%" in page
    assert "ImageNet" in page
    assert catalog.name_of(network) == "efficientnet-lite0"
