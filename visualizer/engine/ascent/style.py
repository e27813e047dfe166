"""Style transfer: the content of one picture with the style of another."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.ascent.deep_dream import start_from, starting_picture
from visualizer.engine.ascent.default_targets import with_default_targets
from visualizer.engine.ascent.diversity import gram
from visualizer.engine.ascent.guide import named_picture
from visualizer.engine.ascent.lbfgs import LBFGS
from visualizer.engine.ascent.objective_gradient import (
    AscentError,
    ObjectiveGradient,
    checked,
    end_values,
    too_small,
)
from visualizer.engine.ascent.parameterisation import Adam, FourierBasis
from visualizer.engine.grey import noise_for, pixel_gradient, sees_grey
from visualizer.engine.objective import Target, check_targets, parse_targets
from visualizer.engine.technique import OBJECTIVE, Frame, Settings, setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class StyleSettings(Settings):
    """The style picture, the stages of content and style, their weights, and the optimiser."""

    style: str = setting(
        "flower", help="The picture whose style is taken: a file or the name of a sample."
    )
    content_stages: str = setting(
        "", help="Stages for the content, with weights if you like; usually the middle one."
    )
    style_stages: str = setting("", help="Stages for the style, likewise; usually five of all.")
    content: float = setting(1.0, low=0.0, high=1000.0, step=0.5, help="How much content counts.")
    strength: float = setting(3.0, low=0.0, high=1000.0, step=0.5, help="How much style counts.")
    variation: float = setting(
        0.05, low=0.0, high=1000.0, step=0.05, help="How much smoothness counts."
    )
    optimiser: str = setting(
        "adam",
        choices=("adam", "lbfgs"),
        help="Adam on frequencies, or L-BFGS on pixels as published.",
    )
    steps: int = setting(200, low=1, high=5000, step=50, help="How many steps.")
    rate: float = setting(0.05, low=0.001, high=1.0, step=0.01, help="How far one step of Adam is.")
    side: int = setting(
        320, low=32, high=4096, step=32, unit="pixels", help="Longer side of the picture."
    )
    start: str = setting(
        "content", choices=("content", "noise"), help="Begin with the content, or with noise."
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides the noise and the shifts.")


class StyleLoss:
    """The loss: distance from the content of one picture and the style of another.

    Gatys, Ecker & Bethge 2015, equations 1 to 7, each stage's squared difference divided by the
    mean square of what it is compared with, so that weights mean the same for every stage and
    network; and the mean square of the differences of neighbouring pixels.

    Args:
        network: whose stages.
        style: picture H x W x 3 in [0, 1].
        content_targets: stages and weights for the content.
        style_targets: likewise for the style.
        weights: of content, style and variation.

    Raises:
        UserError: there is no such stage, or it has no places.
    """

    def __init__(
        self,
        network: Network,
        style: np.ndarray,
        content_targets: Sequence[Target],
        style_targets: Sequence[Target],
        weights: tuple[float, float, float],
    ) -> None:
        for target in (*content_targets, *style_targets):
            _check_stage(network, target)
        self._network = network
        self._content, self._style = tuple(content_targets), tuple(style_targets)
        self._weights = weights
        self.check_size(style)
        stages = [target.stage for target in self._style]

        def grams(x: Any) -> list[Any]:
            tensors = network.tensors(x, stages)
            return [gram(tensors[stage]) for stage in stages]

        variables = network.model.variables
        self._grams = backend.compiled(grams, variables=variables)(style[None])
        self._compiled = pixel_gradient(network, self._distance, any_size=True)
        self.grey = sees_grey(network)
        strides = [network.stage(stage).receptive_field for stage in stages]
        self.stride = max(int(field.stride[0]) for field in strides if field is not None)

    def __call__(
        self, picture: np.ndarray, content: np.ndarray, shift: tuple[int, int] = (0, 0)
    ) -> tuple[float, dict[str, float], np.ndarray]:
        """(loss, its three parts, gradient) at a picture, both seen shifted; all H x W x 3."""
        seen = [np.roll(each, shift, axis=(0, 1))[None] for each in (picture, content)]
        (loss, parts), gradient = self._compiled(*seen, *self._grams)
        back = np.roll(checked(gradient[0]), (-shift[0], -shift[1]), axis=(0, 1))
        return float(loss), {name: float(value) for name, value in parts.items()}, back

    def check_size(self, picture: np.ndarray) -> None:
        """Raise an `AscentError` if a picture, H x W x 3, is too small for one of the stages."""
        least = ObjectiveGradient(self._network, (*self._content, *self._style)).least_size()
        if any(side < wanted for side, wanted in zip(picture.shape, least, strict=False)):
            raise too_small(picture.shape[:2], least)

    def _distance(self, x: Any, content: Any, *grams: Any) -> Any:
        from keras import ops

        stages = dict.fromkeys(target.stage for target in (*self._content, *self._style))
        tensors = self._network.tensors(x, list(stages))
        goals = self._network.tensors(content, [target.stage for target in self._content])
        far = sum(
            target.weight * _relative(tensors[target.stage], ops.stop_gradient(goals[target.stage]))
            for target in self._content
        )
        unlike = sum(
            target.weight * _relative(gram(tensors[target.stage]), goal)
            for target, goal in zip(self._style, grams, strict=True)
        )
        rough = ops.mean(ops.square(x[:, 1:] - x[:, :-1])) + ops.mean(
            ops.square(x[:, :, 1:] - x[:, :, :-1])
        )
        content_weight, style_weight, variation = self._weights
        loss = content_weight * far + style_weight * unlike + 100 * variation * rough
        return loss, {"content": far, "style": unlike, "roughness": rough}


def _relative(value: Any, goal: Any) -> Any:
    from keras import ops

    return ops.mean(ops.square(value - goal)) / (ops.mean(ops.square(goal)) + 1e-12)


def _check_stage(network: Network, target: Target) -> None:
    check_targets(network, [Target(target.stage)])
    if not network.stage(target.stage).spatial or target.channels:
        raise AscentError(
            f"“{target}” cannot stand for content or style; name stages that are maps, without "
            "channels, such as conv1 + conv3."
        )


def style_steps(
    network: Network, content: np.ndarray, style: np.ndarray, settings: StyleSettings
) -> Iterator[tuple[np.ndarray, dict[str, float]]]:
    """Yield (picture, {"objective", "content", "style", "roughness"}) after every step.

    L-BFGS ends early where it finds no better picture.

    Args:
        network: whose stages.
        content: H x W x 3, of the size of the result.
        style: H x W x 3.
        settings: the optimisation; its `style` and `side` are not read.

    Raises:
        UserError: there is no such stage, or the pictures are too small for it.
    """
    settings, loss, start = _begun(network, content, style, settings)
    yield from _steps(loss, start, content, settings)


def _begun(
    network: Network, content: np.ndarray, style: np.ndarray, settings: StyleSettings
) -> tuple[StyleSettings, StyleLoss, np.ndarray]:
    """The settings with their default targets, the loss, and the initial picture."""
    settings = with_default_targets(settings, network)
    loss = style_loss(network, style, settings)
    loss.check_size(content)
    return settings, loss, style_start(network, content, settings)


def _steps(
    loss: StyleLoss, start: np.ndarray, content: np.ndarray, settings: StyleSettings
) -> Iterator[tuple[np.ndarray, dict[str, float]]]:
    rng = np.random.default_rng(settings.seed)
    seek = _by_adam if settings.optimiser == "adam" else _by_lbfgs
    yield from seek(loss, start, content, settings, rng)


def style_loss(network: Network, style: np.ndarray, settings: StyleSettings) -> StyleLoss:
    """The loss that the settings ask for, with a style picture H x W x 3."""
    return StyleLoss(
        network,
        style,
        parse_targets(settings.content_stages),
        parse_targets(settings.style_stages),
        (settings.content, settings.strength, settings.variation),
    )


def style_start(network: Network, content: np.ndarray, settings: StyleSettings) -> np.ndarray:
    """The initial picture: the content, or noise of its size."""
    if settings.start == "content":
        return content
    rng = np.random.default_rng(settings.seed)
    return noise_for(network, rng.uniform(0.3, 0.7, content.shape).astype(np.float32))


def _by_adam(
    loss: StyleLoss,
    start: np.ndarray,
    content: np.ndarray,
    settings: StyleSettings,
    rng: np.random.Generator,
) -> Iterator[tuple[np.ndarray, dict[str, float]]]:
    """Adam on Fourier coefficients; random shifts suppress grid artefacts of strided layers."""
    height, width = start.shape[:2]
    basis, adam = FourierBasis(height, width, grey=loss.grey), Adam(settings.rate)
    parameters = basis.encode(start[None])
    pictures = basis.decode(parameters)
    for _ in range(settings.steps):
        down, right = (int(n) for n in rng.integers(0, loss.stride, 2))
        value, parts, gradient = loss(pictures[0], content, (down, right))
        parameters = adam.step(parameters, -basis.pull_back(pictures, gradient[None]))
        pictures = basis.decode(parameters)
        yield pictures[0], {OBJECTIVE: value, **parts}


def _by_lbfgs(
    loss: StyleLoss,
    start: np.ndarray,
    content: np.ndarray,
    settings: StyleSettings,
    _rng: np.random.Generator,
) -> Iterator[tuple[np.ndarray, dict[str, float]]]:
    parts: dict[str, float] = {}

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, found, gradient = loss(x, content)
        parts.update(found)
        return value, gradient

    seek = LBFGS(function, start, project=lambda x: np.clip(x, 0, 1))
    for _ in range(settings.steps):
        if not seek.step():  # the line search found no smaller value
            return
        yield seek.x, {OBJECTIVE: seek.value, **parts}


def style_frames(
    network: Network, content: np.ndarray, style: np.ndarray, settings: StyleSettings
) -> Generator[Frame, None, None]:
    """Yield a frame a step with the picture and the loss; the last also tells what came of it.

    Args:
        network: whose stages.
        content: H x W x 3, of the size of the result.
        style: H x W x 3.
        settings: the optimisation; its `style` and `side` are not read.

    Raises:
        UserError: as `style_steps`, or there is nothing to be painted.
    """
    settings, loss, start = _begun(network, content, style, settings)
    frame: Frame | None = None
    for step, (picture, numbers) in enumerate(_steps(loss, start, content, settings), start=1):
        if frame is not None:
            yield frame
        frame = Frame(step, settings.steps, picture, numbers, "style")
    if frame is None or frame.picture is None:
        raise AscentError("There is nothing to be painted; the picture has this style already.")
    ends = end_values(loss(start, content)[0], loss(frame.picture, content)[0])
    yield replace(frame, numbers={**frame.numbers, **ends})


@technique(
    name="style",
    title="Style transfer",
    paper="Gatys, Ecker & Bethge 2015, A Neural Algorithm of Artistic Style",
    explanation="A picture keeps what it shows in the later stages but takes on which features go "
    "together in another picture, so it is painted anew in that one's colours and strokes.",
    settings=StyleSettings,
)
def style(
    network: Network, specimen: Specimen, settings: StyleSettings
) -> Generator[Frame, None, None]:
    """Paint one specimen in the style of another picture; frames carry the picture and the loss."""
    content = start_from(specimen, settings.side)
    painted = starting_picture(named_picture(settings.style), settings.side)
    yield from style_frames(network, content, painted, settings)
