"""The nodes of a CPPN in layers, for a drawing of it as a graph."""

from __future__ import annotations

from visualizer.engine.evolution.cppn import FIRST_OUTPUT, INPUTS, Genome


def layers(genome: Genome) -> list[list[int]]:
    """The keys of the nodes that the outputs depend on, in layers from the inputs to the outputs.

    A node stands one layer after the last of those that feed it; the outputs have a layer of their
    own. Within a layer nodes stand near those that feed them, so that few connections cross.
    """
    order = genome.order()
    ends = range(FIRST_OUTPUT, FIRST_OUTPUT + genome.outputs)
    feeding: dict[int, list[int]] = {key: [] for key in order}
    for source, target in genome.weights:
        if target in feeding:
            feeding[target].append(source)
    depth = dict.fromkeys(range(len(INPUTS)), 0)
    for key in order:
        depth[key] = 1 + max((depth[source] for source in feeding[key]), default=0)
    last = max((depth[key] for key in order if key not in ends), default=0) + 1
    last = max([last, *(depth[key] for key in ends)])
    found: list[list[int]] = [[] for _ in range(last + 1)]
    for key in (*range(len(INPUTS)), *order):
        found[last if key in ends else depth[key]].append(key)
    found = [layer for layer in found if layer]  # a genome from a file may use its outputs
    place: dict[int, float] = {}
    for layer in found:
        if layer[0] not in ends:
            layer.sort(key=lambda key: _middle(feeding.get(key, []), place, len(place)))
        for at, key in enumerate(layer):
            place[key] = (at + 0.5) / len(layer)
    return found


def _middle(sources: list[int], place: dict[int, float], default: float) -> float:
    """Where those that feed a node stand on average."""
    return sum(place.get(each, 0.5) for each in sources) / len(sources) if sources else default
