"""The side column: what is trained on what, and how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from visualizer.engine.training.train_settings import TrainSettings
from visualizer.gui.train import text as words
from visualizer.gui.train.choice import DATA, FOLDER, MODELS, SIDES, Choice, transferable
from visualizer.gui.train.own_classes import OwnClasses
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.return_key import keep_return
from visualizer.gui.widgets.settings_form import SettingsForm
from visualizer.models.training_data import OWN

TRANSFER = "transfer:"
"""Before the names of networks that are cut, in the box of the networks."""
MOST_UNFROZEN = 200
OWN_LAYERS = "layers"
"""What stands there for layers that are built by hand."""


class TrainControls(ControlColumn):
    """From the top: the pictures, the network, and the settings, which count at once."""

    chosen = Signal()
    """Other pictures, or another network."""
    folder_wanted = Signal()

    def __init__(self, current: Callable[[], np.ndarray | None]) -> None:
        super().__init__()
        self._folder, self._stage = "", "auto"
        self._layers: list[dict[str, Any]] | None = None
        self.data, self.model, self.side = QComboBox(), QComboBox(), QComboBox()
        for box, titles, name in (
            (self.data, DATA, "Pictures"),
            (self.model, MODELS, "Network"),
        ):
            for key, title in titles.items():
                box.addItem(title, key)
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(box.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(14)
        self.show_networks()
        self.model.setCurrentIndex(self.model.findData("lenet"))
        self.stage = QLineEdit("auto")
        self.stage.setAccessibleName("Cut at the stage")
        self.stage.setToolTip(
            "The stage at which the network is cut; auto is the last before its output"
        )
        self.unfrozen = QSpinBox()
        self.unfrozen.setRange(0, MOST_UNFROZEN)
        self.unfrozen.setSpecialValueText("none")
        self.unfrozen.setKeyboardTracking(False)
        self.unfrozen.setAccessibleName("Stages that are unfrozen")
        self.unfrozen.setToolTip(words.UNFREEZE_TIP)
        for side in SIDES:
            self.side.addItem(f"{side} × {side} pixels", side)
        self.side.setAccessibleName("Brought to")
        self.folder_button = QPushButton("Choose a folder…")
        self.folder_words = note("")
        self.own = OwnClasses(current)
        self.chosen_words = note("")
        self.settings = SettingsForm(TrainSettings, hidden=("learning_rate",))
        self.heading("What")
        self.form(("Pictures", self.data), ("Network", self.model))
        self._of_folder = _row(self.folder_button)
        self._of_own = QWidget()
        self.add(self._of_folder, self.folder_words, self.own)
        self._sized = _row(note("Brought to"), self.side)
        self._cut = _row(QLabel("Cut at"), self.stage, QLabel("unfreeze"), self.unfrozen)
        self.unfrozen_words = note(words.UNFREEZE_HINT)
        self.add(self._sized, self._cut, self.unfrozen_words, self.chosen_words)
        keep_return(self.stage)
        self.stage.editingFinished.connect(self._on_stage)
        self.heading("How")
        self.add(note("Counts from the next batch."), self.settings)
        for box in (self.data, self.model, self.side):
            box.currentIndexChanged.connect(self._on_chosen)
        self.own.changed.connect(self._on_chosen)
        self.unfrozen.valueChanged.connect(self._on_chosen)
        self.folder_button.clicked.connect(self.folder_wanted)
        self.settings.changed.connect(lambda _: self._show_parts())
        self._show_parts()

    @property
    def choice(self) -> Choice:
        """What the next training begins with."""
        model: str = self.model.currentData()
        return Choice(
            layers=self._layers if model == OWN_LAYERS else None,
            data=self.data.currentData(),
            model=model.removeprefix(TRANSFER),
            transfer=self._stage if model.startswith(TRANSFER) else None,
            unfrozen=self.unfrozen.value() if model.startswith(TRANSFER) else 0,
            folder=self._folder,
            side=self.side.currentData(),
            own=self.own.pictures if self.data.currentData() == OWN else {},
        )

    @property
    def train_settings(self) -> TrainSettings:
        """How."""
        return cast(TrainSettings, self.settings.settings)

    @property
    def complete(self) -> str:
        """What is still missing of the pictures, in a sentence; "" if nothing is."""
        if self.data.currentData() == FOLDER and not self._folder:
            return "Choose a folder that has a folder of pictures for each class."
        if self.data.currentData() == OWN:
            short = [name for name, each in self.own.pictures.items() if len(each) < 2]
            if len(self.own.pictures) < 2 or short:
                return "Take two pictures or more of two classes or more."
        return ""

    def show_networks(self) -> None:
        """List the networks of the catalogue that can get a new head; those listed stay."""
        for key, title in transferable().items():
            if self.model.findData(TRANSFER + key) < 0:
                self.model.addItem(f"New head for {title}", TRANSFER + key)

    def set_folder(self, path: str) -> None:
        """Take the pictures of a folder."""
        self._folder = path
        self.data.setCurrentIndex(list(DATA).index(FOLDER))
        self._on_chosen()

    def set_layers(self, layers: list[dict[str, Any]]) -> None:
        """Let the network be of these layers."""
        self._layers = layers
        if self.model.findData(OWN_LAYERS) < 0:
            self.model.addItem("My layers", OWN_LAYERS)
        self.model.blockSignals(True)
        self.model.setCurrentIndex(self.model.findData(OWN_LAYERS))
        self.model.blockSignals(False)
        self._show_parts()

    def show_choice(self, choice: Choice) -> None:
        """Show what is trained on what, without asking for it."""
        self._folder = choice.folder
        model = choice.model if choice.transfer is None else TRANSFER + choice.model
        if choice.layers is not None:
            self.set_layers(choice.layers)
            model = OWN_LAYERS
        self._stage = choice.transfer or self._stage
        self.stage.setText(self._stage)
        if choice.own:
            self.own.show_pictures(choice.own)
        for box, key in (
            (self.data, choice.data),
            (self.model, model),
            (self.side, choice.side),
        ):
            box.blockSignals(True)
            box.setCurrentIndex(box.findData(key))
            box.blockSignals(False)
        self._show_parts()

    def show_chosen(self, words: str) -> None:
        """Say what becomes of the choice; "" for nothing to say."""
        self.chosen_words.setText(words)
        self.chosen_words.setVisible(bool(words))

    def _on_chosen(self) -> None:
        self._show_parts()
        self.chosen.emit()

    def _on_stage(self) -> None:
        wanted = self.stage.text().strip() or "auto"
        if wanted != self._stage:
            self._stage = wanted
            self._on_chosen()

    def _show_parts(self) -> None:
        data = self.data.currentData()
        self._of_folder.setVisible(data == FOLDER)
        self.folder_words.setText(Path(self._folder).name)
        self.folder_words.setToolTip(self._folder)
        self.folder_words.setVisible(data == FOLDER and bool(self._folder))
        self.own.setVisible(data == OWN)
        transfer = self.model.currentData().startswith(TRANSFER)
        self._sized.setVisible(data == OWN and not transfer)
        cosine = self.train_settings.schedule == "cosine"
        self.settings.control("restarts").setEnabled(cosine)
        self._cut.setVisible(transfer)
        self.unfrozen_words.setVisible(transfer and self.unfrozen.value() > 0)


def _row(*widgets: QWidget) -> QWidget:
    row, layout = QWidget(), QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    row.setLayout(layout)
    for widget in widgets:
        layout.addWidget(widget)
    layout.addStretch(1)
    return row
