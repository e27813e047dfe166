"""Saliency: which pixels, changed a little, would change the score most."""

from __future__ import annotations

import numpy as np

from visualizer.engine.attribution.heat import strongest
from visualizer.engine.attribution.target import Gradient
from visualizer.engine.network import Network
from visualizer.engine.objective import Target


def saliency(network: Network, picture: np.ndarray, target: Target) -> np.ndarray:
    """The largest absolute slope over the colours of each pixel, H x W.

    Simonyan, Vedaldi & Zisserman 2013, "Deep Inside Convolutional Networks", section 3.

    Args:
        network: to be explained.
        picture: as the network sees it (`Network.fit`), H x W x 3 in [0, 1].
        target: the score that is explained.
    """
    _, gradient = Gradient(network, target)(picture[None])
    return strongest(gradient[0])
