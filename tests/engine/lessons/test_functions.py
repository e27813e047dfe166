"""The table of activation functions: its values by hand and its slopes by finite differences."""

import numpy as np
import pytest

from visualizer.engine.lessons.functions import FUNCTIONS


def test_the_table_is_that_of_the_talk():
    names = ["identity", "step", "logistic", "tanh", "arctan", "softsign", "ReLU"]
    assert list(FUNCTIONS) == names


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("identity", [-2, 0, 1]),
        ("step", [0, 0, 1]),
        ("logistic", [0.1192029, 0.5, 0.7310586]),
        ("tanh", [-0.9640276, 0, 0.7615942]),
        ("arctan", [-1.1071487, 0, 0.7853982]),
        ("softsign", [-2 / 3, 0, 0.5]),
        ("ReLU", [0, 0, 1]),
    ],
)
def test_values_by_hand(name, values):
    assert FUNCTIONS[name](np.array([-2.0, 0, 1])) == pytest.approx(values, abs=1e-7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_are_finite_differences(name):
    function, x = FUNCTIONS[name], np.linspace(-4, 4, 40)
    slopes = (function(x + 1e-6) - function(x - 1e-6)) / 2e-6
    assert function.slope(x) == pytest.approx(slopes, abs=1e-8)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_overflows(name):
    far = np.array([-1e300, -800, 800, 1e300])
    assert np.isfinite(FUNCTIONS[name](far)).all()
    assert np.isfinite(FUNCTIONS[name].slope(far)).all()
