"""Stands in the middle until the first network is open: the picture and a status line."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change, Session
from visualizer.gui.widgets.image_view import ImageView, image_of


class FirstPicture(QFrame):
    """The chosen picture, large, with one calm line under it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._session = session
        self.picture = ImageView("A picture appears here.")
        self.line = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.line.setProperty("role", "muted")
        layout = QVBoxLayout(self)
        em = self.fontMetrics().height()
        layout.setContentsMargins(em, em, em, em)
        layout.setSpacing(em)
        layout.addWidget(self.picture, 1)
        layout.addWidget(self.line)
        session.changed.connect(self._follow)
        self._image = Latest(session.compute, parent=self)
        self._say()

    def _follow(self, change: Change) -> None:
        if change & Change.PICTURE:
            self._ask()
        if change & Change.BUSY:
            self._say()

    def _say(self) -> None:
        self.line.setText(
            self._session.busy or "No network is open. Choose one at the top, or open a model file."
        )

    def _ask(self) -> None:
        specimen = self._session.specimen
        if self._session.network is None and specimen is not None:
            self._image.ask(once(image_of, specimen.pixels), on_done=self.picture.set_picture)
