"""Starting, stopping and choosing the camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change

if TYPE_CHECKING:
    from visualizer.engine.camera import CameraInfo, FrameSource
    from visualizer.gui.core.session import Session

TEST_PICTURE = -1
"""The index under which the moving test picture is remembered."""


def open_camera(index: int, name: str | None, mirror: bool) -> FrameSource:
    """Open a camera of this machine, or the moving test picture; on the compute thread.

    Raises:
        CameraError: it is not there or in use.
    """
    from visualizer.engine.camera import Camera, SyntheticCamera

    if index == TEST_PICTURE:
        return SyntheticCamera(rate=30, mirror=mirror, title="Test picture")
    return Camera(index, mirror=mirror, title=name)


def find_cameras() -> Sequence[CameraInfo]:
    """The cameras of this machine; on the compute thread."""
    from visualizer.engine.camera import list_cameras

    return list_cameras()


class CameraControl(QObject):
    """The camera's actions and its menu; the session does the rest."""

    def __init__(
        self,
        session: Session,
        window: QWidget,
        opener: Callable[[int, str | None, bool], FrameSource] = open_camera,
        finder: Callable[[], Sequence[CameraInfo]] = find_cameras,
    ) -> None:
        super().__init__(window)
        self._session, self._opener, self._finder = session, opener, finder
        self._opened: FrameSource | None = None
        self._known: Sequence[CameraInfo] = ()
        store = session.store
        self._index = int(store.number("camera", 0, TEST_PICTURE, 99))
        self.toggle_action = QAction("Start camera", self)
        self.toggle_action.triggered.connect(self.toggle)
        self.freeze_action = QAction("Keep the camera's picture\tCtrl+Return", self)
        self.freeze_action.setToolTip("Put the picture the camera shows now into the tray")
        self.freeze_action.triggered.connect(session.freeze)
        self.mirror_action = QAction("Mirror", self)
        self.mirror_action.setCheckable(True)
        self.mirror_action.setChecked(store.flag("mirror", True))
        self.mirror_action.toggled.connect(self._set_mirror)
        self._menu = QMenu("Camera", window)
        self._menu.aboutToShow.connect(self.look_for_cameras)
        self._group = QActionGroup(self)
        self._fill_menu()
        session.changed.connect(self._follow)
        self._search = Latest(session.compute, parent=self, cancellable=False)
        self._show()

    @property
    def menu(self) -> QMenu:
        """Start or stop, keep the picture, mirror, and which camera."""
        return self._menu

    def toggle(self) -> None:
        """Start the chosen camera, or stop it."""
        if self._session.live:
            self._session.stop_live()
        else:
            self.start()

    def start(self) -> None:
        """Start the chosen camera; if it is not there, the session says so."""
        index, mirror = self._index, self.mirror_action
        name = next((each.name for each in self._known if each.index == index), None)

        def opened() -> FrameSource:
            self._opened = self._opener(index, name, mirror.isChecked())
            return self._opened

        self._session.start_live(opened)

    def choose(self, index: int) -> None:
        """Choose a camera by its index; one that runs is exchanged for it."""
        if index == self._index:
            return
        self._index = index
        self._session.store.remember("camera", index)
        self._fill_menu()
        if self._session.live:
            self.start()

    def look_for_cameras(self) -> None:
        """List the cameras anew, unless one runs: looking would disturb it."""
        if not self._session.live:
            self._search.ask(once(self._finder), on_done=self._on_found)

    def _set_mirror(self, mirror: bool) -> None:
        self._session.store.remember("mirror", mirror)
        if self._opened is not None:
            self._opened.mirror = mirror  # type: ignore[attr-defined]

    def _on_found(self, cameras: Sequence[CameraInfo]) -> None:
        self._known = tuple(cameras)
        here = [each.index for each in self._known]
        if here and self._index not in (*here, TEST_PICTURE):
            self._index = here[0]
        self._fill_menu()

    def _follow(self, change: Change) -> None:
        if change & Change.LIVE:
            self._show()

    def _show(self) -> None:
        live = self._session.live
        if not live:
            self._opened = None
        self.toggle_action.setText("Stop camera" if live else "Start camera")
        self.freeze_action.setEnabled(live)

    def _fill_menu(self) -> None:
        menu = self._menu
        menu.clear()
        menu.addActions([self.toggle_action, self.freeze_action, self.mirror_action])
        menu.addSeparator()
        for action in self._group.actions():
            self._group.removeAction(action)
            action.deleteLater()
        if not self._known:
            none = menu.addAction("No camera found")
            none.setEnabled(False)
        for each in self._known:
            self._add_camera(each.index, each.name)
        self._add_camera(TEST_PICTURE, "Moving test picture")

    def _add_camera(self, index: int, name: str) -> None:
        action = QAction(name, self._group)
        action.setCheckable(True)
        action.setChecked(index == self._index)
        action.triggered.connect(lambda: self.choose(index))
        self._menu.addAction(action)
