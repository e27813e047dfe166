"""Help in windows of their own: the keys, about and licences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

import visualizer
from visualizer.gui.shell.presentation import KEYS as PRESENTING

KEYS = (
    ("+ / - / 0", "maps and pictures: larger, smaller, as large as fits"),
    ("Shift+arrows", "on a picture: point at another place of it"),
    ("Shift+F10", "on a picture: save it, copy it, put it into the tray"),
    ("F2 / Del", "in the tray: rename the picture, remove what is chosen"),
    ("Tab / Shift+Tab", "from one control to the next"),
    ("Esc", "back to safe: leave a page, stop the camera, what runs"),
)
"""Keys that belong to no action."""

ABOUT = """
<h2>Convnet Visualizer {version}</h2>
<p>A desktop window onto a convolutional network. Free under the MIT licence.</p>
<p>It stands on Keras, TensorFlow, OpenCV, cyclopts and Requests (Apache 2.0), Qt for Python
(LGPL 3), NumPy, SciPy, scikit-image, scikit-learn, h5py, psutil and tifffile (BSD), Pillow (HPND),
pyqtgraph, platformdirs, filelock, Rich and urllib3 (MIT). Letters: Inter, by The Inter Project
Authors (SIL Open Font License 1.1). The sample pictures come with scikit-image and scikit-learn;
each carries its own credit.</p>
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


def keys_page(
    window: Sequence[tuple[str, str]], workspaces: Mapping[str, Sequence[tuple[str, str]]]
) -> str:
    """Every key there is, as (keys, words): of each workspace, the one on show first, and of the
    window.
    """
    (shown, own), *others = workspaces.items()
    page = f"<h2>Keys in {escape(shown)}</h2>" + table(own)
    page += "<h3>Everywhere</h3>" + table([*(row for row in window if row[0] != "Esc"), *KEYS])
    page += "<h3>While presenting</h3>" + table(PRESENTING)
    for title, rows in others:
        page += f"<h3>In {escape(title)}</h3>" + table(rows)
    return page


def about_page() -> str:
    """The About text, with the licences of the libraries."""
    return ABOUT.format(version=visualizer.__version__)


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Rows of name and text as HTML."""
    cells = "".join(
        f"<tr><td style='padding: 3px 16px 3px 0'><b>{escape(name)}</b></td>"
        f"<td style='padding: 3px 0'>{escape(text)}</td></tr>"
        for name, text in rows
    )
    return f"<table>{cells}</table>"
