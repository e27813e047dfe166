"""Objectives of ascent: weighted sums of stages, channels, units and classes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network


@dataclass(frozen=True)
class Target:
    """One term of an objective.

    Attributes:
        stage: name of the stage.
        channels: the channels (or dense units) to climb; empty climbs the whole stage.
        position: (row, column) of one unit of a spatial stage; None for its whole map.
        weight: how much it counts; negative makes it smaller.
    """

    stage: str
    channels: tuple[int, ...] = ()
    position: tuple[int, int] | None = None
    weight: float = 1.0

    def __str__(self) -> str:
        text = self.stage + (":" + ",".join(map(str, self.channels)) if self.channels else "")
        if self.position is not None:
            text += f"@{self.position[0]},{self.position[1]}"
        return text if self.weight == 1 else f"{self.weight:g}*{text}"


_WRITTEN = re.compile(
    r"^\s*(?:(?P<weight>[+-]?(?:\d{1,9}\.?\d{0,9}|\.\d{1,9}))\s*\*\s*)?(?P<stage>[^\s:@*]+)"
    r"(?::(?P<channels>\d{1,9}(?:,\d{1,9})*))?(?:@(?P<row>\d{1,9}),(?P<column>\d{1,9}))?\s*$",
    re.ASCII,
)


def parse_targets(text: str) -> tuple[Target, ...]:
    """Read targets as people write them: ``conv5``, ``conv5:12``, ``0.5*conv3:1,4@3,3 + output:7``.

    Raises:
        UserError: the text is not of that form.
    """
    targets = []
    for part in re.split(r"\s\+\s", text):
        found = _WRITTEN.match(part)
        if found is None:
            raise UserError(
                f"“{part.strip()[:80]}” names nothing to climb; write a stage, such as conv5, and "
                "if you like channels, a place and a weight: 0.5*conv5:12,40@3,3."
            )
        channels = tuple(int(n) for n in found["channels"].split(",")) if found["channels"] else ()
        position = (int(found["row"]), int(found["column"])) if found["row"] else None
        weight = float(found["weight"] or 1)
        targets.append(Target(found["stage"], channels, position, weight))
    return tuple(targets)


def check_targets(network: Network, targets: Sequence[Target]) -> None:
    """Raise a `UserError` that names the first target the network does not have."""
    for target in targets:
        stage = network.stage(target.stage)
        wrong = [c for c in target.channels if not 0 <= c < stage.units]
        if wrong:
            raise UserError(
                f"{target.stage} has no channel {wrong[0]}; its {stage.units} are counted "
                f"0 to {stage.units - 1}."
            )
        if target.position is None:
            continue
        if not stage.spatial:
            raise UserError(f"The units of {target.stage} have no place; leave out the @.")
        height, width = stage.shape[:2]
        if target.position[0] >= height or target.position[1] >= width:
            raise UserError(
                f"{target.stage} has no place {target.position[0]},{target.position[1]}; its rows "
                f"are counted 0 to {height - 1} and its columns 0 to {width - 1}."
            )
        if not target.channels:
            raise UserError(f"A place needs a channel: write {target.stage}:0@3,3.")


def objective(network: Network, targets: Sequence[Target]) -> Objective:
    """The function to climb, as a sum of the targets.

    Raises:
        UserError: the network has no such stage or channel.
    """
    check_targets(network, targets)
    return Objective(network, tuple((t.stage, bool(t.channels), t.position) for t in targets))


@dataclass(frozen=True, eq=False)
class Objective:
    """A differentiable objective; the weights of the channels are arguments of each call.

    One compiled gradient therefore serves every unit of a stage.

    A whole stage contributes the mean of its squared activations, as in the published deep dream
    (Mordvintsev, Olah & Tyka 2015); channels and units contribute their mean before the activation
    (of pooling stages: before that of what they pool), because a ReLU has no gradient below zero
    and a softmax rises by lowering the other logits. The output stage contributes logits.

    Attributes:
        network: whose stages.
        parts: of each target its stage, whether only some channels count, and the place.
        relu: given the function of each ReLU, it returns what takes its place; None for none.
        after: the stage whose value is given in place of pictures (see `Network.tensor`), or None.
    """

    network: Network
    parts: tuple[tuple[str, bool, tuple[int, int] | None], ...]
    relu: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None
    after: str | None = None

    def with_relu(self, relu: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Objective:
        """The same, with another function (or another gradient) in place of every ReLU."""
        return replace(self, relu=relu)

    def weights(self, targets: Sequence[Target], count: int = 1) -> list[np.ndarray]:
        """The arrays that say how much each channel counts, one a target, `count` x C each."""
        arrays = []
        for target in targets:
            units = self.network.stage(target.stage).units if target.channels else 1
            row = np.zeros(units, np.float32)
            row[list(target.channels) or [0]] = target.weight / max(len(target.channels), 1)
            arrays.append(np.tile(row, (count, 1)))
        return arrays

    def __call__(self, x: Any, *weights: Any) -> Any:
        """One number a picture (N) of a tensor N x H x W x 3 in [0, 1], or of the value of the
        stage `after`; differentiable.
        """
        values = [
            self._value(x, *part, weight) for part, weight in zip(self.parts, weights, strict=True)
        ]
        return sum(values[1:], start=values[0])

    def _value(
        self, x: Any, stage: str, some: bool, position: tuple[int, int] | None, weight: Any
    ) -> Any:
        from keras import ops

        if stage == self.network.stages[-1].name:
            tensor = self.network.logits(x, relu=self.relu, after=self.after)
        else:
            tensor = self.network.tensor(
                x, stage, before_activation=some, relu=self.relu, after=self.after
            )
        if not some:
            energy = ops.mean(ops.reshape(ops.square(tensor), (ops.shape(tensor)[0], -1)), axis=1)
            return energy * weight[:, 0]
        if len(tensor.shape) == 4:
            if position is None:
                tensor = ops.mean(tensor, axis=(1, 2))
            else:
                tensor = tensor[:, position[0], position[1]]
        return ops.sum(tensor * weight, axis=1)
