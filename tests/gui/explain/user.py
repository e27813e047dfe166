"""Someone in front of the Explain workspace, with a small network and a picture."""

from __future__ import annotations

import numpy as np

from tests.gui.user import User
from visualizer.engine.attribution.method import METHODS
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.explain.workspace import ExplainWorkspace

QUICK = "saliency grad-cam"


class ExplainUser(User):
    """Someone who compares methods."""

    def __init__(self, qtbot, session, network, methods):
        session.store.remember("explain methods", methods)
        network.weights_changed()  # what other tests have found is kept with it
        super().__init__(qtbot, session, ExplainWorkspace(session))
        self.network, self.controls = network, self.side
        noise = np.random.default_rng(1).uniform(0.1, 0.9, (24, 24, 3)).astype(np.float32)
        self.photo = Specimen(noise, "Grain", Provenance("sample"))
        self.pictures = (self.photo,)

    def open(self):
        return super().open(self.network.name)

    def another_picture(self):
        self.session.add(Specimen(self.photo.picture[::-1].copy(), "Flipped", Provenance("sample")))
        self.settle()

    def card(self, method):
        return self.workspace.cards[method]

    def shown(self):
        """The methods whose cards are on the screen, in order."""
        return [name for name in METHODS if self.card(name).isVisible()]

    def heat(self, method):
        return self.workspace.results[method].frame.heat

    def title(self):
        return self.workspace.header.title.text()

    def slow_down(self, method="occlusion"):
        """Make a method take many steps."""
        self.controls.forms[method].control("stride").setValue(0.08)


def pixels(image):
    """A QImage as an array, H x W x 3."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return data[..., 2::-1].copy()
