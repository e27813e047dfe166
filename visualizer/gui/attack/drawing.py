"""An attack as the triptych shows it: three pictures, made on the compute thread."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from visualizer.engine.rendering import difference
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack_result import Attacker, AttackRequest, AttackResult
    from visualizer.engine.adversarial.norms import Distortion


@dataclass(frozen=True)
class DrawOptions:
    """How an attack is shown, which does not change it.

    Attributes:
        factor: how many times the difference is enlarged.
        noise: whether norm-matched noise is shown in its place.
        instead_of: the title of the method that this one stands in for; "" for none.
    """

    factor: int
    noise: bool
    instead_of: str = ""


@dataclass(frozen=True, eq=False)
class DrawnAttack:
    """A result with its pictures: original, difference, and the changed one on show.

    `size` is that of the change on show, the attack's or the noise's.
    """

    result: AttackResult
    options: DrawOptions
    pictures: tuple[QImage, QImage, QImage]
    size: Distortion


def draw(
    result: AttackResult, options: DrawOptions, before: DrawnAttack | None = None
) -> DrawnAttack:
    """Draw a result; of what was drawn before, the original is used again if it is the same."""
    from visualizer.engine.adversarial.norms import distortion

    outcome = result.outcome
    changed, size = outcome.adversarial, outcome.size
    if options.noise:
        changed = result.passed.noise
        size = distortion(outcome.original, changed)
    same = before is not None and before.result.context.clean is result.context.clean
    pictures = (
        before.pictures[0] if before is not None and same else image_of(outcome.original),
        image_of(difference(changed, outcome.original, options.factor)),
        image_of(changed),
    )
    return DrawnAttack(result, options, pictures, size)


def attack_and_draw(
    attacker: Attacker, request: AttackRequest, options: DrawOptions, before: DrawnAttack | None
) -> Generator[Any, None, DrawnAttack]:
    """Attack, with the frames of the method while it runs, and draw what came of it."""
    return draw((yield from attacker.attack(request)), options, before)
