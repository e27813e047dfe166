"""Methods that explain: against the bare network, and against tf-keras-vis and xplique.

These two are no dependencies: `make bench` installs them (`peers.txt`) into a folder of their own,
without their own dependencies, which would replace ours. Where that fails, a row says so.

Ours includes what theirs does not: the score before the softmax through the network's own
preprocessing, and a check that the result is numbers. Both take integrated gradients as they come:
xplique 50 points, ours as many as it takes for the shares to add up within 1%.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.timing import ratio
from visualizer.engine import backend
from visualizer.engine.attribution.grad_cam import grad_cam, last_spatial_stage
from visualizer.engine.attribution.integrated_gradients import integrated_gradients
from visualizer.engine.attribution.occlusion import BATCH, occlusion
from visualizer.engine.attribution.saliency import saliency
from visualizer.engine.network import Network
from visualizer.engine.objective import Target
from visualizer.engine.pictures import samples
from visualizer.models.catalog import open_network

PEERS = Path(__file__).parents[2] / ".venv-peers"
"""Where `make bench` installs them."""
MISSING = "not installed"
"""What the row of a package that is not there says."""

Calls = dict[str, Callable[[], Any]]
"""By the name of a method: a call that makes its map of one picture."""


@benchmark("Explaining")
def occlusion_throughput(budget: Budget) -> Iterator[Row]:
    """Covering pictures and reading the scores costs little beside the forward passes."""
    network, picture, target = _subject(budget)
    batch = np.repeat(picture[None], BATCH, axis=0)
    bare = backend.compiled(network.logits)
    size = _cover(picture)
    *_, last = occlusion(network, picture, target, **size)
    batches = -(-last.total // BATCH)

    def ours() -> None:
        for _ in occlusion(network, picture, target, **size):
            pass

    def theirs() -> None:
        for _ in range(batches):
            bare(batch)

    share = 100 / ratio(ours, theirs, budget.times(15, 3)) * last.total / (batches * BATCH)
    yield Row("occlusion / bare forward, pictures a second", share, "%", at_least=85)


@benchmark("Explaining")
def against_others(budget: Budget) -> Iterator[Row]:
    """The same maps of one picture, in turns with each of the other packages."""
    sys.path.append(str(PEERS))  # behind our own packages, which theirs must not replace
    network, picture, target = _subject(budget)
    ours = _ours(network, picture, target)
    for package, make in PACKAGES.items():
        try:
            theirs = make(network, picture, target)
        except ImportError:  # it, or one of its dependencies
            yield Row(f"explaining / {package}: {MISSING}", float("nan"), "×")
            continue
        for name, other in theirs.items():
            times = budget.times(30, 5) if name in ("saliency", "Grad-CAM") else budget.times(5, 2)
            most = 0.5 if package == "xplique" else 1.0
            yield Row(f"{name} / {package}", ratio(ours[name], other, times), "×", at_most=most)


def _ours(network: Network, picture: np.ndarray, target: Target) -> Calls:
    cover = _cover(picture)
    return {
        "saliency": lambda: saliency(network, picture, target),
        "Grad-CAM": lambda: grad_cam(network, picture, target),
        "integrated gradients": lambda: list(integrated_gradients(network, picture, target)),
        "occlusion": lambda: list(occlusion(network, picture, target, **cover)),
    }


def _cover(picture: np.ndarray) -> dict[str, int]:
    """The patch and its steps, in pixels."""
    return {"patch": max(1, len(picture) // 7), "stride": max(1, len(picture) // 20)}


def _subject(budget: Budget) -> tuple[Network, np.ndarray, Target]:
    network = open_network(budget.network)
    picture = network.fit(samples()[0].load())
    answer = int(network.forward(picture[None])["output"][0].argmax())
    return network, picture, Target("output", (answer,))


def _with_logits(network: Network) -> Any:
    """The Keras model with its softmax taken off, as both packages want it."""
    import keras

    model = keras.models.clone_model(network.model)
    model.set_weights(network.model.get_weights())
    model.layers[-1].activation = keras.activations.linear
    return model


def _tf_keras_vis(network: Network, picture: np.ndarray, target: Target) -> Calls:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    model = _with_logits(network)
    score = CategoricalScore([target.channels[0]])
    slope, cam = Saliency(model, clone=False), Gradcam(model, clone=False)
    layer = network.stage(last_spatial_stage(network, target.stage)).layer
    batch = picture[None]
    return {
        "saliency": lambda: slope(score, batch, keepdims=False),
        "Grad-CAM": lambda: cam(score, batch, penultimate_layer=layer),
    }


def _xplique(network: Network, picture: np.ndarray, target: Target) -> Calls:
    from xplique.attributions import GradCAM, IntegratedGradients, Occlusion, Saliency

    model = _with_logits(network)
    layer = network.stage(last_spatial_stage(network, target.stage)).layer
    cover = _cover(picture)
    explainers = {
        "saliency": Saliency(model),
        "Grad-CAM": GradCAM(model, conv_layer=layer),
        "integrated gradients": IntegratedGradients(model),
        "occlusion": Occlusion(
            model, patch_size=cover["patch"], patch_stride=cover["stride"], occlusion_value=0.5
        ),
    }
    batch = picture[None]
    wanted = np.eye(network.stages[-1].units, dtype=np.float32)[list(target.channels)]
    return {
        name: lambda explainer=explainer: explainer(batch, wanted)
        for name, explainer in explainers.items()
    }


PACKAGES = {"tf-keras-vis": _tf_keras_vis, "xplique": _xplique}
