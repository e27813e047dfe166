"""The show of a window: its scenes are taken, changed, stepped through and saved."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage

from visualizer.engine.arrays import owned
from visualizer.engine.errors import UserError
from visualizer.engine.settings import understood
from visualizer.engine.shows.show import SUFFIX, Animation, Scene, Show, State
from visualizer.engine.shows.show_file import MAX_THUMBNAIL, reading_show, writing_show
from visualizer.gui.core.compute import MakeGenerator, once
from visualizer.gui.core.requests import Latest
from visualizer.gui.shows.networks import ShowNetworks
from visualizer.gui.shows.unsaved import UnsavedShow
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.gui.core.session import Session
    from visualizer.gui.shows.stage import Stage

THUMBNAIL = 480
"""Pixels that a thumbnail is wide."""
MOST_UNDONE = 100
COPY_MS = 2000
"""Milliseconds after a change until a copy is kept on disk."""


class Shows(QObject):
    """Holds one show and the scene of it that is on the stage.

    Attributes:
        show: None while no show is open.
        path: of its file; None before it was saved.
        index: of the scene on the stage; -1 before the first.
        stands: whether that scene is what is seen on it; not while its network opens, nor if it
            does not open.
        modified: whether something is not saved.
        rehearsing: whether scenes stand only to be made ready: nothing in them moves.
    """

    changed = Signal()
    """The show, its file, or the scene on the stage is another one."""
    stood = Signal(int)
    """The scene of this index stands on the stage: everything for it has been asked for."""
    failed = Signal(int, str)
    """The scene of this index does not stand, and why."""
    opened = Signal()
    """A show was read from a file."""

    def __init__(self, session: Session, stage: Stage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._stage = session, stage
        self.show: Show | None = None
        self.path: Path | None = None
        self.index = -1
        self.modified = self.rehearsing = self.stands = False
        self.networks = ShowNetworks(session, self)
        self.unsaved = UnsavedShow(session, self)
        self._undone: list[tuple[Show, int]] = []
        self._moved = False  # whether the animation of the present scene was begun
        self._reading = Latest(session.compute, "Opening the show", self)
        self._saving = Latest(session.compute, "Saving the show", self, must_finish=True)
        self._taking = Latest(session.compute, "Taking the scene", self, cancellable=False)
        self._copying = QTimer(self, singleShot=True, interval=COPY_MS)
        self._copying.timeout.connect(self._keep_copy)

    # What there is

    @property
    def count(self) -> int:
        """How many scenes there are."""
        return len(self.show.scenes) if self.show is not None else 0

    @property
    def scene(self) -> Scene | None:
        """The scene on the stage."""
        return self._at(self.index)

    @property
    def coming(self) -> Scene | None:
        """The scene after it."""
        return self._at(self.index + 1)

    @property
    def planned_seconds(self) -> int | None:
        """How long the talk is to take; None where that is not planned."""
        return 60 * self.show.minutes if self.show is not None and self.show.minutes else None

    def thumbnail(self, index: int) -> QImage:
        """How a scene looked; a null image where nobody has looked yet."""
        scene = self._at(index)
        if scene is None or scene.thumbnail is None:
            return QImage()
        return image_of(scene.thumbnail)

    def _at(self, index: int) -> Scene | None:
        if self.show is None or not 0 <= index < len(self.show.scenes):
            return None
        return self.show.scenes[index]

    # Open, save

    def new(self) -> None:
        """Begin an empty show; one that is not saved is offered at the next start."""
        self._put(Show(), None)

    def open(self, path: Path) -> None:
        """Read a show from a file; it stands at its first scene."""
        self._reading.ask(
            partial(reading_show, path),
            on_done=lambda show: self._on_read(show, path),
            on_failed=lambda sentence: self._session.say(sentence, "error"),
            title=f"Opening {path.stem}",
        )

    def _on_read(self, show: Show, path: Path) -> None:
        self._put(show, path)
        self.opened.emit()

    def put(self, show: Show, path: Path | None = None) -> None:
        """Take a show in place of the present one."""
        self._put(show, path)

    def close(self) -> None:
        """Have no show; one that is not saved is offered at the next start."""
        self._put(None, None)

    def _put(self, show: Show | None, path: Path | None) -> None:
        if self.modified:
            self._keep_copy()
            self.unsaved.leave()
        self._copying.stop()
        self.hold_still()
        self.networks.forget()
        self.show, self.path, self.index, self.modified = show, path, -1, False
        self._undone.clear()
        self.changed.emit()

    def save(self, path: Path, *, networks: bool = False) -> None:
        """Write the show to a file; a name without a suffix gets `.show`.

        Args:
            path: of the file.
            networks: whether the files of one's own networks travel with it.
        """
        show = self.show
        if show is None:
            return
        path = path if path.suffix else path.with_name(path.name + SUFFIX)

        def on_done(_: object) -> None:
            self.path = path
            if self.show is show:
                self.modified = False
                self._copying.stop()
                self.unsaved.forget()
            self._session.say(f"The show is saved as “{path.name}”.")
            self.changed.emit()

        self._saving.ask(
            self.writing(path, networks=networks),
            on_done=on_done,
            on_failed=lambda sentence: self._session.say(sentence, "error"),
        )

    def writing(self, path: Path, *, networks: bool) -> MakeGenerator:
        """What writes the show as it is now, for the compute thread."""
        show = self.show
        assert show is not None
        shas = {scene.sha256 for scene in show.scenes if scene.sha256} if networks else set()
        files = {sha256: self.networks.file_of(sha256) for sha256 in shas}

        def work() -> Generator[None, None, Path]:
            brought = {sha: data for sha, data in show.networks.items() if networks}
            for sha256, file in files.items():
                if file is not None and sha256 not in brought:
                    brought[sha256] = file.read_bytes()
                    yield
            return (yield from writing_show(replace(show, networks=brought), path))

        return work

    def recover(self, path: Path) -> None:
        """Open what was not saved last time; it is not saved yet."""

        def on_done(show: Show) -> None:
            self._put(show, None)
            self.modified = True
            self._keep_copy()
            with suppress(OSError):
                path.unlink()
            self.opened.emit()

        self._reading.ask(
            partial(reading_show, path),
            on_done=on_done,
            on_failed=lambda sentence: self._session.say(sentence, "error"),
        )

    def flush(self) -> None:
        """Keep a copy of what is not saved now, for the next start: the window closes."""
        if self.modified:
            self._copying.stop()
            self._keep_copy()
            self.unsaved.leave()

    def _keep_copy(self) -> None:
        if self.show is not None and self.modified:
            self.unsaved.keep(self.show)

    # Change

    def edit(self, show: Show, index: int | None = None) -> None:
        """Take a changed show, which `undo` takes back.

        Args:
            show: the changed one.
            index: of the scene on the stage in it; None for the same scene as before.
        """
        if self.show is not None:
            self._undone.append((self.show, self.index))
            del self._undone[:-MOST_UNDONE]
        if index is None:
            scene, index = self.scene, self.index
            places = [place for place, each in enumerate(show.scenes) if each is scene]
            index = places[0] if places else index
        self._take(show, index)

    def undo(self) -> None:
        """Take back the last change."""
        if self._undone:
            self._take(*self._undone.pop())

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._undone)

    def _take(self, show: Show, index: int) -> None:
        self.show, self.modified, self.stands = show, True, True
        self.index = min(index, len(show.scenes) - 1)
        self._copying.start()
        self.changed.emit()

    def add_scene(self) -> None:
        """Take what is on the stage as a scene, after the present one."""
        self._take_scene(self._insert)

    def retake(self, index: int) -> None:
        """Let a scene be what is on the stage now; its title, notes and animation stay."""
        before = self._at(index)

        def put(scene: Scene) -> None:
            if self.show is not None and before is not None and self._at(index) is before:
                kept = {name: getattr(before, name) for name in ("title", "notes", "animation")}
                scenes = list(self.show.scenes)
                scenes[index] = replace(scene, **kept)
                self.edit(replace(self.show, scenes=tuple(scenes)), index)

        if before is not None:
            self._take_scene(put)

    def _take_scene(self, use: Callable[[Scene], object]) -> None:
        """Call `use` with what is on the stage, once its results are written."""
        try:
            scene = self._taken()
        except UserError as error:
            self._session.say(str(error), "warning")
            return
        make = self._stage.workspace.scene_results()
        if make is None:
            use(scene)
            return

        def on_done(files: Mapping[str, bytes]) -> None:
            state = State(scene.state.settings, scene.state.pictures, files)
            use(replace(scene, state=state))

        def on_failed(sentence: str) -> None:
            self._session.say(sentence, "warning")
            use(scene)

        self._taking.ask(once(make), on_done=on_done, on_failed=on_failed)

    def _insert(self, scene: Scene) -> None:
        show = self.show or Show()
        place = self.index + 1 if 0 <= self.index < len(show.scenes) else len(show.scenes)
        try:
            self.edit(show.inserted(place, scene), place)
        except UserError as error:
            self._session.say(str(error), "warning")
            return
        self._session.say(f"Scene {place + 1} of {self.count}: “{scene.title}”.")

    def _taken(self) -> Scene:
        """What is on the stage.

        Raises:
            UserError: there is nothing yet.
        """
        session, workspace = self._session, self._stage.workspace
        if session.network is None:
            raise UserError("A scene needs a network; choose one at the top first.")
        name, sha256 = self.networks.named()
        if not name:
            session.say(
                "This network is in no file yet, so the scene takes the one that is open then; "
                "save it and open the file to have it in the show.",
                "warning",
            )
        return Scene(
            workspace=self._stage.workspace_name,
            title=workspace.explanation().title,
            network=name,
            sha256=sha256,
            picture=session.specimen,
            compared=session.compared,
            fit_mode=session.fit_mode,
            stage=session.stage,
            unit=session.unit,
            state=workspace.state(),
            thumbnail=_pixels(self._stage.stage_image(THUMBNAIL)),
        )

    # On the stage

    def step(self, by: int) -> bool:
        """What a clicker does: the next scene (+1) or the one before (-1).

        A step on first begins what moves in the present scene, if it was to wait for that.

        Returns:
            Whether there is a show to step through.
        """
        if not self.count:
            return False
        scene = self.scene
        if by > 0 and scene is not None and scene.animation is not None and not self._moved:
            self.begin_animation()
        elif 0 <= self.index + by < self.count:
            self.go_to(self.index + by)
        return True

    def go_to(self, index: int) -> None:
        """Put a scene on the stage, once its network is there."""
        scene, show = self._at(index), self.show
        if scene is None or show is None:
            return
        self.hold_still()
        self.index, self._moved, self.stands = index, False, False
        self.changed.emit()
        if not scene.network or self.networks.ready(scene) is not None:
            self._stand(index, scene)
            return
        self.networks.load(
            show,
            self.path.parent if self.path is not None else None,
            scene,
            on_done=lambda: self._stand(index, scene),
            on_failed=lambda sentence: self._fail(index, sentence),
        )

    def _fail(self, index: int, sentence: str) -> None:
        self._session.say(sentence, "error")
        self.failed.emit(index, sentence)

    def _stand(self, index: int, scene: Scene) -> None:
        session, stage, network = self._session, self._stage, self.networks.ready(scene)
        if self.index != index:
            return
        left_out: list[str] = []
        with stage.curtain():
            self._choose(scene, network)
            there = stage.open_workspace(scene.workspace)
            if there:
                stage.workspace.catch_up()
                left_out = stage.workspace.restore(scene.state)
        if not there:
            self._fail(index, f"There is no workspace “{scene.workspace}” here for this scene.")
            return
        if network is not None and scene.sha256 not in ("", network.sha256):
            left_out.append(f"the network as it was: {network.title} has changed since")
        self.stands = True
        if left_out:
            title = f"scene {index + 1}, “{scene.title}”"
            session.say(f"In {title}, this was left out: {', '.join(left_out)}.", "warning")
        if scene.animation is not None and scene.animation.at_once and not self.rehearsing:
            self.begin_animation()
        self.stood.emit(index)

    def _choose(self, scene: Scene, network: Network | None) -> None:
        """Choose network, pictures, stage and unit of a scene, in the session."""
        session = self._session
        session.stop_live()
        if network is not None and network is not session.network:
            session.show_network(network)
        session.set_fit_mode("fit" if scene.fit_mode == "fit" else "crop")
        for specimen in (scene.picture, scene.compared):
            if specimen is not None:
                session.lend(specimen)
        if scene.picture is not None:
            session.select(scene.picture.id)
        session.compare_with(None if scene.compared is None else scene.compared.id)
        session.select_stage(scene.stage)
        session.select_unit(scene.unit)

    # What moves

    def begin_animation(self) -> None:
        """Begin what moves in the scene on the stage."""
        scene = self.scene
        if scene is None or scene.animation is None:
            return
        self._moved = True
        movement = self._stage.workspace.movements().get(scene.animation.name)
        if movement is None:
            self._session.say(
                f"“{scene.animation.name}” is unknown here, so nothing moves in this scene.",
                "warning",
            )
            return
        settings, _ = understood(movement.settings, scene.animation.settings)
        movement.does(settings)

    def hold_still(self) -> bool:
        """Stop what moves in a scene; whether anything did."""
        workspace = self._stage.workspace
        moving = self.scene is not None and self._moved and workspace.moving
        if moving:
            workspace.hold_still()
        return moving

    def set_animation(self, index: int, name: str, settings: Any, at_once: bool) -> None:
        """Let something move in a scene; `name` "" for nothing."""
        if self.show is not None:
            animation = Animation(name, settings.to_dict(), at_once) if name else None
            self.edit(self.show.changed(index, animation=animation))


def _pixels(image: QImage) -> np.ndarray:
    """An image as uint8 H x W x 3."""
    side = min(MAX_THUMBNAIL, max(image.width(), image.height()))
    small = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
    plain = small.convertToFormat(QImage.Format.Format_RGB888)
    data = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return owned(data[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy())
