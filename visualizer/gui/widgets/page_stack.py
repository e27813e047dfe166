"""Pages of which one is on show, and a view of them that scrolls where the screen is too small."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

NARROWEST = QSize(520, 320)
"""The size in pixels that a page always has on a screen of 1024 x 768."""


class PageStack(QStackedWidget):
    """Asks for the room of the page on show, not for that of the widest one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.currentChanged.connect(lambda _: self.updateGeometry())

    def sizeHint(self) -> QSize:
        page = self.currentWidget()
        return page.sizeHint() if page is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        page = self.currentWidget()
        if page is None:
            return super().minimumSizeHint()
        return page.minimumSizeHint().expandedTo(page.minimumSize())

    def heightForWidth(self, width: int) -> int:
        """Of the page on show, where its lines wrap."""
        page = self.currentWidget()
        return page.heightForWidth(width) if page is not None else super().heightForWidth(width)


class FittingScrollArea(QScrollArea):
    """Gives its content the room it needs; where the window has less, it scrolls."""

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._content = content
        self.setWidget(content)

    def sizeHint(self) -> QSize:
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._content.minimumSizeHint().boundedTo(NARROWEST)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the content when it asks for other room."""
        if watched is self._content and event.type() == QEvent.Type.LayoutRequest:
            self.updateGeometry()
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give the content the viewport's size, or its minimum where that is larger.

        Qt's own way asks content that wraps lines for the height it likes best, and scrolls.
        """
        least = self._content.minimumSizeHint()
        self._content.resize(self.viewport().size().expandedTo(least))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()  # the arrow keys walk the network
