"""What the stages of a network make of each picture of a collection, as vectors, kept on disk.

Donahue et al. 2014, "DeCAF: A Deep Convolutional Activation Feature for Generic Visual
Recognition": pictures that are alike to a network lie near each other there.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from keras import ops

from visualizer.engine import backend
from visualizer.engine.errors import UserError
from visualizer.engine.fitting import fitted_to
from visualizer.engine.folders import data_folder
from visualizer.engine.similarity.collection import Collection, Item, key_of
from visualizer.engine.similarity.feature_file import FeatureFile
from visualizer.engine.stage import LAST
from visualizer.engine.training.ahead import ahead

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.stage import Stage

WHOLE = 16_384
"""Numbers of a stage that is taken whole, at most; see `POOLINGS`."""
THUMBNAIL = 64
"""Pixels on a side of the small pictures that stand for the pictures."""
BATCH = 16
"""Pictures a compiled call."""
ALGORITHM = 1
"""Increase it whenever the same picture leads to other numbers than before."""


class FeatureError(UserError):
    """Features that cannot be computed."""


@dataclass(frozen=True)
class Extracting:
    """How far the features are: pictures done, of all, and how many of them had to be computed."""

    step: int
    total: int
    computed: int


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a collection.

    Attributes:
        network: whose they are.
        pooling: what a stage is as a vector.
        items: the pictures that could be read, in order.
        classes: the names of their classes, by label.
        keys: of each picture in the files.
        broken: a sentence on each file that could not be read, by name.
        problems: sentences on what could not be kept.
    """

    network: Network
    pooling: str
    items: tuple[Item, ...]
    classes: tuple[str, ...]
    keys: tuple[bytes, ...]
    broken: dict[str, str]
    problems: tuple[str, ...]
    _files: dict[str, FeatureFile]
    _thumbnails: FeatureFile

    def of(self, stage: str, places: Sequence[int] | None = None) -> np.ndarray:
        """The vectors at a stage, float32, N x D; those of some pictures, if told which.

        Raises:
            FeatureError: it was not computed.
        """
        if stage not in self._files:
            raise FeatureError(
                f"The features of {stage} were not computed; there are {', '.join(self._files)}."
            )
        keys = self.keys if places is None else [self.keys[place] for place in places]
        return self._files[stage].read(keys)

    def width(self, stage: str) -> int:
        """How many numbers a vector at a stage has."""
        return self._files[stage].width

    @property
    def stages(self) -> tuple[str, ...]:
        """Those that were computed, in the order of the network."""
        return tuple(stage.name for stage in self.network.stages if stage.name in self._files)

    @property
    def labels(self) -> np.ndarray:
        """The class of each picture, int64; -1 where it is not known."""
        return np.array([-1 if item.label is None else item.label for item in self.items], np.int64)

    def thumbnails(self, places: Sequence[int] | slice = slice(None)) -> np.ndarray:
        """Small pictures, uint8, N x THUMBNAIL x THUMBNAIL x 3, of some or all."""
        keys = self.keys[places] if isinstance(places, slice) else [self.keys[i] for i in places]
        return self._thumbnails.read(keys).reshape(-1, THUMBNAIL, THUMBNAIL, 3)


def journey_stages(network: Network, most: int = 16) -> tuple[str, ...]:
    """The stages from the picture to the output that a journey stops at, at most so many."""
    names = [stage.name for stage in network.stages]
    places = np.unique(np.linspace(0, len(names) - 1, most).round().astype(int))
    return tuple(names[at] for at in places)


class Extractor:
    """Computes the vectors of some stages of a network in one compiled pass.

    Args:
        network: what looks at the pictures.
        stages: their names.
        pooling: what a stage with maps is as a vector.

    Raises:
        UserError: there is no such stage.
    """

    def __init__(self, network: Network, stages: Sequence[str], pooling: str) -> None:
        self.network, self.stages, self.pooling = network, tuple(dict.fromkeys(stages)), pooling
        found = [network.stage(name) for name in self.stages]
        self.widths = {stage.name: _width(stage, pooling) for stage in found}
        key = (Extractor, self.stages, pooling)
        self._run: Callable[..., Any] = network.cached(
            key, lambda: backend.compiled(self._vectors, variables=network.model.variables)
        )

    def __call__(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """The vectors of pictures, N x H x W x 3 in [0, 1] at the network's size: N x D each.

        All calls have one shape, so that a picture's vector never depends on what it is computed
        with.
        """
        count = len(pictures)
        if count < BATCH:
            pictures = np.concatenate([pictures, np.zeros((BATCH - count, *pictures.shape[1:]))])
        found = self._run(pictures.astype(np.float32, copy=False))
        return {name: np.nan_to_num(found[name][:count]) for name in self.stages}

    def _vectors(self, x: Any) -> dict[str, Any]:
        tensors = self.network.tensors(x, self.stages)
        if LAST in tensors:
            tensors[LAST] = self.network.as_probabilities(tensors[LAST])
        return {name: self._vector(value) for name, value in tensors.items()}

    def _vector(self, value: Any) -> Any:
        value = ops.cast(value, "float32")
        if len(value.shape) == 2:
            return value
        if _is_pooled(value.shape[-1], self.pooling):
            return ops.mean(value, axis=tuple(range(1, len(value.shape) - 1)))
        window = _window(value.shape[1:])
        if max(window) > 1:
            value = ops.average_pool(value, window, window, padding="same")
        return ops.reshape(value, (-1, math.prod(value.shape[1:])))


def extracting(
    network: Network,
    collection: Collection,
    stages: Sequence[str],
    pooling: str = "mean",
    mode: str = "crop",
    folder: Path | None = None,
) -> Generator[Extracting, None, Features]:
    """Compute the features of a collection, a batch a slice; what is on disk is not computed again.

    Pictures that cannot be read are named in what is returned, and left out.

    Args:
        network: what looks at the pictures.
        collection: the pictures; files that change meanwhile count as they are when their turn
            comes.
        stages: names of stages. The output, whose classes colour a map, comes along.
        pooling: what a stage with maps is as a vector.
        mode: how a picture is brought to the network's size; see `Network.fit`.
        folder: where they are kept; the user's own folder if None.

    Raises:
        UserError: there is no such stage, or no picture could be read.
    """
    extractor = Extractor(network, [*stages, LAST], pooling)
    base = folder or data_folder() / "features"
    inside = base / identity(network) / f"{mode}-{pooling}"
    with ExitStack() as opened:

        def file(path: Path, width: int, dtype: str = "float32") -> FeatureFile:
            found = FeatureFile(path, width, dtype)
            opened.callback(found.close)
            return found

        thumbnails = file(base / f"thumbnails-{THUMBNAIL}", THUMBNAIL**2 * 3, "uint8")
        files = {
            name: file(inside / _file_name(name), width) for name, width in extractor.widths.items()
        }
        everything = [thumbnails, *files.values()]
        items: list[Item] = []
        keys: list[bytes] = []
        broken: dict[str, str] = {}
        done = computed = 0
        batches = ahead(_batches(collection, network, mode, everything))
        with closing(batches):
            for batch in batches:
                for each in batch:
                    if each.problem:
                        broken[each.item.name] = each.problem
                    else:
                        items.append(each.item)
                        keys.append(each.key)
                # The same picture may come twice, in one batch or after another.
                new = {
                    each.key: each
                    for each in batch
                    if each.seen is not None and any(each.key not in one for one in everything)
                }
                if new:
                    seen, small = map(
                        np.stack, zip(*(each.pixels for each in new.values()), strict=True)
                    )
                    vectors = extractor(seen)
                    _add(thumbnails, list(new), small.reshape(len(new), -1))
                    for name, rows in vectors.items():
                        _add(files[name], list(new), rows)
                done, computed = done + len(batch), computed + len(new)
                yield Extracting(done, len(collection.items), computed)
        if not items:
            raise FeatureError(
                f"None of the {len(collection.items)} pictures can be read; choose others."
            )
        problems = dict.fromkeys(one.problem for one in everything if one.problem)
    return Features(
        network,
        pooling,
        tuple(items),
        collection.classes,
        tuple(keys),
        broken,
        tuple(problems),
        files,
        thumbnails,
    )


def vectors_of(
    network: Network, picture: np.ndarray, stages: Sequence[str], pooling: str, mode: str
) -> dict[str, np.ndarray]:
    """The vectors of one picture, H x W x 3 in [0, 1] of any size: D numbers a stage."""
    found = Extractor(network, stages, pooling)(network.fit(picture, mode)[None])
    return {name: rows[0] for name, rows in found.items()}


def identity(network: Network) -> str:
    """A name of a network as it computes now: of its weights, and how pixels become its input."""
    digest = hashlib.sha256()
    how = {
        "algorithm": ALGORITHM,
        "preprocessing": network.preprocessing.to_dict(),
        "size": list(network.size),
        "output": (network.card or {}).get("output"),
        "stages": [[stage.name, *map(str, stage.shape)] for stage in network.stages],
        "sha256": network.sha256,
    }
    digest.update(json.dumps(how, sort_keys=True, default=str).encode())
    if not network.sha256:  # one in memory, such as one that was trained here
        for variable in network.model.variables:
            digest.update(np.ascontiguousarray(ops.convert_to_numpy(variable)).tobytes())
    return digest.hexdigest()[:24]


@dataclass(frozen=True, eq=False)
class _Read:
    """A picture of a batch; `seen` is None where its features are on disk."""

    item: Item
    key: bytes = b""
    seen: np.ndarray | None = None
    thumbnail: np.ndarray | None = None
    problem: str = ""

    @property
    def pixels(self) -> tuple[np.ndarray, np.ndarray]:
        """As the network sees it, and as a thumbnail, of one that is to be computed."""
        assert self.seen is not None
        assert self.thumbnail is not None
        return self.seen, self.thumbnail


def _batches(
    collection: Collection, network: Network, mode: str, files: Sequence[FeatureFile]
) -> Iterator[list[_Read]]:
    """The pictures in batches of so many that have to be computed; on a thread of its own."""
    batch, waiting = [], 0
    longest = 2 * max(*network.size, THUMBNAIL)
    for item in collection.items:
        read = _read(item, network, mode, longest, files)
        batch.append(read)
        waiting += read.seen is not None
        if waiting == BATCH or len(batch) == 8 * BATCH:
            yield batch
            batch, waiting = [], 0
    if batch:
        yield batch


def _read(
    item: Item, network: Network, mode: str, longest: int, files: Sequence[FeatureFile]
) -> _Read:
    try:
        content = item.content()
        key = key_of(content)
        if all(key in one for one in files):
            return _Read(item, key)
        picture = item.decoded(content, longest)
        small = fitted_to(picture, (THUMBNAIL, THUMBNAIL), "crop")
        thumbnail = np.clip(np.round(small * 255), 0, 255).astype(np.uint8)
        return _Read(item, key, network.fit(picture, mode), thumbnail)
    except UserError as error:
        return _Read(item, problem=str(error))
    except MemoryError:
        return _Read(
            item, problem=f"“{item.name}” needs more memory than there is; make it smaller."
        )


def _add(file: FeatureFile, keys: Sequence[bytes], rows: np.ndarray) -> None:
    """Add the rows that the file lacks."""
    lacking = [at for at, key in enumerate(keys) if key not in file]
    if lacking:
        file.add([keys[at] for at in lacking], rows[lacking])


def _width(stage: Stage, pooling: str) -> int:
    if not stage.spatial or _is_pooled(stage.units, pooling):
        return int(stage.units)
    window = _window(stage.shape)
    height, width = (-(-side // by) for side, by in zip(stage.shape[:2], window, strict=True))
    return height * width * int(stage.units)


def _is_pooled(channels: int, pooling: str) -> bool:
    """Whether places are averaged away; not of one channel, of which one number would be left."""
    return pooling == "mean" and channels > 1


def _window(shape: Sequence[int]) -> tuple[int, int]:
    """How many places are averaged into one, so that at most `WHOLE` numbers are left."""
    height, width, channels = shape
    side = 1
    while -(-height // side) * -(-width // side) * channels > WHOLE and side < max(height, width):
        side += 1
    return min(side, height), min(side, width)


def _file_name(stage: str) -> str:
    """Of a stage, whose name may hold anything."""
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", stage)[:60]
    return f"{plain}-{hashlib.sha256(stage.encode()).hexdigest()[:8]}"
