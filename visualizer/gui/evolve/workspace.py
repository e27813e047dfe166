"""The Evolve workspace: pictures that mean nothing to us and everything to the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from visualizer.engine.evolution.breeding import genome_of
from visualizer.engine.settings import Settings, setting
from visualizer.engine.shows.show import State
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.core.session import Change
from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.breeder import Breeder, Litter
from visualizer.gui.evolve.breeding_page import BreedingPage
from visualizer.gui.evolve.champion_page import ChampionPage, Tab
from visualizer.gui.evolve.champion_requests import ChampionRequests
from visualizer.gui.evolve.controls import EvolveControls
from visualizer.gui.evolve.evolving import WallFrame, saved_folder
from visualizer.gui.evolve.immunity import Immunised, Round, immunise, rounds_of
from visualizer.gui.evolve.run import EvolutionRun
from visualizer.gui.evolve.saving import Saving
from visualizer.gui.evolve.wall_page import WallPage
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.widgets.page_stack import PageStack
from visualizer.gui.widgets.tab_focus import tab_focus
from visualizer.gui.workspace import Action, Explanation, Movement, Table, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.engine.evolution.cppn import Genome
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.session import Session
    from visualizer.gui.widgets.figure import Part
    from visualizer.gui.widgets.tiles import TileArea


EVOLUTION = "evolution"
"""The name of an evolution in the scenes of a show."""


@dataclass(frozen=True)
class GenerationSettings(Settings):
    """How long the evolution runs in a scene of a show."""

    generations: int = setting(40, low=1, high=100_000, help="How many generations run.")


class EvolveWorkspace(Workspace):
    """The wall, the page of a champion, and breeding by hand; Esc leads back to the wall.

    The evolution goes on while another page or workspace is on show.
    """

    title = "Evolve"
    shows_answer = True
    walk = Walk("picture", "row", "first and last picture", "pause or go on")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.run = EvolutionRun(session.compute, self)
        self.controls = EvolveControls()
        self.wall_page = WallPage(self.run)
        self.champion_page = ChampionPage()
        self.breeding_page = BreedingPage()
        self.pages = PageStack()
        for page in (self.wall_page, self.champion_page, self.breeding_page):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
        ask = partial(Latest, session.compute, parent=self)
        self._offering = ask(cancellable=False)
        self._making = ask(cancellable=False)
        self._breeding = ask(cancellable=False)
        self._immunising = ask("Immunising the network", background=True)
        self._again: Immunised | None = None  # its network is being opened, to be evolved for
        self._rounds: tuple[Round, ...] = ()
        self._champion = ChampionRequests(session, self.run, self.champion_page, self)
        self.saving = Saving(session, self)
        self._breeder: Breeder | None = None
        self._kept = 0  # pictures seen by the evolution of last time, which a new one replaces
        self._asked = False  # whether to begin anew all the same
        self._seed = 0  # of the next breeding by hand
        self._scene_cell: int | None = None  # what a scene of a show is about
        self._scene_opened = False
        wall = self.wall_page
        self.keep_in_scenes(settings=self.controls.settings, order=wall.order, least=wall.least)
        self._connect()
        self._declare()
        self._on_state(self.run.state)
        self.setFocusProxy(self.wall_page.wall)

    @property
    def tiles(self) -> TileArea:
        """Those of the page on show, which the keys walk through."""
        page = self.pages.currentWidget()
        if page is self.wall_page:
            return self.wall_page.wall
        return self.champion_page.tiles if page is self.champion_page else self._children

    @property
    def _children(self) -> TileArea:
        return self.breeding_page.children_

    # What the window asks for

    def side_panel(self) -> QWidget:
        return self.controls

    def explanation(self) -> Explanation:
        page = self.pages.currentWidget()
        kind = "champion" if page is self.champion_page else "wall"
        kind = "breeding" if page is self.breeding_page else kind
        return words.explanation(self.run.frame, kind)

    def figure(self) -> Sequence[Part]:
        return [*self.champion_page.figure(), *(super().figure() or ())]

    def table_for_export(self) -> Table | None:
        """Every class with its champion's confidence."""
        frame = self.run.frame
        if frame is None:
            return None
        names = self.wall_page.names
        rows = [
            [names[index], float(sure), int(since)]
            for index, sure, since in zip(frame.classes, frame.confidence, frame.since, strict=True)
        ]
        return ["class", "confidence", "since generation"], rows

    def exports(self) -> list[QAction]:
        buttons = {"film": self.champion_page.film, "gallery": self.wall_page.gallery}
        if self.pages.currentWidget() is not self.champion_page:
            del buttons["film"]
        return [self.declared[name] for name, button in buttons.items() if button.isEnabled()]

    def subject(self) -> int | None:
        cell, frame = self._cell(), self.run.frame
        return None if cell is None or frame is None else int(frame.classes[cell])

    def step_stage(self, by: int) -> None:
        self.tiles.step(by)

    def step_on_stage(self, by: int) -> None:
        """A clicker breeds one generation; back goes to the picture before."""
        breeding, step = self.breeding_page, self.wall_page.transport.step_button
        if self.pages.currentWidget() is breeding:
            (breeding.next_button if by > 0 else breeding.undo_button).click()
        elif by > 0 and self.run.evolving is None:
            self.toggle()
        elif by > 0 and step.isEnabled():
            step.click()
        else:
            self.tiles.step(by)

    def present(self, presented: bool) -> None:
        super().present(presented)
        self.champion_page.present(presented)

    def step_unit(self, by: int) -> None:
        self.tiles.step(by * self.tiles.columns())

    def first_unit(self) -> None:
        self.tiles.step(-self.tiles.units)

    def last_unit(self) -> None:
        self.tiles.step(self.tiles.units)

    def toggle(self) -> None:
        if self.run.running:
            self.run.pause()
        elif self.run.state is RunState.PAUSED:
            self.run.go_on()
        elif self.wall_page.offer.isVisibleTo(self.wall_page):
            self._carry_on()
        else:
            self.start()

    def stop(self) -> None:
        self.run.pause()

    def back(self) -> bool:
        if self.pages.currentWidget() is self.wall_page:
            return False
        self._show_page(self.wall_page)
        return True

    # Scenes of a show

    def state(self) -> State:
        kept, page = super().state(), self.pages.currentWidget()
        cell = self._cell()
        opened = page is self.champion_page
        return State({**kept.settings, "cell": cell, "opened": opened})

    def scene_results(self) -> Callable[[], Mapping[str, bytes]] | None:
        evolving = self.run.evolving
        if evolving is None or self.run.frame is None:
            return None
        return lambda: {EVOLUTION: evolving.packed()}

    def restore(self, state: State) -> list[str]:
        settings, network = dict(state.settings), self.session.network
        cell, opened = settings.pop("cell", None), settings.pop("opened", False)
        left_out = super().restore(State(settings))
        self._show_page(self.wall_page)
        packed = state.files.get(EVOLUTION)
        if packed is None or network is None:
            self.run.clear()
            self.wall_page.show_frame(None)
            return left_out
        self._kept, self._asked = 0, False
        self.wall_page.show_frame(None)
        self.wall_page.show_offer("")
        self.run.stand(network, packed)
        self._scene_cell = cell if type(cell) is int and cell >= 0 else None
        self._scene_opened = opened is True
        return left_out

    def _show_scene_cell(self, frame: WallFrame) -> None:
        """Choose the champion that the scene is about, once the wall is there."""
        cell = self._scene_cell
        if cell is None or cell >= len(frame.classes) or cell not in frame.images:
            return
        self._scene_cell = None
        self.wall_page.wall.choose(cell)
        self._show_choice()
        if self._scene_opened:
            self.open_champion(cell)

    def movements(self) -> Mapping[str, Movement]:
        return {"evolve": Movement("Let generations run", self._evolve, GenerationSettings)}

    def _evolve(self, settings: GenerationSettings) -> None:
        if self.run.evolving is None:
            self.start()
        else:
            self.run.go_on(settings.generations)

    @property
    def moving(self) -> bool:
        return self.run.running

    def hold_still(self) -> None:
        self.run.pause()

    # What the user does

    def start(self) -> None:
        """Begin a new evolution of the open network with the settings of the form."""
        network = self.session.network
        if network is None:
            self.session.say("Choose a network at the top first.", "warning")
            return
        settings: Any = self.controls.settings.settings
        self._kept, self._asked = 0, False
        self.wall_page.show_frame(None)
        self._show_page(self.wall_page)
        self.run.start(network, settings)

    def ask_to_start(self) -> None:
        """Begin anew; where that replaces an evolution, at the second time of asking."""
        frame = self.run.frame
        lost = self._kept if frame is None else frame.evaluations
        if not lost or self._asked:
            self.start()
            return
        self._asked = True
        self._show_page(self.wall_page)
        self.wall_page.show_question(words.question(lost, begun=frame is not None))

    def open_champion(self, cell: int) -> None:
        """Show the page of a cell's champion."""
        if self.run.evolving is None:
            return
        self.wall_page.wall.choose(cell)
        self._champion.open(cell)
        self._show_page(self.champion_page)

    def breed(self, genome: Genome | None, origin: str) -> None:
        """Breed by hand, from a genome or from nothing."""
        network = self.session.network
        if network is None:
            return
        self._seed += 1
        self._breeder = Breeder(network, genome, origin, self._seed)
        self.breeding_page.show_litter(None)
        self._show_page(self.breeding_page)
        self._ask_litter(self._breeder.begin)

    # Construction

    def _connect(self) -> None:
        wall, controls = self.wall_page, self.controls
        self.run.shown.connect(self._on_frame)
        self.run.state_changed.connect(self._on_state)
        wall.transport.start.connect(self.ask_to_start)
        wall.begin_anew.connect(self.start)
        wall.transport.toggled.connect(self.toggle)
        wall.transport.step.connect(self.run.take_step)
        wall.carry_on.connect(self._keep_on)
        wall.opened.connect(self.open_champion)
        wall.wall.clicked.connect(lambda _: self._open())
        wall.selected.connect(lambda _: self._show_choice())
        wall.gallery.clicked.connect(self._save_all)
        for page in (self.champion_page, self.breeding_page):
            page.back.clicked.connect(self.back)
        self._champion.shown.connect(self._show_choice)
        self._champion.gone.connect(self.back)
        champion = self.champion_page
        champion.film.clicked.connect(self._save_line)
        champion.tab_chosen.connect(lambda _: self._on_tab())
        for area in (champion.photos, champion.layers):
            area.selected.connect(lambda _: self._enable_actions())
            area.opened.connect(lambda _: self._open())
        breeding = self.breeding_page
        breeding.next_button.clicked.connect(self._next_litter)
        breeding.undo_button.clicked.connect(self._undo_litter)
        self._children.selected.connect(lambda _: self._show_choice())
        controls.open.clicked.connect(self._open)
        controls.tray.clicked.connect(lambda _=False: self._keep())
        controls.layers.clicked.connect(lambda: self._keep("layers"))
        controls.attack.clicked.connect(lambda: self._keep("attack"))
        controls.breed.clicked.connect(self._breed_from_choice)
        controls.new.clicked.connect(lambda: self.breed(None, "nothing"))
        controls.save.clicked.connect(self._save_large)
        controls.immunise.clicked.connect(self._ask_to_immunise)
        controls.join.clicked.connect(self._join)
        controls.breed_tray.clicked.connect(self._breed_from_tray)

    def _declare(self) -> None:
        wall, controls, breeding = self.wall_page, self.controls, self.breeding_page
        champion, press = self.champion_page, Action.press
        wall.transport.go_button.setToolTip("Pause, or go on (Space)")
        for page in (champion, breeding):
            page.back.setToolTip("Back to the wall (Esc)")
        self.declare(
            press("start", "Begin anew", "N", wall.transport.start_button),
            press("step", "Breed one generation", ".", wall.transport.step_button),
            Action("search", "Search for a class", "F", wall.search.setFocus, wall.search),
            Action("order", "Sort in the next way", "S", wall.next_order, wall.order),
            press("immunise", "Immunise the network, and breed again", "I", controls.immunise),
            press("gallery", "Save all champions, or a film of the wall", "P", wall.gallery),
            press("open", "Open, or mark as a parent", "Return", controls.open),
            press("newer", "Show the champion that came since", "C", champion.newer),
            press("tray", "Keep it in the tray, with its recipe", "T", controls.tray),
            press("layers", "Keep it, and look at it in the layers", "L", controls.layers),
            press("attack", "Keep it, and attack it", "A", controls.attack),
            press("breed", "Breed by hand from it", "B", controls.breed),
            press("new", "Breed by hand, out of nothing", "R", controls.new),
            press("large", "Draw it as large as chosen, and save it", "E", controls.save),
            Action(
                "tab",
                "Family tree, formula, photos, layers, other networks",
                "V",
                champion.next_tab,
            ),
            press("film", "Save its line as a film", "M", champion.film),
            press("next", "The children of what is marked", "G", breeding.next_button),
            press("undo", "Back to the children before", "Backspace", breeding.undo_button),
        )

    # The session

    def _note(self, change: Change) -> None:
        if Change.NETWORK in change:  # also while hidden: nothing goes on with the old one
            self._release()
        super()._note(change)

    def follow(self, change: Change) -> None:
        session = self.session
        if Change.NETWORK in change:
            network = session.network
            self.wall_page.names = _names(network)
            self.wall_page.transport.start_button.setEnabled(network is not None)
            self._rounds = () if network is None else rounds_of(network)
            self._try_again()
            self._show_rounds()
            self._offer()
        if change & (Change.PICTURE | Change.NETWORK):
            specimen = session.specimen
            found = None if session.live else genome_of(specimen)
            self.controls.show_tray(specimen.title if found and specimen is not None else "")
        if change & (Change.TRAY | Change.FIT_MODE) and self.champion_page.inside is not None:
            self._champion.look_again()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        tab_focus(self, self.controls)

    def _release(self) -> None:
        self.run.clear()
        for latest in (self._offering, self._making, self._breeding, self._immunising):
            latest.drop()
        self._breeder = None
        self._kept, self._asked = 0, False
        self.wall_page.show_frame(None)
        self.wall_page.show_offer("")
        self._champion.drop()
        self.breeding_page.show_litter(None)
        self._show_page(self.wall_page)

    def _offer(self) -> None:
        """Ask whether there is an evolution of last time, unless one is on show."""
        from visualizer.engine.evolution.storage import saved_evaluations

        network = self.session.network
        folder = None if network is None else saved_folder(network)
        if network is None or folder is None or self.run.evolving is not None:
            return
        title = network.title

        def on_done(evaluations: int | None) -> None:
            if evaluations and self.run.evolving is None:
                self._kept = evaluations
                self.wall_page.show_offer(words.offer(evaluations, title))

        self._offering.ask(once(saved_evaluations, folder, network.sha256), on_done=on_done)

    def _carry_on(self) -> None:
        if self.session.network is not None:
            self.run.carry_on(self.session.network)

    def _keep_on(self) -> None:
        """Go on with the evolution of last time, or with the one that is not to be replaced."""
        self._asked = False
        self.wall_page.show_offer("")
        if self.run.evolving is None:
            self._carry_on()

    # Immunise and try again

    def _ask_to_immunise(self) -> None:
        if self.controls.photos.currentIndex() == 0:
            self.immunise(None)
            return
        dialog = QFileDialog(self, "Photos, in a folder for each class if you know them")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda path: self.immunise(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def immunise(self, photos: Path | None) -> None:
        """Immunise the network with photos of a folder, or our own, and breed again."""
        evolving = self.run.evolving
        if evolving is None:
            return
        self.run.pause()
        self._immunising.ask(partial(immunise, evolving, photos), on_done=self._on_immunised)

    def _on_immunised(self, immunised: Immunised) -> None:
        self._again = immunised
        for sentence in immunised.problems[:1]:
            self.session.say(sentence, "warning")
        self.session.say(words.immunised(immunised.rounds[-1]))
        self.session.open_network(str(immunised.path))

    def _try_again(self) -> None:
        """Evolve for the network that was immunised, once it is open."""
        again, self._again = self._again, None
        if again is not None and self.session.network_open == str(again.path):
            self.start()

    def _show_rounds(self) -> None:
        self.wall_page.show_rounds(*words.rounds(self._rounds, self.run.frame))

    # The run

    def _on_frame(self, frame: WallFrame) -> None:
        first = self.wall_page.frame is None
        self.wall_page.show_frame(frame)
        if self._rounds:
            self._show_rounds()
        if first and self.run.settings is not None:
            self.controls.settings.set_settings(self.run.settings)
        if self.pages.currentWidget() is self.wall_page:
            self._show_choice()
        self._champion.offer_newer(frame)
        self._show_scene_cell(frame)

    def _on_state(self, state: RunState) -> None:
        self.wall_page.show_state(state)
        self._enable_actions()
        if state is RunState.FAILED and not self.isVisible():
            self.session.say(self.run.error, "error")
        if state is not RunState.RUNNING:
            self.explanation_changed.emit()

    # What is chosen

    def _cell(self) -> int | None:
        page = self.pages.currentWidget()
        if page is self.champion_page:
            return self.champion_page.view.cell if self.champion_page.view is not None else None
        return self.wall_page.cell if page is self.wall_page else None

    def _show_choice(self) -> None:
        """Show what is chosen on the page on show in the side column."""
        large = self.pages.currentWidget() is self.champion_page  # which shows it itself
        tiles = self.tiles
        tile = tiles.tiles[tiles.unit] if tiles.unit is not None and not large else None
        name = "" if tile is None else f"{tile.words} {tile.number}"
        self.controls.show_picture(name, None if tile is None else tile.image)
        self.controls.picture.setVisible(not large)
        self._enable_actions()

    def _enable_actions(self) -> None:
        page, controls, run = self.pages.currentWidget(), self.controls, self.run
        there = controls.picture.image is not None
        if page is self.champion_page:
            there = self.champion_page.view is not None
        direct = run.settings is not None and run.settings.encoding == "direct"
        formula = there and (page is self.breeding_page or not direct)
        controls.open.setText(self._open_words())
        controls.open.setEnabled(there and (page is not self.champion_page or self._leads_on()))
        for button in (controls.tray, controls.layers, controls.attack):
            button.setEnabled(there)
        for widget in (controls.breed, controls.save, controls.side):
            widget.setEnabled(formula)
        controls.new.setEnabled(self.session.network is not None)
        for widget in (controls.immunise, controls.photos):
            widget.setEnabled(run.frame is not None and bool(run.frame.images))

    def _show_page(self, page: QWidget) -> None:
        if page is not self.pages.currentWidget():
            self.pages.setCurrentWidget(page)
            self.setFocusProxy(self.tiles)
            self.tiles.setFocus()
            self.explanation_changed.emit()
        self._show_choice()

    def _open(self) -> None:
        """Open the chosen champion, or mark the chosen child."""
        if self.pages.currentWidget() is self.breeding_page:
            if self._children.unit is not None:
                self.breeding_page.mark(self._children.unit)
        elif self.pages.currentWidget() is self.champion_page:
            self._lead_on()
        elif self.wall_page.cell is not None and self.controls.picture.image is not None:
            self.open_champion(self.wall_page.cell)

    # The page of a champion

    def _on_tab(self) -> None:
        self.setFocusProxy(self.tiles)
        self._enable_actions()

    def _open_words(self) -> str:
        if self.pages.currentWidget() is self.breeding_page:
            return "Mark"
        if self.pages.currentWidget() is self.champion_page:
            return {Tab.PHOTOS: "Choose photo", Tab.LAYERS: "Go to layer"}.get(
                self.champion_page.tab, "Open"
            )
        return "Open"

    def _leads_on(self) -> bool:
        """Whether the chosen tile of the champion's page leads somewhere."""
        page = self.champion_page
        return page.tab in (Tab.PHOTOS, Tab.LAYERS) and page.tiles.unit is not None

    def _lead_on(self) -> None:
        """Choose the photo in the tray, or go to the layer with the champion."""
        page, place = self.champion_page, self.champion_page.tiles.unit
        if page.inside is None or place is None or not self._leads_on():
            return
        if page.tab is Tab.PHOTOS:
            self.session.select(page.inside.photos.nearest[place].specimen.id)
        else:
            layer = page.inside.layers[place]
            self._keep("layers", layer.stage, layer.unit)

    # What comes of it

    def _keep(self, then: str = "", stage: str = "", unit: int = 0) -> None:
        """Put the chosen picture into the tray, or also go and look at it elsewhere."""
        make = self._maker()
        if make is None:
            return

        def on_kept(_: Specimen) -> None:
            self.session.compare_with(None)
            self.workspace_wanted.emit(then)
            if stage:
                self.session.select_stage(stage)
                self.session.select_unit(unit)

        self.to_tray(make, on_kept if then else None, select=bool(then))

    def _maker(self) -> Any:
        """What makes the chosen picture, on the compute thread; None where none is chosen."""
        page = self.pages.currentWidget()
        if page is self.breeding_page:
            breeder, place = self._breeder, self._children.unit
            if breeder is None or place is None:
                return None
            return partial(breeder.specimen, place)
        if page is self.champion_page and self.champion_page.view is not None:
            specimen = self.champion_page.view.specimen
            return lambda: specimen
        evolving, cell = self.run.evolving, self.wall_page.cell
        if evolving is None or cell is None:
            return None
        return partial(evolving.specimen, cell)

    def _with_genome(self, use: Any) -> None:
        """Call `use` with the chosen picture and its genome."""
        make = self._maker()
        if make is None:
            return

        def on_done(specimen: Specimen) -> None:
            genome = genome_of(specimen)
            if genome is not None:
                use(specimen, genome)

        self._making.ask(once(make), on_done=on_done)

    def _breed_from_choice(self) -> None:
        self._with_genome(lambda specimen, genome: self.breed(genome, f"“{specimen.title}”"))

    def _breed_from_tray(self) -> None:
        specimen, genome = self.session.specimen, genome_of(self.session.specimen)
        if specimen is not None and genome is not None:
            self.breed(genome, f"“{specimen.title}”")

    def _join(self) -> None:
        """Let the picture of the tray try every class of the wall."""
        network, genome = self.session.network, genome_of(self.session.specimen)
        settings: Any = self.controls.settings.settings
        if network is not None and genome is not None:
            self._show_page(self.wall_page)
            self.run.introduce(network, settings, genome)

    def _ask_litter(self, make: Any) -> None:
        self._breeding.ask(make, on_done=self._on_litter, on_failed=self._on_no_litter)

    def _on_litter(self, litter: Litter) -> None:
        self.breeding_page.show_litter(litter)
        self._show_choice()

    def _on_no_litter(self, sentence: str) -> None:
        self.back()
        self.session.say(sentence, "error")

    def _next_litter(self) -> None:
        if self._breeder is not None:
            self._ask_litter(partial(self._breeder.next, self.breeding_page.chosen))

    def _undo_litter(self) -> None:
        if self._breeder is not None:
            self._ask_litter(self._breeder.undo)

    # Files

    def _save_large(self) -> None:
        side = int(self.controls.side.currentData())
        self._with_genome(lambda specimen, genome: self.saving.large(specimen, genome, side))

    def _save_all(self) -> None:
        evolving = self.run.evolving
        if evolving is not None and self.run.frame is not None:
            self.saving.all(evolving)

    def _save_line(self) -> None:
        evolving, view = self.run.evolving, self.champion_page.view
        if evolving is not None and view is not None:
            self.saving.line(evolving, view.cell, view.label)


def _names(network: Network | None) -> list[str]:
    """The names of all classes of a network."""
    if network is None:
        return []
    return [network.label(index) for index in range(max(2, network.stages[-1].units))]
