"""The buttons of a run: start, pause and go on, one step, undo, from here, to the tray."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget

from visualizer.gui.runs.steered_run import RunState, SteeredRun
from visualizer.gui.workspace import Action


class Transport(QWidget):
    """Which buttons can be pressed follows the run: one that would do nothing is disabled.

    `tray_button` and `layers_button` are for the `RunView` to place.

    Args:
        steerable: whether the run can continue from what is on show. Without it there are no
            "From here" and no endless run, and what is done or has failed only starts anew.
    """

    start, toggled, step, undo, from_here, to_tray, through_layers = (Signal() for _ in range(7))
    endless_changed = Signal(bool)

    def __init__(self, steerable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steerable = steerable
        self.start_button = QPushButton("Start")
        self.start_button.setProperty("role", "primary")
        self.go_button = QPushButton("Pause")
        self.go_button.setToolTip("Pause, or go on (Space)")
        self.step_button = QPushButton("Step")
        self.undo_button = QPushButton("Undo")
        self.here_button = QPushButton("From here")
        self.endless = QCheckBox("again and again")
        self.tray_button = QPushButton("To tray")
        self.layers_button = QPushButton("Through the layers")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for button, signal in (
            (self.start_button, self.start),
            (self.go_button, self.toggled),
            (self.step_button, self.step),
            (self.undo_button, self.undo),
            (self.here_button, self.from_here),
            (self.endless, self.endless_changed),
            (self.tray_button, self.to_tray),
            (self.layers_button, self.through_layers),
        ):
            if button not in (self.tray_button, self.layers_button):
                row.addWidget(button)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            if signal is not self.endless_changed:
                button.clicked.connect(lambda _=False, signal=signal: signal.emit())
        row.addStretch(1)
        self.endless.toggled.connect(self.endless_changed)
        self.here_button.setVisible(steerable)
        self.endless.setVisible(steerable)

    def actions_with_keys(self) -> list[Action]:
        """What its buttons do, for the page to declare."""
        press = Action.press
        found = [
            press("start", "Begin anew", "N", self.start_button),
            press("step", "Take one step", ".", self.step_button),
            press("undo", "Take back a step", "Backspace", self.undo_button),
            press("to_tray", "Keep it in the tray, with its recipe", "T", self.tray_button),
            press("layers", "Keep it, and look at it in the layers", "L", self.layers_button),
        ]
        if self._steerable:
            again = "When it is done it begins again from the picture on show"
            found += [
                press("from_here", "Begin anew from the picture on show", "H", self.here_button),
                press("endless", again, "E", self.endless),
            ]
        return found

    def show_run(self, run: SteeredRun) -> None:
        """Enable what can be done with a run now."""
        state = run.state
        begun = state is RunState.PAUSED or (
            self._steerable and state in (RunState.DONE, RunState.FAILED)
        )
        self.go_button.setText("Pause" if run.running else "Go on")
        self.go_button.setEnabled(run.running or begun)
        self.step_button.setEnabled(begun and state is not RunState.DONE)
        self.undo_button.setEnabled(run.can_undo)
        for button in (self.here_button, self.tray_button, self.layers_button):
            button.setEnabled(run.has_picture)
