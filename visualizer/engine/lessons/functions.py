"""The activation functions of the talk's table, each with its slope."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Into = Callable[[np.ndarray, np.ndarray], object]


@dataclass(frozen=True)
class Function:
    """An activation function f and its slope.

    Attributes:
        name: as in the table.
        formula: f(x), Unicode mathematics.
        slope_formula: the slope at x.
        keras: the expression that makes it in Keras code, of a tensor `x` or as a name in quotes.
        apply: writes f of its first argument into its second, which may be the same array.
        slope_at: writes the slope into its second argument where f has the values of its first,
            which is all that backpropagation keeps; the arrays differ.
    """

    name: str
    formula: str
    slope_formula: str
    keras: str
    apply: Into
    slope_at: Into

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return f(x), element by element."""
        values = np.empty_like(x, dtype=np.result_type(x, np.float32))
        self.apply(x, values)
        return values

    def slope(self, x: np.ndarray) -> np.ndarray:
        """Return the slope at x, element by element; 0 at the corners of step and ReLU."""
        values = self(x)
        slopes = np.empty_like(values)
        self.slope_at(values, slopes)
        return slopes


def _step(x: np.ndarray, out: np.ndarray) -> None:
    np.greater(x, 0, out=out, casting="unsafe")


def _no_slope(_: np.ndarray, out: np.ndarray) -> None:
    out.fill(0)


def _one(_: np.ndarray, out: np.ndarray) -> None:
    out.fill(1)


def _logistic(x: np.ndarray, out: np.ndarray) -> None:
    np.multiply(x, 0.5, out=out)  # 1 / (1 + exp(-x)) without overflow
    np.tanh(out, out=out)
    out += 1
    out *= 0.5


def _logistic_slope(y: np.ndarray, out: np.ndarray) -> None:
    np.subtract(1, y, out=out)
    out *= y


def _tanh_slope(y: np.ndarray, out: np.ndarray) -> None:
    np.multiply(y, y, out=out)
    np.subtract(1, out, out=out)


def _arctan_slope(y: np.ndarray, out: np.ndarray) -> None:
    np.cos(y, out=out)  # 1 / (1 + x²) at x = tan y
    out *= out


def _softsign(x: np.ndarray, out: np.ndarray) -> None:
    np.divide(x, 1 + np.abs(x), out=out)


def _softsign_slope(y: np.ndarray, out: np.ndarray) -> None:
    np.abs(y, out=out)  # 1 - |y| = 1 / (1 + |x|)
    np.subtract(1, out, out=out)
    out *= out


def _relu(x: np.ndarray, out: np.ndarray) -> None:
    np.maximum(x, 0, out=out)


FUNCTIONS: dict[str, Function] = {
    each.name: each
    for each in (
        Function("identity", "x", "1", '"linear"', lambda x, out: np.copyto(out, x), _one),
        Function(
            "step",
            "0 for x ≤ 0, 1 for x > 0",
            "0",
            'lambda x: keras.ops.cast(x > 0, "float32")',
            _step,
            _no_slope,
        ),
        Function("logistic", "1 / (1 + e⁻ˣ)", "f (1 − f)", '"sigmoid"', _logistic, _logistic_slope),
        Function("tanh", "tanh x", "1 − f²", '"tanh"', np.tanh, _tanh_slope),
        Function(
            "arctan",
            "arctan x",
            "1 / (1 + x²)",
            "keras.ops.arctan",
            np.arctan,
            _arctan_slope,
        ),
        Function(
            "softsign",
            "x / (1 + |x|)",
            "1 / (1 + |x|)²",
            '"softsign"',
            _softsign,
            _softsign_slope,
        ),
        Function("ReLU", "max(0, x)", "0 for x ≤ 0, 1 for x > 0", '"relu"', _relu, _step),
    )
}
"""By name, in the order of the table."""
