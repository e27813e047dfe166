"""Someone in front of the Explain workspace, with a small network and a picture."""

from __future__ import annotations

import keras
import numpy as np

from visualizer.engine.attribution.method import METHODS
from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.explain.workspace import ExplainWorkspace

QUICK = "saliency grad-cam"


def classifier(classes, outputs, activation) -> Network:
    """A random classifier of 12 x 12 photos with two convolutions."""
    keras.utils.set_random_seed(5)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((12, 12, 3)),
            layers.Conv2D(6, 3, activation="relu", name="conv1"),
            layers.Conv2D(6, 3, strides=2, activation="relu", name="conv2"),
            layers.Flatten(),
            layers.Dense(outputs, activation=activation, name="scores"),
        ]
    )
    return Network(
        model,
        name="small",
        title="Small",
        classes=classes,
        preprocessing=Preprocessing(scale=4.0, offset=-2.0),
        sha256="small",
    )


class User:
    """Someone in front of the workspace, with a small network and a picture."""

    def __init__(self, qtbot, session, network, methods):
        self.qtbot, self.session, self.network = qtbot, session, network
        session.store.remember("explain methods", methods)
        self.workspace = ExplainWorkspace(session)
        self.controls = self.workspace.side_panel()
        for widget, size in ((self.workspace, (1000, 640)), (self.controls, (320, 700))):
            qtbot.addWidget(widget)
            widget.resize(*size)
            widget.show()
        self.workspace.activateWindow()
        noise = np.random.default_rng(1).uniform(0.1, 0.9, (12, 12, 3)).astype(np.float32)
        self.photo = Specimen(noise, "Grain", Provenance("sample"))

    def open(self):
        self.session.open_network("small")
        self.session.add(self.photo)
        self.settle()
        return self

    def settle(self):
        """Wait until everything asked for, also after a rest, is on the screen."""
        idle = self.session.compute.is_idle
        self.qtbot.waitUntil(
            lambda: idle() and not self.workspace._rest.isActive(), timeout=120_000
        )
        self.qtbot.waitUntil(idle, timeout=120_000)

    def press(self, key):
        self.qtbot.keyClick(self.workspace.body, key)
        self.settle()

    def card(self, method):
        return self.workspace.cards[method]

    def shown(self):
        """The methods whose cards are on the screen, in order."""
        return [name for name in METHODS if self.card(name).isVisible()]

    def heat(self, method):
        return self.workspace.looks[method].result.heat


def pixels(image):
    """A QImage as an array, H x W x 3."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return data[..., 2::-1].copy()
