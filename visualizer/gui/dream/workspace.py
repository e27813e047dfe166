"""The Dream workspace: climb anything that the network sees, and watch it grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from visualizer.gui.runs.crash_copy import Unfinished
from visualizer.gui.shell.shortcuts import keys_of
from visualizer.gui.workspace import Explanation, Table, Workspace

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.dream.page import Page

TITLES = ("Dream", "Stimulus", "Wall", "Style")


class DreamWorkspace(Workspace):
    """Four pages, chosen above them or with Alt+1 to Alt+4; they are made when first shown.

    The side column holds the controls of the page on show.
    """

    title = "Dream"
    shows_answer = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.pages: list[Page] = []
        self.unfinished = Unfinished(session, self)
        self._stack, self._side = QStackedWidget(), QStackedWidget()
        self._tabs = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(self.fontMetrics().height() // 3)
        for index, title in enumerate(TITLES):
            tab = QToolButton()
            tab.setText(title)
            tab.setCheckable(True)
            tab.setToolTip(f"{title} (Alt+{index + 1})")
            tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self._tabs.addButton(tab, index)
            row.addWidget(tab)
            QShortcut(QKeySequence(f"Alt+{index + 1}"), self).activated.connect(
                lambda index=index: self.choose_page(index)
            )
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._stack, 1)
        self._tabs.idClicked.connect(self.choose_page)
        self._tabs.button(0).setChecked(True)

    @property
    def page(self) -> Page | None:
        """The page on show; None before the workspace was shown."""
        return self.pages[self._stack.currentIndex()] if self.pages else None

    def choose_page(self, index: int) -> None:
        """Show a page by its place."""
        self._build()
        self._tabs.button(index).setChecked(True)
        self._stack.setCurrentIndex(index)
        self._side.setCurrentIndex(index)
        self.setFocusProxy(self.pages[index])
        self.pages[index].setFocus()
        self.explanation_changed.emit()

    # What the window asks for

    def show_stimulus(self) -> bool:
        self.choose_page(TITLES.index("Stimulus"))
        return True

    def side_panel(self) -> QWidget:
        return self._side

    def explanation(self) -> Explanation:
        if self.page is not None:
            return self.page.explanation()
        return Explanation("Dream", "Climb anything that the network sees, and watch it grow.")

    def picture_for_export(self) -> QWidget:
        return self.page or self

    def table_for_export(self) -> Table | None:
        return self.page.table() if self.page is not None else None

    def own_keys(self) -> list[tuple[str, str]]:
        self._build()
        rows = [(f"Alt+{index}", f"the page {title}") for index, title in enumerate(TITLES, 1)]
        for page in self.pages:
            rows += [row for row in keys_of(page, page.side) if row not in rows]
        return rows

    def step_stage(self, by: int) -> None:
        if self.page is not None:
            self.page.step_stage(by)

    def step_unit(self, by: int) -> None:
        if self.page is not None:
            self.page.step_unit(by)

    def toggle(self) -> None:
        if self.page is not None:
            self.page.toggle()

    def stop(self) -> None:
        if self.page is not None:
            self.page.stop()

    # Small things

    def _build(self) -> None:
        """Make the pages: their libraries need not load before somebody looks."""
        if self.pages:
            return
        from visualizer.gui.dream.dream_page import DreamPage
        from visualizer.gui.dream.stimulus_page import StimulusPage
        from visualizer.gui.dream.style_page import StylePage
        from visualizer.gui.dream.wall_page import WallPage

        for page in (
            DreamPage(self.session, self.unfinished),
            StimulusPage(self.session, self.unfinished),
            WallPage(self.session),
            StylePage(self.session, self.unfinished),
        ):
            page.explanation_changed.connect(self.explanation_changed)
            page.unit_wanted.connect(self.show_stimulus)
            self.pages.append(page)
            self._stack.addWidget(page)
            self._side.addWidget(page.side)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.pages:
            self.choose_page(0)
