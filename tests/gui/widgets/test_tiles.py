"""A wall of tiles shows an audience whole rows, at any size."""

from __future__ import annotations

from visualizer.gui.widgets.tiles import Tile, TileArea


def test_whole_rows_are_shown_to_an_audience_at_any_size(qtbot):
    area = TileArea("tiles")
    qtbot.addWidget(area)
    area.set_tiles([Tile(place, f"tile {place}") for place in range(8)])
    area.resize(300, 300)
    area.show()
    area.present(True)
    scrolled = 0
    for width in (180, 260, 340, 520):
        for height in range(120, 520, 7):
            area.resize(width, height)
            cell, bar = area.cell_size().height(), area.verticalScrollBar()
            if bar.maximum() and cell < area.height():
                scrolled += 1
                assert area.viewport().height() // cell >= 1
                assert (
                    area.viewport().height() % cell < cell // 2 or area.viewport().height() < cell
                )
    assert scrolled > 20
    area.present(False)
    assert area.viewport().height() == area.height()
