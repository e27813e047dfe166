"""The numbers behind a lesson, as a table beside its view."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from visualizer.engine.lessons.lesson import Numbers

MOST_ROWS = 500
"""That are shown; all are in the CSV."""


class NumbersTable(QTableWidget):
    """A header and rows that can be read and copied."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(20)
        self.setAccessibleName("Numbers")

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 6 * em)

    def show_numbers(self, numbers: Numbers) -> None:
        """Show other numbers; it stays scrolled where it is."""
        header, rows = numbers
        shown = rows[:MOST_ROWS]
        if self.columnCount() != len(header):
            self.clear()
            self.setColumnCount(len(header))
        self.setHorizontalHeaderLabels([str(each) for each in header])
        self.setRowCount(len(shown))
        for line, row in enumerate(shown):
            for column, value in enumerate(row):
                item = self.item(line, column)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(line, column, item)
                item.setText(in_words(value))
                number = isinstance(value, int | float)
                side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
                item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)


def in_words(value: Any) -> str:
    """A number with the digits that can be read, or the text itself."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
