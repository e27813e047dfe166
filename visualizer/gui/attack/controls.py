"""What to do and what to ask: method, aim and size, survival, and how hard each class is."""

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
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.adversarial import attacks
from visualizer.gui.attack.class_grid import ClassGrid
from visualizer.gui.attack.epsilon_dial import EpsilonDial, LengthDial
from visualizer.gui.attack.robustness_table import SurvivalTable
from visualizer.gui.widgets.class_picker import ClassPicker
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.widgets.settings_form import SettingsForm

if TYPE_CHECKING:
    from visualizer.engine.adversarial.minimal_epsilons import MinimalEpsilons
    from visualizer.engine.technique import Settings

USUAL_FACTOR = 20
SET_ELSEWHERE = ("epsilon", "l2_epsilon", "target", "mode")
"""Settings that have a control of their own, here or in the window."""
KEEPS_UP = ("fgsm", "noise")
"""Methods that are fast enough for a camera."""


class AttackPanel(QWidget):
    """The controls of the Attack workspace, from the top to the bottom of the side column."""

    changed = Signal()
    """Method, its settings, target, size, factor or twin are others."""
    reach_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.methods = QComboBox()
        self.methods.setAccessibleName("Method")
        self.methods.setToolTip("How the picture is changed (↑ ↓)")
        for name, technique in attacks().items():
            self.methods.addItem(technique.title, name)
        self.target = ClassPicker()
        self.dial = EpsilonDial()
        self.length = LengthDial()
        self.factor = QSlider(Qt.Orientation.Horizontal)
        self.factor.setRange(1, 60)
        self.factor.setValue(USUAL_FACTOR)
        self.factor.setAccessibleName("difference factor")
        self.factor.setToolTip("How many times as strong the difference is drawn (K)")
        self.twin = QCheckBox("random twin")
        self.twin.setToolTip("Noise of exactly the same size instead of the attack (N or Space)")
        self.more = QToolButton()
        self.more.setText("More settings")
        self.more.setCheckable(True)
        self.more.setProperty("role", "flat")
        self.verdict = QLabel(wordWrap=True)
        self.verdict.setTextFormat(Qt.TextFormat.MarkdownText)
        self.survival = SurvivalTable()
        self.grid = ClassGrid()
        self.reached = QLabel(wordWrap=True)
        self.reached.setProperty("role", "small")
        self.reach_button = QPushButton("Find out")
        self.to_tray = QPushButton("To tray")
        self.to_tray.setToolTip("Keep the adversarial picture with its recipe (Return)")
        self.walk = QPushButton("Walk it through the layers")
        self.walk.setToolTip("Both pictures side by side in every stage, in Layers (W)")
        self._live = False
        self._forms: dict[str, SettingsForm] = {}
        self._build()
        self._connect()
        self.forget()
        self.forget_reach()
        self.set_live(False)

    @property
    def method(self) -> str:
        """The name of the chosen attack."""
        return self.methods.currentData()

    @property
    def used(self) -> str:
        """The attack that is made: the chosen one, or one that keeps up with a camera."""
        return "fgsm" if self._live and self.method not in KEEPS_UP else self.method

    @property
    def settings(self) -> Settings:
        """The settings of the attack that is made; size and target are not set in them."""
        return (
            self._form().settings if self.used == self.method else attacks()[self.used].settings()
        )

    @property
    def turned(self) -> EpsilonDial:
        """The dial of the size of the attack that is made."""
        return self.length if getattr(self.settings, "norm", "linf") == "l2" else self.dial

    def step_method(self, by: int) -> None:
        """Choose the next method or the one before."""
        last = self.methods.count() - 1
        self.methods.setCurrentIndex(min(max(self.methods.currentIndex() + by, 0), last))

    def show_verdict(self, text: str, success: bool) -> None:
        """Say what became of the answer."""
        self.verdict.setText(text)
        self.verdict.setAccessibleName(f"{'fooled' if success else 'not fooled'}: {text}")

    def show_reach(self, found: MinimalEpsilons, name: Callable[[int], str]) -> None:
        """Show how hard each class is, as far as it is known."""
        self.grid.show_epsilons(found.epsilons, name)
        self.grid.show()
        self.reached.setText(
            f"it takes at most this ε: {found.reached()} reached, {found.step} of "
            f"{found.total} looked at; bright is near, × was not reached in 32 steps"
        )

    def forget(self) -> None:
        """Show no answers: they were about another attack."""
        self.survival.show_verdicts({})
        self.survival.show_transfer(None)
        self.verdict.clear()

    def forget_reach(self) -> None:
        """Show no sizes of classes: they were about another picture."""
        self.grid.hide()
        self.reached.setText("at most how large an ε leads to each class")

    def set_live(self, live: bool) -> None:
        """Whether the picture changes all the time, too fast for most of this."""
        self._live = live
        self._show_dial()
        self.reach_button.setEnabled(not live)
        self.reach_button.setToolTip(
            "Hold the camera's picture first (Space)"
            if live
            else "Walk to each class in steps of 1/255: at most how large an ε it takes (F)"
        )

    # Construction

    def _build(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("method", self.methods)
        form.addRow("aim", self.target)
        row = QHBoxLayout()
        row.addWidget(self.factor, 1)
        row.addWidget(self.twin)
        form.addRow("difference", row)
        self._settings_place = QVBoxLayout()
        question = QHBoxLayout()
        question.addWidget(_heading("How hard is each class to reach?"))
        question.addStretch(1)
        question.addWidget(self.reach_button)
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
        layout.addWidget(self.verdict)
        layout.addLayout(buttons)
        layout.addWidget(_heading("Does it survive?"))
        layout.addWidget(self.survival)
        layout.addLayout(question)
        layout.addWidget(self.reached)
        layout.addWidget(self.grid)
        layout.addStretch(1)

    def _connect(self) -> None:
        self.methods.currentIndexChanged.connect(self._on_method)
        self.target.chosen.connect(lambda _: self.changed.emit())
        keep_return(self.target.lineEdit())
        self.length.changed.connect(lambda _: self.changed.emit())
        self.dial.changed.connect(lambda _: self.changed.emit())
        self.factor.valueChanged.connect(lambda _: self.changed.emit())
        self.twin.toggled.connect(lambda _: self.changed.emit())
        self.more.toggled.connect(lambda _: self._show_form())
        self.reach_button.clicked.connect(self.reach_wanted)
        self.grid.chosen.connect(lambda index: self.target.set_target(f"#{index}"))
        self._show_form()

    def _on_method(self) -> None:
        self._show_form()
        self.changed.emit()

    def _on_settings(self) -> None:
        self._show_dial()
        self.changed.emit()

    def _form(self) -> SettingsForm:
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
        chosen = self._form()
        for form in self._forms.values():
            form.setVisible(form is chosen and self.more.isChecked() and not self.more.isHidden())
        self._show_dial()

    def _show_dial(self) -> None:
        """Show the dial of the size that the method takes, if it takes one."""
        turned = self.turned
        for dial in (self.dial, self.length):
            dial.setVisible(dial is turned)
        turned.setEnabled(hasattr(self.settings, "epsilon"))


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "accent")
    return label
