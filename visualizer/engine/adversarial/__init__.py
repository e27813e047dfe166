"""Attacks: small changes of a picture that change what a network makes of it.

One file an attack. Each works on batches of pictures in [0, 1] through a `DifferentiableModel`
(the network's scores and their gradients with respect to pixels) and is registered as a technique
that attacks one specimen.
"""

from collections.abc import Callable, Iterator

import numpy as np

from visualizer.engine.adversarial import deepfool, fgsm, iterative, lbfgs, noise, pgd
from visualizer.engine.technique import Technique, techniques

__all__ = [
    "PERTURB",
    "attacks",
    "deepfool",
    "fgsm",
    "iterative",
    "lbfgs",
    "noise",
    "pgd",
]

PERTURB: dict[str, Callable[..., Iterator[np.ndarray]]] = {
    "fgsm": fgsm.perturb,
    "bim": iterative.perturb,
    "mim": iterative.perturb,
    "pgd": pgd.perturb,
    "deepfool": deepfool.perturb,
    "lbfgs": lbfgs.perturb,
    "noise": noise.perturb,
}
"""The steps of each attack on a batch of pictures, by its name; the simplest first."""


def attacks() -> dict[str, Technique]:
    """The attacks as techniques, by name, in the order of `PERTURB`."""
    known = techniques()
    return {name: known[name] for name in PERTURB}
