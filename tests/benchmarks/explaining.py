"""Methods that explain: against the bare network, and against tf-keras-vis and xplique.

These two are no dependencies; where they are not installed, a row says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.timing import ratio
from visualizer.engine import backend
from visualizer.engine.attribution.grad_cam import grad_cam, last_spatial_stage
from visualizer.engine.attribution.occlusion import BATCH, occlusion
from visualizer.engine.attribution.saliency import saliency
from visualizer.engine.network import Network
from visualizer.engine.objective import Target
from visualizer.engine.pictures import samples
from visualizer.models.catalog import open_network

MISSING = "not installed"
"""What the row of a package that is not there says."""

Pair = tuple[Callable[[], Any], Callable[[], Any]]
"""Its saliency and its Grad-CAM of one picture."""


@benchmark("Explaining")
def occlusion_throughput(budget: Budget) -> Iterator[Row]:
    """Covering pictures and reading the scores costs little beside the forward passes."""
    network, picture, target = _subject(budget)
    batch = np.repeat(picture[None], BATCH, axis=0)
    bare = backend.compiled(network.logits)
    size = {"patch": max(1, len(picture) // 7), "stride": max(1, len(picture) // 20)}
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
    """Saliency and Grad-CAM of one picture, in turns with each of the other packages."""
    network, picture, target = _subject(budget)
    ours = (lambda: saliency(network, picture, target), lambda: grad_cam(network, picture, target))
    times = budget.times(30, 5)
    for package, make in PACKAGES.items():
        try:
            theirs = make(network, picture, target)
        except ImportError:  # it, or something it stands on
            yield Row(f"saliency and Grad-CAM / {package}: {MISSING}", float("nan"), "×")
            continue
        for name, one, other in zip(("saliency", "Grad-CAM"), ours, theirs, strict=True):
            yield Row(f"{name} / {package}", ratio(one, other, times), "×", at_most=1.0)


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


def _tf_keras_vis(network: Network, picture: np.ndarray, target: Target) -> Pair:
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.saliency import Saliency
    from tf_keras_vis.utils.scores import CategoricalScore

    model = _with_logits(network)
    score = CategoricalScore([target.channels[0]])
    slope, cam = Saliency(model, clone=False), Gradcam(model, clone=False)
    layer = network.stage(last_spatial_stage(network, target.stage)).layer
    batch = picture[None]
    return (
        lambda: slope(score, batch, keepdims=False),
        lambda: cam(score, batch, penultimate_layer=layer),
    )


def _xplique(network: Network, picture: np.ndarray, target: Target) -> Pair:
    from xplique.attributions import GradCAM, Saliency

    model = _with_logits(network)
    layer = network.stage(last_spatial_stage(network, target.stage)).layer
    slope, cam = Saliency(model), GradCAM(model, conv_layer=layer)
    batch = picture[None]
    wanted = np.eye(network.stages[-1].units, dtype=np.float32)[list(target.channels)]
    return lambda: slope(batch, wanted), lambda: cam(batch, wanted)


PACKAGES = {"tf-keras-vis": _tf_keras_vis, "xplique": _xplique}
