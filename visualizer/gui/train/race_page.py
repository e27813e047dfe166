"""The page of the race: a range test that suggests two rates, and several settings side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from visualizer.engine.training.schedules import SCHEDULES
from visualizer.engine.training.train_settings import OPTIMIZERS
from visualizer.gui.train import text as words
from visualizer.gui.train.plots import LEAST_LOSS, decades, rate_words
from visualizer.gui.train.rate_dial import LEAST, MOST, in_words
from visualizer.gui.train.trial import RaceFrame, RangeFrame
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

RATES = "0.1, 0.01, 0.001"
CHOICES = {
    "schedule": (SCHEDULES[:-1], ("constant", "cosine", "one-cycle")),
    "optimizer": (OPTIMIZERS, ("sgd", "momentum", "adam")),
}
"""Settings that have names, with all of these, and those that race if nobody chooses."""
KINDS = {"learning_rate": "Learning rates", "schedule": "Schedules", "optimizer": "Optimizers"}
"""The settings that can race, with what they are called."""
LEAST_RACERS, MOST_RACERS = 2, 4
COLUMNS = 4
"""Names beside each other."""


class RacePage(QWidget):
    """A range test, after which the training is as it was, and a race of copies of it."""

    wanted = frozenset({"maps"})
    test_wanted = Signal()
    race_wanted = Signal(str, object, int)
    """The name of the setting that differs, its values, and how many epochs."""
    rate_taken = Signal(float)
    racer_taken = Signal(int)
    """The place of one of the race, to go on with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.test_button = QPushButton("Range test")
        self.test_words = note(words.RANGE_HINT)
        self.take_steepest, self.take_valley = QPushButton(), QPushButton()
        self.take_steepest.setToolTip(
            "Where the loss falls fastest: a suggestion, and a careful one"
        )
        self.take_valley.setToolTip("Often a bit faster than the steepest: a suggestion, too")
        self.range_plot = RangePlot()
        self.kind = QComboBox()
        self.kind.setAccessibleName("What races")
        for name, title in KINDS.items():
            self.kind.addItem(title, name)
        self.rates = QLineEdit(RATES)
        self.rates.setAccessibleName("Learning rates to race")
        self.names = {kind: _boxes(*choice) for kind, choice in CHOICES.items()}
        self.epochs = QSpinBox()
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(3)
        self.epochs.setSuffix(" epochs")
        self.epochs.setAccessibleName("Epochs of the race")
        self.race_button = QPushButton("Race")
        self.race_words = note(words.RACE_HINT)
        self.race_plot = RacePlot()
        self.take_words = QLabel("Go on with")
        self.takers = [QPushButton() for _ in range(MOST_RACERS)]
        self._range: RangeFrame | None = None
        self._running = False
        self._of_kind: dict[str, QWidget] = {"learning_rate": self.rates}
        self._build()
        keep_return(self.rates)
        self.test_button.clicked.connect(self.test_wanted)
        self.take_steepest.clicked.connect(lambda: self._take("steepest"))
        self.take_valley.clicked.connect(lambda: self._take("valley"))
        self.race_button.clicked.connect(self._on_race)
        self.rates.returnPressed.connect(self._on_race)
        self.kind.currentIndexChanged.connect(self._on_kind)
        for place, button in enumerate(self.takers):
            button.clicked.connect(lambda _=False, place=place: self.racer_taken.emit(place))
        self._on_kind()
        self.show_range(None)
        self.show_race(None, False)

    def show_frame(self, frame: object) -> None:
        """Nothing here follows the training itself."""
        there = frame is not None
        self.test_button.setEnabled(there)
        self.race_button.setEnabled(there)

    def show_range(self, frame: RangeFrame | None) -> None:
        """Show a range test."""
        self._range = frame
        self.range_plot.show_test(frame)
        for button, rate, name in (
            (self.take_steepest, frame.steepest if frame else None, "steepest"),
            (self.take_valley, frame.valley if frame else None, "valley"),
        ):
            same = button is self.take_steepest and frame is not None and rate == frame.valley
            button.setVisible(rate is not None and not same)
            button.setText(f"Take {in_words(rate)} ({name})" if rate is not None else "")
        told = words.range_words(frame)
        self.test_words.setText(told)
        self.test_words.setVisible(bool(told))

    def show_race(self, frame: RaceFrame | None, running: bool) -> None:
        """Show a race."""
        self._running = running
        racers = frame.racers if frame is not None else ()
        self.race_plot.show_race(frame)
        for place, button in enumerate(self.takers):
            there = place < len(racers) and not running and not racers[place].out
            button.setVisible(there)
            if there:
                button.setText(racers[place].name)
                button.setToolTip(f"Go on with the network that learnt with {racers[place].name}")
        self.take_words.setVisible(any(not button.isHidden() for button in self.takers))
        self.race_button.setText("Stop" if running else "Race")
        self.race_words.setText(words.race_words(frame))

    def _build(self) -> None:
        tests, test = _row()
        for button in (self.test_button, self.take_steepest, self.take_valley):
            test.addWidget(button)
        test.addStretch(1)
        races, race = _row()
        race.addWidget(self.kind)
        race.addWidget(self.rates, 1)
        race.addWidget(self.epochs)
        race.addWidget(self.race_button)
        race.addStretch(0)
        for widget in (self.kind, self.epochs, self.race_button):  # the rates take what is left
            widget.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        for kind, boxes in self.names.items():
            holder = self._of_kind[kind] = QWidget()
            grid = QGridLayout(holder)
            grid.setContentsMargins(0, 0, 0, 0)
            for place, box in enumerate(boxes.values()):
                grid.addWidget(box, *divmod(place, COLUMNS))
        takes, take = _row()
        take.addWidget(self.take_words)
        for button in self.takers:
            take.addWidget(button)
        take.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        plot, lanes = self.range_plot, self.race_plot
        test_title = "RANGE TEST · WHICH RATES WORK HERE?"
        layout.addWidget(panel(tests, self.test_words, plot, title=test_title, stretch=plot), 1)
        names = [each for each in self._of_kind.values() if each is not self.rates]
        below: list[QWidget] = [races, *names, self.race_words, lanes, takes]
        race_title = "RACE · FROM THE SAME WEIGHTS, ON THE SAME BATCHES"
        layout.addWidget(panel(*below, title=race_title, stretch=lanes), 1)

    def _on_kind(self) -> None:
        for kind, widget in self._of_kind.items():
            widget.setVisible(kind == self.kind.currentData())

    def _take(self, which: str) -> None:
        rate = getattr(self._range, which, None)
        if rate is not None:
            self.rate_taken.emit(rate)

    def _on_race(self) -> None:
        kind = self.kind.currentData()
        values: Sequence[object]
        if kind == "learning_rate":
            values, wrong = _rates(self.rates.text()), words.RATES_WRONG
        else:
            values = [name for name, box in self.names[kind].items() if box.isChecked()]
            wrong = words.NAMES_WRONG
        if self._running or LEAST_RACERS <= len(values) <= MOST_RACERS:
            self.race_wanted.emit(kind, values, self.epochs.value())
        else:
            self.race_words.setText(wrong)


def _boxes(names: Sequence[str], checked: Sequence[str]) -> dict[str, QCheckBox]:
    boxes = {name: QCheckBox(name) for name in names}
    for name in checked:
        boxes[name].setChecked(True)
    return boxes


def _rates(text: str) -> list[float]:
    """The rates that are written there; none where one of them cannot be."""
    try:
        rates = [float(each) for each in text.replace(";", ",").split(",")]
    except ValueError:
        return []
    return rates if all(LEAST <= rate <= MOST for rate in rates) else []


def _row() -> tuple[QWidget, QHBoxLayout]:
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    return widget, row


class LowPlot(ThemedPlot):
    """One of two plots that share a page."""

    def minimumSizeHint(self) -> QSize:
        em = self.fontMetrics().height()
        return QSize(12 * em, round(3.5 * em))


class RacePlot(LowPlot):
    """The loss of each racer over the batches, on a logarithmic axis: they may be far apart."""

    def __init__(self) -> None:
        super().__init__(
            "Race",
            Axis("batch"),
            Axis("loss", form=lambda value: f"{value:.4g}", log=True),
            hint="The racers appear here, one colour each.",
        )
        self.set_grid()
        self.set_room("0.0001", "")

    def show_race(self, frame: RaceFrame | None) -> None:
        """Show a race."""
        racers = [each for each in frame.racers if len(each.batches)] if frame is not None else []
        losses = [np.maximum(each.losses, LEAST_LOSS) for each in racers]
        if losses:
            low, high = min(map(np.min, losses)), max(map(np.max, losses))
            ticks = [v for v in loss_ticks(low, high) if low / 2 <= v <= high * 2]
            self.set_ticks("left", [(np.log10(v), f"{v:.4g}") for v in ticks])
        self.show_curves(
            [
                Curve(each.name, each.batches, loss)
                for each, loss in zip(racers, losses, strict=True)
            ]
        )


def loss_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between two numbers; over two decades, the powers."""
    powers = decades(low, high)
    if high / low > 100:
        return powers
    return [factor * power for power in [powers[0] / 10, *powers] for factor in (1, 2, 5)]


class RangePlot(LowPlot):
    """The loss against the rate, with the two suggestions."""

    def __init__(self) -> None:
        form = lambda value: f"{value:.4g}"  # noqa: E731
        super().__init__(
            "Range test",
            Axis("learning rate", log=True),
            Axis("loss", form=form),
            hint="The loss at each rate appears here.",
            labelled=False,
        )
        self.set_grid()
        self.set_room("0.0001", "")
        self.steepest, self.valley = self.add_mark(), self.add_mark()

    def show_test(self, frame: RangeFrame | None) -> None:
        """Show a range test."""
        if frame is None or len(frame.rates) < 2:
            self.show_curves([])
            return
        low, high = float(frame.rates[0]), float(frame.rates[-1])
        self.set_ticks(
            "bottom",
            [(self.on_axis(v), rate_words(v)) for v in decades(low, high)],
        )
        self.show_curves([Curve("loss", frame.rates, frame.losses)])
        for mark, rate, name in (
            (self.steepest, frame.steepest, "steepest"),
            (self.valley, frame.valley, "valley"),
        ):
            mark.show_at(rate if mark is self.valley or rate != frame.valley else None, name)
