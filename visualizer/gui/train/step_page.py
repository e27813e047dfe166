"""The page of the loop: one picture through a step of the training, with its real numbers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from visualizer.gui.train import text as words
from visualizer.gui.train.stations import Scene
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.panel import note, panel


class StepPage(QWidget):
    """Station by station: the picture, each layer forward, the loss, backward, and the update."""

    wanted: frozenset[str] = frozenset()
    trace_wanted = Signal()
    """Take the next batch, and follow its first picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scenes: tuple[Scene, ...] = ()
        self.place = 0
        self.trace_button = QPushButton("Follow a picture through the next batch")
        self.back_button, self.next_button = QPushButton("Back"), QPushButton("Next")
        self.title = note(words.STEP_HINT, role="title")
        self.text = note("")
        self.picture = ImageView("")
        self.picture.largest_share = 0.45
        self.numbers = QPlainTextEdit(readOnly=True)
        self.numbers.setProperty("role", "code")
        self.numbers.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        font = self.numbers.font()
        font.setFamilies(["monospace"])
        font.setStyleHint(font.StyleHint.Monospace)
        self.numbers.setFont(font)
        self.numbers.setAccessibleName("The numbers of this station")
        row, line = QWidget(), QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        row.setLayout(line)
        line.addWidget(self.trace_button)
        line.addStretch(1)
        line.addWidget(self.back_button)
        line.addWidget(self.next_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        body = panel(row, self.title, self.text, self.picture, self.numbers, stretch=self.numbers)
        layout.addWidget(body)
        backstage(row)
        self.trace_button.clicked.connect(self.trace_wanted)
        self.back_button.clicked.connect(lambda: self.step(-1))
        self.next_button.clicked.connect(lambda: self.step(1))
        self.show_scenes(())

    def show_frame(self, frame: object) -> None:
        """Nothing here follows the training itself."""
        self.trace_button.setEnabled(frame is not None)
        if frame is None:
            self.show_scenes(())

    def show_scenes(self, scenes: Sequence[Scene]) -> None:
        """Show the stations of a trace, from the first."""
        self.scenes, self.place = tuple(scenes), 0
        self._show()

    def step(self, by: int) -> None:
        """Go to the station before or after."""
        if self.scenes:
            self.place = min(max(self.place + by, 0), len(self.scenes) - 1)
            self._show()

    def _show(self) -> None:
        there = bool(self.scenes)
        self.back_button.setEnabled(there and self.place > 0)
        self.next_button.setEnabled(there and self.place + 1 < len(self.scenes))
        for widget in (self.text, self.numbers):
            widget.setVisible(there)
        if not there:
            self.title.setText(words.STEP_HINT)
            self.picture.hide()
            return
        scene = self.scenes[self.place]
        self.title.setText(f"{self.place + 1} of {len(self.scenes)}  ·  {scene.title}")
        self.text.setText(scene.text)
        self.numbers.setPlainText(scene.numbers)
        self.picture.setVisible(scene.image is not None)
        if scene.image is not None:
            self.picture.set_picture(scene.image, smooth=False)
