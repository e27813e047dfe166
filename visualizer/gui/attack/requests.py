"""What the Attack workspace asks of the compute thread, and checks that is still wanted."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from visualizer.gui.attack.controls import KEEPS_UP
from visualizer.gui.attack.results import (
    Moment,
    Wish,
    moment_of,
    specimens_of,
    survival_of,
    transfer_of,
    truth_of,
)
from visualizer.gui.core.compute import once
from visualizer.models import catalog

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack_context import AttackContext, CleanPass
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

ATTACK_JOB, CURVE_JOB, SURVIVAL_JOB = "attack: picture", "attack: curve", "attack: survival"
TRANSFER_JOB, REACH_JOB, SAVE_JOB = "attack: transfer", "attack: reach", "attack: to tray"
FORGET_JOB = "attack: forget"
LARGEST = 32
"""The curve goes from minus to plus this many levels of 1/255."""
COARSE = (-32, -16, -8, -4, -2, 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""The levels of a curve that has to keep up with a camera; close where answers flip."""


@dataclass(frozen=True, eq=False)
class _Named:
    """A result with what it is about, so that one that comes too late can be told.

    With the step and total of a search, as the jobs bar shows it.
    """

    about: Any
    result: Any
    step: int | None = None
    total: int | None = None


class AttackJobs(QObject):
    """Submits the jobs of the workspace; results nobody waits for any more are dropped."""

    moment_made = Signal(object)
    progressed = Signal(object)
    """A `Frame` of a method that takes many steps."""
    stopped = Signal()
    """A method was cancelled before its end, and nothing takes its place."""
    curve_made = Signal(object, object)
    """The subject and its `Curve`, as far as it is known."""
    survival_made = Signal(object)
    transfer_made = Signal(object)
    """Of `transfer_of`; None if nothing came of it."""
    reach_made = Signal(object)
    specimen_made = Signal(object, object)
    """The picture that was attacked, and what it became."""
    refused = Signal(str)
    """One sentence on why this picture cannot be attacked with this network."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        # On the compute thread only: what was looked at last, and the network asked last.
        self._scene: tuple[tuple, CleanPass] | None = None
        self._subject: tuple[str | None, AttackContext] | None = None
        self._truth: int | None = None
        self._last: Moment | None = None
        self._other: tuple[str, Network] | None = None
        # On the window thread: what is asked for, and how it is to be drawn when it is there.
        self._asked: tuple[Any, ...] = ()
        self._redraw: Wish | None = None
        self.moment: Moment | None = None
        session.compute.done.connect(self._on_done)
        session.compute.frame.connect(self._on_frame)
        session.compute.failed.connect(self._on_failed)
        session.compute.cancelled.connect(self._on_cancelled)

    # What is asked for

    def request(self, wish: Wish) -> None:
        """Attack the session's picture; a newer wish replaces one that has not started.

        A wish that differs only in how the change is drawn lets a slow attack go on to its end.
        """
        session = self._session
        network, specimen, mode = session.network, session.specimen, session.fit_mode
        if network is None or specimen is None:
            return
        slow = wish.method not in KEEPS_UP
        asked = (network, specimen, mode, wish.undrawn)
        if slow and asked == self._asked and self._attacking():
            self._redraw = wish
            return
        self._asked, self._redraw = asked, None

        def work() -> Generator[Any, None, Moment]:
            subject = self._prepared(network, specimen, mode, wish.target)
            if self._last is not None and self._last.is_of(wish, specimen, subject):
                return self._last.drawn(wish)
            self._last = yield from moment_of(wish, specimen, mode, subject, self._truth)
            return self._last

        title = f"Attack: {wish.method}" if slow else ""
        session.compute.submit_keyed(ATTACK_JOB, work, live=slow, title=title)

    def _attacking(self) -> bool:
        return any(job.key == ATTACK_JOB for job in self._session.compute.jobs())

    def request_curve(self, coarse: bool = False) -> None:
        """Work out the probabilities along FGSM's direction, from minus to plus."""
        if self.moment is None:
            return
        subject = self.moment.subject
        levels = np.array(COARSE) if coarse else np.arange(-LARGEST, LARGEST + 1)

        def work() -> Iterator[_Named]:
            from visualizer.engine.adversarial.epsilon import curve_steps

            steps = curve_steps(subject.network, subject.ray, levels / 255)
            if coarse:
                *_, whole = steps
                yield _Named(subject, whole)
                return
            for curve in steps:
                yield _Named(subject, curve)

        self._session.compute.submit_keyed(CURVE_JOB, work, live=True)

    def request_survival(self, quality: int) -> None:
        """See what becomes of the attack when its picture is saved, blurred, shifted, ..."""
        if (moment := self.moment) is not None:
            work = once(lambda: _Named(moment.attacked, survival_of(moment, quality)))
            self._session.compute.submit_keyed(SURVIVAL_JOB, work, cancellable=False)

    def request_transfer(self, name: str) -> None:
        """Show both pictures to another network of the catalogue."""
        moment = self.moment
        if moment is None:
            self.transfer_made.emit(None)
            return

        def work() -> Generator[Any, None, _Named]:
            if self._other is None or self._other[0] != name:
                self._other = None  # one at a time: they are large
                self._other = name, (yield from catalog.opening(name))
            return _Named(moment.attacked, transfer_of(moment, self._other[1]))

        self._session.compute.submit_keyed(TRANSFER_JOB, work, title=f"Opening {name}")

    def request_reach(self) -> None:
        """Look for an epsilon that is enough for every class."""
        if self.moment is None:
            return
        scene = self.moment.subject.clean

        def work() -> Iterator[_Named]:
            from visualizer.engine.adversarial.minimal_epsilons import minimal_epsilons

            for found in minimal_epsilons(scene.network, scene.picture):
                yield _Named(scene, found, found.step, found.total)

        title = "An ε for each class"
        self._session.compute.submit_keyed(REACH_JOB, work, live=True, title=title)

    def stop_reach(self) -> None:
        """Leave the search for the smallest epsilons as it is."""
        self._session.compute.cancel_keyed(REACH_JOB)

    def request_specimen(self) -> None:
        """Make a specimen of the adversarial picture, with the recipe that made it."""
        if self.moment is not None:
            work = once(partial(specimens_of, self.moment))
            self._session.compute.submit_keyed(SAVE_JOB, work, cancellable=False)

    def forget(self) -> None:
        """Let go of the network that was attacked, and of the other one."""
        for key in (ATTACK_JOB, CURVE_JOB, REACH_JOB):
            self._session.compute.cancel_keyed(key)
        self.moment, self._asked, self._redraw = None, (), None
        self._session.compute.submit_keyed(FORGET_JOB, once(self._let_go), cancellable=False)

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
                if self._redraw is not None:
                    self.request(self._redraw)
        elif key == SAVE_JOB:
            self.specimen_made.emit(*result)
        elif isinstance(result, _Named) and self.moment is not None:
            self._pass_on(key, result, self.moment)

    def _on_failed(self, key: str, sentence: str) -> None:
        if key == ATTACK_JOB:
            self.moment, self._redraw = None, None
            self.refused.emit(sentence)
        elif key == TRANSFER_JOB:
            self.transfer_made.emit(None)

    def _on_cancelled(self, key: str) -> None:
        if key == ATTACK_JOB and not self._attacking():
            self._redraw = None
            self.stopped.emit()
        elif key == TRANSFER_JOB:
            self.transfer_made.emit(None)

    def _pass_on(self, key: str, named: _Named, moment: Moment) -> None:
        """Say what has come of a job, if it is about what is on show."""
        subject, about = moment.subject, named.about
        if key == CURVE_JOB:
            # On a camera the picture has gone on, but what is before it is much the same.
            seen = self._session.live and about.network is subject.network
            if about is subject or seen:
                self.curve_made.emit(about, named.result)
        elif key == REACH_JOB and about is subject.clean:
            self.reach_made.emit(named.result)
        elif key == TRANSFER_JOB and about is moment.attacked:
            self.transfer_made.emit(named.result)
        elif key == SURVIVAL_JOB and about is moment.attacked:
            self.survival_made.emit(named.result)

    # On the compute thread

    def _prepared(
        self, network: Network, specimen: Specimen, mode: str, target: str | None
    ) -> AttackContext:
        """The subject of a wish; the gradient is asked for once a picture and target."""
        from visualizer.engine.adversarial.attack_context import attack_context, clean_pass

        known = self._scene[0] if self._scene is not None else (None, None, None)
        if known[0] is not network or known[1] is not specimen or known[2] != mode:
            self._scene = (network, specimen, mode), clean_pass(network, specimen.picture, mode)
            self._subject = None
            self._truth = truth_of(network, specimen.provenance.source)
        assert self._scene is not None
        if self._subject is None or self._subject[0] != target:
            self._subject = target, attack_context(self._scene[1], target)
        return self._subject[1]

    def _let_go(self) -> None:
        """Keep nothing of a network that is not open any more, nor the one it was compared with."""
        self._other = None
        if self._scene is not None and self._scene[0][0] is not self._session.network:
            self._scene = self._subject = self._last = None
