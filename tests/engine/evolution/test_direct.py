"""The direct encoding's arithmetic: Deb's operators, drawn only where genes mutate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from visualizer.engine.evolution.direct import (
    PAPER_RATES,
    DirectEncoding,
    chosen_genes,
    polynomial_mutation,
    simulated_binary_crossover,
)

UNIT = st.floats(0, 1, width=32)
ROW = hnp.arrays(np.float64, 8, elements=UNIT)


def mutated_by_definition(x: float, u: float, index: float) -> float:
    """Deb's own formulas, one number at a time (NSGA-II)."""
    if u <= 0.5:
        delta = (2 * u + (1 - 2 * u) * (1 - x) ** (index + 1)) ** (1 / (index + 1)) - 1
    else:
        away = 2 * (1 - u) + 2 * (u - 0.5) * x ** (index + 1)
        delta = 1 - away ** (1 / (index + 1))
    return min(max(x + delta, 0), 1)


@given(ROW, ROW, st.sampled_from([1.0, 15.0, 20.0]))
def test_polynomial_mutation_is_debs(x, u, index):
    expected = [mutated_by_definition(a, b, index) for a, b in zip(x, u, strict=True)]
    np.testing.assert_allclose(polynomial_mutation(x, u, index), expected, atol=1e-9)


def crossed_by_definition(a: float, b: float, u: float, upper: bool, index: float) -> float:
    if a == b:
        return a
    low, high = min(a, b), max(a, b)
    room = 1 - high if upper else low
    beta = 1 + 2 * room / (high - low)
    alpha = 2 - beta ** -(index + 1)
    if u <= 1 / alpha:
        spread = (u * alpha) ** (1 / (index + 1))
    else:
        spread = (1 / (2 - u * alpha)) ** (1 / (index + 1))
    child = ((low + high) + (1 if upper else -1) * spread * (high - low)) / 2
    return min(max(child, 0), 1)


LEVELS = hnp.arrays(np.float64, 8, elements=st.integers(0, 255).map(lambda level: level / 255))
BELOW_ONE = hnp.arrays(np.float64, 8, elements=st.floats(0, 0.9990234375, width=32))


@given(LEVELS, LEVELS, BELOW_ONE, hnp.arrays(bool, 8))
def test_simulated_binary_crossover_is_debs(first, second, u, side):
    child = simulated_binary_crossover(first, second, u, side, 10.0)
    rows = zip(first, second, u, side, strict=True)
    expected = [crossed_by_definition(*row, 10.0) for row in rows]
    np.testing.assert_allclose(child, expected, atol=1e-9)
    assert (child[first == second] == first[first == second]).all()


@pytest.mark.parametrize("probability", [0.001, 0.1, 0.5])
def test_genes_are_chosen_with_their_probability(probability):
    rng, count, runs = np.random.default_rng(0), 1000, 400
    seen = np.zeros(count)
    for _ in range(runs):
        places = chosen_genes(rng, count, probability)
        assert (np.diff(places) > 0).all()
        seen[places] += 1
    deviation = np.sqrt(probability * (1 - probability) / (count * runs))
    assert abs(seen.mean() / runs - probability) < 5 * deviation
    # The first and the last genes are chosen as often as those between.
    for part in (seen[:100], seen[-100:]):
        assert abs(part.mean() / runs - probability) < 16 * deviation


def test_no_gene_and_every_gene():
    rng = np.random.default_rng(0)
    assert len(chosen_genes(rng, 10, 0)) == 0
    assert chosen_genes(rng, 10, 1).tolist() == list(range(10))


def test_a_child_of_equal_parents_differs_from_them_by_mutation_alone():
    encoding = DirectEncoding(30, 40, rates=PAPER_RATES)
    rng = np.random.default_rng(1)
    parent = encoding.random(rng)
    child = encoding.child([parent, parent.copy()], rng)
    changed = (child != parent).mean()
    assert 0.06 < changed < 0.12  # a tenth mutates; some steps are shorter than a level


def test_halving_makes_later_children_nearer():
    encoding = DirectEncoding(40, 40, rates=PAPER_RATES)
    rng = np.random.default_rng(1)
    parent = encoding.random(rng)
    early = (encoding.child([parent], rng, 0) != parent).mean()
    late = (encoding.child([parent], rng, 3500) != parent).mean()
    assert late < early / 4


def test_grey_genomes_show_grey_and_survive_saving():
    encoding = DirectEncoding(6, 8, grey=True)
    genome = encoding.random(np.random.default_rng(0))
    shown = encoding.picture(genome, 6, 8)
    assert shown.shape == (6, 8, 3)
    assert (shown == genome).all()
    np.testing.assert_array_equal(encoding.unpacked(encoding.packed(genome, True)), genome)
    assert encoding.packed(genome, False) is None
    assert encoding.picture(genome, 12, 16).shape == (12, 16, 3)


@pytest.mark.parametrize("values", ["", "zzzz", 7, "!" * 100, "A" * 1000])
def test_damaged_pixels_are_refused(values):
    with pytest.raises(ValueError, match=r"another size|base64|padd|ASCII|data"):
        DirectEncoding(6, 8).unpacked(values)
