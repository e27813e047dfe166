"""What can be done with shows in the window: its actions, dialogs and the list of bundled shows."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer
from PySide6.QtWidgets import QFileDialog, QMenu

import visualizer
from visualizer.engine.shows.bundled import bundled_shows
from visualizer.engine.shows.show import SUFFIX
from visualizer.gui.core.compute import Job, Listener
from visualizer.gui.core.session import Change
from visualizer.gui.shell.window_action import WindowAction
from visualizer.gui.shows.rehearsal import Rehearsal
from visualizer.gui.shows.sorter import Sorter

if TYPE_CHECKING:
    from visualizer.gui.shell.main_window import MainWindow

FILTER = f"Shows (*{SUFFIX})"
HANDOUTS = {
    "PDF pages (*.pdf)": ".pdf",
    "PDF pages with the notes (*.pdf)": ".pdf",
    "PowerPoint slides (*.pptx)": ".pptx",
    "A folder of PNG pictures (*)": "",
}
"""What a handout can be, and how its name ends."""


class ShowMenu(QObject):
    """Asks for names, shows the sorter, and has shows rehearsed and handed out."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._shows, self._session = window, window.shows, window.session
        self.sorter: Sorter | None = None
        self.rehearsal = Rehearsal(self._shows, self._session.compute, window)
        self._presenting = False  # once it is rehearsed
        self._handing_out: QProcess | None = None
        self._shows.opened.connect(self.rehearse)
        self.rehearsal.done.connect(lambda _: self._on_rehearsed())
        window.presentation.changed.connect(self._on_presenting)
        window.inputs.show_wanted.connect(self.open)

    def declared(self) -> Iterator[WindowAction]:
        """The actions of the menu Show."""
        shows, action, presentation = self._shows, WindowAction, self._window.presentation
        there = lambda: shows.show is not None  # noqa: E731
        scenes = lambda: shows.count > 0  # noqa: E731
        yield from (
            action("new-show", "&New show", self.new),
            action("open-show", "&Open show…", self.ask_open, tip="A talk as a list of scenes"),
            action("save-show", "&Save show", self.save, possible=there),
            action("save-show-as", "Sa&ve show as…", self.ask_save, possible=there),
            action(
                "add-scene",
                "&Add scene",
                shows.add_scene,
                "Ctrl+Shift+S",
                "What is on show becomes a scene of the show",
                possible=lambda: self._session.network is not None,
            ),
            action("scenes", "S&cenes…", self.open_sorter, "Ctrl+Shift+E"),
            action(
                "rehearse",
                "&Rehearse",
                self.rehearse,
                tip="Every scene once, so that none makes anybody wait",
                possible=scenes,
            ),
            action(
                "first-scene",
                "Present from the &first scene",
                lambda: presentation.start_show(first=True),
                "F5",
            ),
            action(
                "present-scene",
                "&Present from this scene",
                lambda: presentation.start_show(first=False),
                "Shift+F5",
            ),
            action("handout", "&Handout…", self.ask_handout, possible=scenes),
            action("close-show", "C&lose show", shows.close, possible=there),
        )

    def bundled_menu(self) -> QMenu:
        """The shows that come with the program."""
        menu = QMenu("&Bundled shows", self._window)
        for show in bundled_shows():
            action = menu.addAction(show.title)
            action.setToolTip(show.words)
            action.triggered.connect(lambda _=False, path=show.path: self._shows.open(path))
        menu.setToolTipsVisible(True)
        return menu

    # What is done

    def new(self) -> None:
        """Begin an empty show, and open the sorter."""
        self._shows.new()
        self.open_sorter()

    def open(self, path: Path, *, present: bool = False) -> None:
        """Open a show, rehearse it and, if wanted, present it."""
        self._presenting = present
        self._shows.open(path)

    def open_once_ready(self, path: Path, *, present: bool = False) -> None:
        """Open a show as soon as the first network is there, or has been refused."""
        session = self._session

        def on_change(change: Change) -> None:
            if Change.BUSY in change and not session.busy:
                session.changed.disconnect(on_change)
                QTimer.singleShot(0, self, lambda: self.open(path, present=present))

        session.changed.connect(on_change)

    def ask_open(self) -> None:
        """Ask for a file."""
        dialog = self._dialog("Open a show", QFileDialog.AcceptMode.AcceptOpen, [FILTER])
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open(Path(name)))
        dialog.open()

    def save(self) -> None:
        """Save the show where it is, or ask for a name."""
        if self._shows.path is None or self._is_bundled():
            self.ask_save()
        else:
            self._shows.save(self._shows.path)

    def _is_bundled(self) -> bool:
        return self._shows.path in [each.path for each in bundled_shows()]

    def ask_save(self) -> None:
        """Ask for a name, and save the show there."""
        alone, together = FILTER, f"Shows with your own networks inside (*{SUFFIX})"
        dialog = self._dialog("Save the show", QFileDialog.AcceptMode.AcceptSave, [alone, together])
        dialog.setDefaultSuffix(SUFFIX.removeprefix("."))
        dialog.selectFile(self._file_name(SUFFIX))

        def save(name: str) -> None:
            whole = dialog.selectedNameFilter() == together
            self._shows.save(Path(name), networks=whole)

        dialog.fileSelected.connect(save)
        dialog.open()

    def open_sorter(self) -> None:
        """Show the scenes in order."""
        if self.sorter is None:
            self.sorter = Sorter(self._shows, self._window, self._window)
        self.sorter.show()
        self.sorter.raise_()
        self.sorter.activateWindow()

    def rehearse(self) -> None:
        """Let every scene stand once."""
        self.rehearsal.start()
        if not self.rehearsal.running:
            self._on_rehearsed()

    def _on_rehearsed(self) -> None:
        if self._presenting:
            self._presenting = False
            self._window.presentation.start_show(first=True)

    def _on_presenting(self) -> None:
        """No dialog before an audience."""
        if self._window.presentation.active and self.sorter is not None:
            self.sorter.hide()

    def offer_unsaved(self) -> None:
        """Tell of a show that the program of last time could not save."""

        def offer(path: Path) -> None:
            text = "A show of last time was not saved."
            self._window.notices.say(text, "warning", "Open it", lambda: self._shows.recover(path))

        self._shows.unsaved.find(offer)

    # The handout

    def ask_handout(self) -> None:
        """Ask what and where, and write the handout beside the window's work."""
        dialog = self._dialog("Save the handout", QFileDialog.AcceptMode.AcceptSave, list(HANDOUTS))
        dialog.selectFile(self._file_name(".pdf"))

        def save(name: str) -> None:
            path, kind = Path(name), dialog.selectedNameFilter()
            if path.suffix.lower() in HANDOUTS.values():
                path = path.with_suffix("")
            path = path.with_name(path.name + HANDOUTS[kind])
            self.hand_out(path, notes="notes" in kind)

        dialog.fileSelected.connect(save)
        dialog.open()

    def hand_out(self, path: Path, *, notes: bool = False) -> None:
        """Write a handout: another process draws the scenes, offscreen."""
        show = self._shows.show
        if show is None or self._handing_out is not None:
            self._session.say("A handout is being written already; wait until it is there.")
            return
        folder = tempfile.TemporaryDirectory(prefix="visualizer-", ignore_cleanup_errors=True)
        copy = Path(folder.name) / f"handout{SUFFIX}"

        def run(_: object) -> None:
            process = self._handing_out = QProcess(self)
            words = ["show", str(copy), "-o", str(path), *(["--notes"] if notes else [])]
            module = [] if getattr(sys, "frozen", False) else ["-m", "visualizer"]

            def on_finished(status: int, _how: object) -> None:
                self._handing_out = None
                said = process.readAllStandardError().toStdString().strip().splitlines()
                folder.cleanup()
                process.deleteLater()
                if status == 0:
                    self._session.say(f"The handout is in “{path.name}”.")
                else:
                    self._session.say(said[-1] if said else "The handout failed.", "error")

            around = QProcessEnvironment.systemEnvironment()
            places = (str(Path(visualizer.__file__).parents[1]), around.value("PYTHONPATH"))
            around.insert("PYTHONPATH", os.pathsep.join(filter(None, places)))
            process.setProcessEnvironment(around)
            process.finished.connect(on_finished)
            process.start(sys.executable, [*module, *words])
            self._session.say("The handout is being drawn; you can go on meanwhile.")

        write = self._shows.writing(copy, networks=True)
        listener = Listener(on_done=run, on_failed=lambda s: self._session.say(s, "error"))
        self._session.compute.submit(Job(write, listener))

    # Small things

    def _dialog(self, title: str, mode: QFileDialog.AcceptMode, filters: list[str]) -> QFileDialog:
        dialog = QFileDialog(self._window, title, self._session.store.text("show folder"))
        dialog.setAcceptMode(mode)
        dialog.setNameFilters(filters)
        dialog.fileSelected.connect(
            lambda name: self._session.store.remember("show folder", str(Path(name).parent))
        )
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _file_name(self, suffix: str) -> str:
        title = self._shows.show.title if self._shows.show is not None else ""
        letters = "".join(each for each in title if each.isalnum() or each in " -_")
        return f"{letters.strip() or 'talk'}{suffix}"
