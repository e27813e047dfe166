"""The page of a champion: large, at other sizes, with its line and its formula."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.champion import ChampionView
from visualizer.gui.evolve.genome_graph import GenomeGraph
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.panel import heading, note, panel
from visualizer.gui.widgets.side_column import SideColumn
from visualizer.gui.widgets.tiles import Tile, TileArea

ROWS = 7
"""Versions of the picture that have a row."""


class ChampionPage(QWidget):
    """What is known of one champion. The family tree or the formula stands below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: ChampionView | None = None
        """What is shown."""
        self.back = QToolButton()
        self.back.setText("← All classes")
        self.title = note("", role="title")
        self.picture = ImageView("The champion appears here.")
        self.rows = [_Row() for _ in range(ROWS)]
        self.no_sizes = note("")
        self.tree = TileArea("Family tree", "Its ancestors appear here.", smallest=4.6)
        self.tree.arrows = True
        self.graph = GenomeGraph()
        self.tree_tab, self.graph_tab = QToolButton(), QToolButton()
        self.film = QToolButton()
        self.film.setText("Film…")
        self.below = QStackedWidget()
        self.tree_note = note("")
        self._build()

    def show_view(self, view: ChampionView | None) -> None:
        """Show what is known so far; None for nothing."""
        self.view = view
        self.picture.set_picture(None if view is None else view.image)
        self.title.setText("" if view is None else f"{view.label}  {words.share(view.confidence)}")
        tried = () if view is None else view.survivals
        for place, row in enumerate(self.rows):
            row.show_survival(tried[place] if place < len(tried) else None, view)
        self.tree.set_tiles([] if view is None else _tiles(view))
        self.tree_note.setText("" if view is None else words.family(view))
        self.graph.show_view(view)
        direct = view is not None and view.genome is None
        self.graph_tab.setEnabled(not direct)
        self.film.setEnabled(view is not None and not direct)
        if direct:
            self.choose_tab(0)

    def choose_tab(self, index: int) -> None:
        """Show the family tree (0) or the formula (1)."""
        self.below.setCurrentIndex(index)
        (self.tree_tab, self.graph_tab)[index].setChecked(True)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.back)
        top.addWidget(self.title, 1)
        table = QWidget()
        grid = QGridLayout(table)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(heading("IS IT STILL ONE?"), 0, 0, 1, 4)
        for place, row in enumerate(self.rows, 1):
            for column, widget in enumerate((row.name, row.bar, row.number, row.sees)):
                grid.addWidget(widget, place, column)
        grid.setRowStretch(ROWS + 1, 1)
        middle = QHBoxLayout()
        middle.addWidget(panel(self.picture, stretch=self.picture), 2)
        middle.addWidget(panel(table, stretch=table), 3)
        tabs, group = QHBoxLayout(), QButtonGroup(self)
        for index, (tab, title) in enumerate(
            ((self.tree_tab, "Family tree"), (self.graph_tab, "Formula"))
        ):
            tab.setText(title)
            tab.setCheckable(True)
            group.addButton(tab, index)
            tabs.addWidget(tab)
        group.idClicked.connect(self.choose_tab)
        tabs.addWidget(self.tree_note, 1)
        tabs.addWidget(self.film)
        self.below.addWidget(self.tree)
        self.below.addWidget(SideColumn(self.graph))
        self.choose_tab(0)
        lower = QWidget()
        inside = QVBoxLayout(lower)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(tabs)
        inside.addWidget(self.below, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addLayout(middle, 4)
        layout.addWidget(panel(lower, stretch=lower), 5)


class _Row:
    """One version of the picture: how sure the network still is, and what it sees instead."""

    def __init__(self) -> None:
        self.name, self.number, self.sees = QLabel(), QLabel(), QLabel()
        for label in (self.name, self.number, self.sees):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.sees.setProperty("role", "muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.show_survival(None, None)

    def show_survival(self, tried: object, view: ChampionView | None) -> None:
        from visualizer.engine.evolution.survival import Survival

        shown = isinstance(tried, Survival)
        for widget in (self.name, self.bar, self.number, self.sees):
            widget.setVisible(shown)
        if not isinstance(tried, Survival) or view is None:
            return
        self.name.setText(tried.name)
        self.bar.setValue(round(1000 * tried.probability))
        self.number.setText(words.share(tried.probability))
        other = "" if tried.index == view.index else words.sees(view, tried)
        self.sees.setText(other)


def _tiles(view: ChampionView) -> list[Tile]:
    return [
        Tile(
            each.number,
            each.label,
            "" if each.confidence is None else words.share(each.confidence, short=True),
            view.ancestors.get(each.number),
            words.ancestor(each),
        )
        for each in view.line
    ]
