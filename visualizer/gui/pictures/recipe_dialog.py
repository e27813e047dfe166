"""How a specimen was made, to read and to copy."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen


class RecipeDialog(QDialog):
    """Shows the provenance of a specimen line by line; Copy puts it on the clipboard as JSON."""

    def __init__(self, specimen: Specimen, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Recipe")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._rows = recipe_rows(specimen)
        form = QFormLayout()
        for name, value in self._rows.items():
            label = QLabel(value, wordWrap=True, textFormat=Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse
                | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            form.addRow(name, label)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)
        self.setMinimumWidth(50 * self.fontMetrics().averageCharWidth())

    def _copy(self) -> None:
        text = json.dumps(self._rows, ensure_ascii=False, indent=2)
        QGuiApplication.clipboard().setText(text)


def recipe_rows(specimen: Specimen) -> dict[str, str]:
    """The provenance as names with values; what is not known is left out."""
    made = specimen.provenance
    height, width = specimen.size
    settings = ", ".join(f"{name} {value}" for name, value in made.settings.items())
    rows = {
        "Title": specimen.title,
        "Size": f"{width} × {height} pixels",
        "Source": made.source,
        "Technique": made.technique,
        "Settings": settings,
        "Seed": made.seed,
        "Network": made.network,
        "Network SHA-256": made.network_sha256,
        "Made from": ", ".join(made.parents),
        "Identity": specimen.id,
    }
    return {name: str(value) for name, value in rows.items() if value not in (None, "")}
