"""Lesson 2: the network with a picture a neuron, its answer in the plane, and the losses."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from visualizer.engine.errors import UserError
from visualizer.engine.lessons.playground import (
    MOST_LAYERS,
    MOST_NEURONS,
    RECIPE,
    PlaygroundDetails,
    PlaygroundState,
    from_recipe,
    recipe,
    with_point,
    with_point_moved,
    with_weight,
    without_point,
)
from visualizer.engine.lessons.playground_data import FEATURES, REACH
from visualizer.engine.lessons.playground_keras import keras_code
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.session import Change
from visualizer.gui.learn.lesson_view import AT_ONCE, LessonView
from visualizer.gui.learn.plane import Plane
from visualizer.gui.learn.wiring import Wiring
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.themed_plot import Axis, Curve, ThemedPlot
from visualizer.gui.workspace import Action

if TYPE_CHECKING:
    from visualizer.engine.lessons.run import LessonRun
    from visualizer.gui.core.session import Session

COLOURS = {"Orange": 1.0, "Blue": -1.0}
Weight = tuple[int, int, int]


class PlaygroundView(LessonView):
    """Everything on show can be changed by mouse: weights, features, layers, points."""

    speed = AT_ONCE
    tour_steps = 120

    def __init__(self, session: Session, run: LessonRun[Any, Any]) -> None:
        super().__init__(session, run)
        self.epoch, self.weight_told = note("", role="name"), note("")
        self.wiring, self.plane = Wiring(), Plane("The points, and the answer everywhere", REACH)
        self.losses = ThemedPlot("Loss", Axis("epoch"), Axis("loss"), hint="Press Space to learn.")
        self.editor = QLineEdit(self.wiring)
        self.editor.setAccessibleName("The weight")
        self.editor.hide()
        self.colour = QComboBox()
        self.colour.addItems(list(COLOURS))
        self.colour.setAccessibleName("The colour of points that are added")
        self.half_rate = QPushButton("Half the learning rate")
        self.keep, self.open = QPushButton("To the tray"), QPushButton("Open the chosen picture")
        self.copy = QPushButton("Copy as Keras code")
        right = QVBoxLayout()
        right.addWidget(self.plane, 3)
        right.addWidget(self.losses, 2)
        middle = QHBoxLayout()
        middle.addWidget(self.wiring, 5)
        middle.addLayout(right, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.epoch)
        layout.addLayout(middle, 1)
        layout.addWidget(self.weight_told)
        self._edited: Weight | None = None
        self._shown: tuple[np.ndarray, np.ndarray] | None = None
        self._going_on = False
        self._tell(None)
        self._connect()

    def _connect(self) -> None:
        wiring, plane = self.wiring, self.plane
        wiring.weight_hovered.connect(self._tell)
        wiring.weight_clicked.connect(self._edit)
        wiring.feature_clicked.connect(self._toggle_feature)
        wiring.neurons_changed.connect(self._change_neurons)
        wiring.layers_changed.connect(self._change_layers)
        self.editor.returnPressed.connect(self._enter)
        self.editor.editingFinished.connect(self.editor.hide)
        plane.grasped.connect(lambda _: self._begin())
        plane.moved.connect(self._move)
        plane.clicked.connect(self._add)
        plane.removed.connect(self._remove)
        self.half_rate.clicked.connect(self._halve)
        self.keep.clicked.connect(self._to_tray)
        self.open.clicked.connect(self._open)
        self.copy.clicked.connect(self._copy)

    def controls(self) -> Sequence[QWidget]:
        words = note("Click in the plane to add a point that is")
        return (words, self.colour, self.half_rate, self.keep, self.open, self.copy)

    def own_actions(self) -> Sequence[Action]:
        press = Action.press
        return [
            press("half rate", "Half the learning rate", "/", self.half_rate),
            press("to tray", "Put a picture with all weights in the tray", "T", self.keep),
            press("open recipe", "Go on from the chosen picture", "O", self.open),
            press("keras code", "Copy the network as Keras code", "K", self.copy),
        ]

    def follow(self, change: Change) -> None:
        if change & Change.PICTURE:
            specimen = self.session.specimen
            made = specimen.provenance.settings if specimen is not None else {}
            self.open.setEnabled(f"{RECIPE} 0" in made)

    # What is on show

    def draw(self) -> None:
        state, settings = self.run.state, self.run.settings
        used = [place for place, name in enumerate(FEATURES) if getattr(settings, name)]
        names = [each[0] for each in FEATURES.values()]
        self.wiring.show_network(names, used, settings.shape.matrices(state.weights))
        if self._shown is None or self._shown[0] is not state.points:
            self._shown = state.points, state.targets
            self.plane.show_points(state.points, state.targets)
        if not len(state.points):
            self.epoch.setText("There is no point; click in the plane.")
        else:
            self.epoch.setText(
                f"Epoch {state.epoch:,} · loss of training {state.train_loss:.4f} · "
                f"of test {state.test_loss:.4f}"
            )
        epochs, train, test = state.losses.T
        curves = [Curve("training", epochs, train), Curve("test", epochs, test)]
        good = [each for each in curves if len(epochs) > 1 and np.isfinite(each.y).all()]
        self.losses.show_curves(good)

    def draw_details(self, details: PlaygroundDetails) -> None:
        self.wiring.show_pictures([details.features, *details.neurons])
        self.plane.show_field(details.neurons[-1][0])

    # Weights

    def name_of(self, weight: Weight) -> str:
        """A weight in words."""
        layer, neuron, source = weight
        settings = self.run.settings
        sizes = settings.shape.sizes
        to = (
            "the output" if layer == len(sizes) - 2 else f"neuron {neuron + 1} of layer {layer + 1}"
        )
        if source == sizes[layer]:
            return f"Bias of {to}"
        start = FEATURES[settings.features[source]][0] if not layer else f"neuron {source + 1}"
        return f"Weight from {start} to {to}"

    def value_of(self, weight: Weight) -> float:
        """A weight."""
        return float(self.run.state.weights[self.run.settings.shape.place(*weight)])

    def _tell(self, weight: Weight | None) -> None:
        hint = "Point at a line to see its weight, click to type another."
        words = f"{self.name_of(weight)}: {self.value_of(weight):.6g}" if weight else hint
        self.weight_told.setText(words)

    def _edit(self, weight: Weight, at: QPointF) -> None:
        self._edited = weight
        em = self.fontMetrics().height()
        self.editor.setText(repr(self.value_of(weight)))
        self.editor.resize(9 * em, round(1.8 * em))
        x = min(at.x(), self.wiring.width() - self.editor.width())
        y = min(at.y(), self.wiring.height() - self.editor.height())
        self.editor.move(round(x), round(y))
        self.editor.show()
        self.editor.selectAll()
        self.editor.setFocus()

    def _enter(self) -> None:
        settings, weight = self.run.settings, self._edited
        sizes = settings.shape.sizes
        self.editor.hide()
        if weight is None or weight[0] >= len(sizes) - 1:
            return
        with self._told():
            try:
                value = float(self.editor.text().replace("−", "-").replace(",", "."))
            except ValueError:
                value = float("nan")
            place = settings.shape.place(*weight)
            self.edited.emit(with_weight(self.run.state, settings, place, value), False)

    # The network

    def _toggle_feature(self, row: int) -> None:
        name = list(FEATURES)[row]
        settings = self.run.settings
        self.chosen.emit(replace(settings, **{name: not getattr(settings, name)}))

    def _change_neurons(self, layer: int, by: int) -> None:
        settings, name = self.run.settings, f"neurons_{layer + 1}"
        count = getattr(settings, name) + by
        if 1 <= count <= MOST_NEURONS:
            self.chosen.emit(replace(settings, **{name: count}))

    def _change_layers(self, by: int) -> None:
        settings = self.run.settings
        if 0 <= settings.hidden_layers + by <= MOST_LAYERS:
            self.chosen.emit(replace(settings, hidden_layers=settings.hidden_layers + by))

    def _halve(self) -> None:
        settings = self.run.settings
        rate = max(settings.learning_rate / 2, 0.00001)
        self.chosen.emit(replace(settings, learning_rate=rate))

    # Points

    def _begin(self) -> None:
        self._going_on = False

    def _move(self, place: int, x: float, y: float) -> None:
        state = with_point_moved(self.run.state, self.run.settings, place, (x, y))
        self.edited.emit(state, self._going_on)
        self._going_on = True

    def _add(self, x: float, y: float) -> None:
        with self._told():
            target = COLOURS[self.colour.currentText()]
            self._change(with_point(self.run.state, self.run.settings, (x, y), target))

    def _remove(self, place: int) -> None:
        self._change(without_point(self.run.state, self.run.settings, place))

    def _change(self, state: PlaygroundState) -> None:
        self.edited.emit(state, False)

    # Pictures and code

    def _to_tray(self) -> None:
        state, settings = self.run.state, self.run.settings
        image = self.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        width, height = image.width(), image.height()
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
        pixels = rows[:, : 3 * width].reshape(height, width, 3).copy()

        def make() -> Specimen:
            made = Provenance("lesson", "playground", recipe(state, settings), state.seed)
            return Specimen(pixels, f"{settings.data}, epoch {state.epoch}", made)

        self.to_tray(make)

    def _open(self) -> None:
        specimen = self.session.specimen
        if specimen is None:
            return
        with self._told():
            made = specimen.provenance
            settings, state = from_recipe(made.settings, made.seed or 0)
            self.chosen.emit(settings)
            self.edited.emit(state, False)

    def _copy(self) -> None:
        code = keras_code(self.run.state, self.run.settings)
        QGuiApplication.clipboard().setText(code)
        self.session.say("The network is copied as Keras code; paste it into a Python file.")

    def _told(self) -> contextlib.AbstractContextManager[None]:
        return _telling(self)


@contextlib.contextmanager
def _telling(view: LessonView) -> Any:
    """Say to the user what cannot be done."""
    try:
        yield
    except UserError as error:
        view.refused.emit(str(error))
