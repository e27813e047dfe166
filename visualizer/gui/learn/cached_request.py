"""A request to the compute thread whose answer is kept until the question is another."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest

if TYPE_CHECKING:
    from visualizer.gui.learn.lesson_view import LessonView


class CachedRequest:
    """Computes something for the newest question, once; the view is drawn again with the answer.

    Args:
        view: whose question it is.
    """

    def __init__(self, view: LessonView) -> None:
        self._view = view
        self._latest = Latest(view.session.compute, parent=view)
        self._question: tuple[Any, ...] = ()
        self._value: Any = None
        self.problem = ""
        """Why there is no answer, in a sentence."""

    def get(self, question: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return the answer to a question, or None and draw the view once it is there.

        Args:
            question: what the answer depends on: objects, numbers and names.
            make: computes it, on the compute thread.
        """
        if not _same(question, self._question):
            self._question, self._value, self.problem = question, None, ""
            self._latest.ask(once(make), on_done=self._on_done, on_failed=self._on_failed)
        return self._value

    def forget(self) -> None:
        """Keep nothing of a network that was open."""
        self._latest.drop()
        self._question, self._value, self.problem = (), None, ""

    def _on_done(self, value: Any) -> None:
        self._value = value
        self._view.draw()

    def _on_failed(self, sentence: str) -> None:
        self.problem = sentence
        self._view.draw()


def _same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return len(a) == len(b) and all(
        x is y or (isinstance(x, str | int) and x == y) for x, y in zip(a, b, strict=True)
    )
