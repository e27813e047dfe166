"""One picture through a step of the training, told station by station. On the compute thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtGui import QImage

from visualizer.gui.train.views import enlarged
from visualizer.gui.widgets.image_view import image_of

if TYPE_CHECKING:
    from visualizer.engine.training.probes import LayerTrace, SampleTrace

STEP_DATA = "This is what goes in: brightness from 0 to 1, a number a pixel and colour."
STEP_FORWARD = (
    "Each number is a sum: the numbers that come in, times the weights of this layer, and a bias."
)
STEP_RELU = "{share} of the numbers were negative: they are 0 now, and pass no slope back."
STEP_SOFTMAX = "Each score is raised to e^score, and divided by the sum of all of them."
STEP_LOSS = "How surprised the network is by the right answer, in nats: 0 if it was sure of it."
STEP_BACK = (
    "The slope is probability − target: the right class is pulled up, all others are pushed down."
)
STEP_UPDATE = (
    "The slope is that of the whole batch. The optimizer makes a change of it, and the weight "
    "moves: here are those with the steepest slope."
)
CHANNELS, NUMBERS, ROWS = 8, 8, 5
"""Maps of a layer that are drawn; numbers of it that are written, in a row and below each other."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One station of the loop: its heading, what happens there, its numbers, and a picture."""

    title: str
    text: str
    numbers: str
    image: QImage | None = None


def scenes_of(trace: SampleTrace, classes: Sequence[str]) -> tuple[Scene, ...]:
    """Tell a trace station by station; on the compute thread."""
    picture = trace.picture
    pixels = picture.astype(np.float32) / (255 if picture.dtype == np.uint8 else 1)
    name = classes[trace.label]
    image = image_of(enlarged(picture, 160)) if picture.ndim == 3 else None
    found = [Scene(f"A picture of the batch: “{name}”", STEP_DATA, _values(pixels), image)]
    for layer in trace.layers:
        found += _forward(layer)
    found.append(
        Scene(
            "softmax: scores become probabilities",
            STEP_SOFTMAX,
            _table(
                ("class", "score", "e^score", "probability"),
                [
                    (c, f"{z:+.4f}", f"{np.exp(z):.4g}", f"{p:.4f}")
                    for c, z, p in zip(classes, trace.logits, trace.probabilities, strict=True)
                ],
            ),
        )
    )
    chance = float(trace.probabilities[trace.label])
    found.append(
        Scene(
            f"The loss: −log p({name})",
            STEP_LOSS,
            f"p({name}) = {chance:.6f}\nloss   = −log {chance:.6f} = {trace.loss:.6f}",
        )
    )
    found.append(
        Scene(
            "Backward: the slope of the loss in each score",
            STEP_BACK,
            _table(
                ("class", "probability", "target", "slope"),
                [
                    (c, f"{p:.4f}", "1" if k == trace.label else "0", f"{g:+.4f}")
                    for k, (c, p, g) in enumerate(
                        zip(classes, trace.probabilities, trace.logit_gradient, strict=True)
                    )
                ],
            ),
        )
    )
    for layer in reversed(trace.layers):
        found.append(_update(layer))
    return tuple(found)


def _forward(layer: LayerTrace) -> list[Scene]:
    raw = layer.after if layer.before is None else layer.before
    title = f"{layer.layer} forward"
    found = [Scene(title, STEP_FORWARD, _values(raw), _image(raw))]
    if layer.before is not None:
        share = float((layer.before < 0).mean())
        text = STEP_RELU.format(share=f"{share:.0%}")
        relu = f"{layer.layer}: what is negative becomes 0"
        found.append(Scene(relu, text, _values(layer.after), _image(layer.after)))
    return found


def _update(layer: LayerTrace) -> Scene:
    before, slope, after = (a.ravel() for a in (layer.weight, layer.gradient, layer.new_weight))
    largest = np.argsort(-np.abs(slope))[:NUMBERS]
    rows = [
        (str(tuple(int(i) for i in np.unravel_index(k, layer.weight.shape))),
         f"{before[k]:+.6f}", f"{slope[k]:+.6f}", f"{after[k] - before[k]:+.6f}",
         f"{after[k]:+.6f}")
        for k in largest
    ]  # fmt: skip
    shape = " × ".join(map(str, layer.weight.shape))
    return Scene(
        f"{layer.layer} backward, and the update of its {shape} weights",
        STEP_UPDATE,
        _table(("weight", "before", "slope", "change", "after"), rows),
    )


def _values(values: np.ndarray) -> str:
    """The numbers of a row, or of the middle rows of the first map."""
    if values.ndim == 1:
        shown = values[:64]
        lines = [shown[i : i + NUMBERS] for i in range(0, len(shown), NUMBERS)]
        more = f"\n… of {len(values)} numbers" if len(values) > len(shown) else ""
    else:
        first = values[..., 0]
        top = max(0, (first.shape[0] - ROWS) // 2)
        left = max(0, (first.shape[1] - NUMBERS) // 2)
        lines = list(first[top : top + ROWS, left : left + NUMBERS])
        size = " × ".join(map(str, values.shape[:2]))
        more = f"\n… the middle of map 1 of {values.shape[2]}, {size}"
    return "\n".join(" ".join(f"{value:+8.3f}" for value in line) for line in lines) + more


def _image(values: np.ndarray) -> QImage | None:
    if values.ndim != 3:
        return None
    from visualizer.engine.rendering import mosaic

    sheet = mosaic(values[..., :CHANNELS], columns=CHANNELS, colour_map="signed").picture
    times = max(1, 60 // values.shape[0])
    size = (sheet.shape[1] * times, sheet.shape[0] * times)
    return image_of(cv2.resize(sheet, size, interpolation=cv2.INTER_NEAREST))


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    every = [header, *rows]
    widths = [max(len(str(row[k])) for row in every) for k in range(len(header))]
    return "\n".join(
        "  ".join(str(value).rjust(width) for value, width in zip(row, widths, strict=True))
        for row in every
    )
