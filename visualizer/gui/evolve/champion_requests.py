"""What the page of a champion asks for: its view, its photos and layers, other networks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from visualizer.gui.core.requests import Latest
from visualizer.gui.evolve.champion import ChampionView, champion_views
from visualizer.gui.evolve.champion_page import ChampionPage, Tab
from visualizer.gui.evolve.inside import inside
from visualizer.gui.evolve.other_networks import OtherNetworks

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.evolve.evolving import WallFrame
    from visualizer.gui.evolve.run import EvolutionRun


class ChampionRequests(QObject):
    """Fills a `ChampionPage`; what only a tab shows is asked for when that tab is chosen."""

    shown = Signal()
    """More is known of the champion."""
    gone = Signal()
    """There is no champion to show."""

    def __init__(
        self, session: Session, run: EvolutionRun, page: ChampionPage, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._run, self._page = session, run, page
        ask = partial(Latest, session.compute, parent=self)
        self._viewing = ask(cancellable=False)
        self._inside = ask(cancellable=False)
        self._asking = ask("Asking other networks")
        self._others = OtherNetworks()
        page.tab_chosen.connect(lambda _: self.look())
        page.newer.clicked.connect(self._show_newer)

    def open(self, cell: int) -> None:
        """Show the champion of a cell."""
        if self._run.evolving is None:
            return
        self.drop()
        self._viewing.ask(
            partial(champion_views, self._run.evolving, cell),
            on_frame=self._show,
            on_done=self._on_done,
        )

    def drop(self) -> None:
        """Show nothing, and ask for nothing more."""
        for latest in (self._viewing, self._inside, self._asking):
            latest.drop()
        self._page.show_view(None)

    def look(self) -> None:
        """Find out what the tab on show needs, once for a champion."""
        page, network, session = self._page, self._session.network, self._session
        view = page.view
        if view is None or network is None or not page.isVisible():
            return
        if page.tab in (Tab.PHOTOS, Tab.LAYERS):
            if page.inside is None and not self._inside.running:
                tray, mode = session.specimens, session.fit_mode
                make = partial(inside, network, view.specimen, view.index, tray, mode)
                self._inside.ask(make, on_done=page.show_inside)
        elif page.tab is Tab.NETWORKS and not page.others and not self._asking.running:
            make_answers = partial(self._others.answers, network, view.draw)
            self._asking.ask(make_answers, on_frame=page.show_others)

    def look_again(self) -> None:
        """The photos of the tray are others now."""
        self._inside.drop()
        self._page.show_inside(None)
        self.look()

    def offer_newer(self, frame: WallFrame | None) -> None:
        """Say so where the cell on show has another champion by now."""
        view = self._page.view
        if frame is None or view is None:
            return
        number = int(frame.champions[view.cell])
        newer = number >= 0 and number != view.number
        self._page.show_newer(float(frame.confidence[view.cell]) if newer else None)

    def _show(self, view: ChampionView) -> None:
        self._page.show_view(view)
        self.offer_newer(self._run.frame)
        self.look()
        self.shown.emit()

    def _on_done(self, view: ChampionView | None) -> None:
        if view is None:
            self.gone.emit()
        else:
            self._show(view)

    def _show_newer(self) -> None:
        if self._page.view is not None:
            self.open(self._page.view.cell)
