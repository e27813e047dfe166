"""CPPNs: as neat-python computes them, at any size, and sound whatever happens to them."""

from __future__ import annotations

import colorsys
import itertools

import neat.activations
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from neat.nn import FeedForwardNetwork

from visualizer.engine.errors import UserError
from visualizer.engine.evolution import rendering
from visualizer.engine.evolution.cppn import (
    FIRST_OUTPUT,
    FUNCTIONS,
    INPUTS,
    PAPER_RATES,
    CPPNRates,
    Genome,
    Node,
    crossover,
    mutate,
    random_genome,
)
from visualizer.engine.evolution.indirect import CPPNEncoding
from visualizer.engine.evolution.rendering import CHUNK, coordinates, evaluate, picture

THEIRS = {
    "sine": neat.activations.sin_activation,
    "sigmoid": neat.activations.sigmoid_activation,
    "gaussian": neat.activations.gauss_activation,
    "linear": neat.activations.identity_activation,
    "absolute": neat.activations.abs_activation,
    "tanh": neat.activations.tanh_activation,
}
WILD = CPPNRates(add_node=1, add_connection=1, remove_node=0.3, remove_connection=0.3)


def bred(seed: int, outputs: int = 3, generations: int = 12) -> Genome:
    rng = np.random.default_rng(seed)
    genome = random_genome(rng, outputs, WILD)
    for _ in range(generations):
        other = random_genome(rng, outputs, WILD)
        genome = mutate(crossover(genome, other, rng), rng, WILD)
    return genome


def their_network(genome: Genome) -> FeedForwardNetwork:
    evals = []
    for key in genome.order():
        node = genome.nodes[key]
        links = [(a, w) for (a, b), w in genome.weights.items() if b == key]
        evals.append((key, THEIRS[node.function], sum, node.bias, 1.0, links))
    outputs = [FIRST_OUTPUT + at for at in range(genome.outputs)]
    return FeedForwardNetwork(list(range(len(INPUTS))), outputs, evals)


def test_every_function_is_compared_with_neat_python():
    assert set(THEIRS) == set(FUNCTIONS)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1, 3]))
def test_it_equals_neat_python(seed, outputs):
    genome = bred(seed, outputs)
    inputs = coordinates(7, 5, 0, 35, np.float64)
    ours, theirs = evaluate(genome, inputs), their_network(genome)
    expected = np.array([theirs.activate(list(place)) for place in inputs.T]).T
    np.testing.assert_allclose(ours, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_children_are_sound_and_different(seed, paper):
    rng = np.random.default_rng(seed)
    rates = PAPER_RATES if paper else WILD
    genome = random_genome(rng, 3, rates)
    for _ in range(8):
        child = mutate(genome, rng, rates)
        assert child.to_dict() != genome.to_dict()
        assert Genome.from_dict(child.to_dict()).to_dict() == child.to_dict()  # no cycle either
        order = child.order()
        for source, target in child.weights:
            if target in order and source >= len(INPUTS):
                assert order.index(source) < order.index(target)
        genome = child


def test_parents_keep_their_common_genes_in_a_child():
    rng = np.random.default_rng(3)
    first = random_genome(rng, 3, WILD)
    second = mutate(first, rng, WILD)
    child = crossover(first, second, rng)
    assert child.nodes.keys() == first.nodes.keys()
    assert child.weights.keys() == first.weights.keys()
    for key, weight in child.weights.items():
        assert weight in (first.weights[key], second.weights.get(key))


def test_a_picture_is_the_same_at_every_size():
    """Each pixel of a small picture is what the middle of nine of a larger one shows."""
    genome = bred(5)
    small, large = coordinates(20, 30, 0, 600), coordinates(60, 90, 0, 5400)
    every_third = evaluate(genome, large).reshape(3, 60, 90)[:, 1::3, 1::3]
    np.testing.assert_allclose(
        evaluate(genome, small).reshape(3, 20, 30), every_third, rtol=1e-3, atol=1e-3
    )


def test_a_drawing_is_soft_by_less_than_a_pixel():
    """A black line of one pixel on white: it is grey, its neighbours a little, and no others."""
    line = Genome(1, {FIRST_OUTPUT: Node("linear", 0.0)}, {(0, FIRST_OUTPUT): 30.0})
    row = picture(line, 40, 41)[20, :, 0].astype(int)
    assert 60 < row[20] < 140
    assert 180 < row[19] == row[21] < 250
    assert (np.delete(row, range(18, 23)) == 255).all()


def test_chunks_leave_no_seam(monkeypatch):
    genome, side = bred(7), 200
    assert side * side > CHUNK
    in_chunks = picture(genome, side, side)
    monkeypatch.setattr(rendering, "CHUNK", side * side)
    rendering._kept.clear()
    np.testing.assert_allclose(in_chunks, picture(genome, side, side), atol=1)


def test_hue_saturation_and_value_are_those_of_python():
    from visualizer.engine.evolution.rendering import _from_hsv

    rng = np.random.default_rng(0)
    hue, saturation, value = rng.normal(0, 1, (3, 300)).astype(np.float32)
    parts = zip(hue % 1, np.minimum(abs(saturation), 1), np.minimum(abs(value), 1), strict=True)
    expected = [colorsys.hsv_to_rgb(*map(float, each)) for each in parts]
    shown = _from_hsv(hue, saturation, value)
    np.testing.assert_allclose(shown, np.array(expected) * 255, atol=0.51)


def test_what_is_no_number_is_drawn_all_the_same():
    """30 to the power of 30 is infinite in float32, and infinite less infinite is no number."""
    keys = [FIRST_OUTPUT + 3 + at for at in range(30)]
    nodes = {key: Node("linear", 30.0) for key in (*range(FIRST_OUTPUT, FIRST_OUTPUT + 3), *keys)}
    weights = dict.fromkeys(itertools.pairwise([3, *keys]), 30.0)
    weights |= {(keys[-1], FIRST_OUTPUT + at): 1.0 for at in range(3)}
    weights |= {(keys[-2], FIRST_OUTPUT): -30.0}
    shown = picture(Genome(3, nodes, weights), 8, 8)
    assert (shown == shown[0, 0]).all()


def test_a_grey_genome_is_grey():
    shown = CPPNEncoding(grey=True).picture(bred(2, outputs=1), 9, 9)
    assert shown.shape == (9, 9, 3)
    assert (shown == shown[..., :1]).all()


def test_numbers_beyond_all_bounds_are_still_a_picture():
    nodes = {FIRST_OUTPUT + at: Node("linear", 30.0) for at in range(3)}
    weights: dict[tuple[int, int], float] = {}
    for key in range(100, 140):
        nodes[key] = Node("linear", 30.0)
        weights[key - 1 if key > 100 else 0, key] = 30.0
    weights |= {(139, FIRST_OUTPUT + at): 30.0 for at in range(3)}
    assert picture(Genome(3, nodes, weights), 8, 8).shape == (8, 8, 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(outputs=2),
        lambda d: d.update(outputs=True),
        lambda d: d.update(nodes="none"),
        lambda d: d["nodes"].append([0, "sine", 0.0]),
        lambda d: d["nodes"].append([99, "system", 0.0]),
        lambda d: d["nodes"].append([99, "sine", float("nan")]),
        lambda d: d["nodes"].append([99, "sine", 1e300]),
        lambda d: d["nodes"].extend([k, "sine", 0.0] for k in range(1000, 2000)),
        lambda d: d["nodes"].clear(),
        lambda d: d["connections"].append([0, 12345, 1.0]),
        lambda d: d["connections"].append([4, 4, 1.0]),
        lambda d: d["connections"].append([0, 4]),
        lambda d: d["connections"].append([0, 4, [1]]),
        lambda d: d.pop("connections"),
    ],
)
def test_hostile_genomes_are_refused_in_a_sentence(change):
    values = bred(1).to_dict()
    change(values)
    with pytest.raises(UserError, match="not a CPPN"):
        Genome.from_dict(values)


@pytest.mark.parametrize("values", [None, 7, [], {"outputs": {}}])
def test_what_is_no_genome_at_all_is_refused(values):
    with pytest.raises(UserError):
        Genome.from_dict(values)
