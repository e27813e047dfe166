"""The Learn workspace: the contents of the course, and a page a lesson."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from visualizer.engine.lessons.course import COURSE, lesson
from visualizer.engine.lessons.run import LessonRun
from visualizer.engine.shows.show import State
from visualizer.gui.learn.contents import Contents
from visualizer.gui.learn.lesson_page import LessonPage
from visualizer.gui.learn.progress import Progress
from visualizer.gui.learn.worksheet import worksheet
from visualizer.gui.paged_workspace import PagedWorkspace
from visualizer.gui.workspace import Explanation, Movement, Workspace

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.learn.lesson_view import LessonView

NAMES = tuple(each.name for each in COURSE)


class LearnWorkspace(PagedWorkspace):
    """Begins with the contents; a lesson is made when it is first opened, Esc leads back."""

    title = "Learn"
    shows_answer = True
    needs_network = False

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.progress = Progress(session.store)
        self.contents = Contents(session, self.progress, self._forget)
        self._pages: dict[str, LessonPage] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack, 1)
        self.contents.opened.connect(self.open_lesson)
        self.add_page(self.contents)

    @property
    def lesson(self) -> str:
        """The name of the lesson on show; "" for the contents."""
        return next((name for name, page in self._pages.items() if page is self.page), "")

    def open_lesson(self, name: str) -> None:
        """Show a lesson by its name."""
        self.show_page(self._page(name))

    def show_contents(self) -> None:
        """Show all lessons."""
        if self.lesson:
            self.contents.choose(NAMES.index(self.lesson))
        self.contents.show_progress()
        self.show_page(self.contents)

    def show_subject(self, name: str) -> None:
        if name in NAMES:
            self.open_lesson(name)

    def worksheet(self) -> bytes:
        """The worksheet of the lesson on show, with a picture of it, as a PDF."""
        page = self._page(self.lesson)
        return worksheet(page.lesson, page.view.grab().toImage())

    # What the window asks for

    def explanation(self) -> Explanation:
        return cast(Workspace, self.page).explanation()

    def titles(self) -> tuple[str, ...]:
        return ()

    def back(self) -> bool:
        if self.page is self.contents:
            return False
        page = cast(LessonPage, self.page)
        if page.playing:
            page.pause()
        else:
            self.show_contents()
        return True

    def step_on_stage(self, by: int) -> None:
        """A clicker goes to the next question, and from the last to the next lesson."""
        page = self.page
        if not isinstance(page, LessonPage):
            self.open_lesson(NAMES[self.contents.chosen])
            return
        question = page.strip.index + by
        if 0 <= question < len(page.lesson.tasks):
            page.strip.show_question(question)
            return
        place = NAMES.index(self.lesson) + by
        if 0 <= place < len(NAMES):
            self.open_lesson(NAMES[place])
            opened = self._page(NAMES[place])
            opened.strip.show_question(0 if by > 0 else len(opened.lesson.tasks) - 1)

    # Scenes of a show

    def state(self) -> State:
        """The lesson on show, and its state under its name."""
        if not self.lesson:
            return State({"lesson": ""})
        kept = self._page(self.lesson).state()
        return replace(kept, settings={"lesson": self.lesson, self.lesson: kept.settings})

    def restore(self, state: State) -> list[str]:
        name = state.settings.get("lesson", "")
        unknown = [
            each.replace("_", " ") for each in state.settings if each not in ("lesson", name)
        ]
        if name == "":
            self.show_page(self.contents)
            return unknown
        if name not in NAMES:
            return [f"the lesson {name}"]
        self.open_lesson(name)
        settings = state.settings.get(name)
        kept = settings if isinstance(settings, dict) else {}
        return unknown + self._page(name).restore(replace(state, settings=kept))

    def movements(self) -> Mapping[str, Movement]:
        return self._page(self.lesson or NAMES[0]).movements()

    # The pages

    def _page(self, name: str) -> LessonPage:
        """Return the page of a lesson, made when it is first wanted."""
        if name not in self._pages:
            run = LessonRun(lesson(name))
            page = LessonPage(self.session, run, _view(self.session, run), self.progress.of(name))
            page.contents_wanted.connect(self.show_contents)
            page.solved.connect(lambda place: self.progress.add(name, place))
            self._pages[name] = page
            self.add_page(page)
        return self._pages[name]

    def _forget(self) -> None:
        self.progress.forget()
        for page in self._pages.values():
            page.forget_solved()
        self.contents.show_progress()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.focusProxy() is None:
            self.show_page(self.contents)


def _view(session: Session, run: LessonRun) -> LessonView:  # type: ignore[type-arg]
    """The view of a lesson: `<Name>View` in the module of its name; its code is read now."""
    name = run.lesson.name.replace("-", "_")
    module = import_module(f"visualizer.gui.learn.{name}")
    kind = "".join(part.capitalize() for part in name.split("_")) + "View"
    view: LessonView = getattr(module, kind)(session, run)
    return view
