"""What the Attack workspace asks of the compute thread, and checks that is still wanted."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from visualizer.engine.rendering import difference
from visualizer.gui.compute import once
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.survival_table import Verdict
from visualizer.models import catalog

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import Attacked
    from visualizer.engine.adversarial.epsilon import Curve
    from visualizer.engine.adversarial.reach import Reach
    from visualizer.engine.adversarial.subject import Subject, Walk
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Settings
    from visualizer.gui.session import Session

ATTACK_JOB, CURVE_JOB, SURVIVAL_JOB = "attack: picture", "attack: curve", "attack: survival"
TRANSFER_JOB, REACH_JOB, SAVE_JOB = "attack: transfer", "attack: reach", "attack: to tray"
LARGEST = 32
"""The curve goes from minus to plus this many levels of 1/255."""


@dataclass(frozen=True)
class Wish:
    """What is wanted: a method with its settings, a target, a size and how the change is drawn.

    `levels` is the size in levels of 1/255; `factor` how many times the difference is enlarged.
    """

    method: str
    settings: Settings
    target: str | None
    levels: int
    factor: int
    twin: bool


@dataclass(frozen=True, eq=False)
class Moment:
    """What one wish has become: the attack, its way through the network, and its pictures."""

    wish: Wish
    specimen: Specimen
    subject: Subject
    attacked: Attacked
    walk: Walk
    pictures: tuple[QImage, QImage, QImage]


@dataclass(frozen=True, eq=False)
class _Named:
    """A result with what it is about, so that one that comes too late can be told."""

    about: object
    result: Any


class AttackJobs(QObject):
    """Submits the jobs of the workspace; results nobody waits for any more are dropped."""

    moment_made = Signal(object)
    progressed = Signal(object)
    """A `Frame` of a method that takes many steps."""
    curve_made = Signal(object)
    survival_made = Signal(object)
    transfer_made = Signal(object)
    reach_made = Signal(object)
    specimen_made = Signal(object)
    refused = Signal(str)
    """One sentence on why this picture cannot be attacked with this network."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._subject: tuple[tuple, Subject] | None = None  # on the compute thread only
        self._others: dict[str, Network] = {}  # on the compute thread only
        self.moment: Moment | None = None
        session.compute.done.connect(self._on_done)
        session.compute.frame.connect(self._on_frame)
        session.compute.failed.connect(self._on_failed)

    # What is asked for

    def request(self, wish: Wish) -> None:
        """Attack the session's picture; a newer wish replaces one that has not started."""
        session = self._session
        network, specimen, mode = session.network, session.specimen, session.fit_mode
        if network is None or specimen is None:
            return

        def work() -> Generator[Any, None, Moment]:
            subject = self._prepared(network, specimen, mode, wish.target)
            attacked = yield from _attacked(subject, specimen, wish)
            return _moment(wish, specimen, subject, attacked)

        slow = wish.method != "fgsm"
        title = f"Attack: {wish.method}" if slow and wish.method != "noise" else ""
        session.compute.submit(ATTACK_JOB, work, live=slow, title=title)

    def request_curve(self) -> None:
        """Work out the probabilities along FGSM's direction, from minus to plus."""
        if self.moment is None:
            return
        subject = self.moment.subject

        def work() -> Iterator[_Named]:
            from visualizer.engine.adversarial.epsilon import curve_steps

            levels = np.arange(-LARGEST, LARGEST + 1)
            for curve in curve_steps(subject.network, subject.ray, levels / 255):
                yield _Named(subject, curve)

        self._session.compute.submit(CURVE_JOB, work, live=True)

    def request_survival(self, quality: int) -> None:
        """See what becomes of the attack when its picture is saved, blurred, shifted, ..."""
        if self.moment is None:
            return
        work = once(partial(_survival, self.moment, quality))
        self._session.compute.submit(SURVIVAL_JOB, work, cancellable=False)

    def request_transfer(self, name: str) -> None:
        """Show both pictures to another network of the catalogue."""
        moment = self.moment
        if moment is None:
            return

        def work() -> Generator[Any, None, _Named]:
            from visualizer.engine.adversarial.survival import transfer

            if name not in self._others:
                self._others[name] = yield from catalog.opening(name)
            other = self._others[name]
            found = transfer(other, moment.attacked)
            verdict = Verdict(found.fooled, other.label(found.after), found.after_probability)
            return _Named(moment, (other.label(found.before), verdict))

        self._session.compute.submit(TRANSFER_JOB, work, title=f"Opening {name}")

    def request_reach(self) -> None:
        """Look for the smallest epsilon of every class."""
        if self.moment is None:
            return
        subject = self.moment.subject

        def work() -> Iterator[ReachFrame]:
            from visualizer.engine.adversarial.reach import reach

            for found in reach(subject.network, subject.picture):
                yield ReachFrame(found.step, found.total, subject, found)

        title = "Smallest ε of each class"
        self._session.compute.submit(REACH_JOB, work, live=True, title=title)

    def stop_reach(self) -> None:
        """Leave the search for the smallest epsilons as it is."""
        self._session.compute.cancel(REACH_JOB)

    def request_specimen(self) -> None:
        """Make a specimen of the adversarial picture, with the recipe that made it."""
        if self.moment is not None:
            work = once(partial(_specimen, self.moment))
            self._session.compute.submit(SAVE_JOB, work, cancellable=False)

    # What has come of it

    def _on_frame(self, key: str, frame: Any) -> None:
        if key == ATTACK_JOB and hasattr(frame, "numbers"):
            self.progressed.emit(frame)
        elif key in (CURVE_JOB, REACH_JOB):
            self._on_done(key, frame)

    def _on_done(self, key: str, result: Any) -> None:
        if key == ATTACK_JOB and isinstance(result, Moment):
            if result.subject.network is self._session.network:
                self.moment = result
                self.moment_made.emit(result)
        elif key == SAVE_JOB:
            self.specimen_made.emit(result)
        elif isinstance(result, _Named) and self.moment is not None:
            self._pass_on(key, result)

    def _on_failed(self, key: str, sentence: str) -> None:
        if key == ATTACK_JOB:
            self.moment = None
            self.refused.emit(sentence)

    def _pass_on(self, key: str, named: _Named) -> None:
        assert self.moment is not None
        signals: dict[str, Any] = {
            CURVE_JOB: (self.moment.subject, self.curve_made),
            REACH_JOB: (self.moment.subject, self.reach_made),
            TRANSFER_JOB: (self.moment, self.transfer_made),
            SURVIVAL_JOB: (self.moment, self.survival_made),
        }
        if key in signals and named.about is signals[key][0]:
            signals[key][1].emit(named.result)

    def _prepared(
        self, network: Network, specimen: Specimen, mode: str, target: str | None
    ) -> Subject:
        """The subject of a wish; the gradient is asked for once a picture and target."""
        from visualizer.engine.adversarial.subject import prepare

        wanted = (network, specimen, mode, target)
        if self._subject is not None:
            before = self._subject[0]
            if before[0] is network and before[1] is specimen and before[2:] == wanted[2:]:
                return self._subject[1]
        subject = prepare(network, specimen.picture, target, mode)
        self._subject = (wanted, subject)
        return subject


@dataclass(frozen=True, eq=False)
class ReachFrame(_Named):
    """A `Reach` as the jobs bar shows it: with its step and total."""

    step: int = 0
    total: int = 0

    def __init__(self, step: int, total: int, about: object, result: Reach) -> None:
        super().__init__(about, result)
        object.__setattr__(self, "step", step)
        object.__setattr__(self, "total", total)


def settings_of(wish: Wish) -> Settings:
    """The settings of a wish's method with its size and target in them."""
    fields = {field.name for field in type(wish.settings).__dataclass_fields__.values()}
    chosen: dict[str, Any] = {"target": wish.target}
    if "epsilon" in fields:
        chosen["epsilon"] = wish.levels / 255
    return replace(wish.settings, **chosen)


def _attacked(subject: Subject, specimen: Specimen, wish: Wish) -> Generator[Any, None, Attacked]:
    if wish.method == "fgsm":
        return subject.judge(subject.moved(wish.levels / 255))
    from visualizer.engine.adversarial import attacks
    from visualizer.engine.specimen import Specimen as Seen

    seen = Seen(subject.picture, specimen.title, specimen.provenance)
    frames: Any = attacks()[wish.method](subject.network, seen, settings_of(wish))
    return (yield from frames)


def _moment(wish: Wish, specimen: Specimen, subject: Subject, attacked: Attacked) -> Moment:
    from visualizer.engine.adversarial.subject import walk

    way = walk(subject, attacked.adversarial)
    changed = way.twin if wish.twin else attacked.adversarial
    pictures = (
        image_of(attacked.original),
        image_of(difference(changed, attacked.original, wish.factor)),
        image_of(changed),
    )
    return Moment(wish, specimen, subject, attacked, way, pictures)


def _survival(moment: Moment, quality: int) -> _Named:
    from visualizer.engine.adversarial import survival

    network = moment.subject.network
    changes: dict[str, Callable] = dict(survival.CHANGES)
    named = {("jpeg" if name == "jpeg75" else name): change for name, change in changes.items()}
    named["jpeg"] = partial(survival.jpeg, quality=quality)
    found = survival.outcomes(network, moment.attacked, named)
    return _Named(
        moment,
        {
            name: Verdict(each.survived, network.label(each.index), each.probability)
            for name, each in found.items()
        },
    )


def _specimen(moment: Moment) -> Specimen:
    from visualizer.engine.adversarial import attacks
    from visualizer.engine.specimen import Specimen as Made

    technique = attacks()[moment.wish.method]
    network = moment.subject.network
    recipe = technique.provenance(network, moment.specimen, settings_of(moment.wish))
    answer = network.label(int(moment.attacked.after.argmax()))
    made = Made(moment.attacked.adversarial, f"{moment.specimen.title} as {answer}", recipe)
    assert made.id  # worked out here, not on the window thread
    return made


def lines_of(curve: Curve, network: Network, goal: Any, shown: int = 5) -> Any:
    """The classes of a curve that matter: the answer, the target, and whoever rises highest."""
    from visualizer.gui.widgets.epsilon_curve import CurveLines

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
