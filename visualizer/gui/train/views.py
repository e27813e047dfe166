"""What a network in training looks like inside: filters, maps, norms, mistakes.

All of it happens on the compute thread. Everything is made at the rate of the screen at most, never
at each batch, and only what is on show.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from PySide6.QtGui import QImage

from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.training.loop import Training
    from visualizer.engine.training.probes import LayerNorms, Probe, SampleTrace
    from visualizer.engine.training.split import Split

MAPS_SECONDS, NORMS_SECONDS = 0.2, 0.5
"""Between two looks."""
CHANNELS = 5
"""Maps of a stage in the strip."""
MISTAKES = 48
MOST_RATIOS = 1000
SMALL = 96
"""Pixels of a picture in a list, about."""
EXAMPLES = 3
"""Pictures of a class, across and down."""


@dataclass(frozen=True, eq=False)
class StageMaps:
    """A stage of the strip: its name, and its first maps side by side, or its units as bars."""

    name: str
    image: QImage
    bars: bool = False


@dataclass(frozen=True, eq=False)
class Mistake:
    """A validation picture that is taken for something else."""

    index: int
    image: QImage
    label: int
    taken_for: int
    probability: float


@dataclass(frozen=True, eq=False)
class ClassView:
    """A class: how many pictures there are to train on and to validate, and some of the first."""

    name: str
    train: int
    validation: int
    image: QImage


@dataclass(frozen=True, eq=False)
class Views:
    """What there is to see; each field is replaced as a whole when it is made anew.

    Attributes:
        filters_of: the name of the stage of the filters, such as "conv1"; "" without any.
        filters: its kernels, in rows.
        strip: the stages of the watched picture.
        watched: its number among the validation pictures, from 0.
        label, taken_for, probability: what it is, and what the network takes it for.
        norms: of every layer, at the batch of the last look.
        ratios: epoch and update / weight of each layer, a row a look.
        dead: by layer, how many units are dead, and of how many.
        confusion: K x K counts, right class by answer; None before the first measurement.
        mistakes: the surest first.
        classes: of the data; empty until they were on show once.
    """

    filters_of: str = ""
    filters: QImage | None = None
    strip: tuple[StageMaps, ...] = ()
    watched: int = 0
    label: int = 0
    taken_for: int = 0
    probability: float = 0.0
    norms: tuple[LayerNorms, ...] = ()
    ratios: np.ndarray | None = None
    dead: tuple[tuple[str, int, int], ...] = ()
    confusion: np.ndarray | None = None
    mistakes: tuple[Mistake, ...] = ()
    classes: tuple[ClassView, ...] = ()


class Inspector:
    """Looks into a training, in slices short enough for a window.

    Args:
        training: what is looked into; looking at norms takes a batch.
        network: the same model; None where only a head is trained, on features.
        data: the pictures.
    """

    def __init__(self, training: Training, network: Network | None, data: Split) -> None:
        self.views = Views()
        self.wanted = frozenset({"maps"})
        """Which are on show, of "maps", "norms", "mistakes" and "classes"; set by the window."""
        self.watched = 0
        self._training, self._network, self._data = training, network, data
        self._probe: Probe | None = None
        self._looked = {"maps": 0.0, "norms": 0.0}
        self._rows: list[list[float]] = []
        self._measured: object = None  # the evaluation of the confusion that is shown

    def look(self, moving: bool) -> Generator[None, None, None]:
        """Make anew what is due.

        Args:
            moving: whether the network learns right now; else everything is made.
        """
        now = time.monotonic()
        if "maps" in self.wanted and (not moving or now - self._looked["maps"] >= MAPS_SECONDS):
            self._looked["maps"] = now
            self._maps()
            yield
        evaluation = self._training.evaluation
        if "mistakes" in self.wanted and evaluation is not self._measured:
            self._measured = evaluation
            self._mistakes()
            yield
        if "classes" in self.wanted and not self.views.classes:
            yield from self._classes()
        # Norms take a batch, so not while the end of an epoch is being measured.
        within = self._training.position < len(self._training.data.train)
        due = moving and within and now - self._looked["norms"] >= NORMS_SECONDS
        if "norms" in self.wanted and due:
            self._looked["norms"] = now
            yield from self.measure_norms()

    def trace(self) -> SampleTrace:
        """Take a batch, and follow its first picture through it."""
        return self._own_probe().step()

    def _own_probe(self) -> Probe:
        from visualizer.engine.training.probes import Probe

        if self._probe is None:
            self._probe = Probe(self._training)
        return self._probe

    def measure_norms(self) -> Generator[None, None, None]:
        """Take a batch, and measure what it did to every layer."""
        training, probe = self._training, self._own_probe()
        norms, _ = probe.norms()
        if not norms:
            return
        yield
        dead = probe.dead_units()
        epoch = training.epoch + training.position / len(training.data.train)
        self._rows.append([epoch, *(each.ratio for each in norms)])
        if len(self._rows) > MOST_RATIOS:
            self._rows = self._rows[::2]
        self.views = replace(
            self.views,
            norms=norms,
            ratios=np.array(self._rows),
            dead=tuple((name, int(found.sum()), len(found)) for name, found in dead.items()),
        )

    def forget_past(self) -> None:
        """The training is at another moment."""
        epoch = self._training.epoch + 1
        self._rows = [row for row in self._rows if row[0] <= epoch]
        self._measured = None

    def specimen(self, index: int) -> Specimen:
        """A validation picture for the tray."""
        from visualizer.engine.specimen import Provenance, Specimen

        data = self._data.validation
        picture, label = data.pictures[index], data.classes[int(data.labels[index])]
        colours = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
        pixels = colours.astype(np.float32) / 255
        return Specimen(pixels, f"{label} {index + 1}", Provenance("file"))

    def _maps(self) -> None:
        from visualizer.engine.activations import activations
        from visualizer.engine.kernel_pictures import has_kernel_pictures, kernel_pictures

        network, data = self._network, self._data.validation
        self.watched %= len(data)
        picture = data.pictures[self.watched]
        if network is None:
            self._answer_of_head(picture, int(data.labels[self.watched]))
            return
        colours = np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
        found = activations(network, colours.astype(np.float32) / 255)
        stage = next((s for s in network.stages if has_kernel_pictures(network, s)), None)
        kernels = None
        if stage is not None:
            network.weights_changed()
            kernels = kernel_pictures(network, stage)
        best = int(found.probabilities.argmax())
        self.views = replace(
            self.views,
            filters_of=stage.name if stage is not None and kernels is not None else "",
            filters=None if kernels is None else _kernels_image(kernels),
            strip=tuple(
                StageMaps(name, _maps_image(colours if name == "data" else maps), maps.ndim == 1)
                for name, maps in found.maps.items()
            ),
            watched=self.watched,
            label=int(data.labels[self.watched]),
            taken_for=best,
            probability=float(found.probabilities.ravel()[best]),
        )

    def _answer_of_head(self, picture: np.ndarray, label: int) -> None:
        """What a head makes of the watched picture, whose features are kept."""
        from visualizer.engine.training.measures import log_softmax

        features = self._training.data.validation.pictures[self.watched]
        scores = log_softmax(self._training.logits(features[None]).astype(np.float64))[0]
        best = int(scores.argmax())
        self.views = replace(
            self.views,
            strip=(StageMaps("data", image_of(enlarged(picture))),),
            watched=self.watched,
            label=label,
            taken_for=best,
            probability=float(np.exp(scores[best])),
        )

    def _classes(self) -> Generator[None, None, None]:
        from visualizer.engine.training.split import class_looks

        found = []
        for look in class_looks(self._data, EXAMPLES**2):
            image = _examples_image(self._data.train.pictures[list(look.examples)])
            found.append(ClassView(look.name, look.train, look.validation, image))
            yield
        self.views = replace(self.views, classes=tuple(found))

    def _mistakes(self) -> None:
        from visualizer.engine.training.evaluation import confusion, worst_mistakes
        from visualizer.engine.training.measures import log_softmax

        evaluation, data = self._training.evaluation, self._data.validation
        assert evaluation is not None
        logits = evaluation.logits
        found = []
        for index in worst_mistakes(logits, data.labels, MISTAKES):
            taken_for = int(logits[index].argmax())
            chance = float(
                np.exp(log_softmax(logits[index][None].astype(np.float64))[0, taken_for])
            )
            image = image_of(enlarged(data.pictures[index]))
            found.append(Mistake(int(index), image, int(data.labels[index]), taken_for, chance))
        self.views = replace(
            self.views, confusion=confusion(logits, data.labels), mistakes=tuple(found)
        )


def _examples_image(pictures: np.ndarray) -> QImage:
    """A few pictures, N x H x W x C, in a square."""
    shown = [enlarged(each) for each in pictures]
    shrink = max(1.0, max(shown[0].shape[:2]) / SMALL)
    if shrink > 1:
        size = (round(shown[0].shape[1] / shrink), round(shown[0].shape[0] / shrink))
        shown = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in shown]
    height, width = shown[0].shape[:2]
    sheet = np.zeros((EXAMPLES * (height + 2), EXAMPLES * (width + 2), 4), np.uint8)
    for place, picture in enumerate(shown):
        row, column = divmod(place, EXAMPLES)
        top, left = row * (height + 2), column * (width + 2)
        sheet[top : top + height, left : left + width, :3] = picture.reshape(height, width, -1)
        sheet[top : top + height, left : left + width, 3] = 255
    return image_of(np.ascontiguousarray(sheet[:-2, :-2]))


def enlarged(picture: np.ndarray, side: int = SMALL) -> np.ndarray:
    """A picture as large as it is shown, its pixels as squares."""
    times = max(1, side // max(picture.shape[:2]))
    return np.repeat(np.repeat(picture, times, axis=0), times, axis=1)


def _kernels_image(kernels: np.ndarray) -> QImage:
    """Kernels, N x h x w x 3, about as many in a row as there are rows."""
    count, height, width, _ = kernels.shape
    columns = math.ceil(math.sqrt(count))
    rows = -(-count // columns)
    times = max(1, 16 // max(height, width))
    gap = 2
    sheet = np.zeros((rows, height * times + gap, columns, width * times + gap, 4), np.uint8)
    for place, kernel in enumerate(kernels):
        tile = enlarged(kernel, times * max(height, width))
        row, column = divmod(place, columns)
        sheet[row, :-gap, column, :-gap, :3] = tile
        sheet[row, :-gap, column, :-gap, 3] = 255
    flat = sheet.reshape(rows * sheet.shape[1], columns * sheet.shape[3], 4)
    return image_of(np.ascontiguousarray(flat[:-gap, :-gap]))


def _maps_image(maps: Any) -> QImage:
    """The first maps of a stage in one row; the picture itself; bars of a dense stage."""
    from visualizer.engine.rendering import bars, mosaic

    if maps.dtype == np.uint8:
        return image_of(enlarged(maps))
    if maps.ndim == 1:
        return image_of(bars(maps, width=160, height=40, columns=min(64, len(maps))))
    first = maps[..., :CHANNELS]
    sheet = mosaic(first, columns=CHANNELS).picture
    times = max(1, round(32 / max(1, maps.shape[0])))
    size = (sheet.shape[1] * times, sheet.shape[0] * times)
    return image_of(cv2.resize(sheet, size, interpolation=cv2.INTER_NEAREST))
