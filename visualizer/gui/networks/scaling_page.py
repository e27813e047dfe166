"""The scaling page: how does this file take its pixels? Asked once, when a file is opened first.

`ask` opens the page over the window if the network of the session came from a file whose scaling
is only a guess (`models.doctor`), and does nothing for all others; the menu asks again at any time.
The signal `answered` carries the chosen `Preprocessing`, after it is kept and the file opened
with it. Class names can be given there too, and are kept likewise.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.errors import UserError
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Session
from visualizer.gui.networks.candidate_card import CandidateCard
from visualizer.gui.networks.custom_scaling import CustomScaling, scaling_in_words
from visualizer.gui.widgets.image_view import ImageView
from visualizer.models import catalog
from visualizer.models.label_files import SUFFIXES, chosen_names
from visualizer.models.remembered_scaling import remember

if TYPE_CHECKING:
    from visualizer.engine.preprocessing import Preprocessing
    from visualizer.engine.specimen import Specimen
    from visualizer.models.doctor import Candidate, Doctor, Trial

COLUMNS = 3
QUESTION = (
    "A network that gets its pixels in the wrong scale answers nonsense without a word, and the "
    "file does not say which scale is right. Choose a picture you know, and the card whose answers "
    "are right for it."
)


def ask(session: Session, parent: QWidget) -> ScalingPage | None:
    """Open the page if the session's network is a file whose scaling is only a guess."""
    network = session.network
    if network is None or not (network.card or {}).get("guessed"):
        return None
    page = ScalingPage(session, parent)
    page.open()
    return page


class ScalingPage(QDialog):
    """Shows the five strongest classes of one picture under each way of scaling, to pick one.

    Args:
        session: its network is the one in question, from a file.
    """

    answered = Signal(object)
    """The chosen `Preprocessing`; it is kept, and the file is being opened with it."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        assert session.network is not None
        self._session, self._network = session, session.network
        self._card = dict(self._network.card or {})
        self._doctor: Doctor | None = None  # made on the compute thread
        self.cards: list[CandidateCard] = []
        self.setWindowTitle("How does this network take its pixels?")
        self._trial = Latest(session.compute, "Trying how pixels go in", self)
        self._build()
        self.finished.connect(lambda _: self._trial.drop())
        self._try()

    def _build(self) -> None:
        heading = QLabel(f"How does “{self._network.title}” take its pixels?")
        heading.setProperty("role", "title")
        question = QLabel(QUESTION, wordWrap=True)
        question.setProperty("role", "muted")
        self.notes = QLabel(" ".join(self._card.get("notes", ())), wordWrap=True)
        self.notes.setProperty("role", "muted")
        self.notes.setVisible(bool(self.notes.text()))
        middle = QHBoxLayout()
        middle.addLayout(self._picture_column(), 1)
        middle.addWidget(self._cards_area(), 3)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(question)
        layout.addWidget(self.notes)
        layout.addLayout(middle, 1)
        self._add_buttons(layout)
        em = self.fontMetrics().height()
        layout.setSpacing(round(em * 0.6))
        self.resize(round(66 * em), round(36 * em))

    def _picture_column(self) -> QVBoxLayout:
        """The picture that is tried, and how the trial goes."""
        self.view = ImageView()
        self.pictures = QComboBox()
        self.pictures.setAccessibleName("Picture")
        for specimen in self._session.specimens:
            self.pictures.addItem(specimen.title, specimen.id)
        if self._session.specimen is not None:
            self.pictures.setCurrentIndex(self.pictures.findData(self._session.specimen.id))
        self.pictures.currentIndexChanged.connect(self._try)
        self.status = QLabel(wordWrap=True)
        self.status.setProperty("role", "small")
        column = QVBoxLayout()
        column.addWidget(self.pictures)
        column.addWidget(self.view)
        column.addWidget(self.status)
        column.addStretch(1)
        return column

    def _cards_area(self) -> QScrollArea:
        holder = QWidget()
        self._grid = QGridLayout(holder)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._area = QScrollArea(widgetResizable=True)
        self._area.setWidget(holder)
        return self._area

    def _add_buttons(self, layout: QVBoxLayout) -> None:
        """Add the row of buttons, and above it the fields for a scaling of the user's own."""
        buttons, roles = QDialogButtonBox(), QDialogButtonBox.ButtonRole
        self.use = buttons.addButton("Use this", roles.AcceptRole)
        self.use.setProperty("role", "primary")
        self.use.setDefault(True)
        buttons.addButton("Ask again next time", roles.RejectRole)
        self.none = buttons.addButton("None of these…", roles.ActionRole)
        self.none.setCheckable(True)
        self.names = buttons.addButton("Class names…", roles.ActionRole)
        self.names.setToolTip("A file with one name a line, a JSON list or a CSV table")
        self.names.clicked.connect(self._ask_names)
        self.own = CustomScaling(self._network.channels)
        self.own.hide()
        self.own.wanted.connect(self._try_own)
        self.own.refused.connect(self.status.setText)
        self.none.toggled.connect(self._show_own)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        layout.addWidget(self.own)
        layout.addWidget(buttons)

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
        specimen, network = self._picture(), self._network
        found = tuple(card.candidate for card in self.cards) or self._card.get("candidates", ())

        def work() -> Generator[Trial, None, tuple[Candidate, ...]]:
            from visualizer.models.doctor import Doctor

            self._doctor = self._doctor or Doctor(network.model, network.classes)
            candidates = found or (yield from self._doctor.diagnose())
            if specimen is not None:
                candidates = yield from self._doctor.show(specimen.picture, candidates)
            return candidates

        self.status.setText("Trying every way…")
        self._trial.ask(work, on_done=self._show, on_failed=self.status.setText)

    def _show(self, candidates: Sequence[Candidate]) -> None:
        """Fill the cards; their order stays once it is there, so that the eye finds them again."""
        for place, candidate in enumerate(candidates):
            if place < len(self.cards):
                self.cards[place].show_candidate(candidate)
            else:
                self._add_card(candidate, recommended=place == 0)
        if self.chosen is None and self.cards:
            self._choose(self._place_of(self._network.preprocessing))
        self._say_why()

    def _add_card(self, candidate: Candidate, *, recommended: bool = False) -> None:
        card, place = CandidateCard(candidate, recommended=recommended), len(self.cards)
        card.toggled.connect(self._say_why)
        self._grid.addWidget(card, place // COLUMNS, place % COLUMNS)
        self.cards.append(card)

    def _choose(self, place: int) -> None:
        card = self.cards[place]
        card.setChecked(True)
        card.setFocus()
        self._area.ensureWidgetVisible(card)

    def _place_of(self, way: Preprocessing) -> int:
        ways = [card.candidate.preprocessing for card in self.cards]
        return ways.index(way) if way in ways else 0

    # A scaling that is not among the candidates

    def _show_own(self, shown: bool) -> None:
        self.own.setVisible(shown)
        if shown:
            self.own.black.setFocus()
            self.own.black.selectAll()

    def _try_own(self, way: Preprocessing) -> None:
        from visualizer.models.doctor import Candidate

        if way not in [card.candidate.preprocessing for card in self.cards]:
            self._add_card(Candidate(way, scaling_in_words(way), (), 0.0, ()))
            self._try()
        self._choose(self._place_of(way))

    # Class names

    def _ask_names(self) -> None:
        dialog = QFileDialog(self, "Class names", self._session.store.text("open folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters([f"Class names ({' '.join(f'*{s}' for s in SUFFIXES)})", "All (*)"])
        dialog.fileSelected.connect(lambda name: self.take_names(Path(name)))
        dialog.open()

    def take_names(self, path: Path) -> None:
        """Keep the class names in a file for this network, and open it again with them."""
        network = self._network
        try:
            names = chosen_names(path, network.stages[-1].units)
            remember(network.sha256, classes=names)
        except UserError as error:
            self.status.setText(str(error))
            return
        trusted = bool(self._card.get("trusted"))
        self._session.open_network(catalog.name_of(network), trust=trusted)
        self.accept()

    def _say_why(self) -> None:
        chosen = self.chosen
        reasons = " ".join(chosen.evidence) if chosen is not None else ""
        self.status.setText(reasons or "Nothing in the network speaks for this one.")
        self.use.setEnabled(chosen is not None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_1
        if 0 <= number < len(self.cards) and not event.modifiers():
            self._choose(number)
        else:
            super().keyPressEvent(event)

    # The answer

    def _accept(self) -> None:
        chosen, network = self.chosen, self._network
        if chosen is None:
            return
        try:
            remember(network.sha256, chosen.preprocessing)
        except UserError as error:
            self.status.setText(str(error))
            return
        if chosen.preprocessing != network.preprocessing or self._card.get("guessed"):
            trusted = bool(self._card.get("trusted"))
            self._session.open_network(catalog.name_of(network), trust=trusted)
        self.answered.emit(chosen.preprocessing)
        self.accept()
