"""What all attacks on one specimen share: fit, choose the criterion, take steps, evaluate."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.adversarial.criterion import Criterion, choose_criterion
from visualizer.engine.adversarial.norms import Distortion, distortion, to_8_bit, to_8_bit_within
from visualizer.engine.arrays import frozen
from visualizer.engine.technique import Frame, Settings, setting

if TYPE_CHECKING:
    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
    from visualizer.engine.network import Network, Prediction
    from visualizer.engine.specimen import Specimen

Perturb = Callable[["DifferentiableModel", np.ndarray, Criterion, Any], Iterator[np.ndarray]]


@dataclass(frozen=True)
class TargetSettings(Settings):
    """The target class of an attack, and how the picture is fitted."""

    target: str | None = setting(
        None, help="Class to reach: a name, an index or “least likely”; none: anything but this."
    )
    mode: str = setting(
        "crop",
        choices=("crop", "fit"),
        help="Whether the network sees the middle of the picture, or all of it with margins.",
    )


@dataclass(frozen=True)
class AttackSettings(TargetSettings):
    """The target of an attack and the largest change it may make."""

    epsilon: float = setting(
        8 / 255, low=0.0, high=1.0, step=1 / 255, unit="/255", help="Largest change of a pixel."
    )


@dataclass(frozen=True, eq=False)
class AttackOutcome:
    """The outcome of an attack on one picture; pictures are H x W x 3 multiples of 1/255.

    Attributes:
        method: the technique's name.
        original: the picture before, at the network's size.
        adversarial: the picture after, rounded to 8 bits.
        before: probabilities before, K numbers.
        after: probabilities after, of the rounded picture.
        label: the class to leave, or to reach.
        targeted: whether it was to be reached.
        success: whether the rounded picture satisfies the criterion.
        size: norms of the change.
    """

    method: str
    original: np.ndarray
    adversarial: np.ndarray
    before: np.ndarray
    after: np.ndarray
    label: int
    targeted: bool
    success: bool
    size: Distortion

    def top(self, network: Network, k: int = 5) -> tuple[list[Prediction], list[Prediction]]:
        """The likeliest classes before and after."""
        return network.top(self.before, k), network.top(self.after, k)


Attack = Generator[Frame, None, AttackOutcome]
"""An attack on one specimen: yields frames, returns the outcome."""


def attack(
    method: str,
    network: Network,
    specimen: Specimen,
    settings: Any,
    perturb: Perturb,
) -> Attack:
    """Attack one specimen with the steps of `perturb`, one frame a step.

    The picture is first brought to the network's size and rounded to 8 bits; norms of the change
    are relative to that.

    Returns:
        `AttackOutcome`, the generator's value; attacks with an `epsilon` never exceed it.

    Raises:
        AttackError: the network gives no numbers here (NaN).
        UserError: the network has no classes, or the target is none of them.
    """
    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel

    model = DifferentiableModel.of(network)
    original = to_8_bit(network.fit(specimen.picture, settings.mode))[None]
    scores = model.finite_logits(original)
    criterion = choose_criterion(network, scores, settings.target)
    before = model.probabilities(scores)[0]
    changed, now, steps = original, before, most_steps(settings)
    for step, newest in enumerate(perturb(model, original, criterion, settings), start=1):
        if newest is not changed:  # a search may evaluate points without improving
            changed, now = newest, model.probabilities(model.logits(newest))[0]
        yield Frame(
            step,
            max(steps, step),
            changed[0].astype(np.float32),
            {
                "probability": now[criterion.labels[0]],
                "linf": np.abs(changed - original).max(),
            },
            label=network.label(int(now.argmax())),
        )
    bound = bound_of(settings)
    if bound is None:
        final = smallest_saved(model, original, changed, criterion)
    else:
        final = to_8_bit_within(changed, original, *bound)
    return judged(network, method, original[0], final[0], before, criterion)


def smallest_saved(
    model: DifferentiableModel, original: np.ndarray, changed: np.ndarray, criterion: Criterion
) -> np.ndarray:
    """Round a batch to 8 bits; where rounding undoes a minimal change, scale the change up.

    It is at most doubled. Its norms are measured afterwards.
    """
    found = to_8_bit(changed)
    undone = criterion.satisfied(model.logits(changed)) & ~criterion.satisfied(model.logits(found))
    for factor in (1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0):
        rows = np.flatnonzero(undone)
        if not len(rows):
            break
        grown = original[rows] + np.float32(factor) * (changed[rows] - original[rows])
        more = to_8_bit(grown)
        there = criterion.subset(rows).satisfied(model.logits(more))
        found[rows[there]] = more[there]
        undone[rows[there]] = False
    return found


def judged(
    network: Network,
    method: str,
    original: np.ndarray,
    adversarial: np.ndarray,
    before: np.ndarray,
    criterion: Criterion,
    after: np.ndarray | None = None,
) -> AttackOutcome:
    """Run the network on a changed picture and evaluate the attack.

    Args:
        network: what was attacked.
        method: the technique's name.
        original: H x W x 3 multiples of 1/255.
        adversarial: likewise, such as it was read back from its file.
        before: probabilities of the original, K numbers.
        criterion: of this one picture.
        after: probabilities of the changed picture, if they are known already.

    Raises:
        AttackError: the network gives no numbers for the changed picture (NaN).
    """
    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel

    model = DifferentiableModel.of(network)
    if after is not None and np.isfinite(after).all():
        success = criterion.satisfied(after[None])
    else:
        scores = model.finite_logits(adversarial[None])
        success, after = criterion.satisfied(scores), model.probabilities(scores)[0]
    return AttackOutcome(
        method=method,
        original=frozen(original),
        adversarial=frozen(adversarial),
        before=frozen(before),
        after=frozen(after),
        label=int(criterion.labels[0]),
        targeted=criterion.targeted,
        success=bool(success[0]),
        size=distortion(original, adversarial),
    )


def judged_again(
    network: Network, attacked: AttackOutcome, adversarial: np.ndarray
) -> AttackOutcome:
    """The same attack evaluated on another version of its picture, such as the saved file."""
    criterion = Criterion(np.array([attacked.label]), attacked.targeted)
    return judged(
        network, attacked.method, attacked.original, adversarial, attacked.before, criterion
    )


def most_steps(settings: Any) -> int:
    """At most how many steps an attack with these settings takes."""
    counts = ("steps", "restarts", "searches", "iterations")
    return prod(getattr(settings, name, 1) for name in counts)


def bound_of(settings: Any) -> tuple[float, str] | None:
    """The largest change that these settings allow and its norm, or None where none is set."""
    norm = getattr(settings, "norm", "linf")
    size = getattr(settings, "epsilon" if norm == "linf" else "l2_epsilon", None)
    return None if size is None else (size, norm)
