"""The doctor's page: how does this file take its pixels? Asked once, when a file is opened first.

`ask` opens the page over the window if the network of the session came from a file whose scaling
is only the doctor's guess, and does nothing for all others; the menu asks again at any time. The
signal `answered` carries the chosen `Preprocessing`, after the answer is kept and the file opened
with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.errors import UserError
from visualizer.gui.compute import once
from visualizer.gui.session import Session
from visualizer.gui.widgets.candidate_card import CandidateCard
from visualizer.gui.widgets.image_view import ImageView
from visualizer.models import catalog

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.models.doctor import Candidate

KEY = "doctor"
COLUMNS = 3
QUESTION = (
    "A network that gets its pixels in the wrong scale answers nonsense without a word, and the "
    "file does not say which scale is right. Choose a picture you know, and the card whose answers "
    "are right for it."
)


def ask(session: Session, parent: QWidget) -> DoctorPage | None:
    """Open the page if the session's network is a file whose scaling is only a guess."""
    network = session.network
    card = getattr(network, "card", None) or {}
    if network is None or not card.get("guessed"):
        return None
    page = DoctorPage(session, card.get("source", network.title), (), parent)
    page.open()
    return page


class DoctorPage(QDialog):
    """Shows the five strongest classes of one picture under each way of scaling, to pick one.

    Args:
        session: its network is the one in question.
        network_path: the file, to open it again with the answer.
        candidates: what `doctor.diagnose` gave; empty to let the page ask for it.
    """

    answered = Signal(object)
    """The chosen `Preprocessing`; it is kept, and the file is being opened with it."""

    def __init__(
        self,
        session: Session,
        network_path: str | Path,
        candidates: Sequence[Candidate] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._session, self._path = session, Path(network_path)
        self._network = session.network
        self.cards: list[CandidateCard] = []
        self.setWindowTitle("How does this network take its pixels?")
        heading = QLabel(f"How does “{self._path.name}” take its pixels?")
        heading.setProperty("role", "title")
        question = QLabel(QUESTION, wordWrap=True)
        question.setProperty("role", "muted")
        self.view = ImageView()
        self.pictures = QComboBox()
        self.pictures.setAccessibleName("Picture")
        for specimen in session.specimens:
            self.pictures.addItem(specimen.title, specimen.id)
        if session.specimen is not None:
            self.pictures.setCurrentIndex(self.pictures.findData(session.specimen.id))
        self.pictures.currentIndexChanged.connect(self._try)
        self.status = QLabel(wordWrap=True)
        self.status.setProperty("role", "small")
        left = QVBoxLayout()
        left.addWidget(self.pictures)
        left.addWidget(self.view)
        left.addWidget(self.status)
        left.addStretch(1)
        holder = QWidget()
        self._grid = QGridLayout(holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(holder)
        self._area = area
        self._buttons = QDialogButtonBox()
        self.use = self._buttons.addButton("Use this", QDialogButtonBox.ButtonRole.AcceptRole)
        self.use.setProperty("role", "primary")
        self.use.setDefault(True)
        self._buttons.addButton("Ask again next time", QDialogButtonBox.ButtonRole.RejectRole)
        self._buttons.accepted.connect(self._accept)
        self._buttons.rejected.connect(self.reject)
        middle = QHBoxLayout()
        middle.addLayout(left, 1)
        middle.addWidget(area, 3)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(question)
        layout.addLayout(middle, 1)
        layout.addWidget(self._buttons)
        em = self.fontMetrics().height()
        layout.setSpacing(round(em * 0.6))
        self.resize(round(66 * em), round(36 * em))
        session.compute.done.connect(self._on_done)
        session.compute.failed.connect(self._on_failed)
        self._show_picture()
        if candidates:
            self._show(candidates)
        else:
            self._try()

    # What is shown

    @property
    def chosen(self) -> Candidate | None:
        """The candidate of the card that is checked."""
        return next((card.candidate for card in self.cards if card.isChecked()), None)

    def _picture(self) -> Specimen | None:
        return self._session.find(str(self.pictures.currentData()))

    def _show_picture(self) -> None:
        specimen = self._picture()
        self.view.set_picture(specimen.picture if specimen is not None else None)

    def _try(self) -> None:
        """Ask the network about the picture, under every way of scaling."""
        self._show_picture()
        network, specimen = self._network, self._picture()
        if network is None:
            return

        def work() -> Any:
            from visualizer.models.doctor import diagnose

            pictures = [specimen.picture] if specimen is not None else []
            return network.model, diagnose(network.model, pictures, network.classes)

        self.status.setText("Trying every way…")
        self._session.compute.submit(KEY, once(work), title="Trying how pixels go in")

    def _on_done(self, key: str, result: Any) -> None:
        if key == KEY and self._network is not None and result[0] is self._network.model:
            self._show(result[1])

    def _on_failed(self, key: str, sentence: str) -> None:
        if key == KEY:
            self.status.setText(sentence)

    def _show(self, candidates: Sequence[Candidate]) -> None:
        """Fill the cards; their order stays once it is there, so that the eye finds them again."""
        if not self.cards:
            for place, candidate in enumerate(candidates):
                card = CandidateCard(candidate, recommended=place == 0)
                card.setChecked(place == 0)
                card.toggled.connect(self._say_why)
                self._grid.addWidget(card, place // COLUMNS, place % COLUMNS)
                self.cards.append(card)
            self.cards[0].setFocus()
        else:
            by_way = {candidate.preprocessing: candidate for candidate in candidates}
            for card in self.cards:
                card.show_candidate(by_way.get(card.candidate.preprocessing, card.candidate))
        self._say_why()

    def _say_why(self) -> None:
        chosen = self.chosen
        reasons = " ".join(chosen.evidence) if chosen is not None else ""
        self.status.setText(reasons or "Nothing in the network speaks for this one.")
        self.use.setEnabled(chosen is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < len(self.cards) and not event.modifiers():
            self.cards[number].setChecked(True)
            self.cards[number].setFocus()
        else:
            super().keyPressEvent(event)

    # The answer

    def _accept(self) -> None:
        chosen, network = self.chosen, self._network
        if chosen is None or network is None:
            return
        from visualizer.models.answers import remember

        try:
            remember(network.sha256, chosen.preprocessing)
        except UserError as error:
            self.status.setText(str(error))
            return
        card = network.card or {}
        if chosen.preprocessing != network.preprocessing or card.get("guessed"):
            trusted = bool(card.get("trusted"))
            self._session.open_network(catalog.name_of(network), trust=trusted)
        self.answered.emit(chosen.preprocessing)
        self.accept()
