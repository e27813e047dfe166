"""Box-constrained L-BFGS: the attack of Szegedy et al. 2013.

The paper writes c |r|; here it is c ||r||^2, which is differentiable at r = 0. foolbox 3 has no
such attack; the tests compare the norms of its changes with those of an exhaustive search over c.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.adversarial.ask_tell import ask_tell
from visualizer.engine.adversarial.attack import Attack, TargetSettings, attack
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel, softmax
from visualizer.engine.technique import setting, technique

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen


@dataclass(frozen=True)
class LBFGSSettings(TargetSettings):
    """Length of the line search and of each minimisation."""

    searches: int = setting(9, low=1, high=30, help="How many values of c the line search tries.")
    iterations: int = setting(
        30, low=1, high=500, step=10, help="At most how many steps of L-BFGS for each c."
    )


def perturb(
    model: DifferentiableModel, pictures: np.ndarray, criterion: Criterion, settings: LBFGSSettings
) -> Iterator[np.ndarray]:
    """Yield the batch after each evaluation; the last one holds the smallest successful change.

    Minimises c ||r||^2 + loss(x + r, label) with x + r in [0, 1] (section 4.1), and looks by line
    search for the largest c, and so the smallest r, that still reaches the label. Without a target
    the label is the runner-up: the paper's attack always has one.
    """
    best = pictures.copy()
    for index, picture in enumerate(pictures):
        before = picture
        for found in _perturb_one(model, picture, criterion.subset(np.array([index])), settings):
            if found is not before:
                before, best = found, best.copy()
                best[index] = found
            yield best


def _perturb_one(
    model: DifferentiableModel, picture: np.ndarray, criterion: Criterion, settings: LBFGSSettings
) -> Iterator[np.ndarray]:
    scores = model.logits(picture[None])
    if criterion.satisfied(scores)[0]:
        return
    label = int(criterion.labels[0]) if criterion.targeted else int(np.argsort(-scores[0])[1])
    minimal_epsilons = Criterion(np.array([label]), targeted=True)
    smallest, best = np.inf, None
    # Search log10(c): decrease it until the attack succeeds, then bisect.
    log_c, failed_at, worked_at = 0.0, None, None
    for _ in range(settings.searches):
        candidate = yield from _minimise(
            model, picture, label, 10.0**log_c, settings.iterations, best
        )
        if minimal_epsilons.satisfied(model.logits(candidate[None]))[0]:
            worked_at = log_c
            length = float(np.linalg.norm(candidate - picture))
            if length < smallest:
                smallest, best = length, candidate
        else:
            failed_at = log_c
        if worked_at is None:
            log_c -= 1
        elif failed_at is None:
            log_c += 1
        else:
            log_c = (worked_at + failed_at) / 2
    if best is not None:
        yield best


def _minimise(
    model: DifferentiableModel,
    picture: np.ndarray,
    label: int,
    c: float,
    iterations: int,
    best: np.ndarray | None,
) -> Generator[np.ndarray, None, np.ndarray]:
    """Run L-BFGS-B from the picture itself, and return where it ends.

    Yields the best picture so far after each evaluation, or the one evaluated if there is none.
    """
    from scipy.optimize import minimize

    labels = np.array([label])

    def solve(function: Callable[[np.ndarray], tuple[float, np.ndarray]]) -> np.ndarray:
        start = picture.astype(np.float64).ravel()
        options = {"maxiter": iterations, "maxcor": 10}
        bounds = [(0.0, 1.0)] * start.size
        return minimize(
            function, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options
        ).x

    def answer(flat: np.ndarray) -> tuple[float, np.ndarray]:
        x = flat.reshape(picture.shape)
        scores, slope = model.cross_entropy(x[None].astype(np.float32), labels)
        change = x - picture
        loss = -np.log(max(softmax(scores)[0, label], 1e-300))
        value = c * float((change**2).sum()) + loss
        return value, (2 * c * change + slope[0]).ravel().astype(np.float64)

    with closing(ask_tell(solve)) as questions:
        try:
            flat = next(questions)
            while True:
                yield flat.reshape(picture.shape).astype(np.float32) if best is None else best
                flat = questions.send(answer(flat))
        except StopIteration as end:
            return end.value.reshape(picture.shape).astype(np.float32)


@technique(
    name="lbfgs",
    title="L-BFGS",
    paper="Szegedy et al. 2013, Intriguing Properties of Neural Networks, section 4.1",
    explanation="The first attack: look for the smallest change of all that makes the network "
    "answer with the class you chose. Slow, and the change is nearly invisible.",
    settings=LBFGSSettings,
)
def lbfgs(network: Network, specimen: Specimen, settings: LBFGSSettings) -> Attack:
    """Attack one specimen; see `attack` for what the generator returns."""
    return (yield from attack("lbfgs", network, specimen, settings, perturb))
