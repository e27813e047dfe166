"""Everything the window can do, declared as data, and the menus as lists of what is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from visualizer.gui.core.session import Change, FitMode
from visualizer.gui.core.theme import MODES
from visualizer.gui.shell.window_action import WindowAction
from visualizer.gui.shell.workspaces import TABLE, Entry
from visualizer.gui.workspace import Walk, Workspace, native

if TYPE_CHECKING:
    from visualizer.gui.shell.main_window import MainWindow

SHOWN = Change.FIT_MODE | Change.LIVE | Change.NETWORK | Change.TRAY
"""Changes of the session that actions show, by a tick or by being possible."""
THEMES = " ".join(f"theme-{mode}" for mode in MODES)
MENUS: dict[str, str] = {
    "&File": "open folder samples | networks pixels outputs | camera freeze | save export | quit",
    "&Edit": "undo paste | crop fit",
    "&View": f"show-tray show-explanation | {THEMES} | larger smaller usual | present screens back",
    "&Go": f"{' '.join(each.name for each in TABLE)} | next-picture previous-picture | stimulus",
    "&Show": "new-show open-show shows save-show save-show-as | add-scene scenes | rehearse "
    "first-scene present-scene | handout close-show",
    "&Workspace": "",  # what the workspace on show declares
    "&Help": "keys card | log about",
}
"""Each menu by the ids of its actions and submenus, with lines between groups of them."""


@dataclass(frozen=True)
class Step:
    """What a plain key does in the workspace on show; `words` is "" where it does nothing."""

    key: Qt.Key
    sign: str
    words: Callable[[Walk], str]
    does: Callable[[Workspace], object]


STEPS = (
    Step(Qt.Key.Key_Right, "→", lambda w: _of("Next", w.left_right), lambda w: w.step_stage(1)),
    Step(Qt.Key.Key_Left, "←", lambda w: _of("Previous", w.left_right), lambda w: w.step_stage(-1)),
    Step(Qt.Key.Key_Down, "↓", lambda w: _of("Next", w.up_down), lambda w: w.step_unit(1)),
    Step(Qt.Key.Key_Up, "↑", lambda w: _of("Previous", w.up_down), lambda w: w.step_unit(-1)),
    Step(Qt.Key.Key_Home, "Home", lambda w: _end(w, "First"), lambda w: w.first_unit()),
    Step(Qt.Key.Key_End, "End", lambda w: _end(w, "Last"), lambda w: w.last_unit()),
    Step(Qt.Key.Key_Space, "Space", lambda w: w.space.capitalize(), lambda w: w.toggle()),
)
"""The keys that belong to whatever has the focus first, so they are no shortcuts of the window."""


def _of(which: str, what: str) -> str:
    return f"{which} {what}" if what else ""


def _end(walk: Walk, which: str) -> str:
    return _of(which, walk.up_down) if walk.home_end else ""


def _underlined(entries: Sequence[Entry]) -> Iterator[str]:
    """Titles for a menu, each with a letter underlined that no title before it has taken."""
    taken: set[str] = set()
    for title in (each.title for each in entries):
        at = next((i for i, letter in enumerate(title) if letter.lower() not in taken), 0)
        taken.add(title[at].lower())
        yield f"{title[:at]}&{title[at:]}"


def declared(window: MainWindow) -> Iterator[WindowAction]:
    """The actions of a window."""
    inputs, exporter, session, theme = window.inputs, window.exporter, window.session, window.theme
    files, top, action = window.model_files, window.top, WindowAction
    presentation = window.presentation
    paste = QKeySequence(QKeySequence.StandardKey.Paste).toString()
    yield from (
        action("open", "&Open…", inputs.open_files, "Ctrl+O", "Pictures or a model file"),
        action("folder", "Open &folder…", inputs.open_folder, "Ctrl+Shift+O"),
        action("networks", "&Networks…", top.choose_network, "Ctrl+N", "The catalogue"),
        action("pixels", "How &pixels go in…", files.ask_pixels, possible=lambda: bool(files.card)),
        action("outputs", "O&utputs…", files.ask_output, possible=lambda: bool(files.outputs)),
        action(
            "camera",
            lambda: "Stop &camera" if session.live else "&Camera",
            inputs.toggle_camera,
            "Ctrl+K",
            "Start or stop the camera",
        ),
        action(
            "freeze",
            "&Keep the camera's picture",
            inputs.freeze,
            "Ctrl+Return",
            possible=lambda: session.live,
        ),
        action(
            "save",
            "&Save the picture…",
            exporter.save_specimen,
            "Ctrl+S",
            possible=lambda: bool(session.specimens),
        ),
        action("export", "&Export", lambda: None, tip="Pictures and numbers, as files"),
        action("quit", "&Quit", window.close, "Ctrl+Q"),
        action(
            "undo",
            "&Bring back what was removed",
            session.restore,
            "Ctrl+Z",
            possible=lambda: bool(session.removed),
        ),
        action("paste", "&Paste", inputs.paste, paste),
        action("larger", "Lar&ger text", theme.larger, "Ctrl++ or Ctrl+="),
        action("smaller", "&Smaller text", theme.smaller, "Ctrl+-"),
        action("usual", "&Usual text", lambda: theme.set_scale(1.0), "Ctrl+0"),
        action(
            "show-tray",
            "&Tray",
            lambda: window.show_tray(not window.tray_wanted),
            "Ctrl+T",
            ticked=lambda: window.tray_wanted,
        ),
        action(
            "show-explanation",
            "&Explanation",
            lambda: window.show_explain(not window.explain_wanted),
            "Ctrl+E",
            ticked=lambda: window.explain_wanted,
        ),
        action(
            "present",
            "&Present",
            presentation.toggle,
            "F11",
            "The stage alone, in large letters, for an audience",
            ticked=lambda: presentation.active,
        ),
        *window.show_menu.declared(),
        action("back", "&Back to safe", window.back_to_safe, "Esc"),
        action("next-picture", "Next &picture", lambda: session.step_specimen(1), "Ctrl+PgDown"),
        action(
            "previous-picture", "Previous picture", lambda: session.step_specimen(-1), "Ctrl+PgUp"
        ),
        action(
            "stimulus",
            "&What does this unit want to see?",
            window.ask_stimulus,
            "Ctrl+U",
            "Its stimulus",
        ),
        action("keys", "&Keys", window.show_keys, "F1"),
        action(
            "card",
            "&Model card",
            window.show_card,
            "Ctrl+I",
            "What this network is",
            possible=lambda: session.network is not None,
        ),
        action("log", "Open the &log folder", window.open_log_folder),
        action("about", "&About and licences", window.show_about),
    )
    modes: tuple[tuple[FitMode, str], ...] = (
        ("crop", "&Crop pictures to the middle"),
        ("fit", "&Fit whole pictures"),
    )
    for fit_mode, title in modes:
        yield action(
            fit_mode,
            title,
            partial(session.set_fit_mode, fit_mode),
            ticked=partial(lambda mode: session.fit_mode == mode, fit_mode),
            choice="fit mode",
        )
    for mode, title in zip(MODES, ("As the s&ystem", "&Dark", "&Light"), strict=True):
        yield action(
            f"theme-{mode}",
            title,
            partial(theme.set_mode, mode),
            ticked=partial(lambda mode: theme.mode == mode, mode),
            choice="theme",
        )
    for index, (each, title) in enumerate(zip(TABLE, _underlined(TABLE), strict=True)):
        yield action(
            each.name,
            title,
            partial(window.choose_workspace, index),
            f"Ctrl+{index + 1}",
            ticked=partial(lambda index: window.workspace_index == index, index),
            choice="workspace",
        )


class Actions(Mapping[str, QAction]):
    """The actions of one window by their ids, the menus that hold them, and the plain keys."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._declared = {each.id: each for each in declared(window)}
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {each.id: self._make(each) for each in self._declared.values()}
        self.steps = {each.key: self._make_step(each) for each in STEPS}
        self._menu = QMenu("&Workspace", window)
        window.session.changed.connect(lambda change: self.update() if change & SHOWN else None)
        window.theme.changed.connect(self.update)
        window.presentation.changed.connect(self.update)
        window.shows.changed.connect(self.update)

    def __getitem__(self, identity: str) -> QAction:
        return self._actions[identity]

    def __iter__(self) -> Iterator[str]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    def told_keys(self) -> list[tuple[str, str]]:
        """The keys of the window and what they do, for the help."""
        return [
            (native(action), _plain(action.text()))
            for action in self._actions.values()
            if action.shortcuts()
        ]

    def fill(self, bar: QMenuBar) -> None:
        """Put the menus into a menu bar."""
        window = self._window
        submenus = {
            "samples": window.inputs.samples_menu(),
            "export": window.exporter.menu(),
            "screens": window.speaker.screens_menu,
            "shows": window.show_menu.bundled_menu(),
        }
        for title, entries in MENUS.items():
            menu = self._menu if not entries else QMenu(title, bar)
            for each in entries.split():
                if each == "|":
                    menu.addSeparator()
                elif each in submenus:
                    menu.addMenu(submenus[each])
                else:
                    menu.addAction(self[each])
            bar.addMenu(menu)

    def update(self) -> None:
        """Update the ticks, the enabled state and the texts of all actions."""
        for identity, each in self._declared.items():
            action = self._actions[identity]
            action.setText(each.text)
            if each.possible is not None:
                action.setEnabled(each.possible())
            if each.ticked is not None:
                action.setChecked(each.ticked())

    def show_workspace(self, workspace: Workspace) -> None:
        """Offer what the workspace on show declares, and name the plain keys by its `walk`."""
        self._menu.clear()
        for step in STEPS:
            words = step.words(workspace.walk)
            self.steps[step.key].setText(f"{words}\t{step.sign}")
            if words:
                self._menu.addAction(self.steps[step.key])
        self._menu.addSeparator()
        self._menu.addActions(workspace.window_actions())

    def _make(self, each: WindowAction) -> QAction:
        window = self._window
        action = QAction(each.text, window)
        action.setShortcuts([QKeySequence(key) for key in each.key.split(" or ") if key])
        words = each.tip or _plain(each.text)
        action.setToolTip(f"{words} ({native(action)})" if each.key else words)
        action.setCheckable(each.ticked is not None)
        if each.choice:
            group = self._groups.setdefault(each.choice, QActionGroup(window))
            group.addAction(action)
        action.triggered.connect(lambda _: each.does())
        window.addAction(action)  # its key works while its menu is closed
        return action

    def _make_step(self, step: Step) -> QAction:
        action = QAction(self._window)
        action.triggered.connect(lambda: step.does(self._window.workspace))
        return action


def _plain(words: str) -> str:
    """The words of a menu entry without its marks."""
    return words.replace("&", "").rstrip("…")


def keys_of(workspace: Workspace) -> list[tuple[str, str]]:
    """The keys of a workspace and what they do: the plain ones, then those it declares."""
    walk = workspace.walk
    plain = (
        ("Left / Right", _of("previous and next", walk.left_right)),
        ("Up / Down", _of("previous and next", walk.up_down)),
        ("Home / End", walk.home_end),
        ("Space", f"{walk.space}; while the camera runs: hold its picture, go on"),
    )
    return [row for row in (*plain, *workspace.own_keys()) if row[1]]
