"""Controls below each other with headings, for the side column."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QLayout, QVBoxLayout, QWidget

from visualizer.gui.widgets.panel import section


class ControlColumn(QWidget):
    """A column of controls; `add` and `heading` fill it from the top."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addStretch(1)

    def add(self, *items: QWidget | QLayout) -> None:
        """Put widgets or layouts below the others."""
        for item in items:
            place = self._column.count() - 1  # before the stretch
            if isinstance(item, QWidget):
                self._column.insertWidget(place, item)
            else:
                self._column.insertLayout(place, item)

    def heading(self, text: str) -> None:
        """Put a heading over the next controls."""
        self.add(section(text))

    def form(self, *rows: tuple[str, QWidget]) -> None:
        """Put controls with their names below the others."""
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name, control in rows:
            form.addRow(name, control)
        self.add(form)
