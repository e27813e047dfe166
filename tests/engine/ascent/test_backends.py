"""Dreams and stimuli are the same on every backend that is installed."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from visualizer.engine.backend import BACKENDS

INSTALLED = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]

SCRIPT = """
import sys
import numpy as np
from keras import layers
from tests.engine.ascent.conftest import opened
from visualizer.engine.ascent.deep_dream import DreamSettings, dream_steps
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings, climb
from visualizer.engine.objective import parse_targets

network = opened(
    layers.Conv2D(8, 5, 2, activation="relu", name="conv1"),
    layers.MaxPooling2D(2, name="pool1"),
    layers.Conv2D(8, 3, padding="same", activation="relu", name="conv2"),
    layers.Flatten(),
    layers.Dense(4, activation="softmax", name="scores"),
)
picture = np.random.default_rng(0).uniform(0.2, 0.8, (40, 52, 3)).astype(np.float32)
found = {}
for text in ("conv2", "pool1:3"):
    how = DreamSettings(steps=3, octaves=2, jitter=4)
    found[text] = list(dream_steps(network, picture, parse_targets(text), how))[-1][0]
how = StimulusSettings(steps=3, count=2, diversity=1.0, shift=2)
for text in ("conv2:1", "output:2"):
    found["stimulus " + text] = list(climb(network, parse_targets(text), how))[-1][0]
np.savez(sys.argv[1], **found)
"""


def pictures_on(backend, folder):
    """What each technique makes, in a process of its own."""
    path = folder / f"{backend}.npz"
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        check=True,
        env={**os.environ, "KERAS_BACKEND": backend},
        timeout=250,
    )
    with np.load(path) as found:
        return dict(found)


@pytest.mark.skipif(len(INSTALLED) < 2, reason="one backend is installed")
def test_every_backend_climbs_to_the_same_pictures(tmp_path):
    first, *others = (pictures_on(name, tmp_path) for name in INSTALLED)
    for found in others:
        for name, picture in first.items():
            assert np.abs(found[name] - picture).mean() < 2e-3, name
