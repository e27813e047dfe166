from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication, QHelpEvent, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

from visualizer.gui.core.session import Change
from visualizer.gui.shell.prediction_bars import PredictionBars
from visualizer.gui.shell.stable_ranking import PATIENCE, SECONDS

NAMES = ["espresso", "orange", "lemon", "teapot", "goldfish", "torch", *map(str, range(6, 20))]


class Stage:
    """The bars, and a hand on what the network answers and on the clock."""

    def __init__(self, qtbot, session, names=NAMES):
        self.now = 0.0
        self.session, self.names = session, names
        session.network = SimpleNamespace(
            gives_values=False, classes=names, label=lambda i: names[i] if names else f"class {i}"
        )
        self.bars = PredictionBars(session, clock=lambda: self.now)
        qtbot.addWidget(self.bars)
        self.bars.resize(700, 200)
        self.bars.show()
        self.qtbot = qtbot

    def answer(self, *values, total=20, after=0.0):
        """Give the first classes these values; the others share the rest of 1."""
        self.now += after
        rest = max(0.0, 1 - sum(values)) / max(1, total - len(values))
        probabilities = np.full(total, rest)
        probabilities[: len(values)] = values
        self.session.activations = SimpleNamespace(probabilities=probabilities)
        self.session.changed.emit(Change.ACTIVATIONS)

    def raw(self, values):
        self.session.activations = SimpleNamespace(probabilities=np.array(values))
        self.session.changed.emit(Change.ACTIVATIONS)

    @property
    def labels(self):
        return [answer.label for answer in self.bars.answers]

    @property
    def said(self):
        return self.bars.bars.accessibleDescription()


@pytest.fixture
def stage(qtbot, session):
    return Stage(qtbot, session)


def accent_in_row(bars, row):
    """How many pixels of the accent colour a row has."""
    image = bars.grab().toImage()
    accent = bars.palette().color(QPalette.ColorRole.Accent)
    height = bars.row_height()
    return sum(
        image.pixelColor(x, y) == accent
        for x in range(image.width())
        for y in range(int(row * height), int((row + 1) * height))
    )


def test_without_a_network_the_panel_says_what_will_be_here(qtbot, session):
    bars = PredictionBars(session)
    qtbot.addWidget(bars)
    assert bars.answers == []
    blank = bars.bars.grab().toImage()
    first = blank.pixel(0, 0)
    pixels = (blank.pixel(x, y) for x in range(blank.width()) for y in range(blank.height()))
    assert any(pixel != first for pixel in pixels)  # words are painted


def test_the_five_strongest_classes_are_shown_in_order_with_percentages(qtbot, stage):
    stage.answer(0.3, 0.4, 0.1, 0.05, 0.02, 0.06)
    assert stage.labels == ["orange", "espresso", "lemon", "torch", "teapot"]
    assert stage.said.startswith("orange 40.0%, espresso 30.0%, lemon 10.0%")
    qtbot.waitUntil(lambda: stage.bars.bars.settled)
    lengths = [accent_in_row(stage.bars.bars, row) for row in range(3)]
    assert lengths[0] > lengths[1] > lengths[2] > 0
    assert lengths[0] / lengths[1] == pytest.approx(4 / 3, rel=0.1)


def test_rows_stay_in_place_while_the_camera_runs(stage):
    stage.answer(0.5, 0.2, 0.1, 0.05, 0.04)
    stage.session.live = True
    stage.session.changed.emit(Change.LIVE)
    stage.answer(0.5, 0.2, 0.1, 0.05, 0.04)
    before = stage.labels
    for k in range(60):
        wave = 0.15 * np.sin(k)
        stage.answer(0.3 - wave, 0.3 + wave, 0.1, 0.05 - wave / 5, 0.05 + wave / 5, after=1 / 30)
        assert stage.labels == before
    stage.session.live = False
    stage.session.changed.emit(Change.LIVE)
    stage.answer(0.1, 0.5, 0.2, 0.05, 0.04)
    assert stage.labels[:2] == ["orange", "lemon"]  # a still picture is sorted


def test_a_new_class_takes_the_row_of_the_one_that_fell(stage):
    stage.session.live = True
    stage.session.changed.emit(Change.LIVE)
    stage.answer(0.5, 0.2, 0.1, 0.05, 0.04, 0.01)
    stage.answer(0.3, 0.2, 0.1, 0.05, 0.04, 0.3, after=0.1)
    assert stage.labels == ["espresso", "orange", "lemon", "teapot", "torch"]


def test_a_class_that_is_only_just_ahead_waits(stage):
    stage.session.live = True
    stage.session.changed.emit(Change.LIVE)
    stage.answer(0.5, 0.2, 0.1, 0.05, 0.040, 0.01)
    stage.answer(0.5, 0.2, 0.1, 0.05, 0.040, 0.042, after=0.1)
    assert "torch" not in stage.labels
    stage.answer(0.5, 0.2, 0.1, 0.05, 0.040, 0.042, after=PATIENCE)
    assert stage.labels[4] == "torch"


def test_holding_the_camera_keeps_the_curve(stage):
    stage.session.live = True
    stage.session.changed.emit(Change.LIVE)
    for _ in range(20):
        stage.answer(0.5, after=1.0)
    stage.session.changed.emit(Change.LIVE)  # held
    curve = stage.bars.history.curve(0)
    assert len(curve) == SECONDS + 1
    assert curve[0][0] == pytest.approx(1.0)
    assert curve[-1] == (0.0, 0.5)


def test_the_curve_is_painted_while_the_camera_runs(qtbot, stage):
    stage.answer(0.5, 0.2)
    qtbot.waitUntil(lambda: stage.bars.bars.settled)
    still = accent_in_row(stage.bars.bars, 0)
    stage.session.live = True
    stage.session.changed.emit(Change.LIVE)
    for k in range(30):
        stage.answer(0.5 + 0.4 * (k % 2), 0.2, after=0.3)
    stage.answer(0.0, 0.2, after=0.3)
    qtbot.waitUntil(lambda: stage.bars.bars.settled)
    image = stage.bars.bars.grab().toImage()
    middle = int(stage.bars.bars.row_height() / 2)
    row = [image.pixelColor(x, middle) for x in range(image.width() * 3 // 4, image.width())]
    assert still > 0
    assert len({colour.rgb() for colour in row}) > 5  # the zigzag crosses this line


def test_an_unsure_network_is_called_unsure_without_flicker(stage):
    stage.answer(0.9)
    assert stage.bars.hint.text() == ""
    stage.answer(0.19, 0.1)
    assert "20 classes" in stage.bars.hint.text()
    stage.answer(0.22, 0.1)
    assert stage.bars.hint.text()
    stage.answer(0.27, 0.1)
    assert stage.bars.hint.text() == ""


def test_two_pictures_have_two_bars_a_class(stage):
    stage.answer(0.9, 0.02, 0.03)
    low = stage.bars.bars.sizeHint().height()
    other = np.full(20, 0.01)
    other[2] = 0.81
    stage.session.compared_activations = SimpleNamespace(probabilities=other)
    stage.session.changed.emit(Change.COMPARED_ACTIVATIONS)
    assert [(a.label, a.value, a.other) for a in stage.bars.answers[:2]] == [
        ("espresso", 0.9, 0.01),
        ("lemon", 0.03, 0.81),
    ]
    assert stage.bars.bars.sizeHint().height() > low
    stage.session.compared_activations = None
    stage.session.changed.emit(Change.COMPARED_ACTIVATIONS)
    assert stage.bars.answers[0].other is None


def test_a_network_without_names_shows_class_numbers(qtbot, session):
    stage = Stage(qtbot, session, names=[])
    stage.answer(0.1, 0.6)
    assert stage.labels[:2] == ["class 1", "class 0"]


def test_one_number_for_two_classes_is_shown_as_two(qtbot, session):
    stage = Stage(qtbot, session, names=["cat", "dog"])
    stage.raw([0.25])
    assert stage.said == "cat 75.0%, dog 25.0%"


def test_plain_numbers_are_not_shown_as_percentages(qtbot, session):
    stage = Stage(qtbot, session, names=[])
    stage.raw([1.5, -42.25, 0.125])
    assert stage.said == "class 1 -42.25, class 0 1.5, class 2 0.125"
    assert stage.bars.hint.text() == ""


def test_long_names_are_whole_in_the_tooltip_and_the_numbers_can_be_copied(qtbot, session):
    names = ["x" * 300, "short"]
    stage = Stage(qtbot, session, names=names)
    stage.answer(0.75, total=2)
    bars = stage.bars.bars
    spot = QPoint(5, 5)
    QApplication.sendEvent(bars, QHelpEvent(QEvent.Type.ToolTip, spot, bars.mapToGlobal(spot)))
    assert QToolTip.text().startswith(f"{'x' * 300} (class 0): 75.0%\n")
    bars.setFocus()
    qtbot.keyClick(bars, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == f"{'x' * 300}\t75.0%\nshort\t25.0%"
    QToolTip.hideText()


def test_another_network_with_fewer_classes_may_follow_at_any_time(qtbot, session):
    stage = Stage(qtbot, session)
    session.live = True
    session.changed.emit(Change.LIVE)
    stage.answer(*[0.01] * 15, 0.5)
    session.network = SimpleNamespace(gives_values=False, classes=[], label=lambda i: f"class {i}")
    stage.raw([0.5, 0.3, 0.2])
    assert stage.labels == ["class 0", "class 1", "class 2"]


def test_a_click_on_an_answer_makes_its_class_the_unit(qtbot, open_session, colours, settle):
    open_session.add(colours[0])
    bars = PredictionBars(open_session)
    qtbot.addWidget(bars)
    bars.resize(700, 200)
    bars.show()
    settle(open_session.compute)
    asked = []
    bars.stimulus_wanted.connect(lambda: asked.append(1))
    second = bars.answers[1].index
    place = QPoint(20, round(1.5 * bars.bars.row_height()))
    qtbot.mouseClick(bars.bars, Qt.MouseButton.LeftButton, pos=place)
    assert (open_session.stage, open_session.unit, asked) == ("output", second, [])
    qtbot.mouseDClick(bars.bars, Qt.MouseButton.LeftButton, pos=place)
    assert asked == [1]


def test_a_regression_is_shown_as_its_value(qtbot, session, plate, settle, explore, monkeypatch):
    import keras

    layers = [
        keras.layers.Input((16, 16, 3)),
        keras.layers.Conv2D(3, 3, name="conv"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1, name="age"),
    ]
    network = explore(keras.Sequential(layers), title="Ages")
    kernel = network.model.layers[-1].kernel
    kernel.assign(kernel / 4)  # an answer that could be taken for a probability

    def opening(*_, **__):
        return network
        yield

    monkeypatch.setattr("visualizer.models.catalog.opening", opening)
    bars = PredictionBars(session)
    qtbot.addWidget(bars)
    bars.show()
    session.open_network("ages")
    session.add(plate("red"))
    settle(session.compute)
    value = float(session.activations.probabilities.ravel()[0])
    assert 0 < value < 1
    assert bars.bars.accessibleDescription() == f"output 0 {value:.4g}"
