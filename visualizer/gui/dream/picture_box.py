"""A list of the pictures of the tray, to choose one from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QSize, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QComboBox, QWidget

from visualizer.gui.core.session import Change
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

THUMBNAIL = 48


class ChoiceBox(QComboBox):
    """A combo box with a method that steps to the next entry."""

    def choose_next(self) -> None:
        """Choose the next entry, and the first after the last."""
        if self.count():
            self.setCurrentIndex((self.currentIndex() + 1) % self.count())


class SpecimenBox(ChoiceBox):
    """Offers the pictures of the tray.

    Args:
        session: the session.
        none: the text of a first entry for no picture; "" for no such entry.
        own: the text of a first entry for the picture that is chosen in the tray.
        parent: its owner.
    """

    chosen = Signal()

    def __init__(
        self,
        session: Session,
        none: str = "",
        own: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._first, self._follows = session, none or own, bool(own)
        self._icons: dict[str, QIcon] = {}
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(10)
        em = self.fontMetrics().height()
        self.setIconSize(QSize(round(1.3 * em), round(1.3 * em)))
        self.currentIndexChanged.connect(lambda _: self.chosen.emit())

    @property
    def specimen(self) -> Specimen | None:
        """The chosen picture, or None."""
        identity = self.currentData()
        if identity:
            return self._session.find(identity)
        return self._session.specimen if self._follows else None

    def choose(self, specimen: Specimen | None) -> None:
        """Choose a picture of the tray, or the first entry."""
        place = self.findData(specimen.id) if specimen is not None else 0
        if place >= 0:
            self.setCurrentIndex(place)

    def follow(self, change: Change) -> None:
        """Offer what is in the tray now; called by the page as it follows the session."""
        if Change.TRAY in change:
            self._fill()

    def _fill(self) -> None:
        before = self.currentData()
        with QSignalBlocker(self):
            self.clear()
            if self._first:
                self.addItem(self._first, "")
            for specimen in self._session.specimens:
                self.addItem(self._icon(specimen), specimen.title, specimen.id)
            place = self.findData(before) if before else 0
            self.setCurrentIndex(max(place, 0) if self.count() else -1)
        if self.currentData() != before:
            self.chosen.emit()

    def _icon(self, specimen: Specimen) -> QIcon:
        if specimen.id not in self._icons:
            pixels = QPixmap.fromImage(image_of(specimen.thumbnail(THUMBNAIL)))
            self._icons[specimen.id] = QIcon(pixels)
        return self._icons[specimen.id]
