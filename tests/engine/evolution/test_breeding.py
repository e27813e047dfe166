"""Breeding by hand: litters, lines, undo, recipes."""

from __future__ import annotations

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.evolution.breeding import CHILDREN, Breeding, genome_of, genome_text
from visualizer.engine.evolution.cppn import FIRST_OUTPUT, CPPNRates, Genome, mutate, random_genome
from visualizer.engine.evolution.genome_layers import layers
from visualizer.engine.evolution.line_film import MORPH, between, line_frames
from visualizer.engine.evolution.rendering import node_pictures, picture, picture_steps
from visualizer.engine.evolution.scoring import ClassScores
from visualizer.engine.specimen import Provenance, Specimen


def genomes(count, outputs=3, hidden=12):
    rng = np.random.default_rng(5)
    return [random_genome(rng, outputs, CPPNRates(hidden=hidden)) for _ in range(count)]


def test_the_same_choices_give_the_same_children():
    litters = []
    for _ in range(2):
        breeding = Breeding(grey=False, seed=4)
        breeding.next([2, 7])
        breeding.next([1])
        litters.append([genome_text(child.genome) for child in breeding.children])
    assert litters[0] == litters[1]
    assert len(set(litters[0])) == CHILDREN


def test_parents_stay_and_children_are_theirs():
    breeding = Breeding(grey=True)
    mother, father = breeding.children[3], breeding.children[5]
    breeding.next([3, 5])
    assert breeding.children[:2] == [mother, father]
    assert breeding.generation == 1
    found = {parent for child in breeding.children[2:] for parent in child.parents}
    assert found == {mother, father}
    assert breeding.children[-1].line()[-1] in (mother, father)
    breeding.undo()
    assert (breeding.generation, breeding.can_undo) == (0, False)
    assert breeding.children[3] is mother


def test_without_a_choice_there_are_other_children_of_the_same():
    (first,) = genomes(1)
    breeding = Breeding(False, first, "a fish")
    before = breeding.children
    breeding.next([])
    assert breeding.children[0] is before[0]
    assert breeding.children[0].genome is first
    assert breeding.children[1] not in before
    assert breeding.generation == 1


def test_a_genome_of_other_colours_is_refused():
    (first,) = genomes(1)
    with pytest.raises(UserError, match="other colours"):
        Breeding(True, first)


def test_the_recipe_holds_the_genome(plain):
    breeding = Breeding(False, genomes(1)[0], "“a fish”")
    child = breeding.children[5]
    made = breeding.specimen(child, plain)
    assert made.provenance.source == "bred by hand from “a fish”, generation 1"
    assert genome_text(genome_of(made)) == genome_text(child.genome)


@pytest.mark.parametrize("text", ["", "x", "[" * 90_000, "{}", "[1]", '{"outputs": 3}'])
def test_a_hostile_genome_is_none(text):
    specimen = Specimen(np.zeros((4, 4, 3), np.uint8), "x", Provenance("file", genome=text))
    assert genome_of(specimen) is None
    assert genome_of(None) is None


def test_layers_lead_from_the_inputs_to_the_outputs():
    for genome in genomes(20):
        found = layers(genome)
        depth = {key: at for at, layer in enumerate(found) for key in layer}
        assert set(depth) == {0, 1, 2, 3, *genome.order()}
        assert set(found[-1]) == {FIRST_OUTPUT, FIRST_OUTPUT + 1, FIRST_OUTPUT + 2}
        for source, target in genome.weights:
            if target in depth:
                assert depth[source] < depth[target]


def test_a_genome_that_feeds_on_its_outputs_has_layers_too():
    hostile = {
        "outputs": 3,
        "nodes": [[4, "sine", 0], [5, "sine", 0], [6, "sine", 0], [99, "linear", 0]],
        "connections": [[0, 4, 1.0], [4, 99, 1.0], [99, 5, 1.0]],
    }
    found = layers(Genome.from_dict(hostile))
    assert sorted(key for layer in found for key in layer) == [0, 1, 2, 3, 4, 5, 6, 99]
    assert all(found)


def test_every_node_is_drawn_as_it_is():
    genome = Genome.from_dict(
        {"outputs": 1, "nodes": [[4, "linear", 0.5]], "connections": [[0, 4, 2.0]]}
    )
    found = node_pictures(genome, 4)
    assert set(found) == {0, 1, 2, 3, 4}
    x = np.array([-0.75, -0.25, 0.25, 0.75])
    np.testing.assert_array_equal(found[0][2], np.rint(127.5 * (1 + x)))
    np.testing.assert_array_equal(found[4][0], np.rint(127.5 * (1 + np.clip(0.5 + 2 * x, -1, 1))))
    assert (found[3] == 255).all()


def test_a_large_picture_comes_in_slices_and_is_the_same():
    (genome,) = genomes(1)
    steps, counted = picture_steps(genome, 200, 260), []
    while True:
        try:
            counted.append(next(steps))
        except StopIteration as end:
            made = end.value
            break
    assert counted == [(18432, 52000), (36864, 52000), (52000, 52000)]
    np.testing.assert_array_equal(made, picture(genome, 200, 260))


def test_a_formula_turns_into_another():
    first, second = genomes(2)
    for share, end in ((0.0, first), (1.0, second)):
        made = picture(between(first, second, share), 20, 20)
        np.testing.assert_array_equal(made, picture(end, 20, 20))
    child = mutate(first, np.random.default_rng(1), CPPNRates())
    middle = between(first, child, 0.5)
    for pair in first.weights:
        expected = (first.weights[pair] + child.weights.get(pair, 0)) / 2
        assert middle.weights[pair] == pytest.approx(expected)


def test_formulas_that_would_feed_each_other_turn_at_once():
    nodes = [[4, "sine", 0], [98, "linear", 0], [99, "linear", 0]]

    def chain(a, b):
        weights = [[0, a, 1.0], [a, b, 1.0], [b, 4, 1.0]]
        return Genome.from_dict({"outputs": 1, "nodes": nodes, "connections": weights})

    first, second = chain(98, 99), chain(99, 98)
    assert between(first, second, 0.4) is first
    assert between(first, second, 0.6) is second


def test_the_film_of_a_line_holds_every_ancestor():
    line = genomes(3)
    frames = list(line_frames(line, 12, 16))
    assert frames[-1].step == frames[-1].total == len(frames)
    for at, genome in zip((0, MORPH, -1), line, strict=True):
        np.testing.assert_array_equal(frames[at].picture, picture(genome, 12, 16))


def test_what_a_network_sees_in_the_children(plain):
    breeding = Breeding(grey=False, seed=4)
    pictures, best, shares = breeding.seen(ClassScores(plain, screen=False))
    assert pictures.shape == (CHILDREN, *plain.size, 3)
    for child, drawn, index, share in zip(breeding.children, pictures, best, shares, strict=True):
        np.testing.assert_array_equal(drawn, picture(child.genome, *plain.size))
        said = plain.forward(drawn[None].astype(np.float32) / 255)["output"][0]
        assert index == said.argmax()
        assert share == pytest.approx(said.max(), rel=1e-4)
