"""Advice after an attack that failed, and warnings about networks that may be no classifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visualizer.engine.network import Network

ADVICE = {
    "fgsm": "try a larger ε, or a method of many small steps such as pgd",
    "bim": "try a larger ε or more steps",
    "mim": "try a larger ε or more steps",
    "pgd": "try a larger ε, more steps or more restarts",
    "deepfool": "try more steps or more candidates, or lbfgs",
    "lbfgs": "try more iterations or more searches, or pgd with a larger ε",
    "noise": "noise of this size hardly ever fools a network; fgsm does",
}
"""What to try next, by the name of the method."""


def classifier_warning(network: Network) -> str:
    """A warning sentence if the network looks like a regression model, else ""."""
    last = network.stages[-1]
    plain = last.kind == "dense" and last.activation in (None, "linear")
    if network.classes or last.units < 2 or not plain:
        return ""
    return (
        f"{network.title} gives {last.units} plain numbers without class names: if they measure "
        "something, the largest of them is no answer, and fooling it means nothing."
    )


def advice(method: str, settings: Any) -> str:
    """One sentence on what to try after a failure of a method with these settings."""
    epsilon = getattr(settings, "epsilon", None)
    if epsilon is not None and epsilon < 1 / 255 and getattr(settings, "norm", "linf") == "linf":
        return "A picture of 8 bits cannot hold a change of less than 1/255; try 1/255 or more."
    words = ADVICE[method]
    return f"{words[0].upper()}{words[1:]}."
