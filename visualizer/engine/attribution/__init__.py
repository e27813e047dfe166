"""Attribution: how much each pixel contributes to a score. One method a file."""

from visualizer.engine.attribution import (
    grad_cam,
    guided_backprop,
    integrated_gradients,
    occlusion,
    saliency,
    sanity,
    smooth_grad,
)
from visualizer.engine.attribution.method import METHODS
from visualizer.engine.technique import Technique, techniques

__all__ = [
    "METHODS",
    "grad_cam",
    "guided_backprop",
    "integrated_gradients",
    "methods",
    "occlusion",
    "saliency",
    "sanity",
    "smooth_grad",
]


def methods() -> dict[str, Technique]:
    """The methods as techniques, by name, in the order of `METHODS`."""
    known = techniques()
    return {name: known[name] for name in METHODS}
