"""Saving what is on show: pictures with their recipes, the workspace, and the numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from visualizer.engine.files import write_file
from visualizer.gui.core.compute import Job, Listener, once
from visualizer.gui.pictures.tray_items import file_name, safe_stem
from visualizer.gui.shell import snapshot
from visualizer.gui.shell.stage_specimens import OnShow, channels_of, unit_map_of

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.workspace import Workspace

SCALES = (1, 2, 3, 4)
KINDS = {
    "png": "Pictures (*.png)",
    "svg": "Drawings (*.svg)",
    "pdf": "Documents (*.pdf)",
    "csv": "Tables (*.csv)",
}


class Exporter(QObject):
    """Asks for a name, then writes the file on the compute thread, whole or not at all."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._workspace: Workspace | None = None
        self.scale = int(session.store.number("export scale", 1, 1, 4))
        self._menu = QMenu("Export", window)
        self._needs: list[tuple[QAction, Callable[[], bool]]] = []
        self._fill_menu()

    def set_workspace(self, workspace: Workspace) -> None:
        """Export this workspace from now on."""
        self._workspace = workspace

    def menu(self) -> QMenu:
        """Everything that can be exported, and how large."""
        return self._menu

    # Pictures, each with its recipe inside

    def save_specimen(self) -> None:
        """Ask where, and save the chosen specimen, or the camera's picture of this moment."""
        if self._session.specimen is None:
            self._session.say("There is no picture to save yet; open one first.", "warning")
        else:
            self.save_copy(self._session.specimen)

    def save_copy(self, specimen: Specimen) -> None:
        """Ask where, and save a specimen."""
        scale = self.scale
        self._ask("Save the picture", file_name(specimen), "png", lambda: specimen.png(scale))

    def save_made(self, name: str, make: Callable[[], Specimen]) -> None:
        """Ask where, and save a specimen that is made on the compute thread."""
        scale = self.scale
        self._ask(
            "Save the picture",
            f"{safe_stem(name, 'picture')}.png",
            "png",
            lambda: make().png(scale),
        )

    def export_channels(self) -> None:
        """Ask where, and save the mosaic of all channels of the stage."""
        self._export_of_stage("channels", channels_of)

    def export_unit(self) -> None:
        """Ask where, and save the map of the chosen unit."""
        self._export_of_stage(f"unit {self._session.unit}", unit_map_of)

    def _export_of_stage(self, what: str, make: Callable[[OnShow], Specimen]) -> None:
        shown, scale = OnShow.of(self._session), self.scale
        if shown is None:
            self._session.say("There is no stage to export yet; open a picture first.", "warning")
            return
        name = f"{Path(file_name(shown.specimen)).stem} {shown.stage} {what}.png"
        title = f"Export the {what} of {shown.stage}"
        self._ask(title, name, "png", lambda: make(shown).png(scale))

    # The workspace and its numbers

    def export_workspace(self, kind: str = "png") -> None:
        """Ask where, and save the workspace as "png", "svg" or "pdf", as it is now."""
        if self._workspace is None:
            return
        widget, title = self._workspace.picture_for_export(), self._workspace.title
        make: Callable[[], bytes]
        if kind == "png":
            make = partial(snapshot.png_of, snapshot.image_of(widget, self.scale))
        else:
            data = (snapshot.svg_of if kind == "svg" else snapshot.pdf_of)(widget, title)
            make = partial(bytes, data)
        name = f"{title} {self._session.stage}".strip()
        self._ask("Export the workspace", f"{name}.{kind}", kind, make)

    def export_numbers(self) -> None:
        """Ask where, and save the numbers on show as a table."""
        table = self._workspace.table_for_export() if self._workspace is not None else None
        if table is None:
            self._session.say("There are no numbers here yet; open a picture first.", "warning")
            return
        self._ask(
            "Export the numbers",
            f"{self._session.stage or 'numbers'}.csv",
            "csv",
            lambda: snapshot.csv_of(*table),
        )

    # How

    def _ask(self, title: str, name: str, kind: str, make: Callable[[], bytes]) -> None:
        dialog = QFileDialog(self._window, title, self._folder())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([KINDS[kind]])
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.write(Path(path), make))
        dialog.open()

    def write(self, path: Path, make: Callable[[], bytes]) -> None:
        """Make the bytes of a file and write it, on the compute thread."""
        self._session.store.remember("save folder", str(path.parent))
        work = once(lambda: write_file(path, make()))
        listener = Listener(on_done=lambda written: self._session.say(f"Saved as {written}"))
        title = f"Saving {path.name}"
        self._session.compute.submit(Job(work, listener, title=title, must_finish=True))

    def _folder(self) -> str:
        remembered = self._session.store.text("save folder")
        if remembered and Path(remembered).is_dir():
            return remembered
        place = QStandardPaths.StandardLocation.PicturesLocation
        return QStandardPaths.writableLocation(place)

    # The menu

    def _fill_menu(self) -> None:
        session, add = self._session, self._add

        def picture() -> bool:
            return session.specimen is not None

        def shown() -> bool:
            return session.activations is not None

        add("The picture…", self.save_specimen, picture)
        add("All channels of this stage…", self.export_channels, shown)
        add("The map of this unit…", self.export_unit, shown)
        self._menu.addSeparator()
        for kind in ("png", "svg", "pdf"):
            save = partial(self.export_workspace, kind)
            add(f"The workspace as {kind.upper()}…", save, lambda: self._workspace is not None)
        self._menu.addSeparator()
        add("The numbers as CSV…", self.export_numbers, shown)
        self._menu.addSeparator()
        group = QActionGroup(self)
        for scale in SCALES:
            action = self._menu.addAction(f"Pictures at {scale}×")
            action.setCheckable(True)
            action.setChecked(scale == self.scale)
            action.triggered.connect(lambda _=False, scale=scale: self.set_scale(scale))
            group.addAction(action)
        self._menu.aboutToShow.connect(self._update)

    def _add(self, text: str, do: Callable[[], None], possible: Callable[[], bool]) -> None:
        action = self._menu.addAction(text)
        action.triggered.connect(lambda: do())
        self._needs.append((action, possible))

    def _update(self) -> None:
        for action, possible in self._needs:
            action.setEnabled(possible())

    def set_scale(self, scale: int) -> None:
        """Choose how many pixels wide each pixel of an exported picture is: 1 to 4."""
        self.scale = scale
        self._session.store.remember("export scale", scale)
