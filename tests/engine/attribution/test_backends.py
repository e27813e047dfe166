"""Every method gives the same map on every backend that is installed."""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from visualizer.engine.attribution.method import METHODS
from visualizer.engine.backend import BACKENDS

INSTALLED = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
pytestmark = pytest.mark.skipif(len(INSTALLED) < 2, reason="one backend is installed only")

SCRIPT = """
import sys
import numpy as np
import keras
from visualizer.engine.attribution import methods
from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.specimen import Provenance, Specimen

layers = keras.layers
model = keras.Sequential([
    layers.Input((20, 20, 3)),
    layers.Conv2D(8, 3, padding="same", use_bias=False),
    layers.BatchNormalization(),
    layers.ReLU(max_value=6),
    layers.MaxPooling2D(2),
    layers.Conv2D(8, 3, activation="relu"),
    layers.Conv2D(6, 3, activation="leaky_relu"),
    layers.Flatten(),
    layers.Dense(3, activation="softmax"),
])
rng = np.random.default_rng(0)
model.set_weights([
    rng.uniform(0.5, 1.5, w.shape) if w.ndim == 1 else rng.normal(0, 0.4, w.shape)
    for w in model.get_weights()
])
network = Network(
    model, name="n", title="N", classes=["a", "b", "c"], preprocessing=Preprocessing(), sha256=""
)
specimen = Specimen(rng.uniform(0, 1, (20, 20, 3)).astype(np.float32), "Noise", Provenance("test"))
maps = {}
for name, technique in methods().items():
    *_, last = technique(network, specimen, technique.settings(target="c"))
    maps[name] = last.heat
    *_, last = technique(network, specimen, technique.settings(target="conv2d_2:2@2,3"))
    maps[name + " of a unit"] = last.heat
np.savez(sys.argv[1], **maps)
"""


def maps_on(backend, folder):
    """The map of every method, computed in a process of its own."""
    path = folder / f"{backend}.npz"
    subprocess.run(
        [sys.executable, "-c", SCRIPT, str(path)],
        env={**os.environ, "KERAS_BACKEND": backend},
        check=True,
        timeout=240,
    )
    with np.load(path) as maps:
        return dict(maps)


@pytest.fixture(scope="module")
def maps(tmp_path_factory):
    folder = tmp_path_factory.mktemp("maps")
    return {backend: maps_on(backend, folder) for backend in INSTALLED}


def test_every_method_is_there(maps):
    for each in maps.values():
        assert set(each) == {*METHODS, *(f"{name} of a unit" for name in METHODS)}
        assert all(np.abs(heat).max() > 0 for heat in each.values())


@pytest.mark.parametrize("name", METHODS)
def test_maps_are_the_same_on_every_backend(maps, name):
    for key in (name, f"{name} of a unit"):
        first, *others = (each[key] for each in maps.values())
        for other in others:
            np.testing.assert_allclose(other, first, atol=2e-3 * np.abs(first).max())
