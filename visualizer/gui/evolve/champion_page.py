"""The page of a champion: large, changed, with its line, its formula, its photos and its layers."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QButtonGroup,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.answer_rows import AnswerRow, AnswerRows
from visualizer.gui.evolve.champion import ChampionView
from visualizer.gui.evolve.genome_graph import GenomeGraph
from visualizer.gui.evolve.inside import Inside
from visualizer.gui.evolve.other_networks import OtherAnswer
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.figure import Bar, Bars, Part, Words
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.side_column import SideColumn
from visualizer.gui.widgets.tiles import Tile, TileArea


class Tab(IntEnum):
    """What stands below the picture."""

    TREE, FORMULA, PHOTOS, LAYERS, NETWORKS = range(5)


TITLES = ("Family tree", "Formula", "Class or pattern?", "Layers", "Networks")
SMALLEST = 4.6
"""Of a tile, in heights of a letter."""


class ChampionPage(QWidget):
    """What is known of one champion. Below its picture stands what the tabs choose."""

    tab_chosen = Signal(int)
    """Another tab is on show; what it shows may still have to be found out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view: ChampionView | None = None
        """What is shown."""
        self.inside: Inside | None = None
        """Its photos and layers; None until they are known."""
        self.others: tuple[OtherAnswer, ...] = ()
        """What other networks say, so far."""
        self.back = QToolButton()
        self.back.setText("← All classes")
        self.title = note("", role="title")
        self.newer = QPushButton()
        self.picture = ImageView("The champion appears here.")
        self.survival = AnswerRows("IS IT STILL ONE?")
        self.tree = TileArea("Family tree", "Its ancestors appear here.", SMALLEST)
        self.tree.arrows = True
        self.graph = GenomeGraph()
        self.photos = TileArea("Photos", words.LOOKING, SMALLEST)
        self.layers = TileArea("Layers", words.LOOKING, SMALLEST)
        self.networks = AnswerRows()
        self.tabs = [QToolButton() for _ in TITLES]
        self.film = QToolButton()
        self.film.setText("Film…")
        self.below = QStackedWidget()
        self.note = note("")
        self._build()
        self.show_view(None)

    @property
    def tab(self) -> Tab:
        """The one on show."""
        return Tab(self.below.currentIndex())

    @property
    def tiles(self) -> TileArea:
        """Those that the keys walk through."""
        return {Tab.PHOTOS: self.photos, Tab.LAYERS: self.layers}.get(self.tab, self.tree)

    def show_view(self, view: ChampionView | None) -> None:
        """Show what is known so far; None for nothing."""
        known = None if self.view is None else (self.view.cell, self.view.number)
        if view is None or known != (view.cell, view.number):
            self.show_newer(None)
            self.show_inside(None)
            self.show_others(())
        self.view = view
        self.picture.set_picture(None if view is None else view.image)
        self.title.setText("" if view is None else f"{view.label}  {words.share(view.confidence)}")
        self.survival.show_rows([] if view is None else _survivals(view))
        self.tree.set_tiles([] if view is None else _ancestors(view))
        self.graph.show_view(view)
        direct = view is not None and view.genome is None
        self.tabs[Tab.FORMULA].setEnabled(not direct)
        self.film.setEnabled(view is not None and not direct)
        if direct and self.tab is Tab.FORMULA:
            self.choose_tab(Tab.TREE)
        self._say()

    def show_newer(self, confidence: float | None) -> None:
        """Offer a champion that came after the one on show; None for none."""
        self.newer.setVisible(confidence is not None)
        if confidence is not None:
            self.newer.setText(f"A stronger one came: {words.share(confidence)}")

    def show_inside(self, inside: Inside | None) -> None:
        """Show the photos and layers; None until they are known."""
        self.inside = inside
        self.photos.set_hint(words.LOOKING if inside is None else words.NO_PHOTOS)
        self.photos.set_tiles([] if inside is None else _photos(inside))
        self.layers.set_tiles([] if inside is None else _layers(inside))
        self._say()

    def show_others(self, others: Sequence[OtherAnswer]) -> None:
        """Show what other networks say, so far."""
        self.others = tuple(others)
        label = "" if self.view is None else self.view.label
        self.networks.show_rows([_other(each, label) for each in others])
        self._say()

    def choose_tab(self, index: int) -> None:
        """Show another of the tabs."""
        changed = index != self.below.currentIndex()
        self.below.setCurrentIndex(index)
        self.tabs[index].setChecked(True)
        self._say()
        if changed:
            self.tab_chosen.emit(index)

    def next_tab(self) -> None:
        """Show the next tab that there is something on."""
        places = [place for place, tab in enumerate(self.tabs) if tab.isEnabled()]
        self.choose_tab(next((place for place in places if place > self.tab), places[0]))

    def figure(self) -> list[Part]:
        """The answers to it, changed and unchanged, if the page is on show."""
        if not self.isVisible():
            return []
        found: list[Part] = [Words(self.title.text())]
        for rows, title in ((self.survival, "Is it still one?"), (self.networks, "Networks")):
            bars = [
                Bar(row.name, row.share or 0.0, " ".join((words.share(row.share), *row.says)))
                for row in rows.rows
                if rows.isVisible() and row.share is not None
            ]
            found += [Bars(bars, title)] if bars else []
        return found

    def _say(self) -> None:
        """The sentence above the tab on show."""
        self.note.setText(words.tab_note(self.tab, self.view, self.inside, self.others))

    def _build(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.back)
        top.addWidget(self.title, 1)
        top.addWidget(self.newer)
        self._middle = middle = QHBoxLayout()
        middle.addWidget(panel(self.picture, stretch=self.picture), 2)
        middle.addWidget(panel(self.survival, stretch=self.survival), 3)
        tabs, group = QHBoxLayout(), QButtonGroup(self)
        for index, (tab, title) in enumerate(zip(self.tabs, TITLES, strict=True)):
            tab.setText(title)
            tab.setCheckable(True)
            group.addButton(tab, index)
            tabs.addWidget(tab)
        group.idClicked.connect(self.choose_tab)
        tabs.addStretch(1)
        tabs.addWidget(self.film)
        graph, networks = SideColumn(self.graph), SideColumn(self.networks)
        for widget in (self.tree, graph, self.photos, self.layers, networks):
            self.below.addWidget(widget)
        self.tabs[0].setChecked(True)
        lower = QWidget()
        inside = QVBoxLayout(lower)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addLayout(tabs)
        inside.addWidget(self.note)
        inside.addWidget(self.below, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        self._halves = halves = QVBoxLayout()
        halves.addLayout(middle, 4)
        halves.addWidget(panel(lower, stretch=lower), 5)
        layout.addLayout(halves, 1)
        backstage(self.film, *self.tabs, self.back)

    def present(self, presented: bool) -> None:
        """Give an audience the tab beside the picture, which is as high as the screen; or below."""
        down, right = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._middle.setDirection(down if presented else right)
        self._halves.setDirection(right if presented else down)


def _survivals(view: ChampionView) -> list[AnswerRow]:
    return [
        AnswerRow(
            each.name,
            each.probability,
            () if each.index == view.index else words.sees(view, each),
        )
        for each in view.survivals
    ]


def _ancestors(view: ChampionView) -> list[Tile]:
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


def _photos(inside: Inside) -> list[Tile]:
    found = zip(inside.photos.nearest, inside.photo_images, inside.labels, strict=True)
    return [
        Tile(place, photo.specimen.title, f"{photo.likeness:.2f}", image, words.photo(photo, label))
        for place, (photo, image, label) in enumerate(found)
    ]


def _layers(inside: Inside) -> list[Tile]:
    return [
        Tile(place, layer.stage, words.times(layer.times), image, words.layer(layer))
        for place, (layer, image) in enumerate(zip(inside.layers, inside.layer_images, strict=True))
    ]


def _other(other: OtherAnswer, label: str) -> AnswerRow:
    if not other.answers:
        return AnswerRow(other.title, None, (other.problem,))
    first, says = other.answers[0], words.other_says(other, label)
    return AnswerRow(other.title, None if first.is_value else first.probability, says)
