"""How a file that cannot be opened is refused, whatever is wrong with it."""

import keras
import pytest
from keras import layers

from visualizer.engine.errors import UserError
from visualizer.models import loader


def small():
    """A network of three layers: 8 x 8 x 3 to 3 classes."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(2, 3, activation="relu", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )


def refused(path, pattern, **options):
    """One sentence that says what is wrong and what to do; never a traceback of another kind."""
    with pytest.raises(UserError, match=pattern) as caught:
        loader.open_file(path, **options)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert len(sentence) < 500
    return sentence
