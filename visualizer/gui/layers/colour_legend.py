"""Below the maps: which numbers their colours stand for."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from visualizer.engine.channel_tiles import ColourScale
from visualizer.engine.rendering import legend
from visualizer.gui.widgets.image_view import image_of


class ColourLegend(QWidget):
    """The colours from the lowest value to the highest, between these numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.low, self.high = QLabel(), QLabel()
        self.bar = QLabel()
        self.bar.setScaledContents(True)
        letter = self.fontMetrics().height()
        self.bar.setFixedSize(QSize(8 * letter, letter // 2))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.low, self.bar, self.high):
            row.addWidget(widget)
            widget.setProperty("role", "small")
        row.addStretch(1)
        self.show_scale(None, "shared")

    def show_scale(self, scale: ColourScale | None, scaling: str) -> None:
        """Show a scale; nothing for None. `scaling`: "shared", or "channel" for one each."""
        self.setVisible(scale is not None)
        if scale is None:
            return
        self.bar.setPixmap(QPixmap.fromImage(image_of(legend(scale.colour_map))))
        if scaling == "channel":
            self.low.setText("")
            self.high.setText("each channel to its own strongest")
        else:
            self.low.setText(f"{float(scale.low):.3g}")
            more = " and more" if scale.clipped else ""
            self.high.setText(f"{float(scale.high):.3g}{more}")
        beyond = (
            "The strongest 1 % of what is not zero has the last colour" if scale.clipped else ""
        )
        self.setToolTip(beyond)
