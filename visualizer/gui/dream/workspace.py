"""The Dream workspace: optimise a picture for a target, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.shows.show import State
from visualizer.gui.dream.dream_page import DreamPage
from visualizer.gui.dream.stimulus_page import StimulusPage
from visualizer.gui.dream.style_page import StylePage
from visualizer.gui.dream.wall_page import WallPage
from visualizer.gui.paged_workspace import PagedWorkspace
from visualizer.gui.runs.crash_copy import CrashCopy
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.workspace import Action, Explanation, Movement, Workspace

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session


class DreamWorkspace(PagedWorkspace):
    """Four pages, chosen above them or with Alt+1 to Alt+4; each is made when it is first shown.

    A page is a workspace itself. What the window asks for is answered by the page on show.
    """

    title = "Dream"
    shows_answer = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.crash_copy = CrashCopy(session, self)
        self._pages: dict[int, Workspace] = {}
        self._tabs = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(self.fontMetrics().height() // 3)
        for index, title in enumerate(TITLES):
            tab = QToolButton()
            tab.setText(title)
            tab.setCheckable(True)
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._tabs.addButton(tab, index)
            backstage(tab)
            row.addWidget(tab)
            words, key = f"The page {title}", f"Alt+{index + 1}"
            self.declare(Action.press(f"page {title}", words, key, tab))
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._stack, 1)
        self._tabs.idClicked.connect(self.choose_page)
        self._tabs.button(0).setChecked(True)

    @property
    def pages(self) -> list[Workspace]:
        """All pages; those that were not shown yet are made."""
        return [self._page(index) for index in range(len(TITLES))]

    def choose_page(self, index: int) -> None:
        """Show a page by its place."""
        self._tabs.button(index).setChecked(True)
        self.show_page(self._page(index))

    # What the window asks for

    def show_stimulus(self) -> bool:
        self.choose_page(TITLES.index("Stimulus"))
        return True

    def explanation(self) -> Explanation:
        if self.page is not None:
            return self.page.explanation()
        return Explanation("Dream", "Climb anything that the network sees, and watch it grow.")

    def own_keys(self) -> list[tuple[str, str]]:
        self._page(0)
        return super().own_keys()

    def step_on_stage(self, by: int) -> None:
        """A clicker turns the pages."""
        shown = self._tabs.checkedId()
        self.choose_page(max(0, min(shown + by, len(TITLES) - 1)))

    # Scenes of a show

    def state(self) -> State:
        """The page on show, and its state under its title."""
        page = self.page
        if page is None:
            return State()
        title = TITLES[self._tabs.checkedId()]
        kept = page.state()
        return replace(kept, settings={"page": title, title: kept.settings})

    def restore(self, state: State) -> list[str]:
        title = state.settings.get("page", "")
        if title not in TITLES:
            return [f"the page {title}"]
        self.choose_page(TITLES.index(title))
        settings = state.settings.get(title)
        kept = settings if isinstance(settings, dict) else {}
        page = self._page(TITLES.index(title))
        page.catch_up()
        return page.restore(replace(state, settings=kept))

    def movements(self) -> Mapping[str, Movement]:
        return (self.page or self._page(0)).movements()

    # The pages

    def _page(self, index: int) -> Workspace:
        """Return a page, made when it is first wanted."""
        if index not in self._pages:
            page = self._pages[index] = PAGES[TITLES[index]](self)
            page.stimulus_wanted.connect(self.show_stimulus)
            self.add_page(page)
        return self._pages[index]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.focusProxy() is None:  # no page was chosen yet
            self.choose_page(0)


PAGES: dict[str, Callable[[DreamWorkspace], Workspace]] = {
    "Dream": lambda workspace: DreamPage(workspace.session, workspace.crash_copy),
    "Stimulus": lambda workspace: StimulusPage(workspace.session),
    "Wall": lambda workspace: WallPage(workspace.session),
    "Style": lambda workspace: StylePage(workspace.session, workspace.crash_copy),
}
TITLES = tuple(PAGES)
