"""Export: pictures with their recipes, figures, tables of numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QStandardPaths, Qt
from PySide6.QtGui import QAction, QActionGroup, QGuiApplication, QPalette
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from visualizer.engine.files import write_file
from visualizer.gui.core.compute import Job, Listener, once
from visualizer.gui.core.theme import DARK, LIGHT
from visualizer.gui.pictures.tray_items import file_name, safe_stem
from visualizer.gui.shell import snapshot
from visualizer.gui.shell.session_figure import FigureRequest
from visualizer.gui.shell.stage_specimens import ShownStage, channels_of, unit_map_of
from visualizer.gui.widgets.figure import Drawing

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.workspace import Workspace

SCALES = (1, 2, 3, 4)
WIDTHS = {"one column": 340, "two columns": 700, "a slide": 1280}
"""Widths of figures in pixels of 1/96 inch: 9 cm, 18.5 cm and a screen."""
DOTS_PER_MM = 96 / 25.4
NARROWEST, WIDEST = 40, 1000
"""Millimetres that a figure may be wide."""
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
        store = session.store
        self.scale = int(store.number("export scale", 1, 1, 4))
        low, high = (round(each * DOTS_PER_MM) for each in (NARROWEST, WIDEST))
        self.width = int(store.number("figure pixels", WIDTHS["two columns"], low, high))
        self.light = store.flag("figure light", True)
        self._menu = QMenu("Export", window)
        self._groups: dict[str, QActionGroup] = {}
        self._needs: list[tuple[QAction, Callable[[], bool]]] = []
        self._own: list[QAction] = []  # of the workspace on show
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

    def _export_of_stage(self, what: str, make: Callable[[ShownStage], Specimen]) -> None:
        shown, scale = ShownStage.of(self._session), self.scale
        if shown is None:
            self._session.say("There is no stage to export yet; open a picture first.", "warning")
            return
        name = f"{Path(file_name(shown.specimen)).stem} {shown.stage} {what}.png"
        title = f"Export the {what} of {shown.stage}"
        self._ask(title, name, "png", lambda: make(shown).png(scale))

    # A figure, and the numbers

    def export_figure(self, kind: str = "png") -> None:
        """Ask where, and save a figure of what is on show as "png", "svg" or "pdf"."""
        shown = ShownStage.of(self._session)
        if shown is None or self._workspace is None:
            self._session.say("There is nothing to show yet; open a picture first.", "warning")
            return
        title, scale, width = self._workspace.title, self.scale, self.width
        dark = QGuiApplication.palette().color(QPalette.ColorRole.Base).lightness() < 128
        colours, family = (
            DARK if dark and not self.light else LIGHT,
            QGuiApplication.font().family(),
        )
        compared = ShownStage.compared(self._session)
        request = FigureRequest(shown, title, self._workspace.figure(), compared)

        def make() -> bytes:
            drawing = Drawing(request.figure(), width, colours, family)
            return snapshot.bytes_of(drawing, kind, title, scale)

        name = f"{shown.specimen.title} {title} {shown.stage}"
        self._ask("Save a figure", f"{safe_stem(name, 'figure')}.{kind}", kind, make)

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

        self._first = self._menu.addSeparator()
        add("The picture…", self.save_specimen, picture)
        add("All channels of this stage…", self.export_channels, shown)
        add("The map of this unit…", self.export_unit, shown)
        self._menu.addSeparator()
        for kind in ("png", "svg", "pdf"):
            add(f"A figure as {kind.upper()}…", partial(self.export_figure, kind), shown)
        for name, width in WIDTHS.items():
            self._choice("width", f"Figures for {name}", width, self.width, self.set_width)
        self._choice("width", "Figures of another width…", 0, self.width, self._ask_width)
        light = self._menu.addAction("Figures on white")
        light.setCheckable(True)
        light.setChecked(self.light)
        light.toggled.connect(self.set_light)
        self._menu.addSeparator()
        add("The numbers as CSV…", self.export_numbers, shown)
        self._menu.addSeparator()
        for scale in SCALES:
            self._choice("scale", f"Pictures at {scale}×", scale, self.scale, self.set_scale)
        self._menu.aboutToShow.connect(self._update)

    def _choice(
        self, of: str, text: str, value: Any, now: Any, choose: Callable[[Any], None]
    ) -> None:
        """One of several that exclude each other."""
        action = self._menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(value == now)
        action.triggered.connect(lambda: choose(value))
        group = self._groups.setdefault(of, QActionGroup(self))
        group.addAction(action)

    def _add(self, text: str, do: Callable[[], None], possible: Callable[[], bool]) -> None:
        action = self._menu.addAction(text)
        action.triggered.connect(lambda _: do())
        self._needs.append((action, possible))

    def _update(self) -> None:
        for action in self._own:
            self._menu.removeAction(action)
        self._own = list(self._workspace.exports()) if self._workspace is not None else []
        self._menu.insertActions(self._first, self._own)
        self._first.setVisible(bool(self._own))
        for action, possible in self._needs:
            action.setEnabled(possible())

    def set_width(self, width: int) -> None:
        """Choose how wide figures are, in pixels of 1/96 inch."""
        self.width = width
        self._session.store.remember("figure pixels", width)

    def _ask_width(self, _none: int) -> None:
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setInputMode(QInputDialog.InputMode.IntInput)
        dialog.setWindowTitle("Figures of another width")
        dialog.setLabelText("Millimetres that figures are wide:")
        dialog.setIntRange(NARROWEST, WIDEST)
        dialog.setIntValue(round(self.width / DOTS_PER_MM))
        dialog.intValueSelected.connect(lambda mm: self.set_width(round(mm * DOTS_PER_MM)))
        dialog.open()

    def set_light(self, light: bool) -> None:
        """Choose whether figures are on white, or on the ground of the window."""
        self.light = light
        self._session.store.remember("figure light", light)

    def set_scale(self, scale: int) -> None:
        """Choose how many pixels wide each pixel of an exported picture is: 1 to 4."""
        self.scale = scale
        self._session.store.remember("export scale", scale)
