"""The endless zoom as a film: settings, preview, progress, cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.ascent.zoom import ZoomSettings
from visualizer.gui.core.requests import Latest
from visualizer.gui.widgets.image_view import ImageView, screen_image
from visualizer.gui.widgets.settings_form import SettingsForm

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame
    from visualizer.gui.core.session import Session


@dataclass(frozen=True, eq=False)
class Preview:
    """How far the zoom is, and its newest picture."""

    step: int
    total: int | None
    image: QImage | None


class ZoomDialog(QDialog):
    """Makes an endless zoom and shows it; with a file name it is written as a film.

    Args:
        session: the session.
        network: the network that dreams.
        start: gives the picture it begins with; called on the compute thread.
        image: of that picture.
        target: what to climb.
        parent: the widget it belongs to.
    """

    def __init__(
        self,
        session: Session,
        network: Network,
        start: Callable[[], Specimen],
        image: QImage | None,
        target: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Zoom film")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._network = session, network
        self._flight = Latest(session.compute, parent=self, background=True)
        self._start, self._target = start, target
        self._path: Path | None = None
        self._shown: QImage | None = None
        self.view = ImageView("The film is previewed here.")
        self.view.set_picture(image)
        self.form = SettingsForm(ZoomSettings, hidden=("target",))
        self.rate = QSpinBox(minimum=1, maximum=60, value=24, suffix=" a second")
        self.rate.setAccessibleName("Pictures a second")
        self.progress = QProgressBar(textVisible=False)
        self.status = QLabel(wordWrap=True)
        self.status.setProperty("role", "muted")
        self.preview = QPushButton("&Preview")
        self.save = QPushButton("&Save film…")
        self.save.setProperty("role", "primary")
        self.cancel = QPushButton("&Cancel")
        self.cancel.setEnabled(False)
        self._build()
        self.form.changed.connect(lambda _: self._tell_length())
        self.rate.valueChanged.connect(lambda _: self._tell_length())
        self._tell_length()

    def make(self, path: Path | None) -> None:
        """Make the zoom, into a file if there is a path."""
        chosen: Any = self.form.settings
        settings = replace(chosen, target=self._target)
        network, start, rate = self._network, self._start, self.rate.value()
        self._path = path

        def work() -> Iterator[Preview]:
            from visualizer.engine.ascent.film import filmed
            from visualizer.engine.ascent.zoom import zoom

            frames: Iterator[Frame] = zoom(network, start(), settings)
            if path is not None:
                frames = filmed(frames, path, rate)
            image = None
            for frame in frames:  # the newest picture goes with the steps in between
                image = screen_image(frame.picture) if frame.picture is not None else image
                yield Preview(frame.step, frame.total, image)

        title = f"Film {path.name}" if path is not None else "Preview of the film"
        self._flight.ask(
            work,
            on_frame=self._on_frame,
            on_done=self._on_done,
            on_failed=self._end,
            on_cancelled=lambda: self._end("Cancelled; no file was left behind."),
            title=title,
        )
        self._set_busy(True)

    def done(self, result: int) -> None:
        """Closing the dialog stops the film."""
        self._flight.drop()
        super().done(result)

    # Construction

    def _build(self) -> None:
        em = self.fontMetrics().height()
        side = QVBoxLayout()
        side.addWidget(self.form)
        rate = QFormLayout()
        rate.addRow("Pictures", self.rate)
        side.addLayout(rate)
        side.addStretch(1)
        side.addWidget(self.status)
        buttons = QHBoxLayout()
        for button in (self.preview, self.save, self.cancel):
            buttons.addWidget(button)
        side.addLayout(buttons)
        self.preview.clicked.connect(lambda: self.make(None))
        self.save.clicked.connect(self._ask)
        self.cancel.clicked.connect(self._flight.cancel)
        shown = QVBoxLayout()
        shown.addWidget(self.view, 1)
        shown.addWidget(self.progress)
        layout = QHBoxLayout(self)
        layout.addLayout(shown, 1)
        layout.addLayout(side)
        self.resize(60 * em, 32 * em)

    def _ask(self) -> None:
        folder = self._session.store.text("film folder") or str(Path.home())
        dialog = QFileDialog(self, "Save the film", folder, "Films (*.mp4 *.gif)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("mp4")  # before the dialog asks whether to replace a file
        dialog.selectFile("dream.mp4")
        dialog.fileSelected.connect(lambda path: self._save(Path(path)))
        dialog.open()

    def _save(self, path: Path) -> None:
        self._session.store.remember("film folder", str(path.parent))
        self.make(path)

    # What comes of it

    def _on_frame(self, frame: Preview) -> None:
        self.progress.setRange(0, frame.total or 0)
        self.progress.setValue(frame.step)
        self.status.setText(f"step {frame.step} of {frame.total}")
        if frame.image is not self._shown:
            self._shown = frame.image
            self.view.set_picture(frame.image)

    def _on_done(self, frame: Preview) -> None:
        self._on_frame(frame)
        kept = f"The film is in {self._path}." if self._path is not None else "That was it."
        self._end(kept)
        if self._path is not None:
            self._session.say(kept)

    def _end(self, words: str) -> None:
        self._set_busy(False)
        self.status.setText(words)

    def _set_busy(self, busy: bool) -> None:
        self.cancel.setEnabled(busy)
        self.preview.setEnabled(not busy)
        self.save.setEnabled(not busy)
        self.form.setEnabled(not busy)
        if busy:
            self.progress.setValue(0)

    def _tell_length(self) -> None:
        frames = self.form.settings.to_dict()["frames"]
        self.status.setText(f"{frames} pictures, {frames / self.rate.value():.1f} seconds of film")
