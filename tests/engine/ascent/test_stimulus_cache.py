"""What is kept is found again by the network that it was climbed in, and by no other."""

import keras
import numpy as np
import pytest
from keras import layers

from visualizer.engine.ascent import stimulus_cache as shelf_module
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings
from visualizer.engine.ascent.stimulus_cache import CachedFrame, StimulusCache
from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.technique import Frame
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


def test_frames_are_climbed_once_and_then_come_from_disk(tmp_path):
    cache = StimulusCache("small", "ab" * 32, tmp_path)
    climbed = [Frame(1, 2, PICTURE), Frame(2, 2, PICTURE + 1)]
    assert list(cache.frames(HOW, climbed)) == climbed
    (kept,) = cache.frames(HOW, climbed)
    assert isinstance(kept, CachedFrame)
    assert (kept.step, kept.total) == (2, 2)
    np.testing.assert_array_equal(kept.picture, PICTURE + 1)
    assert list(cache.frames(HOW, climbed, climb_again=True)) == climbed


def test_what_is_broken_off_is_not_kept(tmp_path):
    cache = StimulusCache("small", "ab" * 32, tmp_path)
    frames = cache.frames(HOW, [Frame(1, 2, PICTURE), Frame(2, 2, PICTURE)])
    next(frames)
    frames.close()
    assert cache.find(HOW) is None
