"""The lessons in the order of the course."""

from __future__ import annotations

from typing import Any

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.activations import Activations
from visualizer.engine.lessons.convolution import Convolution
from visualizer.engine.lessons.lesson import Lesson
from visualizer.engine.lessons.letters import Letters
from visualizer.engine.lessons.perceptron import Perceptron
from visualizer.engine.lessons.playground import Playground
from visualizer.engine.lessons.pooling import Pooling
from visualizer.engine.lessons.softmax import Softmax
from visualizer.engine.lessons.words import Words

COURSE: tuple[Lesson[Any, Any], ...] = (
    Perceptron(),
    Playground(),
    Activations(),
    Convolution(),
    Pooling(),
    Softmax(),
    Words(),
    Letters(),
)


def lesson(name: str) -> Lesson[Any, Any]:
    """Return a lesson by its name.

    Raises:
        UserError: there is none of that name.
    """
    for each in COURSE:
        if each.name == name:
            return each
    names = ", ".join(each.name for each in COURSE)
    raise UserError(f"There is no lesson “{name}”; there are {names}.")


def lesson_about(explanation: str) -> Lesson[Any, Any] | None:
    """Return the lesson that an explanation in `resources/explanations` links to."""
    return next((each for each in COURSE if explanation in each.explained_by), None)
