"""What the map asks the compute thread for: features, layouts, and what is found in them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.technique import Frame
from visualizer.gui.map.thumbnail_atlas import ThumbnailAtlas, packed

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.similarity.agreement import Agreement
    from visualizer.engine.similarity.clusters import Cluster
    from visualizer.engine.similarity.duplicates import Duplicate
    from visualizer.engine.similarity.features import Features
    from visualizer.engine.similarity.journey import StageMap, StageScore
    from visualizer.engine.similarity.map_settings import MapSettings
    from visualizer.engine.similarity.neighbours import OddOne
    from visualizer.engine.specimen import Specimen

NEAREST = 6
"""Neighbours of a picture that are shown."""


@dataclass(frozen=True)
class Source:
    """Where the pictures of a map come from: a folder, or those of the tray at a moment."""

    folder: Path | None = None
    tray: tuple[Specimen, ...] = ()


@dataclass(frozen=True, eq=False)
class Mapped:
    """A map that can be shown.

    Attributes:
        features: of its pictures.
        stages: those of the journey, from the picture to the output.
        map: of one stage.
        atlas: the thumbnails.
        problems: sentences on what was left out.
        texts: of each picture what is searched: name, class and answer, casefolded.
    """

    features: Features
    stages: tuple[str, ...]
    map: StageMap
    atlas: ThumbnailAtlas
    problems: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Moving:
    """Where the pictures are at the moment, N x 2, while a map is being laid out."""

    step: int
    total: int
    stage: str
    xy: np.ndarray | None
    done: StageMap | None = None


def mapping(
    network: Network, source: Source, settings: MapSettings
) -> Generator[Frame | Moving | None, None, Mapped]:
    """Make the map of one stage; as soon as its pictures are known, it is shown as it moves."""
    from visualizer.engine.similarity.collection import collected, find_pictures
    from visualizer.engine.similarity.features import extracting, journey_stages
    from visualizer.engine.similarity.journey import laying_out_stages
    from visualizer.engine.similarity.map_settings import AUTO

    if source.folder is not None:
        collection = find_pictures(source.folder)
    else:
        pictures = [(each.title, each.picture) for each in source.tray]
        collection = collected("the tray", pictures)
    wanted = network.stages[-2].name if settings.stage == AUTO else settings.stage
    stages = journey_stages(network)
    work = extracting(network, collection, [*stages, wanted], settings.features, settings.mode)
    while True:
        try:
            state = next(work)
        except StopIteration as end:
            features: Features = end.value
            break
        yield Frame(state.step, state.total, label="Looking at the pictures")
    order = [stage.name for stage in network.stages]
    stages = tuple(sorted({*stages, wanted}, key=order.index))
    atlas = ThumbnailAtlas(features.thumbnails, len(features.items), frames_of(features, "class"))
    yield None
    layout = laying_out_stages(features, [wanted], settings.layout, settings.metric, settings.seed)
    while True:
        try:
            moved = next(layout)
        except StopIteration as end:
            (found,) = end.value
            break
        yield Moving(moved.step, moved.total, wanted, None)
    problems = [*features.broken.values(), *features.problems]
    if collection.left_out:
        problems.append(f"{collection.left_out:,} more pictures of the folder were left out.")
    return Mapped(features, stages, found, atlas, tuple(problems), texts_of(features))


def travelling(
    features: Features, stages: Sequence[str], settings: MapSettings
) -> Generator[Moving, None, tuple[StageMap, ...]]:
    """Lay out the maps of all stages, each beginning where the one before it ended."""
    from visualizer.engine.similarity.journey import laying_out_stages

    work = laying_out_stages(features, stages, settings.layout, settings.metric, settings.seed)
    while True:
        try:
            state = next(work)
        except StopIteration as end:
            return end.value
        yield Moving(state.step, state.total, state.stage, state.xy, state.done)


@dataclass(frozen=True, eq=False)
class Findings:
    """What is found among the pictures at a stage."""

    duplicates: tuple[Duplicate, ...]
    odd_ones: tuple[OddOne, ...]
    clusters: tuple[Cluster, ...]


def finding(features: Features, score: StageScore) -> Generator[None, None, Findings]:
    """Look for pictures that are there twice, likely mislabelled ones, and groups."""
    from visualizer.engine.generators import waited_for
    from visualizer.engine.similarity.clusters import clusters
    from visualizer.engine.similarity.duplicates import duplicates
    from visualizer.engine.similarity.neighbours import odd_ones

    twins = yield from waited_for(lambda: duplicates(features, score.neighbours))
    odd = odd_ones(score.neighbours, features.labels)
    yield None
    groups = yield from waited_for(lambda: clusters(features, score.stage))
    return Findings(tuple(twins), tuple(odd), tuple(groups))


@dataclass(frozen=True, eq=False)
class Why:
    """Why two pictures are alike.

    Attributes:
        agreements: the channels that add most to their likeness.
        maps: of each of these, its map over either picture (uint8 RGB); empty where a stage has
            none.
    """

    agreements: tuple[Agreement, ...]
    maps: tuple[tuple[np.ndarray, np.ndarray], ...]


def reasoning(
    features: Features, stage: str, first: int, second: int, mode: str
) -> Generator[None, None, Why]:
    """Compare two pictures channel by channel."""
    from visualizer.engine.rendering import overlay
    from visualizer.engine.similarity.agreement import agreements

    network = features.network
    spatial = network.stage(stage).spatial
    if spatial:
        seen = [_seen(features, at, mode) for at in (first, second)]
        yield None
        both = network.forward(np.stack(seen))[stage]
        a, b = both.mean(axis=(1, 2))
    else:
        a, b = features.of(stage, [first, second])
    found = tuple(agreements(a, b, 4))
    maps = []
    for each in found if spatial else ():
        one, other = (overlay(seen[k], both[k, ..., each.channel]) for k in (0, 1))
        maps.append((one, other))
    yield None
    return Why(found, tuple(maps))


@dataclass(frozen=True, eq=False)
class Placed:
    """Where a picture that is not of the collection lies, and which pictures are nearest."""

    specimen: Specimen
    thumbnail: np.ndarray
    xy: np.ndarray
    neighbours: tuple[int, ...]
    distances: tuple[float, ...]


def placing(
    features: Features, at: StageMap, specimens: Sequence[Specimen], mode: str
) -> Generator[None, None, tuple[Placed, ...]]:
    """Place pictures on a map."""
    from visualizer.engine.fitting import fitted_to
    from visualizer.engine.generators import waited_for
    from visualizer.engine.similarity.features import THUMBNAIL, vectors_of
    from visualizer.engine.similarity.neighbours import nearest_to

    vectors = features.of(at.stage)
    yield None
    found = []
    for specimen in specimens:
        of = vectors_of(features.network, specimen.picture, [at.stage], features.pooling, mode)
        near = nearest_to(of[at.stage], vectors, NEAREST, at.metric)
        xy = yield from waited_for(partial(_place, at, of[at.stage]))
        small = fitted_to(specimen.picture, (2 * THUMBNAIL, 2 * THUMBNAIL), "crop")
        indices, distances = near.indices[0].tolist(), near.distances[0].tolist()
        found.append(Placed(specimen, small, xy, tuple(indices), tuple(distances)))
    return tuple(found)


def _place(at: StageMap, vector: np.ndarray) -> np.ndarray:
    return np.asarray(at.place(vector[None])[0])


def frames_of(features: Features, by: str) -> np.ndarray | None:
    """The colours of the thumbnails' frames, uint32 a picture.

    Args:
        features: of the pictures.
        by: "class", as the folders say; "prediction", as the network says; or "nothing".
    """
    from visualizer.engine.similarity.map_picture import class_colour
    from visualizer.engine.stage import LAST

    if by == "prediction":
        labels = features.of(LAST).argmax(1)
    elif by == "class" and features.classes:
        labels = features.labels
    else:
        return None
    # The colours go to the classes that are there, in their order.
    there = {int(k): place for place, k in enumerate(sorted(set(labels[labels >= 0].tolist())))}
    colours = [class_colour(there.get(int(label), -1)) for label in labels]
    rgb = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], np.uint8)
    return packed(rgb.reshape(-1, 3))


def texts_of(features: Features) -> tuple[str, ...]:
    """What is searched of each picture: name, class and the network's answer, casefolded."""
    from visualizer.engine.stage import LAST

    label, classes = features.network.label, features.classes
    answers = [label(int(best)) for best in features.of(LAST).argmax(1)]
    return tuple(
        f"{item.name} {'' if item.label is None else classes[item.label]} {answer}".casefold()
        for item, answer in zip(features.items, answers, strict=True)
    )


def _seen(features: Features, place: int, mode: str) -> np.ndarray:
    item = features.items[place]
    picture = item.decoded(item.content(), 2 * max(features.network.size))
    return features.network.fit(picture, mode)
