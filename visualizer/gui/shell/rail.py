"""The rail: one button a workspace, at the left edge."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.core.theme import Theme, icon


class Rail(QFrame):
    """Buttons of which one is chosen. Ctrl+1...6 choose too; the window owns those keys."""

    chosen = Signal(int)

    def __init__(
        self, items: Sequence[tuple[str, str]], theme: Theme, parent: QWidget | None = None
    ) -> None:
        """Take the (title, icon name) of each workspace, in order."""
        super().__init__(parent)
        self.setProperty("role", "bar")
        self._theme = theme
        self._group = QButtonGroup(self)
        self._buttons: list[tuple[QToolButton, str]] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for index, (title, icon_name) in enumerate(items):
            button = QToolButton()
            button.setText(title)
            button.setCheckable(True)
            button.setChecked(index == 0)
            button.setProperty("role", "rail")
            button.setToolTip(f"{title} (Ctrl+{index + 1})")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._group.addButton(button, index)
            self._buttons.append((button, icon_name))
            layout.addWidget(button)
        layout.addStretch()
        self._group.idClicked.connect(self.chosen)
        theme.changed.connect(self._restyle)
        self._restyle()

    def choose(self, index: int) -> None:
        """Show which workspace is open."""
        self._group.button(index).setChecked(True)

    def _restyle(self) -> None:
        em = QFontMetrics(QApplication.font()).height()  # its own follows once it is on show
        for button, name in self._buttons:
            button.setIcon(icon(name, self._theme.colours.text))
            button.setIconSize(QSize(round(1.5 * em), round(1.5 * em)))
            button.setFixedWidth(round(4.2 * em))
