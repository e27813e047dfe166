"""Starting, stopping and choosing the camera, or a film that plays in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from visualizer.engine.film_names import SUFFIXES, is_stream, title_of
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change

if TYPE_CHECKING:
    from visualizer.engine.camera import CameraInfo, FrameSource
    from visualizer.gui.core.session import Session

FILM = -1
"""The index under which a film is remembered."""
SAMPLE = ""
"""The name of the film that comes with the program."""


def open_camera(index: int, name: str | None, mirror: bool) -> FrameSource:
    """Open a camera of this machine; on the compute thread.

    Raises:
        CameraError: it is not there or in use.
    """
    from visualizer.engine.camera import Camera

    return Camera(index, mirror=mirror, title=name)


def open_film(source: str) -> FrameSource:
    """Open a film file, a stream or the sample film; on the compute thread.

    Raises:
        CameraError: it is not there or no film.
    """
    from visualizer.engine.film_source import Film, sample_film

    return sample_film() if source == SAMPLE else Film(source)


def find_cameras() -> Sequence[CameraInfo]:
    """The cameras of this machine; on the compute thread."""
    from visualizer.engine.camera import list_cameras

    return list_cameras()


class CameraControl(QObject):
    """The camera's actions and its menu; the session does the rest.

    A film that is chosen plays where the camera would; it is never mirrored.
    """

    def __init__(
        self,
        session: Session,
        window: QWidget,
        opener: Callable[[int, str | None, bool], FrameSource] = open_camera,
        finder: Callable[[], Sequence[CameraInfo]] = find_cameras,
    ) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._opener, self._finder = opener, finder
        self._opened: FrameSource | None = None
        self._known: Sequence[CameraInfo] = ()
        store = session.store
        self._index = int(store.number("camera", 0, FILM, 99))
        self._film = store.text("film", SAMPLE)
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

    @property
    def film(self) -> str | None:
        """The film that is chosen instead of a camera: a path, an address or `SAMPLE`."""
        return self._film if self._index == FILM else None

    @property
    def title(self) -> str:
        """What gives the live pictures, in a word or two."""
        return "Camera" if self.film is None else film_title(self._film)

    def toggle(self) -> None:
        """Start the chosen camera or film, or stop it."""
        if self._session.live:
            self._session.stop_live()
        else:
            self.start()

    def start(self) -> None:
        """Start the chosen camera or film; if it is not there, the session says so."""
        index, mirror, film = self._index, self.mirror_action, self.film
        name = next((each.name for each in self._known if each.index == index), None)

        def opened() -> FrameSource:
            if film is not None:
                return open_film(film)
            self._opened = self._opener(index, name, mirror.isChecked())
            return self._opened

        self._opened = None
        self._session.start_live(opened)

    def choose(self, index: int) -> None:
        """Choose a camera by its index; one that runs is exchanged for it."""
        if index != self._index:
            self._choose(index)

    def choose_film(self, source: str) -> None:
        """Choose a film file or stream instead of a camera; what runs is exchanged for it."""
        if source != self.film:
            self._film = source
            self._session.store.remember("film", source)
            self._choose(FILM)

    def choose_named(self, name: str) -> None:
        """Choose a camera by its number, or else a film file or the address of a stream."""
        if name.isdecimal():
            self.choose(int(name))
        else:
            self.choose_film(name if is_stream(name) else str(Path(name).absolute()))

    def play(self, source: str) -> None:
        """Choose a film file or stream, and start it."""
        running = self._session.live
        self.choose_film(source)
        if not running:
            self.start()

    def _choose(self, index: int) -> None:
        self._index = index
        self._session.store.remember("camera", index)
        self._fill_menu()
        self._show()
        if self._session.live:
            self.start()

    def ask_film(self) -> None:
        """Ask for a film file, and play it."""
        store = self._session.store
        dialog = QFileDialog(self._window, "Play a film", store.text("open folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        kinds = " ".join(f"*{each} *{each.upper()}" for each in SUFFIXES)
        dialog.setNameFilters([f"Films ({kinds})", "All files (*)"])
        dialog.fileSelected.connect(self.play)
        dialog.open()

    def ask_stream(self) -> None:
        """Ask for the address of a stream, and play it."""
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Play a stream")
        dialog.setLabelText("Address of the stream, such as rtsp://camera.local/live:")
        dialog.setTextValue(self._film if is_stream(self._film) else "rtsp://")
        dialog.textValueSelected.connect(self._on_address)
        dialog.open()

    def _on_address(self, text: str) -> None:
        address = text.strip()
        if is_stream(address):
            self.play(address)
        else:
            self._session.say(
                f"“{address[:60]}” is no address of a stream; it begins with rtsp://, http:// or "
                "https://.",
                "warning",
            )

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
        if here and self._index not in (*here, FILM):
            self._index = here[0]
        self._fill_menu()

    def _follow(self, change: Change) -> None:
        if change & Change.LIVE:
            self._show()

    def _show(self) -> None:
        live, film = self._session.live, self.film
        if not live:
            self._opened = None
        start = "Start camera" if film is None else f"Play {film_title(film)}"
        stop = "Stop camera" if film is None else "Stop film"
        self.toggle_action.setText(stop if live else start)
        self.freeze_action.setEnabled(live)
        self.mirror_action.setEnabled(film is None)

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
            chosen = each.index == self._index
            self._add_choice(each.name, chosen, partial(self.choose, each.index))
        menu.addSeparator()
        for film in dict.fromkeys((SAMPLE, self._film)):
            chosen = film == self.film
            self._add_choice(film_title(film), chosen, partial(self.choose_film, film))
        menu.addAction("A film…", self.ask_film)
        menu.addAction("A stream…", self.ask_stream)

    def _add_choice(self, name: str, chosen: bool, choose: Callable[[], None]) -> None:
        action = QAction(name, self._group)
        action.setCheckable(True)
        action.setChecked(chosen)
        action.triggered.connect(lambda _=False: choose())
        self._menu.addAction(action)


def film_title(source: str) -> str:
    """What a film is called in the window."""
    return "Sample film" if source == SAMPLE else title_of(source)
