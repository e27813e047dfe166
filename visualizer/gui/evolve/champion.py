"""What the page of a champion shows, worked out on the compute thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage

from visualizer.gui.evolve.evolving import Evolving, thumbnail
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.evolution.cppn import Genome
    from visualizer.engine.evolution.lineage import Ancestor
    from visualizer.engine.evolution.survival import Survival
    from visualizer.engine.specimen import Specimen

SHOWN_SIDE = 540
"""Pixels at which a CPPN is drawn for the page, at least."""
NODE_SIDE = 64


@dataclass(frozen=True, eq=False)
class ChampionView:
    """What is known of a champion so far.

    Attributes:
        cell, index: its cell, and the index of its class.
        number: which individual it is.
        label, confidence: of its class.
        specimen: its picture with recipe and genome.
        draw: draws it at any height and width: uint8, H x W x 3.
        image: its picture, as large as a screen needs it.
        generation: in which it came.
        genome: None in the direct encoding.
        survivals: what the network says of other versions of it.
        line: its line, the first ancestor first.
        ancestors: the pictures of those in the line, by number; none where the genome is not kept.
        layers: the nodes of its CPPN, from the inputs to the outputs.
        nodes: what each of them draws.
        names: of all classes.
    """

    cell: int
    index: int
    number: int
    label: str
    confidence: float
    specimen: Specimen
    draw: Callable[[int, int], np.ndarray]
    image: QImage
    generation: int
    genome: Genome | None = None
    survivals: tuple[Survival, ...] = ()
    line: tuple[Ancestor, ...] = ()
    ancestors: Mapping[int, QImage] = field(default_factory=dict)
    layers: tuple[tuple[int, ...], ...] = ()
    nodes: Mapping[int, QImage] = field(default_factory=dict)
    names: tuple[str, ...] = ()


def champion_views(evolving: Evolving, cell: int) -> Iterator[ChampionView]:
    """Work out the page of a cell's champion, the quickest first."""
    from visualizer.engine.evolution.fooling import champion_specimen
    from visualizer.engine.evolution.genome_layers import layers
    from visualizer.engine.evolution.lineage import lineage
    from visualizer.engine.evolution.rendering import node_pictures
    from visualizer.engine.evolution.survival import survivals

    evolution, settings = evolving.evolution, evolving.settings
    if evolution is None or settings is None:
        return
    champion = evolution.archive.champion(cell)
    specimen = champion_specimen(evolution, cell, settings)
    if champion is None or specimen is None:
        return
    line = evolution.archive.line(cell)  # of now: the evolution goes on meanwhile
    network, index = evolution.scores.network, int(evolution.classes[cell])
    genome = champion.genome if evolution.encoding.name == "cppn" else None
    draw = partial(evolution.encoding.picture, champion.genome)
    pixels = specimen.pixels
    if genome is not None:
        times = max(1, -(-SHOWN_SIDE // max(network.size)))
        pixels = draw(*(times * side for side in network.size))
    view = ChampionView(
        cell,
        index,
        champion.number,
        network.label(index),
        float(np.exp(evolution.archive.scores[cell])),
        specimen,
        draw,
        image_of(pixels),
        champion.generation,
        genome,
        names=tuple(network.label(each) for each in range(evolution.scores.classes)),
    )
    yield view
    if genome is not None:
        nodes = node_pictures(genome, NODE_SIDE)
        images = {key: image_of(picture) for key, picture in nodes.items()}
        view = replace(view, layers=tuple(map(tuple, layers(genome))), nodes=images)
        yield view
    larger = draw if genome is not None else None
    tried = survivals(evolution.scores, index, larger, specimen.pixels)
    view = replace(view, survivals=tuple(tried))
    yield view
    for ancestors, drawn in lineage(evolution, cell, line):
        new = {number: thumbnail(picture) for number, picture in drawn.items()}
        view = replace(view, line=ancestors, ancestors={**view.ancestors, **new})
        yield view


@dataclass(frozen=True)
class Drawing:
    """How far a large picture is, for the jobs bar."""

    step: int
    total: int


def large_picture(genome: Genome, specimen: Specimen, side: int, path: Path) -> Iterator[Drawing]:
    """Draw a CPPN with a longer side of so many pixels, and save it with its recipe."""
    from visualizer.engine.evolution.rendering import picture_steps
    from visualizer.engine.specimen import Specimen

    height, width = (round(side * each / max(specimen.size)) for each in specimen.size)
    steps = picture_steps(genome, height, width)
    while True:
        try:
            yield Drawing(*next(steps))
        except StopIteration as end:
            pixels = end.value
            break
    Specimen(pixels, specimen.title, specimen.provenance).save(path)
