"""What to do and what to ask: method, aim and size, robustness, and how hard each class is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.adversarial import attacks
from visualizer.engine.adversarial.attack_result import with_known
from visualizer.gui.attack.class_grid import ClassGrid
from visualizer.gui.attack.drawing import DrawOptions
from visualizer.gui.attack.epsilon_dial import EpsilonDial, LengthDial, LevelSlider
from visualizer.gui.attack.robustness_table import RobustnessTable
from visualizer.gui.attack.steady_label import SteadyLabel
from visualizer.gui.widgets.class_picker import ClassPicker
from visualizer.gui.widgets.digit_hint import DigitHint
from visualizer.gui.widgets.panel import section
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.widgets.settings_form import SettingsForm

if TYPE_CHECKING:
    from visualizer.engine.adversarial.attack import TargetSettings
    from visualizer.engine.adversarial.minimal_epsilons import MinimalEpsilons
    from visualizer.gui.core.session import Session

USUAL_FACTOR = 20
SEEN = 64
"""How many levels of 255 a difference is drawn away from grey at the beginning."""
SET_ELSEWHERE = ("epsilon", "l2_epsilon", "target", "mode")
"""Settings that have a control of their own, here or in the window."""
KEEPS_UP = ("fgsm", "noise")
"""Methods that are fast enough for a camera."""
VERDICT_LINES = 3


class AttackPanel(QWidget):
    """The controls of the Attack workspace, from the top to the bottom of the side column.

    Its controls take the focus by Tab only, so that the arrow keys stay the workspace's.
    """

    changed = Signal()
    """The method, a setting, the target, size, factor or noise has changed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.methods = QComboBox()
        self.methods.setAccessibleName("Method")
        self.methods.setToolTip("How the picture is changed (↑ ↓)")
        self.methods.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        for name, technique in attacks().items():
            self.methods.addItem(technique.title, name)
        self.target = ClassPicker()
        self.dial = EpsilonDial()
        self.length = LengthDial()
        self.factor = LevelSlider(1, 60, USUAL_FACTOR, "difference factor")
        self.noise = QCheckBox("random twin")
        self.more = QToolButton()
        self.more.setText("More settings")
        self.more.setCheckable(True)
        self.more.setProperty("role", "flat")
        self.verdict = SteadyLabel(VERDICT_LINES, form=Qt.TextFormat.MarkdownText)
        self.digit_hint = DigitHint(session)
        self.robustness = RobustnessTable()
        self.grid = ClassGrid()
        self.searched = QLabel(wordWrap=True)
        self.searched.setProperty("role", "small")
        self.search = QPushButton("Find out")
        self.to_tray = QPushButton("To tray")
        self.walk = QPushButton("Through the layers")
        self._live = False
        self._forms: dict[str, SettingsForm] = {}
        self._build()
        self._connect()
        self.forget()
        self.forget_search()

    @property
    def method(self) -> str:
        """The name of the chosen attack."""
        name: str = self.methods.currentData()
        return name

    @property
    def used(self) -> str:
        """The attack that is made: the chosen one, or one that keeps up with a camera."""
        return "fgsm" if self._live and self.method not in KEEPS_UP else self.method

    @property
    def turned(self) -> EpsilonDial:
        """The dial of the size of the attack that is made."""
        return self.length if getattr(self._own_settings, "norm", "linf") == "l2" else self.dial

    @property
    def _own_settings(self) -> TargetSettings:
        """The settings of the attack that is made, without size and target."""
        own = self.form.settings if self.used == self.method else attacks()[self.used].settings()
        settings: TargetSettings = own  # type: ignore[assignment]
        return settings

    def settings(self, mode: str) -> TargetSettings:
        """All settings of the attack that is made; `mode`: how the picture is fitted."""
        return with_known(
            self._own_settings,
            target=self.target.target,
            mode=mode,
            epsilon=self.dial.levels / 255,
            l2_epsilon=self.length.length,
        )

    @property
    def options(self) -> DrawOptions:
        """How the attack is shown."""
        instead_of = "" if self.used == self.method else attacks()[self.method].title
        return DrawOptions(self.factor.value(), self.noise.isChecked(), instead_of)

    def choose_method(self, name: str) -> None:
        """Choose a method by its name."""
        self.methods.setCurrentIndex(self.methods.findData(name))

    def step_method(self, by: int) -> None:
        """Choose the next method or the one before."""
        last = self.methods.count() - 1
        self.methods.setCurrentIndex(min(max(self.methods.currentIndex() + by, 0), last))

    def begin_at(self, levels: int) -> None:
        """Turn the dial to a size, and draw the difference so strong that it is clearly seen."""
        if self.factor.value() == USUAL_FACTOR:
            self.factor.setValue(min(max(SEEN // levels, 1), self.factor.maximum()))
        self.dial.set_levels(levels)

    def show_verdict(self, text: str, success: bool) -> None:
        """Say what became of the answer."""
        self.verdict.setText(text)
        self.verdict.setAccessibleName(f"{'fooled' if success else 'not fooled'}: {text}")

    def show_search(self, found: MinimalEpsilons, name: Callable[[int], str]) -> None:
        """Show how hard each class is, as far as it is known."""
        self.grid.show_epsilons(found.epsilons, name)
        self.grid.show()
        self.searched.setText(
            f"it takes at most this ε: {found.reached()} reached, {found.step} of "
            f"{found.total} looked at; bright is near, × was not reached in 32 steps"
        )

    def forget(self) -> None:
        """Show no answers: they were about another attack."""
        self.robustness.show_verdicts({})
        self.robustness.show_transfer(None)
        self.verdict.setText("")

    def forget_search(self) -> None:
        """Show no sizes of classes: they were about another picture."""
        self.grid.hide()
        self.searched.setText("at most how large an ε leads to each class")

    def set_live(self, live: bool) -> None:
        """Set whether a camera runs: its pictures change too fast for the slow questions."""
        self._live = live
        self._show_dial()
        self.search.setEnabled(not live)

    # Construction

    def _build(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("method", self.methods)
        form.addRow("aim", self.target)
        row = QHBoxLayout()
        row.addWidget(self.factor, 1)
        row.addWidget(self.noise)
        form.addRow("difference", row)
        self._settings_place = QVBoxLayout()
        question = QHBoxLayout()
        question.addWidget(self.searched, 1)
        question.addWidget(self.search)
        buttons = QHBoxLayout()
        buttons.addWidget(self.to_tray)
        buttons.addWidget(self.walk, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.dial)
        layout.addWidget(self.length)
        layout.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(self._settings_place)
        layout.addWidget(self.digit_hint)
        layout.addWidget(self.verdict)
        layout.addLayout(buttons)
        layout.addWidget(section("How hard is each class to reach?"))
        layout.addLayout(question)
        layout.addWidget(self.grid)
        layout.addWidget(section("Does it survive?"))
        layout.addWidget(self.robustness)
        layout.addStretch(1)
        table = self.robustness
        for widget in (
            *(self.methods, self.noise, self.more, self.search, self.to_tray, self.walk, self.grid),
            *(table.networks, table.try_button),
        ):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def _connect(self) -> None:
        self.methods.currentIndexChanged.connect(self._on_method)
        keep_return(self.target.lineEdit())
        self.target.chosen.connect(lambda _: self.changed.emit())
        for dial in (self.dial, self.length):
            dial.changed.connect(lambda _: self.changed.emit())
        self.factor.valueChanged.connect(lambda _: self.changed.emit())
        self.noise.toggled.connect(lambda _: self.changed.emit())
        self.more.toggled.connect(lambda _: self._show_form())
        self.grid.chosen.connect(lambda index: self.target.set_target(f"#{index}"))
        self._show_form()

    def _on_method(self) -> None:
        self._show_form()
        self.changed.emit()

    def _on_settings(self) -> None:
        self._show_dial()
        self.changed.emit()

    @property
    def form(self) -> SettingsForm:
        """Of the settings that the chosen method has of its own."""
        if self.method not in self._forms:
            form = SettingsForm(attacks()[self.method].settings, hidden=SET_ELSEWHERE)
            form.changed.connect(self._on_settings)
            for line in form.findChildren(QLineEdit):
                keep_return(line)
            self._settings_place.addWidget(form)
            self._forms[self.method] = form
        return self._forms[self.method]

    def _show_form(self) -> None:
        """Show the settings of the method, if they are wanted and it has any of its own."""
        names = {field.name for field in attacks()[self.method].fields}
        self.more.setVisible(bool(names - set(SET_ELSEWHERE)))
        chosen = self.form
        for form in self._forms.values():
            form.setVisible(form is chosen and self.more.isChecked() and not self.more.isHidden())
        self._show_dial()

    def _show_dial(self) -> None:
        """Show the dial of the size that the method takes, if it takes one."""
        turned = self.turned
        for dial in (self.dial, self.length):
            dial.setVisible(dial is turned)
        turned.setEnabled(hasattr(self._own_settings, "epsilon"))
