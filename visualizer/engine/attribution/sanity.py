"""The sanity check: an attribution map must change when the weights are randomised.

The weights of a copy are reinitialised stage by stage, from the output down, and every method is
run again. A method whose map hardly changes shows the picture rather than the network.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.attribution.heatmap import normalised
from visualizer.engine.attribution.method import (
    METHODS,
    AttributionFrame,
    AttributionSettings,
    shown,
)
from visualizer.engine.attribution.target import AttributionError
from visualizer.engine.technique import Frame, setting, technique, techniques

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

KERNELS = ("kernel_initializer", "depthwise_initializer", "pointwise_initializer")
"""The keys of kernel initialisers in the configs of layers."""
TRAINED = "trained"
"""In place of a stage's name: nothing is randomised yet."""


@dataclass(frozen=True)
class Similarity:
    """How alike two maps are; 1 is the same, 0 is nothing in common.

    `rank` is Spearman's correlation of how much the pixels count, sign left out; `ssim` the
    structural similarity of the two maps as they are shown.
    """

    rank: float
    ssim: float


@dataclass(frozen=True, eq=False)
class Sanity:
    """One map of one method; `done` of `total` maps are computed.

    Attributes:
        method: its name.
        stage: the stages from the output down to this one are randomised; `TRAINED`: none is.
        result: the last frame of the method.
        similarity: to the map of the trained network.
    """

    method: str
    stage: str
    result: AttributionFrame
    similarity: Similarity
    done: int
    total: int


@dataclass(frozen=True)
class SanityProgress:
    """A map is being computed: `step` of `total` are done."""

    step: int
    total: int


def copy_of(network: Network) -> Network:
    """A network with layers of its own and the same weights.

    Raises:
        AttributionError: the model cannot be copied layer by layer.
    """
    import keras

    try:
        model = keras.models.clone_model(network.model)
        model.set_weights(network.model.get_weights())
    except (ValueError, TypeError, NotImplementedError):
        raise AttributionError(
            f"{network.title} cannot be copied layer by layer, so its weights cannot be drawn "
            "anew; check another network."
        ) from None
    return network.with_model(model)


def cascade(network: Network) -> tuple[str, ...]:
    """The stages that have weights, from the output down.

    Raises:
        AttributionError: there are none.
    """
    names = tuple(stage.name for stage in reversed(network.stages) if stage.parameters)
    if not names:
        raise AttributionError(
            f"{network.title} has no weights that could be drawn anew; check another network."
        )
    return names


def randomise(network: Network, stage: str, rng: np.random.Generator) -> None:
    """Reinitialise the layers of a stage.

    Each layer's own initialisers are used: scales of a normalisation become 1 and biases 0. A layer
    made to be filled from a file may have a zero initialiser for its kernel; Keras' default
    (Glorot uniform) is used then.

    Raises:
        AttributionError: a layer does not say how it was built.
    """
    for layer in network.layers(stage):
        if not getattr(layer, "weights", None):
            continue
        try:
            fresh = type(layer).from_config(_seeded(layer.get_config(), rng))
            fresh.build_from_config(layer.get_build_config())
            layer.set_weights(fresh.get_weights())
        except (ValueError, TypeError, NotImplementedError):
            raise AttributionError(
                f"The layer {layer.name} of {network.title} does not say how its weights began, so "
                "they cannot be drawn anew; check another network."
            ) from None


def _seeded(config: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The description of a layer, with a seed for each of its initialisers that takes one."""
    import keras

    config = copy.deepcopy(config)
    for key, value in list(config.items()):
        if not key.endswith("initializer") or not isinstance(value, dict):
            continue
        if key in KERNELS and "seed" not in value["config"]:
            config[key] = keras.initializers.serialize(keras.initializers.GlorotUniform())
        if "seed" in config[key]["config"]:
            config[key]["config"]["seed"] = int(rng.integers(2**31))
    return config


def similarity(a: np.ndarray, b: np.ndarray) -> Similarity:
    """How alike two maps H x W are."""
    from skimage.metrics import structural_similarity

    side = min(7, *a.shape)
    window = side if side % 2 else side - 1
    if window < 3:
        ssim = float(np.array_equal(a, b))
    else:
        one, other = (normalised(heat).astype(np.float64) for heat in (a, b))
        compare: Any = structural_similarity  # it has no types
        ssim = compare(one, other, win_size=window, data_range=1.0)
    return Similarity(_rank_correlation(np.abs(a).ravel(), np.abs(b).ravel()), float(ssim))


def _rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation; 0 with a constant map."""
    from scipy.stats import spearmanr

    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float(np.array_equal(a, b))
    return float(spearmanr(a, b).statistic)


def sanity_check(
    network: Network,
    specimen: Specimen,
    chosen: Mapping[str, AttributionSettings],
    *,
    seed: int = 0,
) -> Iterator[Sanity | SanityProgress]:
    """Randomise a copy's weights from the output down; run every method after each stage.

    Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 4.1 (cascading randomization).
    What is explained stays what it was at first, even where the copy answers something else.

    Args:
        network: to be checked; it is not touched.
        specimen: what it looks at.
        chosen: the methods by name, with their settings; of these the quick ones are taken.
        seed: decides the weights.

    Raises:
        UserError: the network cannot be copied or a method cannot be used on it.
    """
    rng = np.random.default_rng(seed)
    losing = copy_of(network)
    stages = (TRAINED, *cascade(losing))
    total, done = len(stages) * len(chosen), 0
    first: dict[str, AttributionFrame] = {}
    known = techniques()
    for stage in stages:
        if stage != TRAINED:
            randomise(losing, stage, rng)
        for name, settings in chosen.items():
            quick = settings.quick()
            if name in first:
                quick = replace(quick, target=str(first[name].target))
            result = None
            for frame in known[name](losing, specimen, quick):
                result = frame
                yield SanityProgress(done, total)
            assert isinstance(result, AttributionFrame)
            done += 1
            alike = similarity(first.setdefault(name, result).heat, result.heat)
            yield Sanity(name, stage, result, alike, done, total)


@dataclass(frozen=True)
class SanitySettings(AttributionSettings):
    """Which method is checked; it takes its usual settings."""

    method: str = setting("saliency", choices=METHODS, help="Which method is checked.")
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the weights.")


@technique(
    name="sanity-check",
    title="Sanity check",
    paper="Adebayo et al. 2018, Sanity Checks for Saliency Maps, section 4.1",
    explanation="The weights are drawn anew stage by stage, from the output down. A method that "
    "shows what the network has learned must then show something else.",
    settings=SanitySettings,
)
def explain(network: Network, specimen: Specimen, settings: SanitySettings) -> Iterator[Frame]:
    """Check one method on one specimen; a picture for each stage that is reached."""
    shared = {name: getattr(settings, name) for name in ("target", "mode", "view", "opacity")}
    own = techniques()[settings.method].settings(**shared)
    assert isinstance(own, AttributionSettings)
    for found in sanity_check(network, specimen, {settings.method: own}, seed=settings.seed):
        if isinstance(found, SanityProgress):
            yield Frame(found.step, found.total)
        else:
            result, alike = found.result, found.similarity
            picture = shown(result, settings.view, settings.opacity)
            numbers = {"rank correlation": alike.rank, "ssim": alike.ssim}
            yield Frame(found.done, found.total, picture, numbers, found.stage)
