"""A wall of tiles shows an audience whole rows, at any size."""

from __future__ import annotations

from visualizer.gui.widgets.tiles import Tile, TileArea


def test_a_wall_for_an_audience_finds_its_size(qtbot):
    area = TileArea("tiles", smallest=4.2)
    qtbot.addWidget(area)
    area.set_tiles([Tile(place, f"tile {place}") for place in range(8)])
    area.show()
    area.present(True)
    told = []
    area.resized.connect(lambda: told.append(area.size()))
    for width in (200, 340, 520):
        for height in range(250, 420, 3):
            area.resize(width, height)
            assert told[-1].height() == height
            assert area.cell_size().height() <= area.viewport().height()
    assert len(told) < 6 * 3 * 57  # a few times a size, not for ever
    area.present(False)
    assert area.viewport().height() == area.height()
