"""The base of workspaces and of their pages: follows the session while it is shown.

A subclass builds its widgets, declares its actions, and answers `follow` when something of the
session is different. It asks the compute thread through `requests.Latest`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from PySide6.QtCore import QAbstractAnimation, QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QAction, QKeySequence, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from visualizer.engine.settings import Settings, setting
from visualizer.engine.shows.show import State
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change, Session
from visualizer.gui.widgets.backstage import leave_out
from visualizer.gui.widgets.control_values import set_values, values_of
from visualizer.gui.widgets.unit_area import UnitArea

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.widgets.figure import Part

Table = tuple[Sequence[str], Sequence[Sequence[Any]]]
"""A header and its rows."""

REST_MS = 250
"""Milliseconds without a change after which the slower questions are asked."""


@dataclass(frozen=True)
class Explanation:
    """The content of the explain panel.

    `body` is Markdown; `formula` is a line of Unicode mathematics; `facts` are (name, value) pairs
    ready to show; `paper` is a citation (Markdown), with the figure to compare with; `page` is the
    name of its words in resources/explanations, by which it finds its lesson.
    """

    title: str
    body: str = ""
    formula: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    paper: str = ""
    page: str = ""


@dataclass(frozen=True)
class Action:
    """Something a workspace can do. Its key, menu entry, tooltip and help come from here.

    Attributes:
        id: its name in code.
        words: what it does, as in a menu: "Next colour map".
        key: as Qt writes it: "M", "Ctrl+Return", "Space or P"; "" for none.
        does: what is called.
        button: the widget that does it too; its tooltip becomes the words and the key.
        tip: more to say in the tooltip, on lines of its own.
    """

    id: str
    words: str
    key: str
    does: Callable[[], object]
    button: QWidget | None = None
    tip: str = ""

    @classmethod
    def press(cls, name: str, words: str, key: str, button: QAbstractButton, tip: str = "") -> Self:
        """Return what a button does when it is pressed; nothing while it is disabled."""
        return cls(name, words, key, button.click, button, tip)


@dataclass(frozen=True)
class Walk:
    """What the plain keys do in a workspace, in a word or two each, for the footer and the help."""

    left_right: str = "stage"
    up_down: str = "unit"
    home_end: str = "first and last unit"
    space: str = "play"


@dataclass(frozen=True)
class NoSettings(Settings):
    """Of what has nothing to set."""


@dataclass(frozen=True)
class GlideSettings(Settings):
    """How long something moves."""

    seconds: float = setting(10.0, low=0.5, high=600, step=1, unit="s", help="How long it takes.")


@dataclass(frozen=True)
class Movement:
    """Something that moves in a scene of a show.

    Attributes:
        title: what it does, as in a list: "Walk to the output".
        does: begins it; it is called with the settings.
        settings: the class of its settings.
    """

    title: str
    does: Callable[[Any], object]
    settings: type[Settings] = GlideSettings


class SessionView(QWidget):
    """A part of the window that follows the session while shown, and computes nothing while hidden.

    `follow` is called with what has changed; all that changed while the view was hidden comes in
    one call when it is shown. So a hidden view asks the compute thread for nothing.
    """

    walk = Walk()
    followed_anew = Change(0)
    """What `follow` is called with whenever this is shown, whether or not it has changed."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.declared: dict[str, QAction] = {}
        """The actions by their ids."""
        self._missed = Change.ALL
        session.changed.connect(self._note)

    def follow(self, change: Change) -> None:
        """Called with what has changed in the session, only while this is shown."""

    def let_go(self) -> None:
        """Keep nothing of the network that was open; also called while this is hidden.

        Networks are large, and a hidden view may not be shown again.
        """

    def declare(self, *actions: Action) -> None:
        """Give actions their keys, which work wherever the focus is while this is shown."""
        for each in actions:
            action = QAction(each.words, self)
            keys = [QKeySequence(key) for key in each.key.split(" or ") if key]
            action.setShortcuts(keys)
            action.triggered.connect(lambda _=False, does=each.does: does())
            if each.button is not None:
                told = f"{each.words} ({native(action)})" if keys else each.words
                each.button.setToolTip(f"{told}\n{each.tip}" if each.tip else told)
            self.addAction(action)
            self.declared[each.id] = action

    def own_keys(self) -> list[tuple[str, str]]:
        """Its keys and what they do, for the help."""
        return [(native(a), a.text()) for a in self.declared.values() if a.shortcuts()]

    def debounced(self, function: Callable[[], object], milliseconds: int = REST_MS) -> QTimer:
        """Return a timer: each `start` puts off the call until nothing came for a while.

        Nothing is called while this is hidden.
        """
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.timeout.connect(lambda: self.isVisible() and function())
        return timer

    def missing(self) -> str:
        """The hint on what is missing (a network, a picture), or "" if nothing is."""
        session = self.session
        if session.network is None:
            return session.busy or "Choose a network at the top first."
        if session.specimen is None:
            return "Open a picture first, or start the camera."
        return ""

    def to_tray(
        self,
        make: Callable[[], Specimen],
        then: Callable[[Specimen], object] | None = None,
        select: bool = False,
    ) -> None:
        """Put a picture with its recipe into the tray; `make` is called on the compute thread."""

        def made() -> Specimen:
            specimen = make()
            assert specimen.id  # worked out here, not on the window thread
            return specimen

        keeping = Latest(self.session.compute, parent=self, cancellable=False)  # one a picture

        def on_done(specimen: Specimen) -> None:
            keeping.deleteLater()
            self.session.add(specimen, select=select)
            if then is not None:
                then(specimen)
            else:
                self.session.say(f"“{specimen.title}” is in the tray.")

        keeping.ask(once(made), on_done=on_done)

    def _note(self, change: Change) -> None:
        if Change.NETWORK in change:
            self.let_go()
        if self.isVisible():
            self.follow(change)
        else:
            self._missed |= change

    def catch_up(self) -> None:
        """Follow what was missed while this was hidden; called before it is shown."""
        missed, self._missed = self._missed, Change(0)
        if missed:
            self.follow(missed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._missed |= self.followed_anew
        self.catch_up()


class Workspace(SessionView):
    """Base of the workspaces. A subclass sets `title` and answers `explanation`.

    The window sends the arrow keys, Home, End and Space here, wherever the focus is (unless a
    control of its own uses them); `walk` says what they do.
    """

    title: str = ""
    """As on the rail."""

    shows_answer: bool = False
    """Whether it shows the network's answer itself, so that the window's bars would repeat it."""

    needs_network: bool = True
    """Whether it has nothing to show until a network is open."""

    side_is_shown: bool = False
    """Whether its side panel is for an audience too: it shows something, and sets nothing."""

    explanation_changed = Signal()
    actions_changed = Signal()
    """The declared actions have changed: another page is on show."""
    stimulus_wanted = Signal()
    """The optimal stimulus of the session's unit was asked for."""
    workspace_wanted = Signal(str)
    """The name of another workspace to go to."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._scene_controls: dict[str, QWidget] = {}
        self._gliding: QVariantAnimation | None = None

    def side_panel(self) -> QWidget | None:
        """The controls above the explain panel, or None."""
        return None

    def titles(self) -> tuple[str, ...]:
        """What it is about, for the line of title while presenting: the picture, the network."""
        shown = (self.session.specimen, self.session.network)
        return tuple(each.title for each in shown if each is not None)

    def explanation(self) -> Explanation:
        """What the explain panel says now; emit `explanation_changed` when it is something else."""
        return Explanation(self.title)

    def exports(self) -> Sequence[QAction]:
        """Those of the declared actions that write files of its own, for the menu Export."""
        return ()

    def figure(self) -> Sequence[Part] | None:
        """What is on show as parts of a figure, in the order shown; called on the window thread.

        The picture, the network's answer and the caption are there already. None for the maps of
        the session's stage. A workspace that does not say gives its pictures, tiles and curves.
        """
        from visualizer.gui.widgets.parts_on_show import parts_on_show

        return parts_on_show(self)

    def show_stimulus(self) -> bool:
        """Show the optimal stimulus of the session's unit; False where this cannot."""
        return False

    def show_subject(self, name: str) -> None:
        """Show what has this name here, such as a lesson."""

    def subject(self) -> int | None:
        """The class that this is about; None where it is about the session's unit."""
        return None

    def point_out(self) -> None:
        """Select the unit that this is about, before its optimal stimulus is shown."""
        index = self.subject()
        if index is not None:
            self._choose_class(index)

    def ask_stimulus(self, index: int | None = None) -> None:
        """Ask for the optimal stimulus of a class, or else of the unit that this is about."""
        self.point_out() if index is None else self._choose_class(index)
        self.stimulus_wanted.emit()

    def _choose_class(self, index: int) -> None:
        if self.session.network is not None:
            self.session.select_stage(self.session.network.stages[-1].name)
            self.session.select_unit(index)

    def answer(self) -> int | None:
        """The likeliest class of the session's picture, once it is known."""
        activations = self.session.activations
        return None if activations is None else int(activations.probabilities.ravel().argmax())

    def table_for_export(self) -> Table | None:
        """The numbers on show as a header and rows; None if there are none."""
        return None

    def window_actions(self) -> list[QAction]:
        """The actions to put into the window's menu now."""
        return list(self.declared.values())

    def step_stage(self, by: int) -> None:
        """Left and Right."""
        self.session.step_stage(by)

    def step_on_stage(self, by: int) -> None:
        """What a clicker does while this is presented: a step on (+1) or back (-1)."""
        self.step_stage(by)

    def present(self, presented: bool) -> None:
        """Leave out what only the speaker needs, or show it again."""
        leave_out(self, presented)
        for area in self.findChildren(UnitArea):
            area.present(presented)

    def step_unit(self, by: int) -> None:
        """Up and Down; a workspace that shows units in another order steps in that order."""
        self.session.step_unit(by)

    def first_unit(self) -> None:
        """Home."""
        self.session.select_unit(0)

    def last_unit(self) -> None:
        """End."""
        self.session.select_unit(-1)

    # Scenes of a show

    def keep_in_scenes(self, **controls: QWidget) -> None:
        """Let scenes of a show keep what stands in these controls, by name.

        They are set in this order when the scene is entered.
        """
        self._scene_controls.update(controls)

    def state(self) -> State:
        """What is on show here, for a scene of a show."""
        return State(values_of(self._scene_controls))

    def scene_results(self) -> Callable[[], Mapping[str, bytes]] | None:
        """What makes the files of a `state`: results that took long; None for none.

        It is called on the compute thread.
        """
        return None

    def restore(self, state: State) -> list[str]:
        """Put on show what a scene has kept: just before this is shown, after `catch_up`.

        Returns:
            What of it is unknown here or no longer allowed, in words: it is left out.
        """
        return set_values(self._scene_controls, state.settings)

    def movements(self) -> Mapping[str, Movement]:
        """What can move in a scene, by name."""
        return {}

    @property
    def moving(self) -> bool:
        """Whether a movement is under way."""
        return self._gliding is not None

    def hold_still(self) -> None:
        """Stop the movement."""
        if self._gliding is not None:
            self._gliding.stop()

    def glide(self, start: int, end: int, seconds: float, show: Callable[[int], object]) -> None:
        """Call `show` with every whole number from one to another in turn, evenly in time."""
        self.hold_still()
        gliding = self._gliding = QVariantAnimation(self)
        gliding.setStartValue(start)
        gliding.setEndValue(end)
        gliding.setDuration(round(1000 * seconds))
        gliding.valueChanged.connect(show)
        gliding.stateChanged.connect(self._on_gliding)
        gliding.start()

    def _on_gliding(self, state: QAbstractAnimation.State) -> None:
        if state is QAbstractAnimation.State.Stopped and self._gliding is not None:
            self._gliding.deleteLater()
            self._gliding = None

    def toggle(self) -> None:
        """Space, while no camera runs: start or pause what moves here."""

    def back(self) -> bool:
        """Esc: leave a page that was opened here; False where there is none, and this stops."""
        return False

    def stop(self) -> None:
        """Esc: stop what moves here."""


def native(action: QAction) -> str:
    """The keys of an action as this system writes them: "Space or P"."""
    form = QKeySequence.SequenceFormat.NativeText
    return " or ".join(key.toString(form) for key in action.shortcuts())
