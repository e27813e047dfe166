"""A position in the map of the chosen unit: the strongest, until another is pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from visualizer.gui.widgets.map_region import map_region, unit_under

if TYPE_CHECKING:
    from visualizer.engine.network import Stage
    from visualizer.gui.core.session import Session


class UnitPosition:
    """A row and column of the map of the session's unit."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._chosen: tuple[int, int] | None = None

    @property
    def position(self) -> tuple[int, int] | None:
        """Row and column; None where the unit has no map, or nothing is known of it yet."""
        stage, activations = self._stage(), self._session.activations
        if stage is None or self._chosen is not None:
            return self._chosen
        if activations is None or stage.name not in activations.maps:
            return None
        return activations.strongest_position(stage.name, self._session.unit)

    @property
    def words(self) -> str:
        """Where that is, in words; "" where there is no position."""
        if self._stage() is None:
            return ""
        if self._chosen is None:
            return "where it is strongest"
        return "at row {}, column {}".format(*self._chosen)

    def field(self) -> QRectF | None:
        """The pixels that are seen from there, as far as they lie on the picture."""
        stage, position, network = self._stage(), self.position, self._session.network
        if stage is None or position is None or network is None:
            return None
        top, left, bottom, right = stage.receptive_field.box(*position)
        height, width = network.size
        return QRectF(left, top, right - left, bottom - top) & QRectF(0, 0, width, height)

    def step(self) -> QPointF:
        """How far apart two positions are, in pixels of the picture."""
        stage = self._stage()
        down, right = stage.receptive_field.stride if stage is not None else (1, 1)
        return QPointF(max(right, 1), max(down, 1))

    def point(self, at: QPointF | None) -> None:
        """Take the position that a pixel of the picture belongs to; the strongest for None."""
        stage, network = self._stage(), self._session.network
        self._chosen = None
        if stage is not None and network is not None and at is not None:
            field, shape = stage.receptive_field, stage.shape
            height, width = network.size
            whole = QRectF(0, 0, width, height)
            region = whole if 0 in field.stride else map_region(field, shape)
            self._chosen = unit_under(at, region, shape)

    def forget(self) -> None:
        """Go back to where the unit is strongest."""
        self._chosen = None

    def _stage(self) -> Stage | None:
        """The chosen stage, if it has maps."""
        network, name = self._session.network, self._session.stage
        if network is None or not name:
            return None
        stage = network.stage(name)
        return stage if stage.spatial else None
