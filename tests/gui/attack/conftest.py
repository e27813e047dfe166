"""Someone in front of the Attack workspace, with small networks that are easily fooled."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gui.user import User
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.attack.workspace import AttackWorkspace

NAMES = ["ant", "bee", "cat", "sea cat"]


def small_network(name: str, units: int = 4, seed: int = 5, names=NAMES):
    """A random classifier of 12 x 12 photos that is easily fooled."""
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((12, 12, 3)),
            layers.Conv2D(8, 3, activation="relu", name="conv1"),
            layers.Conv2D(8, 3, strides=2, activation="relu", name="conv2"),
            layers.Flatten(),
            layers.Dense(units, activation="softmax" if units > 1 else "sigmoid", name="scores"),
        ]
    )
    return Network(
        model,
        name=name,
        title=name.capitalize(),
        classes=names if len(names) == 2 else names[:units],
        preprocessing=Preprocessing(scale=4.0, offset=-2.0),
        sha256=name,
    )


@pytest.fixture(scope="session")
def easily_fooled():
    """Small networks by name, built once."""
    return {
        "lenet": small_network("lenet", seed=9),  # a name of the catalogue: the other network
        "small": small_network("small"),
        "one": small_network("one", units=1),
        "pair": small_network("pair", units=1, names=["cat", "dog"]),
    }


@pytest.fixture
def networks(catalogue, easily_fooled):
    """What the catalogue opens, by name."""
    catalogue.update(easily_fooled)
    return catalogue


def grain() -> Specimen:
    """A picture of noise."""
    noise = np.random.default_rng(1).uniform(0.1, 0.9, (12, 12, 3)).astype(np.float32)
    return Specimen(noise, "Grain", Provenance("sample"))


@pytest.fixture
def photo() -> Specimen:
    return grain()


class Attacker(User):
    """Someone in front of the workspace, with a picture."""

    def __init__(self, qtbot, session, networks):
        super().__init__(qtbot, session, AttackWorkspace(session))
        self.networks, self.photo = networks, grain()
        self.pictures = (self.photo,)

    def another(self):
        """Another picture."""
        noise = np.random.default_rng(2).uniform(0.1, 0.9, (12, 12, 3)).astype(np.float32)
        return Specimen(noise, "Other grain", Provenance("sample"))

    def turn(self, levels):
        self.side.dial.set_levels(levels)
        self.settle()

    def ask_other(self, name):
        """Show both pictures to another network."""
        table = self.side.robustness
        table.networks.setCurrentIndex(table.networks.findData(name))
        table.try_button.click()
        self.settle()

    @property
    def attacked(self):
        return self.workspace.result.outcome

    @property
    def triptych(self):
        return self.workspace.triptych


@pytest.fixture
def newcomer(qtbot, session, networks):
    return Attacker(qtbot, session, networks)


@pytest.fixture
def user(newcomer):
    return newcomer.open("small")
