"""The buttons of a run: start, pause and go on, one step, undo, from here, to the tray."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal, SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QWidget

from visualizer.gui.runs.run import DONE, EMPTY, FAILED, PAUSED, RUNNING


class Transport(QWidget):
    """Buttons with their keys; which of them can be pressed follows the state of the run.

    Without `steerable` there are no "from here" and no endless run.
    """

    start, toggled, step, undo, from_here, to_tray, walk = (Signal() for _ in range(7))
    endless_changed = Signal(bool)

    def __init__(self, steerable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = EMPTY
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._row = row
        self.start_button = self._button("Start", "N", "Begin anew", self.start)
        self.start_button.setProperty("role", "primary")
        self.go_button = self._button("Pause", "Space", "Pause, or go on", self.toggled, key="")
        self.step_button = self._button("Step", ".", "Take one step", self.step)
        self.undo_button = self._button("Undo", "Backspace", "Take back a step", self.undo)
        self.here_button = self._button(
            "From here", "H", "Begin anew from the picture on show", self.from_here
        )
        self.endless = QCheckBox("again and again")
        self.endless.setToolTip("When it is done it begins again from the picture on show (E)")
        self.endless.toggled.connect(self.endless_changed)
        QShortcut(QKeySequence("E"), self).activated.connect(self.endless.click)
        row.addWidget(self.endless)
        for widget in (self.here_button, self.endless):
            widget.setVisible(steerable)
        row.addStretch(1)
        self.tray_button = self._button("To tray", "T", "Keep it, with its recipe", self.to_tray)
        self.walk_button = self._button(
            "Through the layers",
            "L",
            "Keep it, and make it the picture all workspaces look at",
            self.walk,
        )
        self.set_state(EMPTY, False)

    def set_state(self, state: str, picture: bool) -> None:
        """Follow a run; `picture` says whether there is one to keep."""
        self.state = state
        running, begun = state == RUNNING, state in (PAUSED, DONE, FAILED)
        self.go_button.setText("Pause" if running else "Go on")
        self.go_button.setEnabled(running or begun)
        self.step_button.setEnabled(begun)
        self.undo_button.setEnabled(picture and (running or begun))
        for button in (self.here_button, self.tray_button, self.walk_button):
            button.setEnabled(picture)

    def set_endless(self, endless: bool) -> None:
        """Show whether it goes on again and again, without telling anybody."""
        with QSignalBlocker(self.endless):
            self.endless.setChecked(endless)

    def _button(
        self, text: str, keys: str, tip: str, signal: SignalInstance, key: str | None = None
    ) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(f"{tip} ({keys})")
        button.setFocusPolicy(button.focusPolicy() & ~button.focusPolicy().ClickFocus)
        button.clicked.connect(lambda: signal.emit())
        shortcut = keys if key is None else key
        if shortcut:
            QShortcut(QKeySequence(shortcut), self).activated.connect(button.click)
        self._row.addWidget(button)
        return button
