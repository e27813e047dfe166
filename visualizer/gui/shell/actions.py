"""Everything the window can do, as actions with their keys, in menus that show both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from visualizer.gui.core.session import Change
from visualizer.gui.core.theme import MODES
from visualizer.gui.shell.workspaces import TABLE

if TYPE_CHECKING:
    from visualizer.gui.shell.main_window import MainWindow

Keys = str | list[str] | QKeySequence.StandardKey | None


class Actions:
    """The actions of one window and the menus File, Edit, View, Go and Help that hold them."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.all: list[QAction] = []
        inputs, exporter, session = window.inputs, window.exporter, window.session
        add = self._add
        self.open = add("&Open…", inputs.open_files, "Ctrl+O", "Pictures or a model file")
        self.open_folder = add("Open &folder…", inputs.open_folder, "Ctrl+Shift+O")
        self.networks = add("&Networks…", window.top.choose_network, "Ctrl+N", "The catalogue")
        ask = window.model_files
        self.pixels = add("How &pixels go in…", ask.ask_pixels, tip="How this file is scaled")
        self.outputs = add("O&utputs…", ask.ask_output, tip="Choose which output to show")
        self.camera = add("&Camera", inputs.toggle_camera, "Ctrl+K", "Start or stop the camera")
        self.freeze = add("&Keep the camera's picture", inputs.freeze, "Ctrl+Return")
        self.save = add("&Save the picture…", exporter.save_specimen, "Ctrl+S")
        self.export = add("&Export", lambda: None, tip="Pictures and numbers, as files")
        self.quit = add("&Quit", window.close, "Ctrl+Q")
        self.undo = add("&Bring back the removed picture", session.restore, "Ctrl+Z")
        self.paste = add("&Paste", inputs.paste, QKeySequence.StandardKey.Paste)
        self.crop = add("&Crop pictures to the middle", lambda: session.set_fit_mode("crop"))
        self.fit = add("&Fit whole pictures", lambda: session.set_fit_mode("fit"))
        self._choice(self.crop, self.fit)
        self.larger = add("&Larger text", window.theme.larger, ["Ctrl++", "Ctrl+="])
        self.smaller = add("&Smaller text", window.theme.smaller, "Ctrl+-")
        self.usual = add("&Usual text", lambda: window.theme.set_scale(1.0), "Ctrl+0")
        self.themes = {
            mode: add(title, lambda mode=mode: window.theme.set_mode(mode))
            for mode, title in zip(MODES, ("As the &system", "&Dark", "&Light"), strict=True)
        }
        self._choice(*self.themes.values())
        self.tray = add("&Tray", window.show_tray, "Ctrl+T", checkable=True)
        self.explain = add("&Explanation", window.show_explain, "Ctrl+E", checkable=True)
        self.present = add(
            "&Present", window.set_presenting, "F11", "Full screen and large text", checkable=True
        )
        self.back = add("&Back to safe", window.back_to_safe, "Esc")
        self.workspaces = [
            add(f"&{each.title}", lambda i=i: window.choose_workspace(i), f"Ctrl+{i + 1}")
            for i, each in enumerate(TABLE)
        ]
        self._choice(*self.workspaces)
        # These keys belong to whatever has the focus first, so they are no shortcuts of the window.
        self.walk = [
            add("&Next stage\t→", lambda: window.workspace.step_stage(1)),
            add("P&revious stage\t←", lambda: window.workspace.step_stage(-1)),
            add("Next &unit\t↓", lambda: window.workspace.step_unit(1)),
            add("Previous un&it\t↑", lambda: window.workspace.step_unit(-1)),
            add("Next &picture", lambda: session.step_specimen(1), "Ctrl+PgDown"),
            add("Previous picture", lambda: session.step_specimen(-1), "Ctrl+PgUp"),
        ]
        self.stimulus = add(
            "&What does this unit want to see?", window.ask_stimulus, "Ctrl+U", "Its stimulus"
        )
        self.card = add("&Model card", window.show_card, "Ctrl+I", "What this network is")
        self.keys = add("&Keys", window.show_keys, "F1")
        self.log = add("Open the &log folder", window.open_log_folder)
        self.about = add("&About and licences", window.show_about)
        session.changed.connect(self._follow)
        window.theme.changed.connect(self.update)
        self.update()

    def fill(self, bar: QMenuBar) -> None:
        """Put the menus into a menu bar."""
        file = bar.addMenu("&File")
        _put(file, self.open, self.open_folder)
        file.addMenu(self._window.inputs.samples_menu())
        _put(file, None, self.networks, self.pixels, self.outputs)
        _put(file, None, self.camera, self.freeze, None)
        _put(file, self.save)
        file.addMenu(self._window.exporter.menu())
        _put(file, None, self.quit)
        _put(bar.addMenu("&Edit"), self.undo, self.paste, None, self.crop, self.fit)
        view = bar.addMenu("&View")
        _put(view, self.tray, self.explain, None, *self.themes.values(), None)
        _put(view, self.larger, self.smaller, self.usual, None, self.present, self.back)
        _put(bar.addMenu("&Go"), *self.workspaces, None, *self.walk, None, self.stimulus)
        _put(bar.addMenu("&Help"), self.keys, self.card, None, self.log, self.about)

    def _follow(self, change: Change) -> None:
        if change & (Change.FIT_MODE | Change.LIVE | Change.NETWORK | Change.TRAY):
            self.update()

    def update(self) -> None:
        """Tick and enable what is so now."""
        window, session = self._window, self._window.session
        (self.fit if session.fit_mode == "fit" else self.crop).setChecked(True)
        self.themes[window.theme.mode].setChecked(True)
        self.camera.setText("Stop &camera" if session.live else "&Camera")
        self.freeze.setEnabled(session.live)
        self.save.setEnabled(bool(session.specimens))
        self.undo.setEnabled(session.removed is not None)
        self.card.setEnabled(session.network is not None)
        self.pixels.setEnabled(bool(window.model_files.card))
        self.outputs.setEnabled(bool(window.model_files.outputs))

    def _add(
        self,
        text: str,
        do: Callable[..., object],
        keys: Keys = None,
        tip: str = "",
        checkable: bool = False,
    ) -> QAction:
        action = QAction(text, self._window)
        if isinstance(keys, QKeySequence.StandardKey):
            action.setShortcuts(keys)
        elif keys:
            action.setShortcuts(
                [QKeySequence(k) for k in ([keys] if isinstance(keys, str) else keys)]
            )
        action.setCheckable(checkable)
        shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        words = tip or text.replace("&", "").rstrip("…").split("\t")[0]
        action.setToolTip(f"{words} ({shown})" if shown else words)
        if checkable:
            action.triggered.connect(do)
        else:
            action.triggered.connect(lambda: do())
        self._window.addAction(action)  # its key works while its menu is closed
        self.all.append(action)
        return action

    def _choice(self, *actions: QAction) -> None:
        group = QActionGroup(self._window)
        for action in actions:
            action.setCheckable(True)
            group.addAction(action)


def _put(menu: QMenu, *actions: QAction | None) -> None:
    for action in actions:
        if action is None:
            menu.addSeparator()
        else:
            menu.addAction(action)
