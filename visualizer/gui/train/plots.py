"""Loss, accuracy and learning rate over the epochs, below each other on one axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from visualizer.gui.train.training_session import TrainFrame
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

LEAST_LOSS = 1e-6
"""Where a loss is drawn that is less, on a logarithmic axis."""
MOST_RATE, LEAST_RATE = 10.0, 1e-6
TICKS = 8
"""Epochs that are named at most."""


class EpochPlot(ThemedPlot):
    """Curves over the epochs of a training, all of which it shows from the beginning on."""

    def __init__(self, name: str, y: Axis, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(name, Axis("epoch"), y, parent, hint=hint)
        self.set_grid()
        self.set_room("0.00001", "adversarial")
        self._epochs = 0

    def show_epochs(self, epochs: int) -> None:
        """Show so many."""
        if epochs != self._epochs:
            self._epochs = epochs
            self.set_ranges(x=(0, epochs))
            step = epoch_step(epochs)
            self.set_ticks("bottom", [(each, str(each)) for each in range(0, epochs + 1, step)])

    def sizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(24 * em, 9 * em)

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, 4 * em)


class LossPlot(EpochPlot):
    """The loss of the batches, smoothed, and of the validation pictures."""

    def __init__(self) -> None:
        axis = Axis("loss", form=lambda value: f"{value:.4g}")
        super().__init__("Loss", axis, "The loss appears here: how wrong the network is.")

    def show_frame(self, frame: TrainFrame) -> None:
        """Show a training."""
        curves = frame.curves
        self.show_epochs(frame.settings.epochs)
        floor = LEAST_LOSS if self._axes["left"].log else 0.0
        self.show_curves(
            _there(
                Curve("training", curves.x, np.maximum(curves.loss, floor)),
                Curve("validation", curves.epochs, np.maximum(curves.validation_loss, floor)),
            )
        )


class AccuracyPlot(EpochPlot):
    """The share of right answers; of perturbed pictures too, where it trains on them."""

    def __init__(self) -> None:
        axis = Axis("accuracy (%)", form=lambda value: f"{value:.4g}")
        super().__init__("Accuracy", axis, "The share of right answers appears here.")

    def show_frame(self, frame: TrainFrame) -> None:
        """Show a training."""
        curves = frame.curves
        self.show_epochs(frame.settings.epochs)
        self.show_curves(
            _there(
                Curve("training", curves.x, 100 * curves.accuracy),
                Curve("validation", curves.epochs, 100 * curves.validation_accuracy),
                Curve("adversarial", curves.epochs, 100 * curves.adversarial_accuracy),
            )
        )


class RatePlot(EpochPlot):
    """The learning rate, as it was and as it will be; the mouse draws what is to come."""

    redrawn = Signal(object)
    """What the mouse drew: (epoch, learning rate) of each point, in the order drawn."""

    def __init__(self) -> None:
        axis = Axis("learning rate", form=rate_words, log=True)
        super().__init__("Learning rate", axis, "The learning rate appears here.")
        self.setToolTip("Draw with the mouse how the learning rate shall go on")
        self.viewport().setCursor(Qt.CursorShape.CrossCursor)
        self._frame: TrainFrame | None = None
        self._stroke: list[tuple[float, float]] = []

    def show_frame(self, frame: TrainFrame) -> None:
        """Show a training."""
        self._frame = frame
        if self._stroke:
            return  # what is being drawn is not taken away
        self.show_epochs(frame.settings.epochs)
        progress, rates = frame.planned
        at = progress * frame.settings.epochs
        ahead = at > frame.epoch
        x = np.concatenate([[frame.epoch], at[ahead]])
        to_come = np.concatenate([[frame.learning_rate], rates[ahead]])
        low, high = rate_range(frame)
        was = [Curve("so far", frame.curves.x, np.clip(frame.curves.rate, low, high))]
        if not len(frame.curves.x):
            was = []
        self.setYRange(np.log10(low), np.log10(high), padding=0)
        self.set_ticks("left", [(np.log10(each), rate_words(each)) for each in decades(low, high)])
        self.show_curves([*was, Curve("to come", x, np.clip(to_come, low, high))])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._frame is not None:
            self._draw(event.position())
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._stroke and event.buttons() & Qt.MouseButton.LeftButton:
            self._draw(event.position())
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        stroke, self._stroke = self._stroke, []
        if stroke:
            self.redrawn.emit(stroke)
        super().mouseReleaseEvent(event)

    def _draw(self, at: QPointF) -> None:
        frame = self._frame
        assert frame is not None
        place = self.getViewBox().mapSceneToView(at)
        epoch = min(max(place.x(), frame.epoch), frame.settings.epochs)
        rate = min(max(10 ** place.y(), LEAST_RATE), MOST_RATE)
        self._stroke.append((float(epoch), float(rate)))
        x, y = np.array(sorted(self._stroke)).T
        kept = [each for each in self.curves if each.name != "drawn"]
        self.show_curves([*kept, Curve("drawn", x, y)])


def _there(*curves: Curve) -> list[Curve]:
    """The curves without the points that are no numbers, and none without points."""
    found = []
    for curve in curves:
        there = np.isfinite(curve.y)
        if there.any():
            found.append(Curve(curve.name, curve.x[there], curve.y[there]))
    return found


def rate_range(frame: TrainFrame) -> tuple[float, float]:
    """Where the learning rate was and will be, with room to draw in: two or more decades."""
    rates = np.concatenate([frame.curves.rate, frame.planned[1], [frame.settings.learning_rate]])
    most = max(float(rates.max()), LEAST_RATE)
    low = max(float(rates[rates > 0].min(initial=most)), most * 1e-4)
    return 10.0 ** np.floor(np.log10(low) - 0.5), 10.0 ** np.ceil(np.log10(most) + 0.3)


def decades(low: float, high: float) -> list[float]:
    """The powers of ten from one number to another."""
    first, last = round(np.log10(low)), round(np.log10(high))
    return [10.0**each for each in range(first, last + 1)]


def epoch_step(epochs: int) -> int:
    """How many epochs apart the ticks are: 1, 2 or 5 times a power of ten."""
    step = 1
    for factor in _factors():
        step = factor
        if epochs / step <= TICKS:
            break
    return step


def _factors() -> Sequence[int]:
    return [each * 10**power for power in range(7) for each in (1, 2, 5)]


def rate_words(value: float) -> str:
    """A power of ten as people read it: 0.01, 1e-4."""
    return f"{value:.0e}".replace("e-0", "e-") if value < 1e-3 else f"{value:g}"
