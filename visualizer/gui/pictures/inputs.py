"""Every way a picture, film or network comes in: dialogs, drops, folders, samples, cameras."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from visualizer.engine.film_names import SUFFIXES as FILMS
from visualizer.engine.film_names import is_film
from visualizer.engine.pictures import SUFFIXES, samples
from visualizer.engine.shows.bundled import is_show
from visualizer.engine.shows.show import SUFFIX as SHOW
from visualizer.gui.pictures.camera import CameraControl
from visualizer.gui.pictures.drops import may_be_taken, mime_contents
from visualizer.gui.pictures.readers import Reader
from visualizer.models import model_file

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session


class Inputs(QObject):
    """Brings pictures and networks into the session; drops anywhere on the window are taken."""

    show_wanted = Signal(Path)
    """A show was chosen or dropped."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.reader = Reader(session, self)
        self.camera = CameraControl(session, window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    # By dialog

    def open_files(self) -> None:
        """Ask for pictures, films and model files, several at once."""
        suffixes = dict.fromkeys((*SUFFIXES, *FILMS, *model_file.SUFFIXES, SHOW))
        kinds = f"Pictures, films, networks and shows ({_patterns(suffixes)})"
        dialog = self._dialog(
            "Open pictures, a film or a network", QFileDialog.FileMode.ExistingFiles
        )
        dialog.setNameFilters([kinds, "All files (*)"])
        dialog.open()

    def open_model_file(self) -> None:
        """Ask for one model file."""
        dialog = self._dialog("Open a network", QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([f"Networks ({_patterns(model_file.SUFFIXES)})", "All files (*)"])
        dialog.open()

    def open_folder(self) -> None:
        """Ask for a folder: of pictures, or a model that is a folder."""
        dialog = self._dialog(
            "Open a folder of pictures, or a SavedModel", QFileDialog.FileMode.Directory
        )
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()

    def _dialog(self, title: str, mode: QFileDialog.FileMode) -> QFileDialog:
        dialog = QFileDialog(self._window, title, self._session.store.text("open folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(mode)
        dialog.filesSelected.connect(self._on_chosen)
        return dialog

    def _on_chosen(self, names: list[str]) -> None:
        paths = [Path(name) for name in names if name]
        if paths:
            self._session.store.remember("open folder", str(paths[0].parent))
        self.open_paths(paths)

    # By name, clipboard and drop

    def open_paths(self, paths: Iterable[Path]) -> None:
        """Open files and folders: models as networks, films live, shows; all else as pictures.

        What a folder holds is looked up on the compute thread.
        """
        paths = list(paths)
        networks = [path for path in paths if not path.is_dir() and model_file.is_model(path)]
        if networks:
            self._session.open_network(str(networks[-1].absolute()))
        films = [path for path in paths if is_film(path) and not path.is_dir()]
        if films:
            self.camera.play(str(films[-1].absolute()))
        shows = [path for path in paths if is_show(path)]
        if shows:
            self.show_wanted.emit(shows[-1])
        self.reader.read([path for path in paths if path not in (*networks, *films, *shows)])

    def paste(self) -> None:
        """Take pictures, files or names of files from the clipboard."""
        found = mime_contents(QGuiApplication.clipboard().mimeData())
        self._take(found.paths, found.pictures, found.refusal, "paste")

    def _take(self, paths: Sequence[Path], pictures: Sequence[Any], refusal: str, how: str) -> None:
        if refusal:
            self._session.say(refusal, "warning")
        self.open_paths(paths)
        self.reader.read(pictures, how)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take drops for the whole window."""
        if isinstance(event, QDropEvent) and event.type() in (
            QEvent.Type.DragEnter,
            QEvent.Type.DragMove,
            QEvent.Type.Drop,
        ):
            if not may_be_taken(event.mimeData()):
                return False
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            if event.type() == QEvent.Type.Drop:
                found = mime_contents(event.mimeData())
                self._take(found.paths, found.pictures, found.refusal, "drop")
            return True
        return super().eventFilter(watched, event)

    # Samples and the camera

    def samples_menu(self) -> QMenu:
        """The sample pictures, to have them back after removing them."""
        menu = QMenu("Sample pictures", self._window)
        for sample in samples():
            action = menu.addAction(sample.title)
            action.setToolTip(sample.credit)
            action.triggered.connect(lambda _=False, sample=sample: self.reader.read([sample]))
        menu.addSeparator()
        menu.addAction("All of them", lambda: self.reader.read(samples()))
        menu.setToolTipsVisible(True)
        return menu

    def camera_menu(self) -> QMenu:
        """Start or stop the camera, keep its picture, mirror, and which camera."""
        return self.camera.menu

    def toggle_camera(self) -> None:
        """Start the camera, or stop it."""
        self.camera.toggle()

    def freeze(self) -> None:
        """Put the picture the camera shows now into the tray."""
        self._session.freeze()


def _patterns(suffixes: Iterable[str]) -> str:
    """File name patterns for a dialog, in small and capital letters: cameras write .JPG."""
    return " ".join(f"*{each} *{each.upper()}" for each in suffixes)
