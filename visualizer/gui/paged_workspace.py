"""A workspace of pages, each of which is a workspace itself; one of them is on show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from visualizer.gui.widgets.page_stack import PageStack
from visualizer.gui.workspace import Movement, Table, Workspace

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.widgets.figure import Part


class PagedWorkspace(Workspace):
    """Answers whatever the window asks for by the page on show.

    A subclass puts `_stack` into its layout and makes the pages.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._presented = False
        self._stack, self._side = PageStack(), PageStack()

    @property
    def page(self) -> Workspace | None:
        """The page on show; None before there is one."""
        shown = self._stack.currentWidget()
        return shown if isinstance(shown, Workspace) else None

    def add_page(self, page: Workspace) -> None:
        """Put a page among the others."""
        page.explanation_changed.connect(self.explanation_changed)
        page.workspace_wanted.connect(self.workspace_wanted)
        self._side.addWidget(page.side_panel() or QWidget())
        self._stack.addWidget(page)
        page.present(self._presented)

    def show_page(self, page: Workspace) -> None:
        """Show a page that was added."""
        self._side.setCurrentIndex(self._stack.indexOf(page))
        self._stack.setCurrentWidget(page)
        self.walk = page.walk
        self.setFocusProxy(page)
        page.setFocus()
        self.explanation_changed.emit()
        self.actions_changed.emit()

    def side_panel(self) -> QWidget:
        return self._side

    def figure(self) -> Sequence[Part] | None:
        return self.page.figure() if self.page is not None else None

    def table_for_export(self) -> Table | None:
        return self.page.table_for_export() if self.page is not None else None

    def window_actions(self) -> list[QAction]:
        return super().window_actions() + (self.page.window_actions() if self.page else [])

    def own_keys(self) -> list[tuple[str, str]]:
        return super().own_keys() + (self.page.own_keys() if self.page else [])

    def present(self, presented: bool) -> None:
        super().present(presented)
        self._presented = presented

    def step_stage(self, by: int) -> None:
        if self.page is not None:
            self.page.step_stage(by)

    def step_unit(self, by: int) -> None:
        if self.page is not None:
            self.page.step_unit(by)

    def first_unit(self) -> None:
        if self.page is not None:
            self.page.first_unit()

    def last_unit(self) -> None:
        if self.page is not None:
            self.page.last_unit()

    def toggle(self) -> None:
        if self.page is not None:
            self.page.toggle()

    def stop(self) -> None:
        if self.page is not None:
            self.page.stop()

    def scene_results(self) -> Callable[[], Mapping[str, bytes]] | None:
        return self.page.scene_results() if self.page is not None else None

    def movements(self) -> Mapping[str, Movement]:
        return self.page.movements() if self.page is not None else {}

    @property
    def moving(self) -> bool:
        return self.page is not None and self.page.moving

    def hold_still(self) -> None:
        if self.page is not None:
            self.page.hold_still()
