"""The Attack workspace: fool the network on purpose, see it, and measure it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from visualizer.engine.adversarial import attacks
from visualizer.gui.attack import text as attack_words
from visualizer.gui.attack.controls import AttackPanel
from visualizer.gui.attack.divergence_bars import DivergenceBars
from visualizer.gui.attack.epsilon_curve import EpsilonCurve
from visualizer.gui.attack.requests import AttackJobs
from visualizer.gui.attack.results import Moment, Wish, lines_of
from visualizer.gui.attack.triptych import Triptych
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.workspace import Explanation, Table, Workspace

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import AttackOutcome
    from visualizer.engine.adversarial.attack_context import AttackContext
    from visualizer.engine.adversarial.epsilon import Curve
    from visualizer.engine.adversarial.minimal_epsilons import MinimalEpsilons
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.attack.robustness_table import Verdict
    from visualizer.gui.core.session import Session

REST = 250
"""Milliseconds without a new picture after which the slower questions are asked."""
NOW_AND_THEN = 700
"""Milliseconds between two curves of a camera's pictures."""


class AttackWorkspace(Workspace):
    """The triptych on top, the curve and the stages below; the dial and the questions at the side.

    It follows the session's picture, or the camera, and computes only while it is on show.
    """

    title = "Attack"
    shows_answer = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.triptych = Triptych()
        self.curve = EpsilonCurve()
        self.divergence = DivergenceBars()
        self.panel = AttackPanel()
        self.jobs = AttackJobs(session, self)
        self._curve: Curve | None = None
        self._subject: AttackContext | None = None  # whose curve and reach are on show
        self._attacked: AttackOutcome | None = None  # whose survival
        self._curve_age = QElapsedTimer()
        self._refused: object = None  # the network that a camera need not be tried with again
        self._rest = QTimer(self, singleShot=True, interval=REST)
        self._words = QTimer(self, singleShot=True, interval=REST)
        self._explained = ""  # the method
        self._build()
        self._connect()
        self._on_network()

    @property
    def moment(self) -> Moment | None:
        """What is on show."""
        return self.jobs.moment

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.panel

    def explanation(self) -> Explanation:
        return attack_words.explanation(self.panel.used, self.moment)

    def picture_for_export(self) -> QWidget:
        return self.triptych

    def table_for_export(self) -> Table | None:
        """The probability of every class at every size of the curve."""
        curve, network = self._curve, self.session.network
        if curve is None or network is None:
            return None
        names = [network.label(index) for index in range(curve.probabilities.shape[1])]
        rows = [
            [f"{epsilon * 255:.0f}", *map(float, shares)]
            for epsilon, shares in zip(curve.epsilons, curve.probabilities, strict=True)
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
        self.panel.twin.toggle()

    def stop(self) -> None:
        self.jobs.stop_reach()

    def subject(self) -> int | None:
        if self.panel.grid.at is not None:
            return self.panel.grid.at
        target = self.panel.target.target or ""
        return int(target[1:]) if target.startswith("#") else self.answer()

    # Construction

    def _build(self) -> None:
        top = _panel(self.triptych)
        curve = _panel(self.curve, "Probability against ε", "along FGSM's direction, and back")
        stages = _panel(self.divergence, "Where it goes wrong", "distance from the clean picture")
        below = QHBoxLayout()
        below.addWidget(curve, 3)
        below.addWidget(stages, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(top)
        layout.addLayout(below, 1)
        self.setFocusProxy(self.panel.dial)

    def _connect(self) -> None:
        session, panel, jobs = self.session, self.panel, self.jobs
        session.network_changed.connect(self._on_network)
        session.specimen_changed.connect(self._attack)
        session.activations_changed.connect(self._on_camera)
        session.live_changed.connect(self._on_live)
        session.fit_mode_changed.connect(self._attack)
        session.busy_changed.connect(self._set_hint)
        panel.changed.connect(self._on_panel)
        panel.survival.quality_changed.connect(self._ask_survival)
        panel.survival.transfer_wanted.connect(jobs.request_transfer)
        panel.reach_wanted.connect(jobs.request_reach)
        panel.grid.opened.connect(self.ask_stimulus)
        panel.to_tray.clicked.connect(jobs.request_specimen)
        panel.walk.clicked.connect(self._walk)
        self.curve.dragged.connect(self._on_dragged)
        jobs.moment_made.connect(self._show_moment)
        jobs.progressed.connect(self._show_progress)
        jobs.stopped.connect(self._on_stopped)
        jobs.curve_made.connect(self._show_curve)
        jobs.survival_made.connect(self._show_survival)
        jobs.transfer_made.connect(self._show_transfer)
        jobs.reach_made.connect(self._show_reach)
        jobs.specimen_made.connect(self._keep)
        jobs.refused.connect(self._on_refused)
        self._rest.timeout.connect(self._on_rest)
        self._words.timeout.connect(self.explanation_changed)
        self._walking = False
        self._show_size()
        keys: tuple[tuple[str, Callable[[], Any]], ...] = (
            ("T", panel.target.setFocus),
            ("N", panel.twin.toggle),
            ("K", panel.factor.setFocus),
            ("F", panel.reach_button.click),
            ("W", panel.walk.click),
            ("Return", panel.to_tray.click),
        )
        for key, action in keys:
            QShortcut(QKeySequence(key), self).activated.connect(action)

    # The session has changed

    def _on_network(self) -> None:
        network = self.session.network
        self.panel.target.set_classes(attack_words.class_names(network))
        self.panel.survival.set_networks(attack_words.other_networks(network))
        self._refused = None
        self.jobs.forget()
        self._forget()
        self._set_hint()
        self._attack()

    def _on_camera(self) -> None:
        if self.session.live and self.session.network is not self._refused:
            self._attack()

    def _on_live(self) -> None:
        """A camera was started, held, let go on or stopped."""
        self._forget()
        self.panel.set_live(self._moving())
        self._show_size()
        self._attack()

    def _on_panel(self) -> None:
        self._refused = None
        self._show_size()
        self._attack()

    def _on_dragged(self, levels: int) -> None:
        if self.curve.levels is not None:
            self.panel.dial.set_levels(levels)

    def _on_stopped(self) -> None:
        """A slow attack was cancelled: what it had begun is not what is asked about."""
        if self.moment is None:
            self.triptych.clear("Stopped. Change the size or the method to attack again.")
            return
        self.triptych.show_panels(attack_words.panels(self.moment))
        title = attacks()[self.moment.wish.method].title
        self.panel.show_verdict(f"Stopped before its end; this is {title} as it was.", False)

    def _on_refused(self, sentence: str) -> None:
        self._refused = self.session.network
        self._forget()
        self.divergence.show_divergence({}, {})
        self.triptych.clear(sentence)

    def _attack(self) -> None:
        """Ask for the picture as the panel wants it, if anybody can see it."""
        if not self.isVisible() or self.session.network is None or self.session.specimen is None:
            return
        panel = self.panel
        wish = Wish(
            method=panel.used,
            settings=panel.settings,
            instead_of="" if panel.used == panel.method else attacks()[panel.method].title,
            target=panel.target.target,
            levels=panel.dial.levels,
            length=panel.length.length,
            factor=panel.factor.value(),
            twin=panel.twin.isChecked(),
        )
        self.jobs.request(wish)
        self._explain()

    # What the compute thread has made

    def _show_moment(self, moment: Moment) -> None:
        self.triptych.show_panels(attack_words.panels(moment))
        self.divergence.show_divergence(moment.walk.divergence, moment.walk.noise_divergence)
        if moment.attacked is not self._attacked:
            self._attacked = moment.attacked
            self.panel.survival.show_transfer(None)
        self._follow(moment.subject)
        self.panel.show_verdict(attack_words.outcome(moment), moment.attacked.success)
        self._explain()
        self._rest.start()

    def _follow(self, subject: AttackContext) -> None:
        """Take away what was said of another picture or target, and ask for it anew."""
        before, self._subject = self._subject, subject
        if subject is before:
            return
        if self._moving():
            if not self._curve_age.isValid() or self._curve_age.hasExpired(NOW_AND_THEN):
                self._curve_age.start()
                self.jobs.request_curve(coarse=True)
            return
        if before is None or subject.clean is not before.clean:
            self.jobs.stop_reach()
            self.panel.forget_reach()
        self._show_curve(subject, None)
        self.panel.forget()
        self.jobs.request_curve()

    def _show_progress(self, frame: Any) -> None:
        """Let the picture on the right follow a method that takes many steps."""
        if frame.picture is not None:
            self.triptych.views[2].set_picture(image_of(frame.picture))
            self.triptych.hints[2].setText(f"step {frame.step}: {frame.label}")

    def _show_curve(self, subject: AttackContext, curve: Curve | None) -> None:
        self._curve = curve
        lines = None if curve is None else lines_of(curve, subject.network, subject.criterion)
        self.curve.show_lines(lines)

    def _show_survival(self, verdicts: dict[str, Verdict]) -> None:
        fooled = self.moment is not None and self.moment.attacked.success
        self.panel.survival.show_verdicts(verdicts if fooled else {}, fooled)

    def _show_transfer(self, found: tuple[str, Verdict] | None) -> None:
        words, verdict = found or ("", None)
        self.panel.survival.show_transfer(verdict)
        self.panel.survival.transfer.setToolTip(words)

    def _show_reach(self, found: MinimalEpsilons) -> None:
        network = self.session.network
        if network is not None:
            self.panel.show_reach(found, network.label)

    def _keep(self, original: Specimen, made: Specimen) -> None:
        self.session.add(made, select=False)
        if not self._walking:
            self.session.say(f"“{made.title}” is in the tray, with the recipe that made it.")
            return
        self._walking = False
        self.session.add(original)
        self.session.compare_with(made.id)
        self.workspace_wanted.emit("layers")

    # Small things

    def _walk(self) -> None:
        """Put both pictures side by side in every stage."""
        self._walking = self.moment is not None
        self.jobs.request_specimen()

    def _moving(self) -> bool:
        """Whether the picture is another one all the time."""
        return self.session.live and not self.session.held

    def _explain(self) -> None:
        """Explain a method at once, and its numbers now and then: nobody reads while they run."""
        if self.panel.used != self._explained:
            self._explained = self.panel.used
            self.explanation_changed.emit()
        elif not self._words.isActive():
            self._words.start()

    def _show_size(self) -> None:
        """Mark the size on the curve, if it is one of the curve's."""
        dial = self.panel.turned
        marked = dial is self.panel.dial and dial.isEnabled()
        self.curve.set_levels(dial.levels if marked else None)

    def _on_rest(self) -> None:
        if not self._moving():
            self._ask_survival()

    def _ask_survival(self) -> None:
        self.jobs.request_survival(self.panel.survival.quality.value())

    def _forget(self) -> None:
        """What was found out about another picture is not true of this one."""
        self._curve, self._subject, self._attacked = None, None, None
        self._curve_age.invalidate()
        self.jobs.stop_reach()
        self.curve.show_lines(None)
        self.panel.forget()
        self.panel.forget_reach()

    def _set_hint(self) -> None:
        session = self.session
        if self.moment is not None:
            return
        if session.network is None:
            hint = session.busy or "Open a network to fool it."
        elif session.specimen is None:
            hint = "Open a picture, drop one here, or paste it with Ctrl+V."
        else:
            hint = "Working on the picture…"
        self.triptych.clear(hint)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._set_hint()
        self._attack()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rest.stop()
        self._words.stop()


def _panel(content: QWidget, heading: str = "", words: str = "") -> QFrame:
    panel = QFrame()
    panel.setProperty("role", "panel")
    layout = QGridLayout(panel)
    if heading:
        for column, (text, role) in enumerate(((heading, "name"), (words, "small"))):
            label = QLabel(text)
            label.setProperty("role", role)
            label.setTextFormat(Qt.TextFormat.PlainText)
            layout.addWidget(label, 0, column)
        layout.setColumnStretch(1, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        label.setAlignment(right)
        label.setWordWrap(True)  # in a hall's letters on a small screen there is no room beside it
    layout.addWidget(content, 1, 0, 1, 2)
    layout.setRowStretch(1, 1)
    return panel
