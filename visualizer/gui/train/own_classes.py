"""Classes of one's own: hold something up to the camera, or choose it in the tray, and press."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from visualizer.engine.fitting import fitted_to
from visualizer.engine.rendering import to_bytes
from visualizer.gui.widgets.image_view import screen_image
from visualizer.gui.widgets.panel import note
from visualizer.models.training_data import KEPT_FOR_TRANSFER

MOST = 2000
"""Pictures a class."""


class OwnClasses(QWidget):
    """A row a class: its name, its newest picture, how many there are, and a button to take one.

    While the button is held and the camera runs, every picture of the camera is taken.

    Args:
        current: gives the picture that is chosen or that the camera shows, H x W x 3; None for
            none.
    """

    changed = Signal()

    def __init__(
        self, current: Callable[[], np.ndarray | None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._current = current
        self.rows: list[ClassRow] = []
        self._list = QVBoxLayout()
        self.add_button = QPushButton("Add a class")
        self.add_button.clicked.connect(lambda _=False: self.add_class())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(
            note(
                "Take what the camera shows (hold the button for many), or the picture chosen in "
                "the tray."
            )
        )
        layout.addLayout(self._list)
        layout.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.add_class()
        self.add_class()

    @property
    def pictures(self) -> dict[str, list[np.ndarray]]:
        """The pictures by class; classes of one name are one, and empty ones left out."""
        found: dict[str, list[np.ndarray]] = {}
        for row in self.rows:
            if row.pictures:
                found.setdefault(row.title, []).extend(row.pictures)
        return found

    def show_pictures(self, pictures: Mapping[str, Sequence[np.ndarray]]) -> None:
        """Show the classes of another time with their pictures; nothing is told of it."""
        for row in self.rows:
            row.deleteLater()
        self.rows = []
        for title, own in pictures.items():
            row = self.add_class(title)
            for picture in own:
                row.add(picture)

    def add_class(self, title: str = "") -> ClassRow:
        """Add an empty class."""
        row = ClassRow(title or f"class {len(self.rows) + 1}")
        row.take.pressed.connect(lambda: self._take(row))
        row.take.released.connect(self.changed)  # once, however many pictures were taken
        row.name.editingFinished.connect(self.changed)
        row.clear.clicked.connect(lambda: self._clear(row))
        self.rows.append(row)
        self._list.addWidget(row)
        return row

    def on_camera_picture(self) -> None:
        """The camera has another picture: the class whose button is held takes it."""
        for row in self.rows:
            if row.take.isDown():
                self._take(row)

    def _take(self, row: ClassRow) -> None:
        picture = self._current()
        if picture is not None and len(row.pictures) < MOST:
            fitted = fitted_to(picture, (KEPT_FOR_TRANSFER, KEPT_FOR_TRANSFER), "crop")
            row.add(to_bytes(np.clip(fitted, 0, 1)))

    def _clear(self, row: ClassRow) -> None:
        row.empty()
        self.changed.emit()


class ClassRow(QWidget):
    """One class."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.pictures: list[np.ndarray] = []
        self.name = QLineEdit(title)
        self.name.setAccessibleName("Name of the class")
        self.count = QLabel("0")
        self.take = QPushButton("Take")
        self.take.setToolTip("Take the picture of the camera or of the tray")
        self.clear = QPushButton("×")
        self.clear.setToolTip("Forget the pictures of this class")
        self.clear.setAccessibleName("Forget the pictures of this class")
        self.clear.setMaximumWidth(2 * self.fontMetrics().height())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.name, self.count, self.take, self.clear):
            row.addWidget(widget, 1 if widget is self.name else 0)

    @property
    def title(self) -> str:
        """Its name, as typed."""
        return self.name.text().strip() or "without a name"

    def add(self, picture: np.ndarray) -> None:
        """Take a picture in."""
        self.pictures.append(picture)
        side = 2 * self.fontMetrics().height()
        self.take.setIconSize(QSize(side, side))
        self.take.setIcon(QIcon(QPixmap.fromImage(screen_image(picture))))
        self.count.setText(str(len(self.pictures)))

    def empty(self) -> None:
        """Forget its pictures."""
        self.pictures = []
        self.take.setIcon(QIcon())
        self.count.setText("0")
