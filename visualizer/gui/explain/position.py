"""One place of the chosen unit's map: where it is strongest, until another is pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from visualizer.gui.widgets.map_region import map_region, unit_under

if TYPE_CHECKING:
    from visualizer.engine.network import Stage
    from visualizer.gui.core.session import Session

Place = tuple[int, int]
"""Row and column of a map."""


class UnitPlace(QObject):
    """Follows the session's unit; another unit, or another picture, is looked at anew."""

    changed = Signal()
    """The user has pointed at another place."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._wanted: Place | None = None
        session.network_changed.connect(self.forget)
        session.stage_changed.connect(self.forget)
        session.unit_changed.connect(self.forget)

    @property
    def place(self) -> Place | None:
        """The place; None where the unit has no map, or nothing is known of it yet."""
        stage, activations = self._stage(), self._session.activations
        if stage is None or self._wanted is not None:
            return self._wanted
        if activations is None or stage.name not in activations.maps:
            return None
        values = activations.maps[stage.name][..., self._session.unit]
        row, column = np.unravel_index(np.nan_to_num(values).argmax(), values.shape)
        return int(row), int(column)

    @property
    def words(self) -> str:
        """Where that is, in words; "" where there is no place."""
        if self._stage() is None:
            return ""
        if self._wanted is None:
            return "where it is strongest"
        return "at row {}, column {}".format(*self._wanted)

    def field(self) -> QRectF | None:
        """The pixels that are seen from the place."""
        stage, place = self._stage(), self.place
        if stage is None or place is None:
            return None
        top, left, bottom, right = stage.receptive_field.box(*place)
        height, width = self._session.network.size  # type: ignore[union-attr]
        return QRectF(left, top, right - left, bottom - top) & QRectF(0, 0, width, height)

    def step(self) -> QPointF:
        """How far apart two places are, in pixels."""
        stage = self._stage()
        down, right = stage.receptive_field.stride if stage is not None else (1, 1)
        return QPointF(max(right, 1), max(down, 1))

    def point(self, at: QPointF | None) -> None:
        """Take the place that a pixel of the picture belongs to; the strongest for None."""
        stage, network = self._stage(), self._session.network
        if stage is None or network is None:
            return
        self._wanted = None
        if at is not None:
            field, shape = stage.receptive_field, stage.shape
            height, width = network.size
            whole = QRectF(0, 0, width, height)
            region = whole if 0 in field.stride else map_region(field, shape)
            self._wanted = unit_under(at, region, shape)
        self.changed.emit()

    def forget(self) -> None:
        """Go back to where the unit is strongest."""
        self._wanted = None

    def _stage(self) -> Stage | None:
        """The chosen stage, if it has maps."""
        network, name = self._session.network, self._session.stage
        if network is None or not name:
            return None
        stage = network.stage(name)
        return stage if stage.spatial else None
