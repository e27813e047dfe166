"""L-BFGS one step at a time, so that its caller owns the loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]


class LBFGS:
    """L-BFGS with a backtracking line search (Nocedal & Wright 2006, algorithms 7.4 and 3.1).

    Args:
        function: x -> (value, gradient), to be minimised.
        start: x.
        project: the projection onto the feasible set, applied after each trial step.
        memory: how many past steps are remembered.
        first: largest change of one number in the first step.
    """

    def __init__(
        self,
        function: Function,
        start: np.ndarray,
        *,
        project: Callable[[np.ndarray], np.ndarray] = lambda x: x,
        memory: int = 10,
        first: float = 0.05,
    ) -> None:
        self._function, self._project, self._first = function, project, first
        self.x = project(start)
        self.value, self.gradient = function(self.x)
        self._past: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=memory)

    def step(self) -> bool:
        """Take one step; False if no smaller value was found on the way down."""
        direction = self._direction()
        slope = float(np.vdot(direction, self.gradient))
        if slope >= 0:  # not a descent direction: reset the memory
            self._past.clear()
            direction = self._direction()
            slope = float(np.vdot(direction, self.gradient))
        length = 1.0
        for _ in range(12):
            x = self._project(self.x + np.float32(length) * direction)
            value, gradient = self._function(x)
            if value <= self.value + 1e-4 * length * slope:
                self._remember(x - self.x, gradient - self.gradient)
                self.x, self.value, self.gradient = x, value, gradient
                return True
            length /= 2
        if self._past:
            self._past.clear()
            return self.step()
        return False

    def _remember(self, moved: np.ndarray, changed: np.ndarray) -> None:
        curvature = float(np.vdot(moved, changed))
        if curvature > 1e-12 * float(np.vdot(changed, changed)):
            self._past.append((moved, changed, 1 / curvature))

    def _direction(self) -> np.ndarray:
        if not self._past:
            return -self.gradient * np.float32(
                self._first / max(float(np.abs(self.gradient).max()), 1e-20)
            )
        q = self.gradient.copy()
        shares = []
        for moved, changed, rho in reversed(self._past):
            share = np.float32(rho * float(np.vdot(moved, q)))
            q -= share * changed
            shares.append(share)
        moved, changed, rho = self._past[-1]
        q *= np.float32(1 / (rho * float(np.vdot(changed, changed))))
        for (moved, changed, rho), share in zip(self._past, reversed(shares), strict=True):
            q += (share - np.float32(rho * float(np.vdot(changed, q)))) * moved
        return -q
