"""What is kept is found again by the network that it was climbed in, and by no other."""

import keras
import numpy as np
import pytest
from keras import layers

from visualizer.engine.ascent import stimulus_cache as shelf_module
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.ascent.stimulus_cache import StimulusCache
from visualizer.engine.preprocessing import Preprocessing
from visualizer.models.loader import open_file

HOW = StimulusSettings(target="output:1", steps=2)
PICTURE = np.full((8, 8, 3), 90, np.uint8)


@pytest.fixture
def file(tmp_path):
    """A model with two answers, in a file."""
    x = inputs = layers.Input((24, 24, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(x))
    answers = [layers.Dense(5, name="breed")(x), layers.Dense(5, name="colour")(x)]
    path = tmp_path / "pets.keras"
    keras.Model(inputs, answers).save(path)
    return path


def found(network, folder):
    return StimulusCache.of(network, folder).find(HOW)


def test_another_output_or_preprocessing_of_the_same_file_finds_nothing(file, tmp_path):
    def opened(output, **how):
        return open_file(file, output=output, preprocessing=Preprocessing(**how))

    breed, folder = opened("breed"), tmp_path / "stimuli"
    StimulusCache.of(breed, folder).keep(PICTURE, HOW)
    np.testing.assert_array_equal(found(opened("breed"), folder), PICTURE)
    assert found(opened("colour"), folder) is None
    assert found(opened("breed", scale=255.0), folder) is None
    assert found(opened("breed", order="bgr"), folder) is None


def test_pictures_of_an_older_way_of_climbing_are_made_again(file, tmp_path, monkeypatch):
    network = open_file(file, output="breed", preprocessing=Preprocessing())
    StimulusCache.of(network, tmp_path).keep(PICTURE, HOW)
    monkeypatch.setattr(shelf_module, "ALGORITHM", shelf_module.ALGORITHM + 1)
    assert found(network, tmp_path) is None
