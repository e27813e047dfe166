"""The Attack workspace: fool the network on purpose, see it, and measure it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from visualizer.engine.adversarial import attacks
from visualizer.engine.adversarial.attack_result import Attacker, AttackRequest
from visualizer.engine.settings import setting
from visualizer.engine.shows.show import State
from visualizer.gui.attack import text as attack_words
from visualizer.gui.attack.controls import KEEPS_UP, AttackPanel
from visualizer.gui.attack.divergence_bars import DivergenceBars
from visualizer.gui.attack.drawing import DrawnAttack, attack_and_draw, draw
from visualizer.gui.attack.epsilon_curve import LARGEST, EpsilonCurve
from visualizer.gui.attack.robustness_table import OPENING
from visualizer.gui.attack.steady_label import SteadyLabel
from visualizer.gui.attack.triptych import Triptych
from visualizer.gui.core.compute import once
from visualizer.gui.core.kept_results import KeptResults
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.widgets.control_values import set_values
from visualizer.gui.widgets.figure import Part, Words
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.panel import panel
from visualizer.gui.workspace import (
    Action,
    Explanation,
    GlideSettings,
    Movement,
    Table,
    Walk,
    Workspace,
)
from visualizer.models import catalog
from visualizer.models.labels import class_of_folder

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack_context import AttackContext
    from visualizer.engine.adversarial.attack_result import AttackResult
    from visualizer.engine.adversarial.epsilon import Curve
    from visualizer.engine.adversarial.minimal_epsilons import MinimalEpsilons
    from visualizer.engine.adversarial.transform_robustness import Transfer, TransformResult
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame
    from visualizer.gui.core.session import Session

NOW_AND_THEN = 700
"""Milliseconds between two curves of a camera's pictures."""
FRAME_MS = 15
"""Milliseconds between two looks at the panel; screens have a frame every 16."""
ALL_LEVELS = np.arange(-LARGEST, LARGEST + 1)
SOME_LEVELS = np.array((-32, -16, -8, -4, -2, 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32))
"""The epsilons of a curve that has to keep up with a camera; denser where answers flip."""
CHANGES = Change.NETWORK | Change.PICTURE | Change.FIT_MODE | Change.LIVE
"""Changes after which there may be another picture to attack."""


ATTACKED = "has attacked"
FIRST_NETWORK, HARD_PICTURE = "alexnet", "sample coffee"
"""Which is sure of the cup: FGSM needs 12/255, which is seen, and then it says orange with 18%."""
FIRST_PICTURE, FIRST_METHOD, FIRST_LEVELS = "sample cat", "bim", 4
"""What fools it at first sight: a tabby (51%) becomes a praying mantis (65%) by 4/255."""


@dataclass(frozen=True)
class TurnSettings(GlideSettings):
    """From where to where the dial is turned."""

    start: float = setting(0.0, low=0, high=LARGEST / 255, step=1 / 255, unit="/255", help="From.")
    end: float = setting(8 / 255, low=0, high=LARGEST / 255, step=1 / 255, unit="/255", help="To.")


class AttackWorkspace(Workspace):
    """The triptych on top, the curve and the stages below; the dial and the questions at the side.

    It follows the session's picture, or the camera. Until the dial is turned, it stands where the
    picture on show just fools the network.
    """

    title = "Attack"
    shows_answer = True
    walk = Walk("size", "method", "no and largest change", "random twin")

    shown = Signal(object)
    """The `DrawnAttack` that is on show now."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.triptych = Triptych()
        self.curve = EpsilonCurve()
        self.divergence = DivergenceBars()
        self.panel = AttackPanel(session)
        self.drawn: DrawnAttack | None = None
        """What is on show."""
        self._context: AttackContext | None = None  # whose curve and search are on show
        self._found: Curve | None = None
        self._asked: AttackRequest | None = None
        self._curve_age = QElapsedTimer()
        self._other: tuple[str, Network] | None = None
        self._refused: Network | None = None  # a camera need not try it again
        self._turned = self._turning = False  # by the user, once; by the workspace, now
        self._explained = ""  # the method
        self._begun = ""  # the id of the picture that the first attack begins with
        self._make_requests()
        self._moved = False  # the panel has been, since it was followed
        self._frame = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._frame.timeout.connect(self._on_frame)
        self._rest = self.debounced(self._ask_robustness)
        self._words = self.debounced(self.explanation_changed.emit)
        self._build()
        self._connect()
        self._declare()
        panel = self.panel
        self.keep_in_scenes(
            method=panel.methods,
            target=panel.target,
            epsilon=panel.dial.slider,
            length=panel.length.slider,
            factor=panel.factor,
            random_twin=panel.noise,
        )

    @property
    def result(self) -> AttackResult | None:
        """The attack on show."""
        return None if self.drawn is None else self.drawn.result

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.panel

    def explanation(self) -> Explanation:
        return attack_words.explanation(self.panel.used, self.drawn)

    def figure(self) -> Sequence[Part]:
        if self.drawn is None:
            return []
        said = attack_words.outcome(self.drawn).replace("**", "")
        attack = attacks()[self.drawn.result.request.method].title
        curve = self.curve.part("Probability against ε, along FGSM's direction and back")
        return [*self.triptych.figure(), curve, Words(f"{attack}. {said}")]

    def table_for_export(self) -> Table | None:
        """The probability of every class at every size of the curve."""
        found, network = self._found, self.session.network
        if found is None or network is None:
            return None
        names = [network.label(index) for index in range(found.probabilities.shape[1])]
        rows = [
            [f"{epsilon * 255:.0f}", *map(float, shares)]
            for epsilon, shares in zip(found.epsilons, found.probabilities, strict=True)
        ]
        return ["epsilon (/255)", *names], rows

    def step_stage(self, by: int) -> None:
        self.panel.turned.set_levels(self.panel.turned.levels + by)

    def step_unit(self, by: int) -> None:
        self.panel.step_method(by)

    def first_unit(self) -> None:
        self.panel.turned.set_levels(0)

    def last_unit(self) -> None:
        self.panel.turned.set_levels(self.panel.turned.largest)

    def toggle(self) -> None:
        self.panel.noise.toggle()

    def stop(self) -> None:
        self._search.cancel()

    def subject(self) -> int | None:
        if self.panel.grid.at is not None:
            return self.panel.grid.at
        target = self.panel.target.target or ""
        return int(target[1:]) if target.startswith("#") else self.answer()

    # Scenes of a show

    def state(self) -> State:
        return State({**super().state().settings, "how": self.panel.form.settings.to_dict()})

    def restore(self, state: State) -> list[str]:
        settings = dict(state.settings)
        how = settings.pop("how", {})
        self._turned = True  # the scene says where the dial stands
        left_out = super().restore(State(settings))
        return left_out + set_values({"how": self.panel.form}, {"how": how})

    def movements(self) -> Mapping[str, Movement]:
        return {"turn": Movement("Turn ε", self._turn, TurnSettings)}

    def _turn(self, settings: TurnSettings) -> None:
        first, last = (round(255 * each) for each in (settings.start, settings.end))
        self.glide(first, last, settings.seconds, self.panel.dial.set_levels)

    # Construction

    def _make_requests(self) -> None:
        compute = self.session.compute
        self._attacker = Attacker(class_of_folder)  # used on the compute thread only
        ask = partial(Latest, compute, parent=self)
        self._quick = ask(finish_started=True, cancellable=False)
        self._slow = ask(background=True)
        self._drawing = ask(finish_started=True, cancellable=False)
        self._curve_request = ask(background=True, cancellable=False)
        self._robustness = ask(cancellable=False)
        self._opening = ask()
        self._transfer = ask(cancellable=False)
        self._search = ask("An ε for each class", background=True)
        self._forgetting = ask(cancellable=False)

    def _build(self) -> None:
        top = panel(self.triptych)
        curve = _titled(self.curve, "Probability against ε", "along FGSM's direction, and back")
        stages = _titled(self.divergence, "Where it goes wrong", "distance from the original")
        below = QHBoxLayout()
        below.addWidget(curve, 3)
        below.addWidget(stages, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(top)
        layout.addLayout(below, 1)
        self.setFocusProxy(self.triptych.views[2])

    def _connect(self) -> None:
        panel = self.panel
        panel.changed.connect(self._on_panel)
        panel.dial.changed.connect(lambda _: self._on_turned())
        panel.robustness.quality_changed.connect(lambda _: self._rest.start())
        panel.robustness.transfer_wanted.connect(self._open_other)
        panel.grid.opened.connect(self.ask_stimulus)
        self.curve.dragged.connect(panel.dial.set_levels)
        self._show_size()

    def _declare(self) -> None:
        panel, focus = self.panel, Qt.FocusReason.ShortcutFocusReason
        panel.search.clicked.connect(self._find_minimal)
        panel.to_tray.clicked.connect(self._keep)
        panel.walk.clicked.connect(self._walk_through)
        self.declare(
            Action(
                "target", "Choose the class to reach", "T", lambda: panel.target.setFocus(focus)
            ),
            Action(
                "noise",
                "Noise of exactly the same size instead of the attack",
                "N",
                panel.noise.toggle,
                panel.noise,
                "Space does it too, while no camera runs",
            ),
            Action(
                "factor",
                "How many times as strong the difference is drawn",
                "K",
                lambda: panel.factor.setFocus(focus),
                panel.factor,
            ),
            Action(
                "search",
                "Find how large an ε leads to each class",
                "F",
                panel.search.click,
                panel.search,
                "It walks to each class in steps of 1/255. Hold a camera's picture first (Space).",
            ),
            Action(
                "walk",
                "Through the layers",
                "L or W",
                panel.walk.click,
                panel.walk,
                "Both pictures side by side in every stage, in Layers",
            ),
            Action(
                "tray",
                "Keep the adversarial picture with its recipe",
                "Return",
                panel.to_tray.click,
                panel.to_tray,
            ),
        )

    # The session or the panel has changed

    def let_go(self) -> None:
        for request in (self._quick, self._slow, self._drawing, self._opening):
            request.drop()
        self._forget()
        self.drawn = self._refused = self._other = None
        self._forgetting.ask(once(self._attacker.forget))

    def follow(self, change: Change) -> None:
        session, panel = self.session, self.panel
        if change & Change.NETWORK:
            panel.target.set_classes(attack_words.class_names(session.network))
            panel.robustness.set_networks(attack_words.other_networks(session.network))
        if change & (Change.NETWORK | Change.LIVE):
            self._forget()
            panel.set_live(self._moving())
            self._show_size()
        if change & (CHANGES | Change.BUSY):
            panel.digit_hint.follow()
            if self.drawn is None:
                self.triptych.clear(self.missing() or "Working on the picture…")
        camera = change & Change.ACTIVATIONS and session.live and session.network != self._refused
        if change & CHANGES or camera:
            self._attack()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.session.store.flag(ATTACKED, False):
            QTimer.singleShot(0, self, self._begin)
        self._attack()  # what the panel was set to meanwhile
        if not event.spontaneous():
            self.setFocus()  # until the network is open, the focus is anywhere

    def _begin(self) -> None:
        """Begin with what fools, if this is the first attack ever and nothing else was chosen."""
        session, panel = self.session, self.panel
        network, specimen = session.network, session.specimen
        if network is None or specimen is None or not self.isVisible():
            return
        session.store.remember(ATTACKED, True)
        found = [s for s in session.specimens if s.provenance.source == FIRST_PICTURE]
        hard = specimen.provenance.source == HARD_PICTURE and network.name == FIRST_NETWORK
        if not hard or not found or self._turned or session.live:
            return
        self._begun = found[0].id
        panel.choose_method(FIRST_METHOD)
        self._turning = True
        panel.begin_at(FIRST_LEVELS)
        self._turning = False
        session.select(found[0].id)
        session.say(f"“{found[0].title}” is fooled more easily than the cup; try any picture.")

    def _on_panel(self) -> None:
        """Follow the panel, once a frame of the screen at most: a hand turns the dial faster."""
        self._moved = True
        if not self._frame.isActive():
            self._on_frame()

    def _on_frame(self) -> None:
        if not self._moved:
            return
        self._moved = False
        self._frame.start()
        self._refused = None
        self._show_size()
        self._attack()

    def _on_turned(self) -> None:
        self._turned |= not self._turning

    def _attack(self) -> None:
        """Ask for the picture as the panel wants it, if it is not the one on show already."""
        session, panel = self.session, self.panel
        if not self.isVisible() or session.network is None or session.specimen is None:
            return
        settings = panel.settings(session.fit_mode)
        request = AttackRequest(session.network, session.specimen, panel.used, settings)
        self._explain()
        if request == self._asked:
            self._draw_again()
            return
        self._asked = request
        work = partial(attack_and_draw, self._attacker, request, panel.options, self.drawn)
        if request.method in KEEPS_UP:
            self._slow.drop()
            self._quick.ask(work, on_done=self._show, on_failed=self._refuse)
            return
        self._quick.drop()
        kept = KeptResults.of(session.network, AttackWorkspace)
        key = (session.specimen.id, request.method, settings, panel.options)
        if (known := kept.find(key)) is not None:
            self._slow.drop()
            self._show(known)
            return

        def on_done(drawn: DrawnAttack) -> None:
            kept.keep(key, drawn)
            self._show(drawn)

        self._slow.ask(
            work,
            on_frame=self._show_step,
            on_done=on_done,
            on_failed=self._refuse,
            on_cancelled=self._on_stopped,
            title=f"Attack: {attacks()[request.method].title}",
        )

    def _draw_again(self) -> None:
        """Draw the attack on show with other options; one under way is drawn when it is done."""
        options = self.panel.options
        if self.drawn is None or self._quick.running or self._slow.running:
            return
        if self.drawn.options != options:
            work = once(draw, self.drawn.result, options, self.drawn)
            self._drawing.ask(work, on_done=self._show)

    # What the compute thread has made

    def _show(self, drawn: DrawnAttack) -> None:
        before, self.drawn = self.drawn, drawn
        result = drawn.result
        self.triptych.show_panels(attack_words.panels(drawn))
        passed = result.passed
        self.divergence.show_divergence(passed.divergence, passed.noise_divergence)
        if before is None or result is not before.result:
            self._transfer.drop()
            if not self._opening.running:
                self.panel.robustness.show_transfer(None)
        self._on_context(result.context)
        self.panel.show_verdict(attack_words.outcome(drawn), result.outcome.success)
        self._explain()
        self._rest.start()
        self._draw_again()
        self.shown.emit(drawn)

    def _on_context(self, context: AttackContext) -> None:
        """Clear the results of another picture or target, and request them anew."""
        before, self._context = self._context, context
        if context is before:
            return
        if self._moving():
            if not self._curve_age.isValid() or self._curve_age.hasExpired(NOW_AND_THEN):
                self._curve_age.start()
                self._ask_curve(context, SOME_LEVELS)
            return
        if before is None or context.clean is not before.clean:
            self._search.drop()
            self.panel.forget_search()
        self._show_curve(context, None)
        self.panel.forget()
        self._ask_curve(context, ALL_LEVELS)

    def _ask_curve(self, context: AttackContext, levels: np.ndarray) -> None:
        from visualizer.engine.adversarial.epsilon import curve_steps

        self._curve_request.ask(
            partial(curve_steps, context.network, context.ray, levels / 255),
            on_frame=partial(self._show_curve, context) if levels is ALL_LEVELS else None,
            on_done=partial(self._on_whole_curve, context),
        )

    def _show_curve(self, context: AttackContext, found: Curve | None) -> None:
        self._found = found
        self.curve.show_curve(context, found)

    def _on_whole_curve(self, context: AttackContext, found: Curve) -> None:
        self._show_curve(context, found)
        flip = found.flip(context.criterion)
        specimen = self.session.specimen
        begun = specimen is not None and specimen.id == self._begun
        if flip and not begun and not self._turned and not self._moving():
            self._turning = True
            self.panel.begin_at(round(flip * 255))
            self._turning = False

    def _show_step(self, frame: Frame) -> None:
        """Let the picture on the right follow a method that takes many steps."""
        if frame.picture is not None:
            self.triptych.views[2].set_picture(image_of(frame.picture))
            self.triptych.hints[2].setText(f"step {frame.step}: {frame.label}")

    def _on_stopped(self) -> None:
        """A slow attack was cancelled: what it had begun is not what is asked about."""
        self._asked = None
        if self.drawn is None:
            self.triptych.clear("Stopped. Change the size or the method to attack again.")
            return
        self.triptych.show_panels(attack_words.panels(self.drawn))
        title = attacks()[self.drawn.result.request.method].title
        self.panel.show_verdict(f"Stopped before its end; this is {title} as it was.", False)

    def _refuse(self, sentence: str) -> None:
        """Say why this picture cannot be attacked with this network."""
        self._refused, asked = self.session.network, self._asked
        self.drawn = None
        self._forget()
        self._asked = asked  # nothing else would come of it
        self.triptych.clear(sentence)
        self.session.say(sentence, "error")

    # Robustness and other networks

    def _ask_robustness(self) -> None:
        from visualizer.engine.adversarial.transform_robustness import (
            transform_results,
            transforms,
        )

        result = self.result
        if result is None or self._moving():
            return
        if not result.outcome.success:
            self.panel.robustness.show_verdicts({}, fooled=False)
            return
        tried = transforms(self.panel.robustness.quality.value())

        def on_done(found: dict[str, TransformResult]) -> None:
            words = attack_words.verdicts(found, result.network)
            self.panel.robustness.show_verdicts(words)

        work = once(transform_results, result.network, result.outcome, tried)
        self._robustness.ask(work, on_done=on_done)

    def _open_other(self, name: str) -> None:
        """Open another network, one at a time, and show it both pictures."""
        if self._other is not None and self._other[0] == name:
            self._ask_other()
            return
        self._other = None

        def on_done(network: Network) -> None:
            self._other = name, network
            self._ask_other()

        nothing = partial(self.panel.robustness.show_transfer, None)

        def on_failed(sentence: str) -> None:
            nothing()
            self.session.say(sentence, "error")

        title = f"Opening {catalog.title_of(name)}"
        work = partial(catalog.opening, name)
        self._opening.ask(
            work, on_done=on_done, on_failed=on_failed, on_cancelled=nothing, title=title
        )

    def _ask_other(self) -> None:
        from visualizer.engine.adversarial.transform_robustness import transfer

        result, table = self.result, self.panel.robustness
        if result is None or self._other is None:
            table.show_transfer(None)
            return
        _, other = self._other

        def on_done(found: Transfer) -> None:
            table.show_transfer(*attack_words.transfer_verdict(found, other, result))

        def on_failed(sentence: str) -> None:
            table.show_transfer(None)
            self.session.say(sentence, "error")

        table.show_transfer(None, OPENING)
        work = once(transfer, result.network, other, result.outcome)
        self._transfer.ask(work, on_done=on_done, on_failed=on_failed)

    # How hard each class is

    def _find_minimal(self) -> None:
        if (result := self.result) is None:
            return
        from visualizer.engine.adversarial.minimal_epsilons import minimal_epsilons

        clean = result.context.clean

        def show(found: MinimalEpsilons) -> None:
            self.panel.show_search(found, clean.network.label)

        work = partial(minimal_epsilons, clean.network, clean.picture)
        self._search.ask(work, on_frame=show, on_done=show)

    # Keeping the picture

    def _keep(self) -> None:
        if (result := self.result) is not None:
            self.to_tray(result.specimen, self._say_kept)

    def _say_kept(self, made: Specimen) -> None:
        self.session.say(f"“{made.title}” is in the tray, with the recipe that made it.")

    def _walk_through(self) -> None:
        """Put both pictures side by side in every stage."""
        if (result := self.result) is None:
            return
        original = result.request.specimen

        def make() -> Specimen:
            assert original.id  # worked out here, not on the window thread
            return result.specimen()

        def then(made: Specimen) -> None:
            self.session.add(original)
            self.session.compare_with(made.id)
            self.workspace_wanted.emit("layers")

        self.to_tray(make, then)

    # Small things

    def _moving(self) -> bool:
        """Whether the picture is another one all the time."""
        return self.session.live and not self.session.held

    def _explain(self) -> None:
        """Explain a method at once, and its numbers at rest: nobody reads while they run."""
        if self.panel.used != self._explained:
            self._explained = self.panel.used
            self.explanation_changed.emit()
        else:
            self._words.start()

    def _show_size(self) -> None:
        """Mark the size on the curve, if it is one of the curve's."""
        dial = self.panel.turned
        marked = dial is self.panel.dial and dial.isEnabled()
        self.curve.set_levels(dial.levels if marked else None)

    def _forget(self) -> None:
        """Clear the results that belong to another picture."""
        self._curve_age.invalidate()
        for request in (self._curve_request, self._robustness, self._transfer, self._search):
            request.drop()
        self._found = self._context = self._asked = None
        self.curve.show_curve(None, None)
        self.divergence.show_divergence({}, {})
        self.panel.forget()
        self.panel.forget_search()


def _titled(content: QWidget, title: str, words: str) -> QFrame:
    """A plot with its name above it, and on the right in small letters what it is of."""
    head = QWidget()
    layout = QHBoxLayout(head)
    layout.setContentsMargins(0, 0, 0, 0)
    name = QLabel(title)
    name.setProperty("role", "name")
    layout.addWidget(name)
    said = SteadyLabel(role="small", alignment=Qt.AlignmentFlag.AlignRight)
    said.setText(words)
    layout.addWidget(said, 1)
    return panel(head, content, stretch=content)
