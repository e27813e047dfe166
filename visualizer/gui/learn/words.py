"""Lesson 9: three words, what their numbers are, and what lies near them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.word_vectors import LONGEST, codes, letter_distance, one_hot_distance
from visualizer.engine.lessons.words import (
    HERE,
    LETTERS,
    ONE_HOT,
    WordsDetails,
    vectors_of,
    with_words,
)
from visualizer.gui.learn.lesson_view import LessonView
from visualizer.gui.learn.word_map import WordMap
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.return_key import keep_return

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session

LISTED = 6
"""Words of a list."""


class WordsView(LessonView):
    """Two words letter by letter, or a map of many; what is nearest, and what is to c as b to a."""

    speed = 30
    tour_steps = 0

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self.fields = [QLineEdit(maxLength=LONGEST) for _ in "abc"]
        names = ("The word", "is to", "as this word is to …")
        for field, name in zip(self.fields, names, strict=True):
            field.setAccessibleName(name)
            field.editingFinished.connect(self._ask)
            keep_return(field)
        self.rule, self.told = note("", role="name"), note("")
        self.table = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.table.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.map = WordMap()
        self.map.clicked.connect(self._take)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.map)
        self.near, self.answer = QLabel(), QLabel()
        lists = QVBoxLayout()
        for label in (self.near, self.answer):
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            lists.addWidget(label)
        lists.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.stack, 1)
        row.addLayout(lists)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.rule)
        layout.addLayout(row, 1)
        layout.addWidget(self.told)

    def controls(self) -> Sequence[QWidget]:
        box = QWidget()
        form = QFormLayout(box)
        form.setContentsMargins(0, 0, 0, 0)
        self._names = [QLabel(text) for text in ("word", "is to", "as")]
        for label, field in zip(self._names, self.fields, strict=True):
            form.addRow(label, field)
        return (note("Write a word and press Return."), box)

    def draw(self) -> None:
        state, kind = self.run.state, self.run.settings.words_as
        words = (state.a, state.b, state.c)
        for field, word in zip(self.fields, words, strict=True):
            if not field.hasFocus() or field.text() not in ("", word):
                field.setText(word)
        if kind == LETTERS:
            self.rule.setText(_letters_said(state.a, state.b))
            self.table.setText(_letters_table(state.a, state.b))
            self.told.setText("Near are words that are written alike, whatever they mean.")
        elif kind == ONE_HOT:
            apart = one_hot_distance(state.a, state.b)
            root = "√2 = " if apart else ""
            self.rule.setText(f"{state.a} - {state.b}: {root}{apart:.4f}")
            self.table.setText(_one_hot_table(words))
            self.told.setText(
                "A word is a row of zeros with a single 1 at its own place. Whatever two words "
                "you take, they are 1.4142 apart: nothing is near anything."
            )
        elif kind == HERE and state.model is not None:
            self.rule.setText(
                "It has read: " + " ".join(state.model.sentence)
                if state.model.sentence
                else "It has read nothing yet: the words lie anywhere. Press Space."
            )
            loss = f"; loss {state.model.loss:.2f}" if state.at else ""
            self.told.setText(
                f"{state.at:,} sentences{loss}. The nearest word is of the same kind for "
                f"{state.model.same_kind_share:.0%} of the words."
            )
        else:
            close = vectors_of(state).similarity(state.a, state.b)
            self.rule.setText(f"cos({state.a}, {state.b}) = {close:.2f}")
            self.told.setText(
                "1 is the same direction, 0 is none in common. The map shows two of 100 directions."
            )
        self.stack.setCurrentWidget(self.table if kind in (LETTERS, ONE_HOT) else self.map)

    def draw_details(self, details: WordsDetails) -> None:
        state = self.run.state
        self.near.setVisible(bool(details.nearest))
        self.answer.setVisible(bool(details.answers))
        near = state.b if self.run.settings.words_as == LETTERS else state.a
        self.near.setText(_list(f"nearest to {near}", details.nearest))
        asked_for = f"{state.b} - {state.a} + {state.c}"
        self.answer.setText(_list(asked_for, details.answers))
        if details.points is not None:
            answer = details.answers[0][0]
            words = (state.a, state.b, state.c, answer)
            pairs = ((state.a, state.b), (state.c, answer))
            self.map.show_words(details.words, details.kinds, details.points, words, pairs)

    def _ask(self) -> None:
        state = self.run.state
        words = [field.text() for field in self.fields]
        if words == [state.a, state.b, state.c]:
            return
        try:
            changed = with_words(state, self.run.settings, words)
        except UserError as error:
            self.refused.emit(str(error))
        else:
            self.edited.emit(changed, False)

    def _take(self, word: str) -> None:
        """Ask about a word of the map."""
        self.fields[0].setText(word)
        self._ask()


def _letters_said(a: str, b: str) -> str:
    apart = codes(a) - codes(b)
    differences = apart[: max(len(a), len(b))].astype(int)
    squares = " + ".join(f"{abs(each)}²" for each in differences)
    total = int((apart**2).sum())
    return f"{a} - {b}: √({squares}) = √{total} = {letter_distance(a, b):.2f}"


def _letters_table(a: str, b: str) -> str:
    count = max(len(a), len(b))
    rows = []
    for word in (a, b):
        numbers = codes(word)[:count].astype(int)
        rows.append([word, *(f"{letter}<br>{n}" for letter, n in
                             zip(word.ljust(count, "·"), numbers, strict=True))])  # fmt: skip
    apart = (codes(a) - codes(b))[:count].astype(int)
    rows.append(["difference", *(str(each) for each in apart)])
    return _table(rows)


def _one_hot_table(words: Sequence[str]) -> str:
    different = list(dict.fromkeys(words))
    rows = [
        [word, *("<b>1</b>" if word == other else "0" for other in different), "0", "0", "…"]
        for word in different
    ]
    return _table(rows)


def _table(rows: Sequence[Sequence[str]]) -> str:
    cell = '<td align="center" valign="middle" style="padding: 8px 14px">{}</td>'
    lines = ("".join(cell.format(each) for each in row) for row in rows)
    cells = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table align="center" style="font-size: x-large">{cells}</table>'


def _list(title: str, words: Sequence[tuple[str, float]]) -> str:
    rows = "".join(
        f'<tr><td>{word}</td><td align="right">&nbsp;&nbsp;{value:.2f}</td></tr>'
        for word, value in words[:LISTED]
    )
    return f"<b>{title}</b><table>{rows}</table><br>"
