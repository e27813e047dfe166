"""Robustness reports: accuracy and fooling rate against epsilon over a folder of pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.adversarial.attack import bound_of, most_steps, smallest_saved
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import AttackError, DifferentiableModel
from visualizer.engine.adversarial.norms import (
    distortion,
    steepest,
    to_8_bit,
    to_8_bit_within,
    whole_levels,
)
from visualizer.engine.adversarial.robustness_results import PictureResult, RobustnessResults
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import LARGE, PictureError, read_picture

if TYPE_CHECKING:
    from visualizer.engine.adversarial.labelled_folder import LabelledPicture
    from visualizer.engine.network import Network


ONE_AT_A_TIME = ("lbfgs",)
"""Attacks that process one picture at a time; each result is saved when it is done."""


class RobustnessError(UserError):
    """An invalid choice of attacks, sizes or batch."""


@dataclass(frozen=True)
class RobustnessConfig:
    """The attacks, their sizes and the batch of a report.

    `epsilons` are L-infinity, in whole levels of 1/255, as 8-bit pictures are. Attacks that
    minimise the change themselves count from the size they find.
    `mode` is how pictures are brought to the network's size.
    """

    methods: tuple[str, ...] = ("fgsm",)
    epsilons: tuple[float, ...] = (1 / 255, 2 / 255, 4 / 255, 8 / 255, 16 / 255)
    batch: int = 32
    mode: str = "crop"

    def __post_init__(self) -> None:
        from visualizer.engine.adversarial import PERTURB

        for name in self.methods:
            if name not in PERTURB:
                raise RobustnessError(
                    f"There is no attack {name!r}; choose from {', '.join(PERTURB)}."
                )
        if not self.methods or not self.epsilons:
            raise RobustnessError("A report needs an attack and a size at least; none were given.")
        for epsilon in self.epsilons:
            if not 0 < epsilon <= 1 or abs(whole_levels(epsilon) - epsilon * 255) > 1e-3:
                raise RobustnessError(
                    f"The size {epsilon * 255:g}/255 was given; pictures of 8 bits move by whole "
                    "levels of 255, so give sizes from 1/255 to 255/255, such as 8/255."
                )
        if self.batch < 1:
            raise RobustnessError(f"The batch is {self.batch}; it must be 1 or more pictures.")

    def order(self, row: PictureResult) -> int:
        """Sort key of the results of one picture."""
        return self.methods.index(row.method) if row.method else -1

    def to_dict(self) -> dict[str, Any]:
        """The configuration without the batch, which does not change the results."""
        return {
            "methods": list(self.methods),
            "epsilons": [round(e, 9) for e in self.epsilons],
            "mode": self.mode,
        }


@dataclass(frozen=True)
class Progress:
    """The progress of a report.

    Attributes:
        step: pictures done.
        total: pictures in all.
        broken: how many of those done could not be read, or gave no numbers.
        work: pictures done, with fractions for the batch in progress.
    """

    step: int
    total: int
    broken: int
    work: float


def robustness(
    network: Network,
    items: Sequence[LabelledPicture],
    results: RobustnessResults,
    config: RobustnessConfig,
) -> Iterator[Progress]:
    """Attack pictures and add the answers to `results`, skipping those it holds already.

    Each attack starts at the clean picture and leads away from the network's own answer; pictures
    are rounded to 8 bits before they are judged, and never farther than epsilon. One for which the
    network gives no numbers (NaN) is left out as a broken one.

    Args:
        network: a classifier.
        items: of `find_labelled_pictures`.
        results: kept on disk, so that an interrupted report goes on.
        config: attacks and sizes.

    Yields:
        `Progress` after each step of each attack on each batch.

    Raises:
        AttackError: the network gives NaN for any picture.
        UserError: it has no classes.
    """
    model = DifferentiableModel.of(network)
    waiting = [item for item in items if item.name not in results]
    known = len(items) - len(waiting) - len(results.rows) - len(results.broken)

    def progress(work: float = 0) -> Progress:
        done = known + len(results.rows) + len(results.broken)
        return Progress(done, len(items), len(results.broken), max(done, work))

    yield progress()
    for start in range(0, len(waiting), config.batch):
        some = _read(network, waiting[start : start + config.batch], results, config.mode)
        begun = progress().step
        for share in _attack_batch(model, some, results, config):
            yield progress(begun + share * len(some))
        yield progress()


Picture = tuple["LabelledPicture", np.ndarray]
"""A picture of the folder, and its pixels as the network takes them."""


def _read(
    network: Network, items: Sequence[LabelledPicture], results: RobustnessResults, mode: Any
) -> list[Picture]:
    read = []
    for item in items:
        try:
            picture = read_picture(item.path, LARGE)
        except PictureError as error:
            results.add_broken(item.name, str(error))
            continue
        read.append((item, to_8_bit(network.fit(picture, mode))))
    return read


def _attack_batch(
    model: DifferentiableModel,
    some: Sequence[Picture],
    results: RobustnessResults,
    config: RobustnessConfig,
) -> Iterator[float]:
    """Attack a batch and keep its answers; yields how much of it is done, 0 to 1.

    A picture that gives NaN fails its whole batch; it is found by bisection.
    """
    some = [each for each in some if each[0].name not in results]
    if not some:
        return
    try:
        for rows, share in _answers(model, some, config):
            results.add(rows)
            yield share
    except AttackError as error:
        if len(some) == 1:
            item, picture = some[0]
            # If the network gives NaN for random pixels too, it is at fault, not this picture.
            anything = np.random.default_rng(0).random((1, *picture.shape), np.float32)
            model.finite_logits(anything)
            results.add_broken(item.name, f"“{item.path}” is left out: {error}")
            return
        middle = len(some) // 2
        for half in (some[:middle], some[middle:]):
            yield from _attack_batch(model, half, results, config)


def _answers(
    model: DifferentiableModel, some: Sequence[Picture], config: RobustnessConfig
) -> Iterator[tuple[list[PictureResult], float]]:
    """Yield (results of finished pictures, how much of the batch is done, 0 to 1)."""
    from visualizer.engine.adversarial import attacks

    items, pictures = [item for item, _ in some], np.stack([picture for _, picture in some])
    count, every = len(items), len(config.methods)
    padded = _padded(pictures, config.batch)  # one shape, so that calls are compiled once
    criterion = Criterion(model.finite_logits(padded).argmax(axis=1), targeted=False)
    rows = [
        [PictureResult(item.name, item.label, int(clean), "", 0.0, int(clean))]
        for item, clean in zip(items, criterion.labels, strict=False)
    ]
    together = [method for method in config.methods if method not in ONE_AT_A_TIME]
    for place, method in enumerate(together):
        if bound_of(attacks()[method].settings()) is None:
            steps = _smallest(model, pictures, criterion.subset(np.arange(count)), method, rows)
        else:
            steps = _sized(model, padded, criterion, method, config.epsilons, rows)
        for share in steps:
            yield [], (place + share) / every
    alone = [method for method in config.methods if method in ONE_AT_A_TIME]
    size = 1 if alone else count
    for start in range(0, count, size):
        one = slice(start, start + size)
        for method in alone:
            wanted = criterion.subset(np.arange(count)[one])
            for share in _smallest(model, pictures[one], wanted, method, rows[one]):
                yield [], (len(together) + (start + share) / count) / every
        ready = [row for found in rows[one] for row in sorted(found, key=config.order)]
        yield ready, (len(together) + len(alone) * (start + size) / count) / every


def _sized(
    model: DifferentiableModel,
    pictures: np.ndarray,
    criterion: Criterion,
    method: str,
    epsilons: Sequence[float],
    rows: Sequence[list[PictureResult]],
) -> Iterator[float]:
    """Add the answers after an attack of each size; FGSM asks for one gradient for all of them.

    Yields how much of it is done, 0 to 1. There may be more pictures than `rows`.
    """
    from visualizer.engine.adversarial import PERTURB, attacks

    settings: Any = attacks()[method].settings()
    if method == "fgsm":
        direction = steepest(model.cross_entropy(pictures, criterion.labels)[1], "linf")
    for place, epsilon in enumerate(epsilons):
        if method == "fgsm":
            changed = np.clip(pictures + np.float32(epsilon) * direction, 0, 1)
        else:
            chosen = replace(settings, epsilon=epsilon)
            walk = PERTURB[method](model, pictures, criterion, chosen)
            for step, newest in enumerate(walk, start=1):
                changed = newest
                yield (place + step / max(step, most_steps(settings))) / len(epsilons)
        final = to_8_bit_within(changed, pictures, epsilon)
        answers = model.finite_logits(final).argmax(axis=1)
        for found, answer in zip(rows, answers, strict=False):
            clean = found[0]
            found.append(replace(clean, method=method, epsilon=epsilon, answer=int(answer)))


def _smallest(
    model: DifferentiableModel,
    pictures: np.ndarray,
    criterion: Criterion,
    method: str,
    rows: Sequence[list[PictureResult]],
) -> Iterator[float]:
    """Add the answers after an attack that looks for the smallest change, and its sizes.

    Yields how much of it is done, 0 to 1.
    """
    from visualizer.engine.adversarial import PERTURB, attacks

    settings: Any = attacks()[method].settings()
    changed = pictures
    for step, newest in enumerate(PERTURB[method](model, pictures, criterion, settings), start=1):
        changed = newest
        yield step / max(step, most_steps(settings))
    final = smallest_saved(model, pictures, changed, criterion)
    answers = model.finite_logits(final).argmax(axis=1)
    for found, before, after, answer in zip(rows, pictures, final, answers, strict=True):
        size = distortion(before, after)
        row = replace(found[0], method=method, epsilon=size.linf, answer=int(answer))
        found.append(replace(row, l2=size.l2, rms=size.rms))


def _padded(pictures: np.ndarray, count: int) -> np.ndarray:
    """Repeat the last picture until there are `count`."""
    missing = count - len(pictures)
    return (
        pictures if missing <= 0 else np.concatenate([pictures, pictures[-1:].repeat(missing, 0)])
    )
