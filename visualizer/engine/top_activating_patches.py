"""Which pictures activate a unit most, and which patch of each does it.

Following Zeiler and Fergus, “Visualizing and Understanding Convolutional Networks”, ECCV 2014,
figure 2, over the pictures that are at hand instead of a data set.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.rendering import to_bytes

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

Mode = Literal["crop", "fit"]
SHOWN = 6
KEPT = 500
"""Pictures whose peaks are remembered for a network."""


@dataclass(frozen=True, eq=False)
class Peaks:
    """The maximum of every unit of every stage for one picture.

    Attributes:
        picture: uint8, H x W x 3, as the network sees it.
        values: by stage, C numbers.
        places: by stage, C x 2 (row, column); stages without positions are left out.
    """

    picture: np.ndarray
    values: Mapping[str, np.ndarray]
    places: Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class TopPatch:
    """The patch of one picture that activates a unit most.

    Attributes:
        specimen: the picture it was cut from.
        value: the unit's activation there.
        patch: uint8, h x w x 3: the unit's receptive field, as far as it lies in the picture.
    """

    specimen: Specimen
    value: float
    patch: np.ndarray


class PeakCache:
    """The peaks of pictures in one network: one forward pass a picture serves all its units."""

    def __init__(self, network: Network, size: int = KEPT) -> None:
        self.network = network
        self._peaks: OrderedDict[tuple[str, Mode], Peaks] = OrderedDict()
        self._size = size

    @classmethod
    def of(cls, network: Network) -> PeakCache:
        """The cache that lives as long as the network, and until its weights change."""
        return network.cached((cls,), lambda: cls(network), of_weights=True)

    def holds(self, specimen: Specimen, mode: Mode) -> bool:
        """Whether `peaks` answers without a forward pass."""
        return (specimen.id, mode) in self._peaks

    def peaks(self, specimen: Specimen, mode: Mode) -> Peaks:
        """Return the peaks of a picture; computed at the first call."""
        key = (specimen.id, mode)
        if key not in self._peaks:
            from visualizer.engine.activations import activations

            seen = activations(self.network, specimen.picture, mode=mode)
            self._peaks[key] = peaks_of(seen.picture, seen.maps)
            while len(self._peaks) > self._size:
                self._peaks.popitem(last=False)
        self._peaks.move_to_end(key)
        return self._peaks[key]


def top_activating_patches(
    network: Network, specimens: Sequence[Specimen], mode: Mode, stage: str, unit: int
) -> Iterator[tuple[TopPatch, ...]]:
    """Yield the `SHOWN` strongest patches so far, after each picture that had to be computed.

    The last ones yielded are those of all pictures. Pictures on which the unit is at most 0 are
    left out.

    Args:
        network: whose unit.
        specimens: the pictures to rank.
        mode: how they are brought to the network's size; see `Network.fit`.
        stage: the name of a stage.
        unit: a unit of it, from 0.
    """
    cache = PeakCache.of(network)
    field = network.stage(stage).receptive_field
    found: list[tuple[float, Specimen, Peaks]] = []

    def strongest() -> tuple[TopPatch, ...]:
        best = sorted(found, key=lambda each: -each[0])[:SHOWN]
        return tuple(cut(*each) for each in best)

    def cut(value: float, specimen: Specimen, peaks: Peaks) -> TopPatch:
        box = None
        if field is not None and stage in peaks.places:
            box = field.box(*map(int, peaks.places[stage][unit]))
        return TopPatch(specimen, value, patch_of(peaks.picture, box))

    for specimen in specimens:
        known = cache.holds(specimen, mode)
        peaks = cache.peaks(specimen, mode)
        value = float(peaks.values[stage][unit])
        if value > 0:
            found.append((value, specimen, peaks))
        if not known:
            yield strongest()
    yield strongest()


def peaks_of(picture: np.ndarray, maps: Mapping[str, np.ndarray]) -> Peaks:
    """Find the peaks in one picture's activations.

    Args:
        picture: H x W x 3, float in [0, 1] or uint8.
        maps: by stage, H x W x C or C.
    """
    values, places = {}, {}
    for name, stage in maps.items():
        if stage.ndim == 3:
            flat = stage.reshape(-1, stage.shape[2])
            at = flat.argmax(0)
            values[name] = flat[at, np.arange(flat.shape[1])]
            places[name] = np.stack(np.divmod(at, stage.shape[1]), axis=1)
        else:
            values[name] = stage.copy()
    return Peaks(to_bytes(picture), values, places)


def patch_of(picture: np.ndarray, box: tuple[float, float, float, float] | None) -> np.ndarray:
    """Cut a receptive field out of a picture, as far as it lies in it; never empty.

    Args:
        picture: H x W x 3.
        box: top, left, bottom and right in pixels, bottom and right exclusive; None for all of it.
    """
    if box is None:
        return picture
    height, width = picture.shape[:2]
    top, left = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    bottom, right = min(height, int(np.ceil(box[2]))), min(width, int(np.ceil(box[3])))
    # A unit may see nothing but the border; then its nearest pixel stands for it.
    top, left = min(top, height - 1), min(left, width - 1)
    return owned(picture[top : max(bottom, top + 1), left : max(right, left + 1)].copy())
