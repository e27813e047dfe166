"""What the compute thread makes for the Attack workspace: from a wish to its pictures."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QImage

from visualizer.engine.rendering import difference
from visualizer.gui.attack.robustness_table import Verdict
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import AttackOutcome
    from visualizer.engine.adversarial.attack_context import AdversarialPass, AttackContext
    from visualizer.engine.adversarial.epsilon import Curve
    from visualizer.engine.adversarial.norms import Distortion
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Settings


@dataclass(frozen=True)
class Wish:
    """What is wanted: a method with its settings, a target, a size and how the change is drawn.

    `levels` is the size in levels of 1/255, `length` that of an attack whose size is counted in L2;
    `factor` is how many times the difference is enlarged; `instead_of` is the title of a method
    that this one stands in for.
    """

    method: str
    settings: Settings
    target: str | None
    levels: int
    length: float
    factor: int
    twin: bool
    instead_of: str = ""

    @property
    def undrawn(self) -> Wish:
        """The attack that is wanted, however its change is drawn."""
        return replace(self, factor=1, twin=False)


@dataclass(frozen=True, eq=False)
class Moment:
    """What one wish has become: the attack, its way through the network, and its pictures.

    `truth` is the class that the picture is known to show, if it is known; `size` is that of the
    change on show, the attack's or its twin's.
    """

    wish: Wish
    specimen: Specimen
    mode: str
    subject: AttackContext
    attacked: AttackOutcome
    walk: AdversarialPass
    truth: int | None
    pictures: tuple[QImage, QImage, QImage]
    size: Distortion

    def is_of(self, wish: Wish, specimen: Specimen, subject: AttackContext) -> bool:
        """Whether this is the attack of a wish, if perhaps drawn in another way."""
        same = self.specimen is specimen and self.subject is subject
        return same and self.wish.undrawn == wish.undrawn

    def drawn(self, wish: Wish) -> Moment:
        """The same attack, its change drawn as wished."""
        pictures, size = drawing_of(wish, self.attacked, self.walk)
        return replace(self, wish=wish, pictures=pictures, size=size)

    @property
    def settings(self) -> Settings:
        """All it takes to make this attack again."""
        return settings_of(self.wish, self.mode)


def settings_of(wish: Wish, mode: str) -> Settings:
    """The settings of a wish's method with its size, its target and the way of fitting in them."""
    fields = {field.name for field in type(wish.settings).__dataclass_fields__.values()}
    chosen = {
        "target": wish.target,
        "mode": mode,
        "epsilon": wish.levels / 255,
        "l2_epsilon": wish.length,
    }
    return replace(wish.settings, **{name: v for name, v in chosen.items() if name in fields})


def moment_of(
    wish: Wish, specimen: Specimen, mode: str, subject: AttackContext, truth: int | None
) -> Generator[Any, None, Moment]:
    """Attack a subject as wished, with the frames of the method while it runs."""
    from visualizer.engine.adversarial.attack_context import adversarial_pass

    if wish.method == "fgsm":  # the dial: one pass serves the verdict and the stages
        changed = subject.perturbed(wish.levels / 255)
        way = adversarial_pass(subject, changed)
        attacked = subject.judge(changed, way)
    else:
        attacked = yield from _attacked(wish, specimen, mode, subject)
        way = adversarial_pass(subject, attacked.adversarial)
    pictures, size = drawing_of(wish, attacked, way)
    return Moment(wish, specimen, mode, subject, attacked, way, truth, pictures, size)


def drawing_of(
    wish: Wish, attacked: AttackOutcome, way: AdversarialPass
) -> tuple[tuple[QImage, QImage, QImage], Distortion]:
    """The original, the difference, and the attacked picture or its random twin, with its size."""
    from visualizer.engine.adversarial.norms import distortion

    changed, size = attacked.adversarial, attacked.size
    if wish.twin:
        changed, size = way.noise, distortion(attacked.original, way.noise)
    pictures = (
        image_of(attacked.original),
        image_of(difference(changed, attacked.original, wish.factor)),
        image_of(changed),
    )
    return pictures, size


def truth_of(network: Network, source: str) -> int | None:
    """The class after which the folder of a picture is named, by its name or by WordNet, if any.

    An index is none, unlike for `visualizer robustness`: folders are called 2024 for other reasons.
    """
    from visualizer.engine.adversarial.criterion import exact_class
    from visualizer.engine.adversarial.labelled_folder import IMAGES
    from visualizer.models.labels import identifiers_of

    folder = Path(source).parent
    name = (folder.parent if folder.name == IMAGES else folder).name.replace("_", " ")
    identifiers = identifiers_of(network.classes)
    if not name or name in identifiers:
        return identifiers.index(name) if name else None
    found = exact_class(network, name, len(network.classes))
    named = found is not None and network.label(found).casefold() == name.casefold()
    return found if named else None


def _attacked(
    wish: Wish, specimen: Specimen, mode: str, subject: AttackContext
) -> Generator[Any, None, AttackOutcome]:
    from visualizer.engine.adversarial import attacks
    from visualizer.engine.specimen import Specimen as Seen

    seen = Seen(subject.picture, specimen.title, specimen.provenance)
    frames: Any = attacks()[wish.method](subject.network, seen, settings_of(wish, mode))
    return (yield from frames)


def survival_of(moment: Moment, quality: int) -> dict[str, Verdict]:
    """What becomes of the attack when its picture is saved, blurred, shifted, ..."""
    from visualizer.engine.adversarial.transform_robustness import transform_results, transforms

    network = moment.subject.network
    found = transform_results(network, moment.attacked, transforms(quality))
    return {
        "jpeg" if name.startswith("jpeg") else name: Verdict(
            each.survived, network.label(each.index), each.probability
        )
        for name, each in found.items()
    }


def transfer_of(moment: Moment, other: Network) -> tuple[str, Verdict]:
    """What another network makes of both pictures: in words, and of the attacked one."""
    from visualizer.engine.adversarial.transform_robustness import transfer

    network, attacked = moment.subject.network, moment.attacked
    found = transfer(network, other, attacked)
    words = f"before: {other.label(found.before)}; after: {other.label(found.after)}"
    if attacked.targeted and found.wanted is None:
        words += f"; it does not know {network.label(attacked.label)}, so any other answer counts"
    still = "still " if found.after == found.before else ""
    answer = f"{still}{other.label(found.after)}"
    return words, Verdict(found.fooled, answer, found.after_probability)


def specimens_of(moment: Moment) -> tuple[Specimen, Specimen]:
    """The picture that was attacked, and a specimen of what it became, with the recipe."""
    from visualizer.engine.adversarial import attacks
    from visualizer.engine.specimen import Specimen as Made

    technique = attacks()[moment.wish.method]
    network = moment.subject.network
    recipe = technique.provenance(network, moment.specimen, moment.settings)
    answer = network.label(int(moment.attacked.after.argmax()))
    made = Made(moment.attacked.adversarial, f"{moment.specimen.title} as {answer}", recipe)
    assert made.id  # worked out here, not on the window thread
    assert moment.specimen.id
    return moment.specimen, made


def lines_of(curve: Curve, network: Network, goal: Any, shown: int = 5) -> Any:
    """The classes of a curve that matter: the answer, the target, and whoever rises highest."""
    from visualizer.gui.attack.epsilon_curve import CurveLines

    middle = int(np.abs(curve.epsilons).argmin())
    first = int(curve.probabilities[middle].argmax())
    strength = curve.probabilities.max(axis=0)
    order = [first, int(goal.labels[0]), *np.argsort(-strength, kind="stable")[: shown + 2]]
    chosen = list(dict.fromkeys(int(index) for index in order))[:shown]
    flip = curve.flip(goal)
    return CurveLines(
        levels=np.rint(curve.epsilons * 255),
        labels=[network.label(index) for index in chosen],
        shares=curve.probabilities[:, chosen].T,
        flip=None if flip is None else round(flip * 255, 2),
    )
