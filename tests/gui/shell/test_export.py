from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QInputDialog, QLabel

from visualizer.engine.activations import activations
from visualizer.engine.specimen import Provenance, Specimen, open_specimen
from visualizer.gui.core.stage_look import remember_look
from visualizer.gui.core.theme import LIGHT
from visualizer.gui.layers.workspace import LayersWorkspace
from visualizer.gui.shell import snapshot
from visualizer.gui.shell.export import Exporter
from visualizer.gui.shell.session_figure import FigureRequest
from visualizer.gui.shell.stage_specimens import ShownStage
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.gui.widgets.figure import (
    Bar,
    Bars,
    Drawing,
    Figure,
    Line,
    Lines,
    Tile,
    Tiles,
    Words,
)


class Bench(QLabel):
    """A workspace as far as the exporter knows it."""

    title = "Layers"

    def figure(self):
        return self.parts

    parts = None

    def exports(self):
        return ()

    def table_for_export(self):
        return ["unit", "class", "mean"], [[0, 'tea, "hot"', 0.1], [1, "Ä", 1 / 3]]


@pytest.fixture
def exporter(qtbot, session, window):
    exporter = Exporter(session, window)
    bench = Bench("readable words")
    bench.resize(200, 100)
    qtbot.addWidget(bench)
    exporter.set_workspace(bench)
    return exporter


@pytest.fixture
def walked(session, plain, photo):
    """A picture that went through a network, at conv2, unit 3."""
    session.add(Specimen(photo, "Photo", Provenance("sample")))
    session.network, session.activations = plain, activations(plain, photo)
    session.stage, session.unit = "conv2", 3
    return session


@pytest.fixture
def save(qtbot, session, window, tmp_path):
    """A function that does something and answers its dialog with a name in an empty folder."""

    def answer(do, name=None, folder=tmp_path):
        do()
        dialog = window.findChild(QFileDialog)
        assert dialog.isVisible()
        suggested = Path(dialog.selectedFiles()[0]).name
        path = folder / (name or suggested)
        said = len(session.sentences)
        dialog.fileSelected.emit(str(path))
        dialog.close()
        dialog.setParent(None)
        qtbot.waitUntil(lambda: len(session.sentences) > said)
        return path

    return answer


def size_of(path):
    with Image.open(path) as image:
        return image.size


def test_the_picture_is_saved_with_its_recipe(session, exporter, save, plate):
    made = plate("dream", technique="deep-dream", seed=3)
    session.add(made)
    path = save(exporter.save_specimen)
    assert path.name == "dream.png"
    again = open_specimen(path)
    assert again.provenance == made.provenance
    assert np.allclose(again.picture, made.picture, atol=1 / 255)
    assert session.sentences[-1] == (f"Saved as {path}", "info")
    assert session.store.text("save folder") == str(path.parent)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_each_pixel_is_as_wide_as_chosen(session, exporter, save, plate, scale):
    action = next(a for a in exporter.menu().actions() if a.text() == f"Pictures at {scale}×")
    action.trigger()
    session.add(plate("plate", size=(10, 20)))
    path = save(exporter.save_specimen)
    assert size_of(path) == (20 * scale, 10 * scale)
    assert open_specimen(path).picture.shape == (10, 20, 3)


def test_the_channels_and_the_unit_are_saved_as_they_are_shown(walked, exporter, save):
    remember_look(walked.store, {"colour_map": "viridis"})
    path = save(exporter.export_channels)
    assert path.name == "Photo conv2 channels.png"
    made = open_specimen(path)
    assert made.provenance.settings["stage"] == "conv2"
    assert made.provenance.settings["colour_map"] == "viridis"
    assert made.provenance.settings["order"] == "strength"
    assert made.provenance.parents == (walked.specimen.id,)
    assert made.picture.shape[1] > 500
    path = save(exporter.export_unit)
    made = open_specimen(path)
    assert path.name == "Photo conv2 unit 3.png"
    assert made.title == "Photo · conv2 3"
    maps = walked.activations.maps["conv2"]
    height, width = maps.shape[:2]
    assert made.picture.shape[0] % height == 0
    bright = np.unravel_index(made.picture.sum(2).argmax(), made.picture.shape[:2])
    unit = maps[..., 3]
    times = made.picture.shape[0] // height
    assert unit[bright[0] // times, bright[1] // times] == unit.max()
    assert made.picture.shape[1] == width * times


def test_the_input_and_dense_stages_can_be_saved_too(walked, exporter, save):
    walked.stage, walked.unit = "data", 1
    assert open_specimen(save(exporter.export_channels)).picture.shape == (24, 24, 3)
    walked.stage, walked.unit = "output", 2
    assert open_specimen(save(exporter.export_channels)).picture.shape[1] > 500
    assert open_specimen(save(exporter.export_unit)).picture.shape == (256, 256, 3)


def test_a_figure_has_the_maps_in_the_order_shown_on_white(walked, exporter, save):
    remember_look(walked.store, {"colour_map": "viridis"})
    exporter.set_scale(2)
    path = save(lambda: exporter.export_figure("png"))
    assert path.name == "Photo Layers conv2.png"
    pixels = np.asarray(Image.open(path).convert("RGB"))
    assert pixels.shape[1] == 1400
    assert tuple(pixels[2, 2]) == (255, 255, 255)
    strength = walked.activations.strength("conv2")
    order = [int(unit) for unit in np.argsort(-strength, kind="stable")]
    svg = ElementTree.parse(save(lambda: exporter.export_figure("svg"))).getroot()
    words = words_of(svg)
    assert [int(word) for word in words if word.isdigit()] == order
    page = " ".join(words)
    assert "Plain · Layers · conv2" in page
    assert "6 maps of conv2, the most strongly excited first" in page
    best = walked.network.classes[int(walked.activations.probabilities.argmax())]
    assert f"the answer is {best}" in page
    assert svg.get("viewBox").startswith("0 0 700 ")
    assert save(lambda: exporter.export_figure("pdf")).read_bytes().startswith(b"%PDF-")


def words_of(svg):
    return ["".join(text.itertext()) for text in svg.iter() if text.tag.endswith("}text")]


def test_a_figure_is_drawn_as_is_chosen_in_layers(walked, exporter, save, qtbot):
    workspace = LayersWorkspace(walked)
    qtbot.addWidget(workspace)
    workspace.header.next_order()
    workspace.header.next_scaling()
    words = words_of(ElementTree.parse(save(lambda: exporter.export_figure("svg"))).getroot())
    assert [int(word) for word in words if word.isdigit()] == list(range(6))
    page = " ".join(words)
    assert "by their number" in page
    assert "each by its own range" in page


def test_a_workspace_gives_its_own_parts_and_the_width_is_chosen(walked, exporter, save):
    red = QImage(8, 4, QImage.Format.Format_RGB32)
    red.fill(0xFF0000)
    exporter._workspace.parts = [Tiles([Tile(red, "Saliency")] * 3, "Seven ways", columns=3)]
    caption = FigureRequest(ShownStage.of(walked), "Explain", exporter._workspace.parts).figure()
    assert "conv2" not in caption.title + caption.caption  # what is shown is of no stage
    action(exporter, "Figures for one column").trigger()
    exporter.set_light(False)
    path = save(lambda: exporter.export_figure("png"))
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert pixels.shape[1] == 340
    reds = (pixels == (255, 0, 0)).all(2)
    rows = np.flatnonzero(reds.any(1))
    assert reds[rows[0] : rows[-1] + 1].mean() > 0.8  # three of them fill the width
    again = Exporter(walked, exporter.parent())
    assert (again.width, again.light) == (340, False)


def action(exporter, words):
    return next(each for each in exporter.menu().actions() if each.text() == words)


def test_a_figure_has_any_width(walked, exporter, save, window):
    action(exporter, "Figures of another width…").trigger()
    dialog = window.findChild(QInputDialog)
    dialog.setIntValue(120)
    dialog.accept()
    svg = ElementTree.parse(save(lambda: exporter.export_figure("svg"))).getroot()
    assert svg.get("viewBox").startswith("0 0 454 ")  # 120 mm of 1/96 inch
    assert Exporter(walked, window).width == 454


def test_a_figure_of_two_pictures_has_the_maps_of_both_in_one_order(walked, exporter, save):
    other = Specimen(1 - walked.specimen.picture, "Negative", Provenance("sample"))
    walked.compared, walked.compared_activations = other, activations(walked.network, other.picture)
    words = words_of(ElementTree.parse(save(lambda: exporter.export_figure("svg"))).getroot())
    strength = walked.activations.strength("conv2")
    order = [int(unit) for unit in np.argsort(-strength, kind="stable")]
    assert [int(word) for word in words if word.isdigit()] == 2 * order
    assert "6 maps of conv2 in “Negative”" in " ".join(words)


def test_a_figure_of_a_stage_without_places_has_its_strongest_units(walked, explore, photo):
    from keras import Sequential, layers

    dense = [layers.Dense(30, name="fc"), layers.Dense(3, activation="softmax", name="scores")]
    network = explore(Sequential([layers.Input((8, 8, 3)), layers.Flatten(), *dense]))
    shown = replace(
        ShownStage.of(walked), network=network, activations=activations(network, photo), stage="fc"
    )
    values = shown.activations.maps["fc"]
    _, units = FigureRequest(shown, "Layers", None).figure().parts
    assert units.title == "The 20 strongest of 30 units of fc"
    assert int(units.bars[0].name) == int(np.abs(values).argmax())
    assert units.bars[0].share == 1


@given(
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40), st.text(max_size=9)), max_size=30),
    st.lists(st.tuples(st.text(max_size=40), st.floats(-1, 2), st.text(max_size=12)), max_size=8),
    st.text(max_size=300),
    st.integers(120, 1600),
    st.lists(st.floats(-1e30, 1e30) | st.just(float("nan")), max_size=9),
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_in_it_a_figure_is_as_wide_as_wished(qapp, tiles, bars, words, width, numbers):
    images = [Tile(QImage(w, h, QImage.Format.Format_RGB32), text) for w, h, text in tiles]
    parts = [Tiles(images, words), Bars([Bar(*each) for each in bars], words), Words(words)]
    steps = np.arange(len(numbers), dtype=float)
    curve = Line(words, steps, np.array(numbers))
    parts += [Lines([curve] * 3, words, words, words), Lines([curve], log=True)]
    parts += [Bars(parts[1].bars, words, each) for each in images[:1]]
    drawing = Drawing(Figure(words, parts, words), width, LIGHT)
    image = snapshot.image_of(drawing)
    assert image.width() == width
    assert drawing.size.height() >= 2 * 13 - 13 / 2
    corners = ((0, 0), (width - 1, 0), (0, image.height() - 1), (width - 1, image.height() - 1))
    assert {image.pixelColor(x, y).name() for x, y in corners} == {LIGHT.panel}


def test_the_numbers_are_saved_as_a_table(session, exporter, save):
    path = save(exporter.export_numbers)
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode(), newline="")))
    assert rows[0] == ["unit", "class", "mean"]
    assert rows[1] == ["0", 'tea, "hot"', "0.1"]
    assert float(rows[2][2]) == 1 / 3


def test_what_cannot_be_written_is_explained_and_leaves_no_file(
    session, exporter, save, plate, tmp_path
):
    session.add(plate("plate"))
    save(exporter.save_specimen, folder=tmp_path / "missing")
    text, level = session.sentences[-1]
    assert level == "error"
    assert "there is no folder" in text
    (tmp_path / "taken.png").mkdir()
    save(exporter.save_specimen, "taken.png")
    assert "it is a folder" in session.sentences[-1][0]
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["taken.png"]


def test_a_full_disk_leaves_the_old_file_as_it_was(
    session, exporter, save, plate, tmp_path, monkeypatch
):
    import errno
    import os

    old = tmp_path / "plate.png"
    old.write_bytes(b"old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    session.add(plate("plate"))
    monkeypatch.setattr(os, "fsync", full)
    save(exporter.save_specimen)
    assert "the disk is full" in session.sentences[-1][0]
    assert old.read_bytes() == b"old"
    assert [path.name for path in tmp_path.glob("*.p*")] == ["plate.png"]


def test_with_nothing_to_save_it_says_what_is_missing(session, window, exporter):
    exporter.save_specimen()
    exporter.export_channels()
    assert [level for _, level in session.sentences] == ["warning", "warning"]
    assert window.findChild(QFileDialog) is None
    exporter.menu().aboutToShow.emit()
    enabled = {a.text(): a.isEnabled() for a in exporter.menu().actions()}
    assert not enabled["The picture…"]
    assert not enabled["A figure as PDF…"]


def test_a_folder_that_is_gone_is_not_offered(session, exporter, window, plate, tmp_path):
    session.store.remember("save folder", str(tmp_path / "gone"))
    session.add(plate("plate"))
    exporter.save_specimen()
    dialog = window.findChild(QFileDialog)
    assert dialog.directory().exists()
    dialog.close()


@pytest.mark.parametrize("name", WORKSPACES)
def test_every_workspace_gives_a_figure_without_buttons(desk, settle, tmp_path, qtbot, name):
    window = desk.window
    window.choose_workspace(WORKSPACES.index(name))
    settle(desk.compute)
    window.exporter.export_figure("svg")
    dialog = window.findChild(QFileDialog)
    path = tmp_path / "figure.svg"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    qtbot.waitUntil(path.exists)
    settle(desk.compute)
    drawing = ElementTree.parse(path).getroot()
    page = " ".join(words_of(drawing))
    assert f"Plain · {window.workspace.title}" in page
    assert "“red” (60 × 40 pixels) in Plain" in page
    assert [each for each in drawing.iter() if each.tag.endswith("}image")]
