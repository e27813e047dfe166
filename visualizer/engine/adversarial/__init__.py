"""Attacks: small changes of a picture that change what a network makes of it.

One file an attack. Each works on batches of pictures in [0, 1] through an `Oracle` (the network's
scores and their gradients of pixels) and is registered as a technique that attacks one specimen.
"""

from visualizer.engine.adversarial import (
    basic_iterative,
    deepfool,
    fgsm,
    lbfgs,
    momentum_iterative,
    noise,
    pgd,
)

__all__ = [
    "basic_iterative",
    "deepfool",
    "fgsm",
    "lbfgs",
    "momentum_iterative",
    "noise",
    "pgd",
]
