"""Above all pages: the buttons of the training, how far it is, and what it has to say."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.train import text as words
from visualizer.gui.train.run import TrainRun
from visualizer.gui.train.training_session import Offer, TrainFrame
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.parts_label import PartsLabel

MORE_EPOCHS = 10
"""That a finished training is gone on with."""


class RunBar(QWidget):
    """Play, one batch, one epoch, to the end; the tabs of the pages; a sentence where one is due.

    Args:
        run: the training.
        pages: the titles of the pages, by name.
    """

    offer_taken = Signal(object)
    """The `Offer` of the training, after it had to stop."""
    page_chosen = Signal(str)
    carry_on = Signal()
    """Go on with the training of last time."""

    def __init__(
        self, run: TrainRun, pages: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.run = run
        self.start_button = QPushButton("Begin anew")
        self.go_button = QPushButton("Play")
        self.go_button.setProperty("role", "primary")
        self.batch_button = QPushButton("One batch")
        self.epoch_button = QPushButton("One epoch")
        self.end_button = QPushButton("To the end")
        self.explore_button = QPushButton("Explore it")
        self.save_button = QPushButton("Save…")
        self.tabs: dict[str, QToolButton] = {}
        self.status = PartsLabel()
        self.status.setProperty("role", "muted")
        self.error = QLabel(wordWrap=True)
        self.error.setProperty("role", "error")
        self.said = note("")
        self.offer, self.offer_words = QFrame(), note("", role="title")
        self.offer_button = QPushButton()
        self._offered: Offer | None = None
        self._asked = False  # whether to go on with the training of last time
        self._build(pages)
        self.offer_button.clicked.connect(self._on_taken)

    def show_page(self, name: str) -> None:
        """Mark the tab of the page on show."""
        self.tabs[name].setChecked(True)

    def show_state(self, state: RunState) -> None:
        """Show what can be done now."""
        run, running = self.run, state is RunState.RUNNING
        there = run.frame is not None
        self.go_button.setText("Pause" if running else "Play")
        if state is RunState.DONE:
            self.go_button.setText(f"{MORE_EPOCHS} more epochs")
        self.go_button.setEnabled(there or running)
        for button in (self.batch_button, self.epoch_button, self.end_button):
            button.setEnabled(there and state is not RunState.DONE)
        self.explore_button.setEnabled(there)
        self.save_button.setEnabled(there)
        failed = state is RunState.FAILED
        self.error.setText(run.error if failed else "")
        self.error.setVisible(failed)
        self.show_frame(run.frame)

    def show_frame(self, frame: TrainFrame | None) -> None:
        """Show how far the training is."""
        if frame is None:
            self.status.set_parts(words.PREPARING if self.run.preparing else "")
            self.offer.setVisible(self._asked)
            self.said.hide()
            return
        self.status.set_parts(*words.status(frame, self.run.running))
        self._offered = frame.offered
        self._asked = self._asked and not frame.step
        self.offer.setVisible(frame.offered is not None or self._asked)
        self.said.setVisible(bool(frame.said) and frame.offered is None)
        self.said.setText(frame.said)
        if frame.offered is not None:
            self.offer_words.setText(frame.said)
            self.offer_button.setText(words.offered(frame.offered))

    def _build(self, pages: Mapping[str, str]) -> None:
        row, buttons = _row()
        for button in (
            self.go_button,
            self.batch_button,
            self.epoch_button,
            self.end_button,
            self.start_button,
        ):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self.explore_button)
        buttons.addWidget(self.save_button)
        below, line = _row()
        group = QButtonGroup(self)
        for name, title in pages.items():
            tab = QToolButton()
            tab.setText(title)
            tab.setCheckable(True)
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            tab.clicked.connect(lambda _=False, name=name: self.page_chosen.emit(name))
            group.addButton(tab)
            line.addWidget(tab)
            self.tabs[name] = tab
        line.addStretch(1)
        self.offer.setProperty("role", "panel")
        asking = QHBoxLayout(self.offer)
        asking.addWidget(self.offer_words, 1)
        asking.addWidget(self.offer_button)
        for widget in (self.offer, self.error, self.said):
            widget.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        backstage(row, below)
        layout.addWidget(panel(row, below, self.status, self.error, self.said))
        layout.addWidget(self.offer)

    def show_offer(self, sentence: str) -> None:
        """Offer to go on with the training of last time; "" takes the offer away."""
        self._asked = bool(sentence)
        self.offer_words.setText(sentence)
        self.offer_button.setText("Go on with it")
        self.offer.setVisible(self._asked)

    def _on_taken(self) -> None:
        if self._asked:
            self.carry_on.emit()
        elif self._offered is not None:
            self.offer_taken.emit(self._offered)


def _row() -> tuple[QWidget, QHBoxLayout]:
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    return widget, row
