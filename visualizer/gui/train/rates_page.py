"""The page of the rates: a range test that suggests two, and a race of several side by side."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget

from visualizer.gui.train import text as words
from visualizer.gui.train.plots import decades, rate_words
from visualizer.gui.train.rate_dial import LEAST, MOST, in_words
from visualizer.gui.train.trial import RaceFrame, RangeFrame
from visualizer.gui.widgets.panel import note, panel
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot

RATES = "0.1, 0.01, 0.001"
MOST_RACERS = 4
ROOM_ABOVE = 1.3
"""Times the first loss, up to which the losses of a race are drawn."""


class RatesPage(QWidget):
    """A range test, after which the training is as it was, and a race of copies of it."""

    wanted = frozenset({"maps"})
    test_wanted = Signal()
    race_wanted = Signal(object, int)
    """The rates, and how many epochs."""
    rate_taken = Signal(float)
    racer_taken = Signal(int)
    """The place of one of the race, to go on with."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.test_button = QPushButton("Range test")
        self.test_words = note(words.RANGE_HINT)
        self.take_steepest, self.take_valley = QPushButton(), QPushButton()
        self.range_plot = RangePlot()
        self.rates = QLineEdit(RATES)
        self.rates.setAccessibleName("Learning rates to race")
        self.epochs = QSpinBox()
        self.epochs.setRange(1, 1000)
        self.epochs.setValue(3)
        self.epochs.setSuffix(" epochs")
        self.epochs.setAccessibleName("Epochs of the race")
        self.race_button = QPushButton("Race")
        self.race_words = note(words.RACE_HINT)
        self.race_plot = ThemedPlot(
            "Race",
            Axis("batch"),
            Axis("loss", form=lambda value: f"{value:.4g}"),
            hint="The rates race here, one colour each.",
        )
        self.takers = [QPushButton() for _ in range(MOST_RACERS)]
        self._range: RangeFrame | None = None
        self._build()
        keep_return(self.rates)
        self.test_button.clicked.connect(self.test_wanted)
        self.take_steepest.clicked.connect(lambda: self._take("steepest"))
        self.take_valley.clicked.connect(lambda: self._take("valley"))
        self.race_button.clicked.connect(self._on_race)
        self.rates.returnPressed.connect(self._on_race)
        for place, button in enumerate(self.takers):
            button.clicked.connect(lambda _=False, place=place: self.racer_taken.emit(place))
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
        self.test_words.setText(words.range_words(frame))

    def show_race(self, frame: RaceFrame | None, running: bool) -> None:
        """Show a race."""
        racers = frame.racers if frame is not None else ()
        shown = [r for r in racers if len(r.batches)]
        most = ROOM_ABOVE * max((r.losses[0] for r in shown), default=1.0)
        self.race_plot.set_ranges(y=(0, most))
        self.race_plot.show_curves(
            [Curve(in_words(r.rate), r.batches, np.minimum(r.losses, most)) for r in shown]
        )
        for place, button in enumerate(self.takers):
            there = place < len(racers) and not running and not racers[place].out
            button.setVisible(there)
            if there:
                button.setText(f"Go on with {in_words(racers[place].rate)}")
        self.race_button.setText("Stop" if running else "Race")
        self.race_words.setText(words.race_words(frame))

    def _build(self) -> None:
        tests, test = QWidget(), QHBoxLayout()
        test.setContentsMargins(0, 0, 0, 0)
        tests.setLayout(test)
        for widget in (self.test_button, self.take_steepest, self.take_valley):
            test.addWidget(widget)
        test.addStretch(1)
        races, race = QWidget(), QHBoxLayout()
        race.setContentsMargins(0, 0, 0, 0)
        races.setLayout(race)
        race.addWidget(self.rates, 1)
        race.addWidget(self.epochs)
        race.addWidget(self.race_button)
        takes, take = QWidget(), QHBoxLayout()
        take.setContentsMargins(0, 0, 0, 0)
        takes.setLayout(take)
        for button in self.takers:
            take.addWidget(button)
        take.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        plot = self.range_plot
        layout.addWidget(
            panel(tests, self.test_words, plot, title="WHICH RATES WORK HERE?", stretch=plot), 1
        )
        lanes = self.race_plot
        layout.addWidget(
            panel(races, self.race_words, lanes, takes, title="A RACE", stretch=lanes), 1
        )

    def _take(self, which: str) -> None:
        rate = getattr(self._range, which, None)
        if rate is not None:
            self.rate_taken.emit(rate)

    def _on_race(self) -> None:
        try:
            rates = [float(each) for each in self.rates.text().replace(";", ",").split(",")]
        except ValueError:
            rates = []
        if not 2 <= len(rates) <= MOST_RACERS or not all(LEAST <= r <= MOST for r in rates):
            self.race_words.setText(words.RATES_WRONG)
            return
        self.race_wanted.emit(rates, self.epochs.value())


class RangePlot(ThemedPlot):
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
