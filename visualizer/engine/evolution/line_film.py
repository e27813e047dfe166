"""A champion's line as a film: each ancestor's formula turns into that of its child."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from visualizer.engine.evolution.cppn import Genome, Node, has_cycle
from visualizer.engine.evolution.evolution import Evolution
from visualizer.engine.evolution.rendering import picture
from visualizer.engine.technique import Frame

MORPH, HOLD, END = 14, 4, 36
"""Frames from one ancestor to the next, of which so many are the ancestor; and of the champion."""


def between(first: Genome, second: Genome, share: float) -> Genome:
    """The genome on the way from one to another: `share` is 0 for the first, 1 for the second.

    Weights and biases go straight from one value to the other, from 0 or to 0 where a connection is
    in one of them only. Functions change in the middle.
    """
    near = first if share < 0.5 else second
    pairs = dict.fromkeys((*first.weights, *second.weights))
    nodes: dict[int, Node] = {}
    for key in dict.fromkeys((*first.nodes, *second.nodes)):
        a, b = first.nodes.get(key), second.nodes.get(key)
        here = near.nodes.get(key) or a or b
        assert here is not None
        start, end = (a or here).bias, (b or here).bias
        nodes[key] = Node(here.function, start + share * (end - start))
    if has_cycle(nodes, pairs):
        return near
    weights = {
        pair: (1 - share) * first.weights.get(pair, 0.0) + share * second.weights.get(pair, 0.0)
        for pair in pairs
    }
    return Genome(near.outputs, nodes, weights)


def line_frames(line: Sequence[Genome], height: int, width: int) -> Iterator[Frame]:
    """The frames of the film, the first ancestor first.

    Args:
        line: genomes of one number of outputs, at least one.
        height: of the pictures, in pixels.
        width: likewise.
    """
    total = (len(line) - 1) * MORPH + END
    step = 0
    for first, second in pairwise(line):
        drawn = picture(first, height, width)
        for at in range(MORPH):
            if at >= HOLD:
                share = (at - HOLD + 1) / (MORPH - HOLD + 1)
                drawn = picture(between(first, second, share), height, width)
            step += 1
            yield Frame(step, total, drawn)
    drawn = picture(line[-1], height, width)
    for _ in range(END):
        step += 1
        yield Frame(step, total, drawn)


def champion_frames(evolution: Evolution, cell: int, side: int = 420) -> Iterator[Frame]:
    """The film of the line of a cell's champion, as it is now.

    Args:
        evolution: of formulas; it may go on meanwhile.
        cell: whose champion.
        side: about the pixels of the longer side.
    """
    line = [each.genome for each in evolution.archive.line(cell)[::-1]]
    size = evolution.scores.network.size
    times = max(1, round(side / max(size)))
    return line_frames(line, *(times * each for each in size))
