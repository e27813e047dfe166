"""The wall: every class with its champion, what to show of it, and how the run goes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.class_names import matching
from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.evolving import WallFrame
from visualizer.gui.evolve.run import EvolutionRun
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.runs.transport import Transport
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.parts_label import PartsLabel
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot
from visualizer.gui.widgets.tiles import Tile, TileArea

ORDERS = ("surest first", "by name", "newest first")
LEAST = (("all", 0.0), ("over 50%", 0.5), ("over 90%", 0.9), ("over 99%", 0.99))
RESORT_MS = 2000
"""Between two arrangements of the wall while it evolves: a place shall not change all the time."""


class WallPage(QWidget):
    """Start, pause and one generation on top; below the wall its curves."""

    opened = Signal(int)
    """The cell that the user wants to know more of."""
    selected = Signal(int)
    """The cell that the user chose."""
    carry_on = Signal()
    """Go on with the evolution that there is."""
    begin_anew = Signal()
    """Begin anew in its place."""

    def __init__(self, run: EvolutionRun, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run = run
        self.frame: WallFrame | None = None
        """What is shown."""
        self.names: Sequence[str] = ()
        """Of all classes of the network."""
        self.transport = Transport(steerable=False)
        self.transport.undo_button.hide()
        self.transport.step_button.setText("One generation")
        self.status = PartsLabel()
        self.status.setProperty("role", "muted")
        self.rounds = PartsLabel()
        """How the network did before it was immunised, and does now."""
        self.search = QLineEdit(placeholderText="Search…", clearButtonEnabled=True)
        self.search.setAccessibleName("Search for a class")
        self.order, self.least = QComboBox(), QComboBox()
        self.order.setAccessibleName("Order")
        self.least.setAccessibleName("Confidence at least")
        self.order.addItems(list(ORDERS))
        for title, least in LEAST:
            self.least.addItem(title, least)
        self.gallery = QPushButton("Save all…")
        self.wall = TileArea("Evolved pictures", words.WALL_HINT)
        self.offer, self.offer_words = QFrame(), note("", role="title")
        self.go_on_button, self.anew_button = QPushButton("Go on"), QPushButton("Begin anew")
        self.error = QLabel(wordWrap=True)
        self.error.setProperty("role", "error")
        self.confidence_plot = _Plot("How sure the network is", "confidence (%)")
        self.confidence_plot.set_ranges(y=(0, 100))
        self.count_plot = _Plot("How many classes it is sure of", "classes")
        self._resort = QTimer(self, interval=RESORT_MS, singleShot=True)
        self._resort.timeout.connect(self._arrange)
        self._order: list[int] = []  # the cells that are shown
        self._build()
        self._connect()

    @property
    def cell(self) -> int | None:
        """The chosen one."""
        return self.wall.key

    def show_frame(self, frame: WallFrame | None) -> None:
        """Show how far the evolution is."""
        before, self.frame = self.frame, frame
        self.gallery.setEnabled(frame is not None and bool(frame.images))
        if frame is None:
            self._order = []
            self.wall.set_tiles([])
        elif before is None or not self.run.running:
            self._arrange()
        else:
            self._show_tiles(flash=True)
            if not self._resort.isActive():
                self._resort.start()
        if self.wall.unit is None and self.wall.tiles and self.wall.tiles[0].image is not None:
            self.wall.set_unit(0)
        self._show_numbers()

    def show_state(self, state: RunState) -> None:
        """Show what can be done now."""
        self.transport.show_run(self.run)
        failed = state is RunState.FAILED
        self.error.setText(self.run.error if failed else "")
        self.error.setVisible(failed)
        if state is RunState.RUNNING:
            self.show_offer("")
            if self.frame is None:
                self.wall.set_hint("Getting the network ready…")
        else:
            self.wall.set_hint(words.WALL_HINT)
        self._show_numbers()

    def show_offer(self, sentence: str) -> None:
        """Offer to go on with the evolution of last time; "" takes the offer away."""
        self._show_offer(sentence, anew=False)

    def show_question(self, sentence: str) -> None:
        """Ask whether to begin anew all the same."""
        self._show_offer(sentence, anew=True)

    def _show_offer(self, sentence: str, anew: bool) -> None:
        self.offer_words.setText(sentence)
        self.anew_button.setVisible(anew)
        self.go_on_button.setText("Keep it" if anew else "Go on")
        self.offer.setVisible(bool(sentence))

    def show_rounds(self, *parts: str) -> None:
        """Show how it went in each round; nothing for none."""
        self.rounds.set_parts(*parts)
        self.rounds.setVisible(bool(parts))

    def next_order(self) -> None:
        """Sort in the next way."""
        self.order.setCurrentIndex((self.order.currentIndex() + 1) % self.order.count())

    # Construction

    def _build(self) -> None:
        top, row = QWidget(), QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        top.setLayout(row)
        row.addWidget(self.transport)
        row.addWidget(self.status, 1)
        tools, second = QWidget(), QHBoxLayout()
        second.setContentsMargins(0, 0, 0, 0)
        tools.setLayout(second)
        second.addWidget(self.search, 1)
        for widget in (self.order, self.least, self.gallery):
            second.addWidget(widget)
        self.offer.setProperty("role", "panel")
        asking = QHBoxLayout(self.offer)
        asking.addWidget(self.offer_words, 1)
        asking.addWidget(self.anew_button)
        asking.addWidget(self.go_on_button)
        self.offer.hide()
        self.error.hide()
        backstage(self.transport, tools)
        plots = QHBoxLayout()
        plots.addWidget(panel(self.confidence_plot, title="CONFIDENCE (%) BY PICTURES SEEN"))
        plots.addWidget(panel(self.count_plot, title="CLASSES OVER 90% AND 99%"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.rounds.hide()
        layout.addWidget(panel(top, self.rounds, tools, self.error))
        layout.addWidget(self.offer)
        layout.addWidget(panel(self.wall, stretch=self.wall), 1)
        layout.addLayout(plots)

    def _connect(self) -> None:
        keep_return(self.search)
        self.search.textChanged.connect(lambda _: self._arrange())
        self.search.returnPressed.connect(self.wall.setFocus)
        self.order.currentIndexChanged.connect(lambda _: self._arrange())
        self.least.currentIndexChanged.connect(lambda _: self._arrange())
        self.wall.selected.connect(lambda place: self.selected.emit(self.wall.tiles[place].key))
        self.wall.opened.connect(lambda place: self.opened.emit(self.wall.tiles[place].key))
        self.go_on_button.clicked.connect(self.carry_on)
        self.anew_button.clicked.connect(self.begin_anew)

    # What is shown

    def _arrange(self) -> None:
        """Choose and sort the cells anew."""
        frame = self.frame
        if frame is None:
            return
        labels = [self._label(int(index)) for index in frame.classes]
        cells = np.arange(len(labels))
        if typed := self.search.text().strip():
            cells = np.sort(np.array(matching(typed, labels), np.int64))
        least = self.least.currentData()
        cells = cells[frame.confidence[cells] >= least] if least else cells
        by = self.order.currentIndex()
        if by == 0:
            cells = cells[np.argsort(-frame.confidence[cells], kind="stable")]
        elif by == 1:
            cells = np.array(sorted(cells, key=lambda cell: labels[cell].casefold()), np.int64)
        else:
            cells = cells[np.lexsort((-frame.confidence[cells], -frame.since[cells]))]
        self._order = cells.tolist()
        if not self._order:
            self.wall.set_hint(words.NOTHING_FOUND)
        self._show_tiles(flash=True)

    def _show_tiles(self, flash: bool = False) -> None:
        frame = self.frame
        assert frame is not None
        self.wall.set_tiles([self._tile(frame, cell) for cell in self._order], flash)

    def _tile(self, frame: WallFrame, cell: int) -> Tile:
        label, image = self._label(int(frame.classes[cell])), frame.images.get(cell)
        if image is None:
            return Tile(cell, label, tip=f"{label}: no picture yet")
        sure = float(frame.confidence[cell])
        tip = f"{label} {words.share(sure)}, since generation {frame.since[cell]}"
        return Tile(cell, label, words.share(sure, short=True), image, tip)

    def _label(self, index: int) -> str:
        return self.names[index] if index < len(self.names) else f"class {index}"

    def _show_numbers(self) -> None:
        frame = self.frame
        if frame is None:
            self.status.set_parts("")
            self.confidence_plot.show_curves([])
            self.count_plot.show_curves([])
            return
        self.status.set_parts(*words.status(frame, self.run.running))
        if len(frame.history) < 2:
            return
        seen, median, lower, upper, over_90, over_99 = frame.history.T
        self.confidence_plot.show_curves(
            [
                Curve("median", seen, 100 * median),
                Curve("¼ above", seen, 100 * upper),
                Curve("¼ below", seen, 100 * lower),
            ]
        )
        self.count_plot.show_curves([Curve("> 90%", seen, over_90), Curve("> 99%", seen, over_99)])


class _Plot(ThemedPlot):
    """A curve a generation, as low as it can be read."""

    def __init__(self, name: str, measure: str) -> None:
        hint = f"{name}, generation by generation."
        super().__init__(name, Axis("pictures seen"), Axis(measure), hint=hint)
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(16 * em, 6 * em)
