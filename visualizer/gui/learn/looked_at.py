"""What a lesson takes from the picture and the network on show."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.gui.core.compute import once
from visualizer.gui.core.requests import Latest

if TYPE_CHECKING:
    from visualizer.gui.learn.lesson_view import LessonView


class LookedAt:
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


def grey_pixels(values: np.ndarray) -> np.ndarray:
    """Return numbers (H x W) as a grey picture, uint8, H x W x 3, read-only.

    What is in [0, 1] stays as it is; otherwise the least is black and the largest white.
    """
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    levels = np.clip((values - low) / ((high - low) or 1) * 255, 0, 255).astype(np.uint8)
    pixels = np.repeat(levels[..., None], 3, axis=2)
    pixels.setflags(write=False)
    return pixels


def _same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return len(a) == len(b) and all(
        x is y or (isinstance(x, str | int) and x == y) for x, y in zip(a, b, strict=True)
    )
