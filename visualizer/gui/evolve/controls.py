"""The side column: the chosen champion, what to do with it, and how the next run shall be."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QPushButton

from visualizer.engine.evolution.fooling import EvolveSettings
from visualizer.gui.evolve import text as words
from visualizer.gui.widgets.control_column import ControlColumn
from visualizer.gui.widgets.image_view import ImageView
from visualizer.gui.widgets.panel import note
from visualizer.gui.widgets.settings_form import SettingsForm

SIDES = (512, 1024, 2048, 4096)


class EvolveControls(ControlColumn):
    """From the top: the picture chosen on the page on show, what can be done, the settings."""

    def __init__(self) -> None:
        super().__init__()
        self.name = note("", role="title")
        self.picture = ImageView("Choose a picture to see it large.")
        self.picture.largest_share = 0.3
        self.open = QPushButton("Open")
        self.tray = QPushButton("To tray")
        self.breed = QPushButton("Breed from it")
        self.layers = QPushButton("Through the layers")
        self.attack = QPushButton("Attack it")
        self.side = QComboBox()
        self.side.setAccessibleName("Size")
        for side in SIDES:
            self.side.addItem(f"{side} px", side)
        self.side.setCurrentIndex(2)
        self.save = QPushButton("Save large…")
        self.tray_words = note("")
        self.join = QPushButton("Let it join")
        self.breed_tray = QPushButton("Breed from it")
        self.new = QPushButton("Breed from nothing")
        self.settings = SettingsForm(EvolveSettings, hidden=("generations",))
        buttons = QGridLayout()
        for place, button in enumerate(
            (self.open, self.tray, self.layers, self.attack, self.breed, self.new)
        ):
            buttons.addWidget(button, place // 2, place % 2)
        large = QHBoxLayout()
        large.addWidget(self.save)
        large.addWidget(self.side)
        large.addStretch(1)
        tray = QHBoxLayout()
        tray.addWidget(self.join)
        tray.addWidget(self.breed_tray)
        tray.addStretch(1)
        self.add(self.name, self.picture, buttons, large, self.tray_words, tray)
        self.heading("How")
        self.add(note("Counts from the next start."), self.settings)
        self.immunise = QPushButton("Immunise")
        self.photos = QComboBox()
        self.photos.setAccessibleName("Photos")
        self.photos.addItems(["sample photos", "a folder of photos…"])
        again = QHBoxLayout()
        again.addWidget(self.immunise)
        again.addWidget(self.photos)
        again.addStretch(1)
        self.heading("Immunise")
        self.add(note(words.IMMUNISE), again)
        self.show_tray("")

    def show_picture(self, name: str, image: QImage | None) -> None:
        """Show the chosen picture; None for none."""
        self.name.setVisible(bool(name))
        self.name.setText(name)
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.picture.set_picture(image)

    def show_tray(self, title: str) -> None:
        """Offer the picture of the tray that has a formula; "" where it has none."""
        self.tray_words.setText(f"“{title}” of the tray carries its formula:")
        for widget in (self.tray_words, self.join, self.breed_tray):
            widget.setVisible(bool(title))
