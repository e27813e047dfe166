"""The Map workspace: pictures that are alike to the network lie near each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, QMimeData, Qt, QTimer
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QHideEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from visualizer.engine.similarity.map_settings import MapSettings
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.map import text as words
from visualizer.gui.map.controls import MapControls
from visualizer.gui.map.map_view import Guest, MapView
from visualizer.gui.map.mapping import (
    NEAREST,
    Findings,
    Mapped,
    Moving,
    Placed,
    Source,
    Why,
    finding,
    frames_of,
    mapping,
    placing,
    reasoning,
    travelling,
)
from visualizer.gui.map.stage_dial import StageDial
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.elided_label import ElidedLabel
from visualizer.gui.widgets.figure import Part, Tile, Tiles
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.panel import panel
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import (
    Action,
    Explanation,
    Movement,
    NoSettings,
    Table,
    Walk,
    Workspace,
)

if TYPE_CHECKING:
    from visualizer.engine.similarity.journey import StageMap, StageScore
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session

A_STAGE_MS = 1600
"""Milliseconds from one stage of the journey to the next."""
FRAME_MS = 25
MOST_COMPARED = 4
"""Pictures in the table of distances."""
AT_ONCE = 3_000
"""Pictures up to which the maps of all stages are made without being asked for."""


class MapWorkspace(Workspace):
    """The map of a folder or of the tray; below it the dial over the stages."""

    title = "Map"
    shows_answer = True
    walk = Walk("stage", "nearest picture", "first and last picture", "the journey")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.folder: Path | None = None
        self.mapped: Mapped | None = None
        self.maps: dict[str, StageMap] = {}
        """Those that are made, by stage; of one layout once `whole`."""
        self.whole = False
        self.chosen: int | None = None
        self._tray: tuple[str, ...] = ()  # the pictures of the tray that the map is of
        self._ring: list[int] = []  # the neighbours that Up and Down walk through
        self._placed: dict[str, tuple[Placed, ...]] = {}
        self._told = ""  # the stage that the words and the chosen picture are about
        self._guests: tuple[Specimen, ...] = ()  # what is placed, or about to be
        self._gathered: list[int] = []  # A, B, C ...
        compute = session.compute
        self._making = Latest(compute, "Map", self, background=True)
        self._travel = Latest(compute, "The journey", self, background=True)
        self._finding = Latest(compute, "", self, background=True)
        self._why = Latest(compute, "", self)
        self._placing = Latest(compute, "", self)
        self._colouring = Latest(compute, "", self)
        self._reading = Latest(compute, "", self)
        self._filming = Latest(compute, "Film of the journey", self, background=True)
        self._later = self.debounced(self._restart)
        self._clock = QElapsedTimer()
        self._playing = QTimer(self, interval=FRAME_MS)
        self._playing.timeout.connect(self._play_on)
        self.setAcceptDrops(True)
        self._build()
        self._declare()
        self.keep_in_scenes(settings=self.panel.settings, frames=self.panel.colour)

    def _build(self) -> None:
        self.open = QPushButton("Folder…")
        self.of_tray = QPushButton("The tray")
        self.of_tray.setCheckable(True)
        self.of_tray.setChecked(True)
        self.source = ElidedLabel()
        self.search = QLineEdit(placeholderText=words.SEARCH, clearButtonEnabled=True)
        self.search.setAccessibleName(words.SEARCH)
        keep_return(self.search)
        self.view = MapView(words.EMPTY)
        self.dial = StageDial()
        self.panel = MapControls()
        line = QHBoxLayout()
        for widget in (self.open, self.of_tray):
            line.addWidget(widget)
        line.addWidget(self.source, 2)
        line.addWidget(self.search, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(line)
        layout.addWidget(panel(self.view, stretch=self.view), 3)
        layout.addWidget(panel(self.dial, stretch=self.dial), 1)
        backstage(self.open, self.of_tray, self.search, self.dial.film)
        tab_focus(self.open, self.of_tray, self.dial)
        self.open.clicked.connect(self.ask_folder)
        self.of_tray.clicked.connect(self._back_to_tray)
        self.search.textChanged.connect(lambda _: self._search())
        self.search.returnPressed.connect(self._first_found)
        self.view.clicked.connect(self.choose)
        self.view.encircled.connect(self._encircled)
        self.view.gathered.connect(self._gather)
        self.panel.gather.clicked.connect(lambda: self._gather(self.chosen))
        self.dial.turned.connect(self._turned)
        self.dial.play.clicked.connect(self.toggle)
        self.dial.film.clicked.connect(self._ask_film)
        self.panel.nearest.clicked.connect(
            lambda place: self.choose(self.panel.nearest.tiles[place].key)
        )
        self.panel.group_chosen.connect(self._show_group)
        self.panel.settings.changed.connect(lambda _: self._later.start())
        self.panel.colour.currentIndexChanged.connect(lambda _: self._colour())
        self.panel.tray.clicked.connect(self._keep)
        self.panel.lasso.toggled.connect(lambda on: setattr(self.view, "lasso", on))

    def _declare(self) -> None:
        focus = Qt.FocusReason.ShortcutFocusReason
        self.declare(
            Action.press("folder", "Map a folder of pictures", "O", self.open),
            Action("search", "Search", "F or /", lambda: self.search.setFocus(focus), self.search),
            Action.press(
                "lasso", "Encircle pictures", "S", self.panel.lasso, "Or drag with Shift held"
            ),
            Action.press(
                "compare",
                "Compare with others: A, B, C",
                "C",
                self.panel.gather,
                "Or click pictures with Ctrl held; up to four",
            ),
            Action("all", "Show the whole map", "0", self.view.show_all),
            Action.press("tray", "Put the chosen picture into the tray", "Return", self.panel.tray),
            Action.press("film", "Film the journey", "", self.dial.film),
        )

    # Scenes of a show

    def movements(self) -> Mapping[str, Movement]:
        return {"journey": Movement("The journey", lambda _: self.toggle(), NoSettings)}

    @property
    def moving(self) -> bool:
        return self._playing.isActive()

    def hold_still(self) -> None:
        if self.moving:
            self.toggle()

    # What the window asks for

    @property
    def settings(self) -> MapSettings:
        """How the map is to be made."""
        settings = self.panel.settings.settings
        assert isinstance(settings, MapSettings)
        return replace(settings, mode=self.session.fit_mode)

    @property
    def stage(self) -> str:
        """The stage whose map is on show, or that it is nearest to; "" without a map."""
        return self.dial.stage if self.whole else next(iter(self.maps), "")

    def side_panel(self) -> QWidget:
        return self.panel

    def explanation(self) -> Explanation:
        return words.explanation(self.stage, self.mapped)

    def picture_for_export(self) -> QWidget:
        return self.view

    def figure(self) -> Sequence[Part]:
        if self.mapped is None:
            return []
        image = self.view.grab().toImage()
        caption = f"{len(self.view.xy):,} pictures at {self.stage}"
        return [Tiles([Tile(image, caption)], "Alike to the network", columns=1)]

    def table_for_export(self) -> Table | None:
        """The neighbours of every picture at this stage."""
        if self.mapped is None or self.stage not in self.maps:
            return None
        names = [item.name for item in self.mapped.features.items]
        near = self.maps[self.stage].score.neighbours
        rows = [
            (names[at], names[other], apart)
            for at in range(len(names))
            for other, apart in zip(
                near.indices[at, :NEAREST].tolist(),
                near.distances[at, :NEAREST].tolist(),
                strict=True,
            )
        ]
        return ["picture", "neighbour", "distance"], rows

    def exports(self) -> Sequence[QAction]:
        return [self.declared["film"]]

    def step_stage(self, by: int) -> None:
        self._playing.stop()
        self.dial.step(by)

    def step_unit(self, by: int) -> None:
        """Walk through the neighbours of the picture that was clicked."""
        if not self._ring:
            return
        at = self._ring.index(self.chosen) if self.chosen in self._ring else 0
        self.choose(self._ring[(at + by) % len(self._ring)], ring=False)

    def first_unit(self) -> None:
        if self.mapped is not None:
            self.choose(0)

    def last_unit(self) -> None:
        if self.mapped is not None:
            self.choose(len(self.mapped.features.items) - 1)

    def toggle(self) -> None:
        """Play the journey from here, or from the picture on; or pause it."""
        if self._playing.isActive():
            self._playing.stop()
        elif self.whole and len(self.dial.stages) > 1:
            if self.dial.position >= len(self.dial.stages) - 1:
                self.dial.set_position(0)
            self._clock.start()
            self._playing.start()
        elif self.mapped is not None:
            self._ask_journey()
        self._show_play()

    def stop(self) -> None:
        self._playing.stop()
        self._making.cancel()
        self._travel.cancel()
        self._show_play()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a folder; pictures are the window's, which puts them into the tray."""
        event.setAccepted(dropped_folder(event.mimeData()) is not None)

    def dropEvent(self, event: QDropEvent) -> None:
        folder = dropped_folder(event.mimeData())
        if folder is not None:
            event.acceptProposedAction()
            self.show_folder(folder)

    def hideEvent(self, event: QHideEvent) -> None:
        self._playing.stop()
        super().hideEvent(event)

    # The session has changed

    def let_go(self) -> None:
        for request in (self._making, self._travel, self._finding, self._why, self._placing):
            request.drop()
        self._colouring.drop()
        self._forget()

    def present(self, presented: bool) -> None:
        """Leave out the curve, too, where no classes are known."""
        super().present(presented)
        self.dial.curve.setVisible(not presented or bool(self.dial.curve.curves))

    def follow(self, change: Change) -> None:
        if change & (Change.NETWORK | Change.FIT_MODE | Change.BUSY) and self.mapped is None:
            self._restart()
        elif change & Change.FIT_MODE or (change & Change.TRAY and self.folder is None):
            self._later.start()
        if change & (Change.PICTURE | Change.COMPARED):
            self._find_specimen()

    def show_folder(self, folder: Path) -> None:
        """Map the pictures of a folder."""
        self.folder = folder
        self._restart()

    def ask_folder(self) -> None:
        """Ask for a folder."""
        dialog = QFileDialog(self, "Map a folder of pictures")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.show_folder(Path(path)))
        dialog.open()

    def _back_to_tray(self) -> None:
        self.folder = None
        self._restart()

    def _restart(self) -> None:
        """Make the map anew, where it would be another."""
        session = self.session
        self.of_tray.setChecked(self.folder is None)
        if session.network is None:
            self._forget(session.busy or "Choose a network at the top first.")
            return
        source = Source(self.folder, () if self.folder else tuple(session.specimens))
        if self.folder is None and len(source.tray) < 2:
            self._forget(words.FEW)
            return
        self.source.setText(
            self.folder.name if self.folder else f"{len(source.tray)} pictures of the tray"
        )
        self.source.setToolTip(str(self.folder or ""))
        self._travel.drop()
        self._making.ask(
            partial(mapping, session.network, source, self.settings),
            on_frame=self._show_progress,
            on_done=self._show_map,
            on_failed=self._forget,
        )
        if self.mapped is None:
            self.view.set_hint("Looking at the pictures…")

    def _forget(self, hint: str = words.EMPTY) -> None:
        """Show no map."""
        self._playing.stop()
        self.mapped, self.maps, self.whole, self.chosen = None, {}, False, None
        self._placed.clear()
        self._told, self._guests = "", ()
        self._ring, self._gathered = [], []
        self.panel.show_table((), None)
        self.view.set_map(None, (), np.zeros((0, 2)))
        self.view.set_hint(hint)
        self.dial.set_stages(())
        self.dial.words.setText("")
        self.dial.show_scores({})
        self.panel.show_chosen(None, None, "", ())
        self.panel.show_findings(None, None)

    # What the compute thread has made

    def _show_progress(self, state: object) -> None:
        step, total = getattr(state, "step", 0), getattr(state, "total", 0)
        if self.mapped is None and total and not isinstance(state, Moving):
            self.view.set_hint(f"Looking at the pictures… {step:,} of {total:,}")

    def _show_map(self, mapped: Mapped) -> None:
        self._forget()
        self.mapped, self.maps = mapped, {mapped.map.stage: mapped.map}
        names = [item.name for item in mapped.features.items]
        self.view.set_map(mapped.atlas, names, mapped.map.xy)
        self.panel.colour.setEnabled(True)
        self._colour()
        self.dial.set_stages([mapped.map.stage], mapped.map.stage)
        self._show_scores()
        for sentence in mapped.problems[:1]:
            more = len(mapped.problems) - 1
            self.session.say(sentence + (f" (And {more:,} more.)" if more else ""), "warning")
        self._finding.ask(
            partial(finding, mapped.features, mapped.map.score), on_done=self._show_findings
        )
        self.panel.show_findings(mapped, None)
        if len(names) <= AT_ONCE:
            self._ask_journey()
        else:
            self.dial.words.setText(
                f"{len(names):,} pictures: press ▶ to map every stage; it takes some minutes."
            )
            self.dial.play.setEnabled(True)
        self._search()
        self._find_specimen()
        self.explanation_changed.emit()

    def _ask_journey(self) -> None:
        if self._travel.running or self.mapped is None:
            return
        work = partial(travelling, self.mapped.features, self.mapped.stages, self.settings)
        self._travel.ask(work, on_frame=self._show_travel, on_done=self._show_journey)

    def _show_travel(self, state: Moving) -> None:
        self.dial.words.setText(
            f"Mapping the stages for the journey: {state.stage}, {state.step} of {state.total}"
        )

    def _show_journey(self, maps: tuple[StageMap, ...]) -> None:
        assert self.mapped is not None
        at = self.mapped.map.stage
        self.maps, self.whole = {each.stage: each for each in maps}, True
        points = np.concatenate([each.xy for each in maps])
        self._placed.clear()
        self.view.move(self.maps[at].xy, np.stack([points.min(0), points.max(0)]))
        self.view.show_all()
        self.dial.set_stages([each.stage for each in maps], at)
        self._show_scores()
        self._show_stage()
        self._find_specimen()
        self._show_play()

    def _show_scores(self) -> None:
        def numbers(score: StageScore) -> tuple[float, float]:
            return score.precision, score.accuracy

        self.dial.show_scores({name: numbers(each.score) for name, each in self.maps.items()})
        self._say_stage()

    def _say_stage(self) -> None:
        found = self.maps.get(self.stage)
        if found is None:
            return
        said = f"At {found.stage}"
        if not np.isnan(found.score.precision):
            said += (
                f" {found.score.precision:.0%} of the five nearest pictures are of the same class, "
                f"and their vote is right for {found.score.accuracy:.0%}."
            )
        else:
            said += ": what is alike there lies together."
        self.dial.words.setText(said)

    def _show_findings(self, found: Findings) -> None:
        self.panel.show_findings(self.mapped, found)

    # The dial

    def _turned(self, position: float) -> None:
        if not self.whole:
            return
        from visualizer.engine.similarity.journey import between

        self.view.move(between(list(self.maps.values()), position), self.view.bounds)
        if self.stage != self._told:
            self._show_stage()

    def _show_stage(self) -> None:
        """Follow the stage that the dial is nearest to."""
        self._told = self.stage
        self._say_stage()
        self._show_chosen()
        self._show_guests()
        self._show_table()
        self.explanation_changed.emit()

    def _play_on(self) -> None:
        position = self.dial.position + self._clock.restart() / A_STAGE_MS
        self.dial.set_position(position)
        if position >= len(self.dial.stages) - 1:
            self._playing.stop()
            self._show_play()

    def _show_play(self) -> None:
        self.dial.play.setText("⏸ Pause" if self._playing.isActive() else "▶ The journey")

    # The chosen picture

    def choose(self, place: int | None, ring: bool = True) -> None:
        """Choose a picture of the collection; with `ring`, Up and Down walk its neighbours."""
        self.chosen = place
        if ring:
            self._ring = [] if place is None else [place, *(at for at, _ in self._near(place))]
        self._show_chosen()

    def _near(self, place: int) -> list[tuple[int, float]]:
        """The nearest pictures at this stage, and how far they are."""
        near = self.maps[self.stage].score.neighbours
        return list(
            zip(
                near.indices[place, :NEAREST].tolist(),
                near.distances[place, :NEAREST].tolist(),
                strict=True,
            )
        )

    def _show_chosen(self) -> None:
        mapped, place = self.mapped, self.chosen
        if mapped is None or place is None:
            return
        near = self._near(place)
        self.view.set_chosen(place, [at for at, _ in near[:5]])
        self.panel.show_chosen(mapped, place, mapped.features.items[place].name, near)
        if near:
            self._why.ask(
                partial(
                    reasoning, mapped.features, self.stage, place, near[0][0], self.settings.mode
                ),
                on_done=partial(self._show_why, self.stage),
                on_failed=lambda _: None,
            )

    def _show_why(self, stage: str, why: Why) -> None:
        self.panel.show_why(why, stage)

    def _find_specimen(self) -> None:
        """Choose the session's picture where it is on the map, or place it there as a guest.

        With it, the one that it is compared with: where has an attack moved it?
        """
        mapped, session = self.mapped, self.session
        if mapped is None or session.specimen is None or session.live:
            return
        if self.folder is None:
            for place, item in enumerate(mapped.features.items):
                if item.picture is session.specimen.picture:
                    self.choose(place)
        wanted = [each for each in (session.specimen, session.compared) if each is not None]
        if self.folder is None and len(wanted) == 1:
            self._guests = ()
            self._placed.clear()
            self.view.set_guests(())
            return
        self._guests = tuple(wanted)
        self._placed.clear()
        self._show_guests()

    def _show_placed(self, stage: str, placed: tuple[Placed, ...]) -> None:
        self._placed[stage] = placed
        if stage != self.stage:
            return
        self._show_guests()
        if self.folder is not None:
            first, near = placed[0], zip(placed[0].neighbours, placed[0].distances, strict=True)
            self.chosen, self._ring = None, list(first.neighbours)
            self.view.set_chosen(None)
            self.panel.show_chosen(self.mapped, None, first.specimen.title, list(near))

    def _show_guests(self) -> None:
        """Show the guests at this stage, placing them where they are not placed yet."""
        found, at = self._placed.get(self.stage), self.maps.get(self.stage)
        self.view.set_guests(
            [
                Guest(each.specimen.title, each.xy, image_of(each.thumbnail), each.neighbours[:5])
                for each in found or ()
            ]
        )
        if found is None and self._guests and at is not None and self.mapped is not None:
            work = partial(placing, self.mapped.features, at, self._guests, self.settings.mode)
            self._placing.ask(work, on_done=partial(self._show_placed, at.stage))

    # A, B and C

    def _gather(self, place: int | None) -> None:
        """Take a picture into the table of distances, or out of it."""
        if place is None:
            return
        if place in self._gathered:
            self._gathered.remove(place)
        else:
            self._gathered = [*self._gathered, place][-MOST_COMPARED:]
        self._show_table()

    def _show_table(self) -> None:
        from visualizer.engine.similarity.neighbours import distances

        places = self._gathered
        self.view.set_gathered(places)
        if self.mapped is None or len(places) < 2 or self.stage not in self.maps:
            self.panel.show_table((), None)
            return
        vectors = self.mapped.features.of(self.stage, places)
        names = [self.mapped.features.items[place].name for place in places]
        apart = distances(vectors, vectors, self.maps[self.stage].metric)
        np.fill_diagonal(apart, 0)
        self.panel.show_table(names, apart)

    def _keep(self) -> None:
        """Put the chosen picture into the tray."""
        if self.mapped is None or self.chosen is None:
            return
        item = self.mapped.features.items[self.chosen]
        if item.path is None:
            self.session.say("It is in the tray already.")
            return
        from visualizer.engine.specimen import open_specimen

        self.to_tray(partial(open_specimen, item.path))

    # Search, lasso, colours

    def _search(self) -> None:
        """Dim what has not the words in its name, its class or the network's answer."""
        self.view.set_lit(self._matching())

    def _matching(self) -> np.ndarray | None:
        wanted = self.search.text().casefold().split()
        if self.mapped is None or not wanted:
            return None
        texts = self.mapped.texts
        return np.array([all(word in text for word in wanted) for text in texts], bool)

    def _first_found(self) -> None:
        found = self._matching()
        if found is not None and found.any():
            self.choose(int(found.argmax()))
        self.view.setFocus()

    def _encircled(self, places: np.ndarray) -> None:
        self.panel.lasso.setChecked(False)
        self._show_group(places.tolist())

    def _show_group(self, places: Sequence[int]) -> None:
        """Dim all but some pictures; none shows all again."""
        if self.mapped is None:
            return
        if not len(places):
            self.view.set_lit(None)
            return
        lit = np.zeros(len(self.mapped.features.items), bool)
        lit[list(places)] = True
        self.view.set_lit(lit)
        self.choose(int(places[0]))
        self._ring = [int(place) for place in places]

    def _colour(self) -> None:
        """Frame the thumbnails in the colours that are wanted."""
        if self.mapped is not None:
            mapped, by = self.mapped, str(self.panel.colour.currentData())
            self._colouring.ask(
                once(frames_of, mapped.features, by), on_done=partial(self._show_colours, mapped)
            )

    def _show_colours(self, mapped: Mapped, frames: np.ndarray | None) -> None:
        mapped.atlas.set_frames(frames)
        self.view.viewport().update()

    # The film

    def _ask_film(self) -> None:
        if not self.whole:
            self.session.say("The film can be made once every stage is mapped.")
            return
        dialog = QFileDialog(self, "Film the journey")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("mp4")
        dialog.setNameFilters(["Films (*.mp4)", "Animations (*.gif)"])
        dialog.selectFile("journey.mp4")
        dialog.fileSelected.connect(lambda path: self.film(Path(path)))
        dialog.open()

    def film(self, path: Path) -> None:
        """Write the journey as a film."""
        from visualizer.engine.ascent.film import filmed
        from visualizer.engine.similarity.map_picture import journey_film

        assert self.mapped is not None
        features, maps = self.mapped.features, list(self.maps.values())
        self._filming.ask(
            lambda: filmed(journey_film(features, maps), path),
            on_done=lambda _: self.session.say(f"The film is saved as “{path.name}”."),
        )


def dropped_folder(data: QMimeData) -> Path | None:
    """The folder that is dropped, if it is one and nothing else."""
    urls = data.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.is_dir() else None
