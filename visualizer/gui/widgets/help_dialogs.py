"""Help in windows of their own: the keys, the card of the network, about and licences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

import visualizer

if TYPE_CHECKING:
    from visualizer.engine.network import Network

KEYS = (
    ("Left / Right", "the stage before, the next stage"),
    ("Up / Down", "the unit before, the next unit"),
    ("Home / End", "the first unit, the last unit"),
    ("Space", "the camera: hold the picture, go on; without it: play or pause"),
    ("Ctrl+PgUp / Ctrl+PgDown", "the picture before, the next picture of the tray"),
    ("N, Space, ., Backspace", "in Dream: start anew, pause or go on, one step, take a step back"),
    ("H, T, L", "in Dream: start from here, to the tray, through the layers"),
    ("Alt+1 to Alt+4", "in Dream: its pages"),
    ("Tab / Shift+Tab", "from one control to the next"),
    ("Esc", "back to safe: stop presenting, the camera, what runs"),
)

ABOUT = """
<h2>Convnet Visualizer {version}</h2>
<p>A desktop window onto a convolutional network. Free under the MIT licence.</p>
<p>It stands on Keras and TensorFlow (Apache 2.0), Qt for Python (LGPL 3), NumPy, scikit-image and
scikit-learn (BSD), OpenCV (Apache 2.0), Pillow (HPND), pyqtgraph, superqt, platformdirs and
cyclopts (MIT, BSD). Letters: Inter, by The Inter Project Authors (SIL Open Font License 1.1). The
sample pictures come with scikit-image and scikit-learn; each carries its own credit.</p>
"""


class PageDialog(QDialog):
    """A page of text to read; Esc closes it."""

    def __init__(self, title: str, html: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.page = QTextBrowser()
        self.page.setOpenExternalLinks(True)
        self.page.setAccessibleName(title)
        self.page.setHtml(html)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.page)
        layout.addWidget(buttons)
        em = self.fontMetrics().height()
        self.resize(38 * em, 34 * em)


def keys_page(actions: Sequence[QAction]) -> str:
    """Every key there is, from the actions themselves."""
    native = QKeySequence.SequenceFormat.NativeText
    rows = list(KEYS)
    for action in actions:
        keys = action.shortcut().toString(native)
        if keys and keys != "Esc":
            rows.append((keys, action.text().replace("&", "").rstrip("…")))
    return "<h2>Keys</h2>" + _table(rows)


def about_page() -> str:
    """What this is, and whose work it stands on."""
    return ABOUT.format(version=visualizer.__version__)


def card_page(network: Network) -> str:
    """The model card of a network, and its stages in numbers."""
    card: dict[str, Any] = dict(network.card or {})
    rows = [
        ("Sees", f"{network.size[1]} × {network.size[0]} pixels, {_colours(network.channels)}"),
        ("Tells apart", f"{len(network.classes):,} classes"),
        ("Stages", " → ".join(stage.name for stage in network.stages)),
        ("Parameters", f"{sum(stage.parameters for stage in network.stages):,}"),
        ("Multiply-adds", f"{sum(stage.multiply_adds for stage in network.stages):,} a picture"),
    ]
    for name, value in card.items():
        if name not in ("name", "title", "input", "classes", "parameters", "sha256", "labels"):
            rows.append((_name(name).capitalize(), _words(value)))
    rows.append(("SHA-256", network.sha256 or "none"))
    without = "" if card else "<p>This file came without a card; the numbers are its own.</p>"
    return f"<h2>{escape(network.title)}</h2>{without}" + _table(rows)


def _colours(channels: int) -> str:
    return "in colour" if channels == 3 else "in shades of grey"


def _name(key: str) -> str:
    """The name of a value of a card in words: "top1" is "top-1"."""
    return re.sub(r"^top(?=\d)", "top-", str(key)).replace("_", " ")


def _words(value: Any) -> str:
    """A value of a card as people read it: shares of one as percentages, lists with commas."""
    if isinstance(value, dict):
        return ", ".join(f"{_name(key)} {_words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    if isinstance(value, float) and 0 < value < 1:
        return f"{100 * value:.1f}%"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(
        f"<tr><td style='padding: 3px 16px 3px 0'><b>{escape(name)}</b></td>"
        f"<td style='padding: 3px 0'>{escape(text)}</td></tr>"
        for name, text in rows
    )
    return f"<table>{cells}</table>"
