"""An attack on one picture as a request and its result, for a program that attacks again and again.

What does not change from one attack to the next is kept: the clean forward pass of the picture and
the gradient for the target.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from visualizer.engine.adversarial.attack_context import (
    AdversarialPass,
    AttackContext,
    CleanPass,
    adversarial_pass,
    attack_context,
    clean_pass,
)

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import AttackOutcome, TargetSettings
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame, Settings

S = TypeVar("S", bound="Settings")


def with_known(settings: S, **values: Any) -> S:
    """These settings with those of the values for which they have a field."""
    names = {field.name for field in fields(settings)}
    return replace(settings, **{name: value for name, value in values.items() if name in names})


@dataclass(frozen=True)
class AttackRequest:
    """What to attack and how.

    Attributes:
        network: the network under attack.
        specimen: the picture.
        method: the technique's name; see `visualizer.engine.adversarial.attacks`.
        settings: all settings of the method, with target, fitting and size.
    """

    network: Network
    specimen: Specimen
    method: str
    settings: TargetSettings


@dataclass(frozen=True, eq=False)
class AttackResult:
    """What came of a request.

    Attributes:
        request: what was asked for.
        context: the picture, the goal and FGSM's direction; the same object for every request about
            the same network, picture, fitting and target.
        outcome: the adversarial picture and what the network says of it.
        passed: that picture and norm-matched noise, through every stage.
        truth: the class that the picture is known to show, or None.
    """

    request: AttackRequest
    context: AttackContext
    outcome: AttackOutcome
    passed: AdversarialPass
    truth: int | None

    @property
    def network(self) -> Network:
        """The network under attack."""
        return self.request.network

    def specimen(self) -> Specimen:
        """The adversarial picture, with the recipe that made it."""
        from visualizer.engine.adversarial import attacks
        from visualizer.engine.specimen import Specimen

        request, answer = self.request, self.network.label(int(self.outcome.after.argmax()))
        technique = attacks()[request.method]
        recipe = technique.provenance(self.network, request.specimen, request.settings)
        title = f"{request.specimen.title} as {answer}"
        return Specimen(self.outcome.adversarial, title, recipe)


class Attacker:
    """Makes attacks one after the other, on one thread.

    Args:
        truth_of: given a network and where a picture comes from, the class it is known to show.
    """

    def __init__(self, truth_of: Callable[[Network, str], int | None]) -> None:
        self._truth_of = truth_of
        self._clean: tuple[tuple[Network, Specimen, str], CleanPass, int | None] | None = None
        self._context: tuple[str | None, AttackContext] | None = None

    @property
    def network(self) -> Network | None:
        """The network that it keeps something of."""
        return None if self._clean is None else self._clean[1].network

    def forget(self) -> None:
        """Keep nothing of the network and the picture attacked last."""
        self._clean = self._context = None

    def attack(self, request: AttackRequest) -> Generator[Frame, None, AttackResult]:
        """Do what is asked for, with the method's own frames; FGSM has none.

        Raises:
            AttackError: the network gives no numbers here (NaN).
            UserError: the network has no classes, or the target is none of them.
        """
        context, truth = self._prepared(request)
        if request.method == "fgsm":  # one forward pass serves the outcome and the stages
            changed = context.perturbed(getattr(request.settings, "epsilon", 0.0))
            passed = adversarial_pass(context, changed)
            outcome = context.judge(changed, passed)
        else:
            outcome = yield from _attacked(request, context)
            passed = adversarial_pass(context, outcome.adversarial)
        return AttackResult(request, context, outcome, passed, truth)

    def _prepared(self, request: AttackRequest) -> tuple[AttackContext, int | None]:
        network, specimen, settings = request.network, request.specimen, request.settings
        key = network, specimen, settings.mode
        if self._clean is None or self._clean[0] != key:
            self.forget()
            clean = clean_pass(network, specimen.picture, settings.mode)
            self._clean = key, clean, self._truth_of(network, specimen.provenance.source)
        if self._context is None or self._context[0] != settings.target:
            self._context = settings.target, attack_context(self._clean[1], settings.target)
        return self._context[1], self._clean[2]


def _attacked(
    request: AttackRequest, context: AttackContext
) -> Generator[Frame, None, AttackOutcome]:
    from visualizer.engine.adversarial import attacks
    from visualizer.engine.specimen import Specimen

    specimen = request.specimen
    seen = Specimen(context.picture, specimen.title, specimen.provenance)
    run: Any = attacks()[request.method](request.network, seen, request.settings)
    outcome: AttackOutcome = yield from run
    return outcome
