"""A window on an invisible desk, with a camera that always has a picture."""

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer

from tests.live import film
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.gui.tour import Appearance, Guide


class PaintedFrames(QObject):
    """Counts the pictures whose maps were rendered and then painted in the window."""

    def __init__(self, guide: Guide) -> None:
        super().__init__()
        self.count = 0
        self._window = guide.window
        self._painted: object = None
        QCoreApplication.instance().installEventFilter(self)

    def stop(self) -> None:
        """Look at no more events: the window may be deleted."""
        QCoreApplication.instance().removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and watched.isWidgetType():
            maps = self._window.workspace.maps
            if maps.isAncestorOf(watched) and maps.grid.atlas is not self._painted:
                self._painted = maps.grid.atlas
                self.count += 1
        return False


@contextmanager
def window_with(network: str, workspace: str = WORKSPACES[0]) -> Iterator[Guide]:
    """The window at 1280 x 800 with the network open and a workspace on show, at rest."""
    guide = Guide()
    try:
        guide.open(network, [])
        guide.apply(Appearance("dark", (1280, 800)))
        guide.window.choose_workspace(WORKSPACES.index(workspace))
        guide.wait()
        yield guide
    finally:
        guide.close()


@contextmanager
def window_with_camera(network: str) -> Iterator[tuple[Guide, PaintedFrames]]:
    """That window with the layers of what a camera sees."""
    with window_with(network) as guide:
        frames = PaintedFrames(guide)
        guide.session.start_live(film)
        try:
            yield guide, frames
        finally:
            guide.session.stop_live()
            frames.stop()


def wait(seconds: float) -> None:
    """Let the window work, in an event loop like the program's own."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
