"""The side column of the map: the chosen picture, its neighbours, what was found, the settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTabWidget,
)

from visualizer.engine.similarity.map_settings import MapSettings
from visualizer.gui.map import text as words
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.widgets.tiles import Tile, TileArea

if TYPE_CHECKING:
    import numpy as np

    from visualizer.gui.map.mapping import Findings, Mapped, Why


class MapControls(ControlColumn):
    """From the top: the chosen picture, its neighbours and why; twins, odd ones and groups."""

    group_chosen = Signal(object)
    """The numbers of pictures to show, the first of them first."""

    def __init__(self) -> None:
        super().__init__()
        self.name = note("", role="title")
        self.said = note(words.CHOOSE)
        self.nearest = TileArea("The nearest pictures", "", smallest=4.6)
        self.nearest.setMinimumHeight(11 * self.fontMetrics().height())
        self.why_words = note("")
        self.why = TileArea("Why they are alike", "", smallest=3.2)
        self.why.setMinimumHeight(9 * self.fontMetrics().height())
        self.table = QLabel()
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.table.setWordWrap(True)
        self.tray = QPushButton("To tray")
        self.gather = QPushButton("Compare")
        self.lasso = QPushButton("Lasso")
        self.lasso.setCheckable(True)
        self.colour = QComboBox()
        self.colour.setAccessibleName("Frames")
        for key, text in words.COLOURS.items():
            self.colour.addItem(text, key)
        self.found = QTabWidget()
        self.found.setDocumentMode(True)
        self.lists = {key: QListWidget() for key in words.FOUND}
        for key, title in words.FOUND.items():
            self.lists[key].setAccessibleName(title)
            self.lists[key].setWordWrap(True)
            self.lists[key].setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.lists[key].itemClicked.connect(
                lambda item: self.group_chosen.emit(item.data(Qt.ItemDataRole.UserRole))
            )
            self.found.addTab(self.lists[key], title)
        self.found.setMinimumHeight(11 * self.fontMetrics().height())
        self.settings = SettingsForm(MapSettings, hidden=("mode",))
        buttons = QHBoxLayout()
        for widget in (self.tray, self.gather, self.lasso):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        self.add(self.name, self.said, self.nearest, self.why_words, self.why)
        self.add(self.table, buttons, self.colour)
        self.heading("In these pictures")
        self.add(self.found)
        self.heading("How")
        self.add(self.settings)
        tab_focus(self)
        self.show_chosen(None, None, "", ())
        self.show_findings(None, None)
        self.show_table((), None)

    def show_chosen(
        self,
        mapped: Mapped | None,
        place: int | None,
        name: str,
        neighbours: Sequence[tuple[int, float]],
    ) -> None:
        """Show a picture, of the collection or not, and the pictures nearest to it."""
        self.name.setVisible(bool(name))
        self.name.setText(name)
        self.said.setText(words.chosen(mapped, place) if name else words.CHOOSE)
        self.nearest.setVisible(mapped is not None and bool(neighbours))
        self.nearest.set_tiles(
            [] if mapped is None else [_tile(mapped, at, apart) for at, apart in neighbours]
        )
        for button in (self.tray, self.gather):
            button.setEnabled(place is not None)
        self.show_why(None)

    def show_why(self, why: Why | None, stage: str = "") -> None:
        """Show the channels in which two pictures agree."""
        self.why_words.setVisible(why is not None)
        self.why.setVisible(why is not None and bool(why.maps))
        if why is None:
            return
        self.why_words.setText(words.why(why, stage))
        tiles = []
        for each, pair in zip(why.agreements, why.maps, strict=False):
            for side, picture in enumerate(pair):
                tip = f"{stage} {each.channel}: {each.share:.0%} of the likeness"
                tiles.append(
                    Tile(
                        2 * each.channel + side,
                        f"{each.channel}",
                        f"{each.share:.0%}" if not side else "",
                        image_of(picture),
                        tip,
                    )
                )
        self.why.set_tiles(tiles)

    def show_table(self, names: Sequence[str], distances: np.ndarray | None) -> None:
        """Show how far each of some pictures is from each other; nothing for fewer than two."""
        self.table.setVisible(distances is not None)
        self.table.setText("" if distances is None else words.table(names, distances))

    def show_findings(self, mapped: Mapped | None, found: Findings | None) -> None:
        """List twins, odd ones and groups; None while they are looked for."""
        for key, view in self.lists.items():
            view.clear()
            for text, places in words.findings(mapped, found, key):
                item = QListWidgetItem(text)
                item.setData(Qt.ItemDataRole.UserRole, places)
                if not places:
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                view.addItem(item)


def _tile(mapped: Mapped, place: int, apart: float) -> Tile:
    """A picture and how far it is."""
    return Tile(
        place,
        words.class_or_name(mapped, place),
        f"{apart:.3g}",
        image_of(mapped.atlas.thumbnail(place)),
        f"{mapped.features.items[place].name}: distance {apart:.4g}",
    )
