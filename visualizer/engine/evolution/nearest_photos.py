"""Is it the class, or only a pattern: how alike a picture and photos are inside a network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import numpy as np

from visualizer.engine.class_answers import answer_of

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

Mode = Literal["crop", "fit"]
SHOWN = 12
"""Photos that are told of, the nearest."""
COMPARED = 100
"""Photos of a class whose likeness among themselves is worked out."""
KEPT = 500
"""Photos whose features are remembered for a network."""


@dataclass(frozen=True, eq=False)
class Response:
    """How a network responds to a picture.

    Attributes:
        index: the likeliest class.
        probability: of it, from 0 to 1.
        means: by stage: the mean of each unit over its places, C numbers.
    """

    index: int
    probability: float
    means: Mapping[str, np.ndarray]


def response(network: Network, maps: Mapping[str, np.ndarray]) -> Response:
    """The response in one picture's activations, H x W x C or C a stage."""
    answer = answer_of(maps[network.stages[-1].name], network.classes)
    index = int(answer.argmax())
    means = {
        name: np.nan_to_num(values.mean(axis=(0, 1)) if values.ndim == 3 else values.copy())
        for name, values in maps.items()
    }
    return Response(index, float(answer[index]), means)


class PhotoResponses:
    """The responses to photos: one forward pass a photo, kept as long as the network."""

    def __init__(self, network: Network, size: int = KEPT) -> None:
        self.network = network
        self._kept: OrderedDict[tuple[str, Mode], Response] = OrderedDict()
        self._size = size

    @classmethod
    def of(cls, network: Network) -> PhotoResponses:
        """Those that live as long as the network."""
        return network.cached((cls,), lambda: cls(network))

    def to(self, specimen: Specimen, mode: Mode) -> tuple[Response, bool]:
        """The response to a photo, and whether it had to be computed."""
        key = specimen.id, mode
        new = key not in self._kept
        if new:
            seen = self.network.fit(specimen.picture, mode)
            maps = self.network.forward(seen[None])
            self._kept[key] = response(self.network, {n: each[0] for n, each in maps.items()})
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key], new


@dataclass(frozen=True, eq=False)
class Photo:
    """A photo and how it compares.

    Attributes:
        specimen: it.
        response: of the network to it.
        likeness: the cosine of its features and the picture's: 1 for the same, 0 for nothing in
            common.
    """

    specimen: Specimen
    response: Response
    likeness: float


@dataclass(frozen=True, eq=False)
class PhotoComparison:
    """A picture beside photos.

    Attributes:
        stage: whose unit means are the features that are compared: the last before the output.
        nearest: the photos most like it, the nearest first: of its class, or of any class where
            the network takes no photo for that.
        of_class: how many photos the network takes for its class.
        among: how alike these are among themselves on average; None for fewer than two.
        photos: how many there are.
        typical: by stage: the mean activation of the photos; empty without any.
    """

    stage: str
    nearest: tuple[Photo, ...]
    of_class: int
    among: float | None
    photos: int
    typical: Mapping[str, np.ndarray]


def photos_of(specimens: Sequence[Specimen]) -> list[Specimen]:
    """Those that no technique made."""
    return [each for each in specimens if each.provenance.technique is None]


def compare(
    network: Network, own: Response, index: int, specimens: Sequence[Specimen], mode: Mode
) -> Iterator[PhotoComparison | None]:
    """Compare a picture with photos; None after a photo that had to be computed.

    Args:
        network: in which they are compared.
        own: its response to the picture.
        index: the class that the picture is to be of.
        specimens: the photos; at most `KEPT` of them are looked at, the last ones.
        mode: how they are brought to the network's size; see `Network.fit`.
    """
    responses = PhotoResponses.of(network)
    stage = network.stages[-2].name
    found = []
    for specimen in specimens[-KEPT:]:
        seen, new = responses.to(specimen, mode)
        likeness = cosine(own.means[stage], seen.means[stage])
        found.append(Photo(specimen, seen, likeness))
        if new:
            yield None
    found.sort(key=lambda each: -each.likeness)
    same = [each for each in found if each.response.index == index]
    pairs = combinations([each.response.means[stage] for each in same[:COMPARED]], 2)
    alike = [cosine(a, b) for a, b in pairs]
    typical = {
        name: np.mean([each.response.means[name] for each in found], axis=0)
        for name in (own.means if found else ())
    }
    nearest = tuple((same or found)[:SHOWN])
    among = float(np.mean(alike)) if alike else None
    yield PhotoComparison(stage, nearest, len(same), among, len(found), typical)


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The cosine of the angle between two vectors; 0 where one of them is nothing."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / length if length > 0 else 0.0
