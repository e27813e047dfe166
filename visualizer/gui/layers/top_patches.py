"""What excites this unit: the tray ranked by its activation, with the patches that do it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

SHOWN = 6
PATCH = 2.8
"""Heights of a letter that a patch is across: six fit beside each other in a narrow window."""
KEPT_PEAKS = 500


@dataclass(frozen=True)
class Peaks:
    """The strongest activation of every unit of every stage for one picture, and where it is.

    `picture`: uint8 H x W x 3, as the network sees it; `values`: C numbers a stage;
    `places`: C x 2 (row, column) a stage with positions.
    """

    picture: np.ndarray
    values: Mapping[str, np.ndarray]
    places: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Exciting:
    """A specimen's best patch for one unit: what is shown of it."""

    identity: str
    title: str
    value: float
    patch: QImage


def peaks_of(picture: np.ndarray, maps: Mapping[str, np.ndarray]) -> Peaks:
    """Find the peaks in one picture's activations (`maps`: H x W x C or C, by stage)."""
    values, places = {}, {}
    for name, stage in maps.items():
        if stage.ndim == 3:
            flat = stage.reshape(-1, stage.shape[2])
            at = flat.argmax(0)
            values[name] = flat[at, np.arange(flat.shape[1])]
            places[name] = np.stack(np.divmod(at, stage.shape[1]), axis=1)
        else:
            values[name] = stage.copy()
    if picture.dtype != np.uint8:
        picture = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    return Peaks(picture, values, places)


def patch_of(picture: np.ndarray, box: tuple[float, float, float, float] | None) -> np.ndarray:
    """Cut a receptive field (top, left, bottom, right) out of a picture, as far as it is in it."""
    if box is None:
        return picture
    height, width = picture.shape[:2]
    top, left = max(0, int(np.floor(box[0]))), max(0, int(np.floor(box[1])))
    bottom, right = min(height, int(np.ceil(box[2]))), min(width, int(np.ceil(box[3])))
    # A unit may see nothing but the border; then its nearest pixel stands for it.
    top, left = min(top, height - 1), min(left, width - 1)
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]


class PeakCache:
    """Peaks by specimen and fit mode: one forward pass a picture serves every unit of a network.

    Of one network alone: another output or another scaling of its file sees other things.
    """

    def __init__(self, network: Network, size: int = KEPT_PEAKS):
        self.network = network
        self._peaks: OrderedDict[tuple[str, str], Peaks] = OrderedDict()
        self._size = size
        self.computed = 0
        """How many forward passes it has run."""

    def peaks(self, specimen: Specimen, mode: Literal["crop", "fit"]) -> Peaks:
        """Look the peaks of a specimen up, or compute them. For the compute thread only."""
        key = (specimen.id, mode)
        if key not in self._peaks:
            from visualizer.engine.activations import activations

            result = activations(self.network, specimen.picture, mode=mode)
            self._peaks[key] = peaks_of(result.picture, result.maps)
            self.computed += 1
            while len(self._peaks) > self._size:
                self._peaks.popitem(last=False)
        self._peaks.move_to_end(key)
        return self._peaks[key]


def rank(
    specimens: Sequence[Specimen],
    mode: Literal["crop", "fit"],
    stage: str,
    unit: int,
    cache: PeakCache,
) -> Iterator[tuple[Exciting, ...]]:
    """Yield the specimens ranked by a unit's activation, after each one that had to be computed.

    The last one yielded ranks them all; specimens that do not excite the unit are left out.
    """
    field = cache.network.stage(stage).receptive_field
    found: list[tuple[float, Specimen, Peaks]] = []

    def best() -> tuple[Exciting, ...]:
        chosen = sorted(found, key=lambda each: -each[0])[:SHOWN]
        return tuple(shown(value, who, peaks) for value, who, peaks in chosen)

    def shown(value: float, specimen: Specimen, peaks: Peaks) -> Exciting:
        box = None
        if field is not None and stage in peaks.places:
            box = field.box(*map(int, peaks.places[stage][unit]))
        patch = image_of(patch_of(peaks.picture, box))
        return Exciting(specimen.id, specimen.title, value, patch)

    for specimen in specimens:
        known = cache.computed
        peaks = cache.peaks(specimen, mode)
        value = float(peaks.values[stage][unit])
        if value > 0:
            found.append((value, specimen, peaks))
        if cache.computed != known:
            yield best()
    yield best()


class ExcitingPatches(QWidget):
    """Up to six patches in a row, the strongest first; a click, or Enter, chooses the specimen."""

    chosen = Signal(str)
    """The id of a specimen."""

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._title = QLabel("Where the tray excites it most")
        self._title.setProperty("role", "heading")
        self._hint = QLabel()
        self._hint.setProperty("role", "muted")
        self._hint.setWordWrap(True)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._buttons = [self._new_button() for _ in range(SHOWN)]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._title)
        layout.addWidget(self._hint)
        layout.addLayout(self._row)
        self.set_patches((), "Open pictures: those that excite this unit most appear here.")

    @property
    def buttons(self) -> list[QToolButton]:
        """The patches on show, strongest first."""
        return [button for button in self._buttons if not button.isHidden()]

    @property
    def hint(self) -> str:
        """The sentence shown instead of patches."""
        return "" if self._hint.isHidden() else self._hint.text()

    def set_patches(self, patches: Sequence[Exciting], hint: str = "") -> None:
        """Show patches, or the hint if there are none."""
        self._hint.setText(hint or "Nothing in the tray excites this unit.")
        self._hint.setVisible(not patches)
        side = round(PATCH * self.fontMetrics().height())
        for place, button in enumerate(self._buttons):
            button.setVisible(place < len(patches))
            if place >= len(patches):
                continue
            patch = patches[place]
            button.setIconSize(QSize(side, side))
            button.setMinimumWidth(side + 2)
            smooth = patch.patch.width() >= 12
            button.setIcon(QIcon(_squared(patch.patch, side, smooth)))
            button.setText(f"{patch.value:.3g}")
            tip = f"{place + 1}. {patch.title}: {patch.value:.4g}"
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.setProperty("specimen", patch.identity)

    def _new_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("role", "tile")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda: self.chosen.emit(button.property("specimen")))
        self._row.addWidget(button)
        return button


def _squared(image: QImage, side: int, smooth: bool) -> QPixmap:
    """The patch in the middle of a square, so that the numbers below stand in one line."""
    mode = (
        Qt.TransformationMode.SmoothTransformation
        if smooth
        else Qt.TransformationMode.FastTransformation
    )
    patch = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)
    square = QPixmap(side, side)
    square.fill(Qt.GlobalColor.transparent)
    with QPainter(square) as painter:
        painter.drawImage((side - patch.width()) // 2, (side - patch.height()) // 2, patch)
    return square
