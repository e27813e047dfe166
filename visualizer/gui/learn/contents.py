"""The contents of the course: a card a lesson, with what was solved of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.files import write_file
from visualizer.engine.lessons.course import COURSE
from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest
from visualizer.gui.learn.worksheet import worksheet
from visualizer.gui.widgets.backstage import backstage
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.side_column import SideColumn
from visualizer.gui.workspace import Explanation, Walk, Workspace

if TYPE_CHECKING:
    from visualizer.engine.lessons.lesson import Lesson
    from visualizer.gui.core.session import Session
    from visualizer.gui.learn.progress import Progress

CARD = 17
"""The least width of a card, in heights of a line."""
WORDS = (
    "Every idea behind a network like the one in this window, as a page that you can touch: play "
    "it, take it step by step, change its numbers. Each page has three questions, which check "
    "themselves; what you have solved is remembered.\n\nBegin with the first, or with what you "
    "have just met: the explanations in the other workspaces lead to their lessons."
)


class Card(QPushButton):
    """One lesson: its number, title and summary, how long it takes, what is solved."""

    def __init__(self, place: int, lesson: Lesson[Any, Any]) -> None:
        super().__init__()
        self.lesson = lesson
        self.setCheckable(True)
        self.setAccessibleName(lesson.title)
        title = note(f"{place}   {lesson.title}", role="name")
        self.summary, self.state = note(lesson.summary), note("", role="small")
        backstage(self.summary, self.state)
        layout = QVBoxLayout(self)
        edge = self.fontMetrics().height() * 2 // 3
        layout.setContentsMargins(edge, edge, edge, edge)
        layout.addWidget(title)
        layout.addWidget(self.summary, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.state)
        for label in (title, self.summary, self.state):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(CARD * em, 3 * em if self.summary.isHidden() else 8 * em)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.sizeHint().width() // 2, self.sizeHint().height())

    def show_solved(self, solved: list[bool]) -> None:
        """Show how far one has come."""
        marks = "".join("✓" if each else "○" for each in solved)
        self.state.setText(f"{self.lesson.minutes} minutes   {marks}")


class Contents(Workspace):
    """The cards in the order of the course; arrows choose one, Space opens it."""

    title = "Learn"
    walk = Walk("lesson", "row", "first and last lesson", "open the lesson")

    opened = Signal(str)
    """The name of a lesson."""

    def __init__(self, session: Session, progress: Progress, forget: Callable[[], object]) -> None:
        super().__init__(session)
        self._progress, self._forget = progress, forget
        self._columns = 1
        self.cards = [Card(place + 1, each) for place, each in enumerate(COURSE)]
        self.told = note("")
        self.anew = QPushButton("Begin the course anew…")
        self.anew.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.anew.clicked.connect(self._ask_anew)
        self.column = ControlColumn()
        self.column.heading("My progress")
        self.column.add(self.told, self.anew)
        self.column.heading("For teachers")
        self.sheet = QPushButton("Save a worksheet…")
        self.sheet.setToolTip("Two pages of A4 on the chosen lesson: questions, then answers")
        self.sheet.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.sheet.clicked.connect(self._ask_sheet)
        self.column.add(self.sheet)
        self._saving = Latest(session.compute, parent=self, must_finish=True)
        grid = QWidget()
        self._grid = QGridLayout(grid)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._area = SideColumn(grid)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._area, 1)
        for card in self.cards:
            card.clicked.connect(lambda _=False, card=card: self._open(card))
        self._place()
        self.choose(0)
        self.show_progress()

    @property
    def chosen(self) -> int:
        """The place of the card that Space opens."""
        return next(place for place, card in enumerate(self.cards) if card.isChecked())

    def choose(self, place: int) -> None:
        """Choose a card."""
        place = max(0, min(place, len(self.cards) - 1))
        for each, card in enumerate(self.cards):
            card.setChecked(each == place)
        self._area.ensureWidgetVisible(self.cards[place])

    def show_progress(self) -> None:
        """Show what is solved."""
        for card in self.cards:
            card.show_solved(self._progress.of(card.lesson.name))
        solved, total = self._progress.totals()
        self.told.setText(f"{solved} of {total} questions solved")
        self.anew.setEnabled(solved > 0)

    def side_panel(self) -> QWidget:
        return self.column

    def explanation(self) -> Explanation:
        return Explanation("Learn", WORDS)

    def step_stage(self, by: int) -> None:
        self.choose(self.chosen + by)

    def step_unit(self, by: int) -> None:
        self.choose(self.chosen + by * self._columns)

    def first_unit(self) -> None:
        self.choose(0)

    def last_unit(self) -> None:
        self.choose(len(self.cards) - 1)

    def toggle(self) -> None:
        self._open(self.cards[self.chosen])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_grid"):
            self._place()

    def _open(self, card: Card) -> None:
        self.choose(self.cards.index(card))
        self.opened.emit(card.lesson.name)

    def _place(self) -> None:
        """Put as many cards into a row as there is room for."""
        columns = max(1, min(4, self.width() // (CARD * self.fontMetrics().height())))
        if columns == self._columns and self._grid.count():
            return
        for card in self.cards:
            self._grid.removeWidget(card)
        for column in range(self._columns):
            self._grid.setColumnStretch(column, 0)
        self._columns = columns
        for place, card in enumerate(self.cards):
            self._grid.addWidget(card, place // columns, place % columns)
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)
        self._grid.setRowStretch(len(self.cards), 1)  # below them all

    def _ask_sheet(self) -> None:
        lesson = self.cards[self.chosen].lesson
        dialog = QFileDialog(self, f"The worksheet of “{lesson.title}”")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("pdf")
        dialog.setNameFilter("PDF (*.pdf)")
        dialog.selectFile(f"{lesson.name}.pdf")
        dialog.fileSelected.connect(lambda path: self.save_sheet(lesson, Path(path)))
        dialog.open()

    def save_sheet(self, lesson: Lesson[Any, Any], path: Path) -> None:
        """Write the worksheet of a lesson, without a picture."""
        self._saving.ask(
            once(lambda: write_file(path, worksheet(lesson))),
            on_done=lambda _: self.session.say(f"The worksheet is saved as “{path.name}”."),
        )

    def _ask_anew(self) -> None:
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setText("Forget which questions you have solved?")
        yes = box.addButton("Begin anew", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Keep them", QMessageBox.ButtonRole.RejectRole)
        yes.clicked.connect(self._forget)
        box.open()
