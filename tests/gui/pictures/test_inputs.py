from __future__ import annotations

import base64

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMainWindow

from visualizer.engine.pictures import samples
from visualizer.engine.resources import resource
from visualizer.engine.specimen import Specimen
from visualizer.gui.pictures import readers
from visualizer.gui.pictures.drops import may_be_taken, mime_contents, picture_bytes
from visualizer.gui.pictures.inputs import Inputs


@pytest.fixture
def window(qtbot):
    window = QMainWindow()
    window.setCentralWidget(QLabel("centre"))
    window.resize(300, 200)
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def inputs(session, window):
    return Inputs(session, window)


@pytest.fixture
def files(tmp_path):
    """A function that writes small pictures of different colours and gives their paths."""

    def write(count, name="picture{}.png"):
        paths = []
        for number in range(count):
            path = tmp_path / name.format(number)
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (8, 6), (number * 7 % 256, 50, 100)).save(path)
            paths.append(path)
        return paths

    return write


def drag(widget, data):
    """Drag something over a widget and let go; whether it was taken."""
    middle = widget.rect().center()
    rest = (
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(middle, *rest)
    enter.ignore()
    QApplication.sendEvent(widget, enter)
    if enter.isAccepted():
        QApplication.sendEvent(widget, QDropEvent(QPointF(middle), *rest))
    return enter.isAccepted()


def titles(session):
    return [specimen.title for specimen in session.specimens]


def mime(urls=(), image=None, text=None, **formats):
    data = QMimeData()
    if urls:
        data.setUrls([QUrl(url) for url in urls])
    if image is not None:
        data.setImageData(image)
    if text is not None:
        data.setText(text)
    for name, content in formats.items():
        data.setData(name.replace("_", "/"), content)
    return data


def red_image(alpha=255):
    image = QImage(9, 7, QImage.Format.Format_ARGB32)
    image.fill(QColor(255, 0, 0, alpha))
    return image


# What comes


def test_files_are_preferred_to_pictures_and_addresses(tmp_path):
    local = tmp_path / "ä b.png"
    found = mime_contents(mime([QUrl.fromLocalFile(str(local)), "http://x.org/a.png"], red_image()))
    assert found.paths == (local,)
    assert not found.pictures


def test_a_picture_dragged_from_a_browser_is_taken_as_picture():
    found = mime_contents(mime(["https://example.org/cat.jpg"], red_image()))
    assert len(found.pictures) == 1
    assert found.refusal == ""


def test_an_address_alone_is_refused_in_one_sentence():
    found = mime_contents(mime([f"https://example.org/{'a' * 200}.jpg"]))
    assert not found
    assert "internet" in found.refusal
    assert "save the picture" in found.refusal
    assert len(found.refusal) < 220


def test_the_bytes_of_a_png_are_kept_as_they_are(plate):
    data = plate("dream", technique="deep-dream").png()
    assert mime_contents(mime(image=red_image(), image_png=data)).pictures == (data,)


def test_small_pictures_inside_an_address_are_decoded():
    data = picture_bytes(red_image())
    address = "data:image/png;base64," + base64.b64encode(data).decode()
    assert mime_contents(mime([address])).pictures == (data,)
    assert mime_contents(mime(text=address)).pictures == (data,)


def test_names_of_files_in_copied_text_are_files(tmp_path):
    text = f'{tmp_path / "a.png"}\n"{tmp_path / "b.png"}"\nfile://{tmp_path}/c.png\n'
    assert [p.name for p in mime_contents(mime(text=text)).paths] == ["a.png", "b.png", "c.png"]


@pytest.mark.parametrize(
    "text", ["", "hello", "not/absolute.png", "C&A\n/tmp/a.png", "data:image/png;base64,!"]
)
def test_other_text_is_no_picture(text):
    found = mime_contents(mime(text=text))
    assert not found.paths
    assert found.refusal or found.pictures in ((), (b"",))


def test_the_trays_own_drag_is_left_alone(session, plate):
    from visualizer.gui.pictures.tray_items import SpecimenModel

    session.add(plate("mine"))
    model = SpecimenModel(session)
    assert not may_be_taken(model.mimeData([model.index(0)]))
    assert not may_be_taken(mime(text="words"))
    assert may_be_taken(mime(image=red_image()))


# Drop, paste, open


def test_files_dropped_anywhere_on_the_window_come_in(qtbot, session, window, inputs, files):
    urls = [QUrl.fromLocalFile(str(path)) for path in files(3)]
    assert drag(window, mime(urls))
    qtbot.waitUntil(lambda: titles(session) == ["picture0", "picture1", "picture2"])
    assert session.specimen.title == "picture0"
    assert not drag(window, mime(text="words"))


def test_a_film_that_is_dropped_plays_in_place_of_the_camera(
    qtbot, session, window, inputs, tmp_path
):
    def plays():
        return session.live and session.specimen is not None

    walk = tmp_path / "walk.mp4"
    walk.write_bytes(resource("sample-film.mp4").read_bytes())
    drag(window, mime([QUrl.fromLocalFile(str(walk))]))
    qtbot.waitUntil(plays)
    assert session.specimen.title == "walk.mp4"
    assert session.specimen.provenance.source == "film"
    session.stop_live()
    assert session.sentences == []
    assert not session.specimens
    again = Inputs(session, window)  # as after a restart
    assert again.camera.toggle_action.text() == "Play walk.mp4"
    again.toggle_camera()
    qtbot.waitUntil(plays)
    session.stop_live()


def test_broken_files_are_named_and_the_good_ones_come_in(qtbot, session, inputs, files, tmp_path):
    good = files(2)
    (tmp_path / "broken.png").write_bytes(good[0].read_bytes()[:40])
    (tmp_path / "text.txt").write_text("words")
    gone = tmp_path / "gone.png"
    inputs.open_paths([good[0], tmp_path / "broken.png", tmp_path / "text.txt", gone, good[1]])
    qtbot.waitUntil(lambda: session.sentences != [])
    assert titles(session) == ["picture0", "picture1"]
    text, level = session.sentences[-1]
    assert level == "error"
    assert text.startswith("3 of 5 could not be opened")
    assert "broken.png" in text


def test_one_broken_file_is_explained_and_the_tray_stays(qtbot, session, inputs, plate, tmp_path):
    session.add(plate("before"))
    (tmp_path / "empty.jpg").touch()
    inputs.open_paths([tmp_path / "empty.jpg"])
    qtbot.waitUntil(lambda: session.sentences != [])
    assert "empty.jpg" in session.sentences[0][0]
    assert titles(session) == ["before"]
    assert session.specimen.title == "before"


def test_a_picture_with_a_recipe_comes_back_with_it(qtbot, session, inputs, plate, tmp_path):
    made = plate("dream", technique="deep-dream", settings={"steps": 3}, seed=4)
    made.save(tmp_path / "renamed.png", scale=2)
    inputs.open_paths([tmp_path / "renamed.png"])
    qtbot.waitUntil(lambda: titles(session) == ["dream"])
    assert session.specimen.provenance == made.provenance
    assert session.specimen.picture.shape == made.picture.shape


def test_a_pasted_picture_lies_on_white(qtbot, session, inputs):
    QGuiApplication.clipboard().setImage(red_image(alpha=0))
    inputs.paste()
    qtbot.waitUntil(lambda: titles(session) == ["Pasted picture"])
    assert np.allclose(session.specimen.picture, 1)
    assert session.specimen.picture.shape == (7, 9, 3)
    assert session.specimen.provenance.source == "paste"


def test_pasting_nothing_says_what_to_do(session, inputs):
    QGuiApplication.clipboard().setText("words")
    inputs.paste()
    assert session.sentences == [(session.sentences[0][0], "warning")]
    assert "copy a picture" in session.sentences[0][0]


def test_a_folder_of_200_opens_200_with_progress(qtbot, session, inputs, files, tmp_path):
    files(200, "class/{}.png")
    seen = []
    session.compute.jobs_changed.connect(
        lambda: seen.extend((s.step, s.total) for s in session.compute.jobs() if s.title)
    )
    inputs.open_paths([tmp_path / "class"])
    qtbot.waitUntil(lambda: session.sentences != [], timeout=30_000)
    assert titles(session) == [str(n) for n in range(200)]
    assert any(step and step < 200 and total == 200 for step, total in seen)
    assert session.sentences == [("200 pictures from “class”.", "info")]
    assert session.specimen.title == "0"


def test_cancel_keeps_what_is_there(qtbot, session, inputs, files, tmp_path):
    files(200, "class/{}.png")
    inputs.open_paths([tmp_path / "class"])
    qtbot.waitUntil(lambda: len(session.specimens) > 3)
    session.compute.cancel_all()
    qtbot.waitUntil(session.compute.is_idle)
    assert 3 < len(session.specimens) < 200


def test_a_huge_folder_comes_in_part_by_part(qtbot, session, inputs, files, tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "AT_ONCE", 5)
    files(8, "holiday/{}.png")
    inputs.open_paths([tmp_path / "holiday"])
    qtbot.waitUntil(lambda: session.sentences != [])
    assert titles(session) == [str(n) for n in range(5)]
    assert "1 to 5 of 8 from “holiday”" in session.sentences[-1][0]
    inputs.open_paths([tmp_path / "holiday"])
    qtbot.waitUntil(lambda: len(session.sentences) == 2)
    assert len(session.specimens) == 8
    assert "6 to 8" in session.sentences[-1][0]


def test_files_chosen_one_by_one_all_come_in(qtbot, session, inputs, files, monkeypatch):
    monkeypatch.setattr(readers, "AT_ONCE", 5)
    paths = files(11)
    inputs.open_paths(paths)
    qtbot.waitUntil(lambda: len(session.specimens) == len(paths))
    assert titles(session) == [path.stem for path in paths]


def test_an_empty_folder_is_explained(qtbot, session, inputs, tmp_path):
    (tmp_path / "empty").mkdir()
    inputs.open_paths([tmp_path / "empty"])
    qtbot.waitUntil(lambda: session.sentences != [])
    assert "no pictures in “empty”" in session.sentences[-1][0]


def test_model_files_are_opened_as_networks(qtbot, monkeypatch, session, inputs, files, tmp_path):
    opened = []
    monkeypatch.setattr(session, "open_network", opened.append)
    inputs.open_paths([tmp_path / "Mine.KERAS", *files(1)])
    qtbot.waitUntil(lambda: titles(session) == ["picture0"])
    assert opened == [str(tmp_path / "Mine.KERAS")]
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    inputs.open_paths([tmp_path / "saved"])
    qtbot.waitUntil(lambda: opened[1:] == [str(tmp_path / "saved")])


def test_a_model_file_that_is_none_gets_a_sentence(qtbot, plain, session, inputs, tmp_path):
    (tmp_path / "wrong.keras").write_text("no model")
    inputs.open_paths([tmp_path / "wrong.keras"])
    qtbot.waitUntil(lambda: session.sentences != [], timeout=60_000)
    assert session.sentences[-1][1] == "error"
    assert "wrong.keras" in session.sentences[-1][0]
    assert session.network is None


def test_the_dialog_takes_several_files_and_remembers_the_folder(
    qtbot, session, window, inputs, files, tmp_path
):
    paths = files(2)
    inputs.open_files()
    dialog = window.findChild(QFileDialog)
    assert dialog.isVisible()
    assert "*.keras" in dialog.nameFilters()[0]
    assert "*.JPG" in dialog.nameFilters()[0]
    dialog.filesSelected.emit([str(path) for path in paths])
    qtbot.waitUntil(lambda: titles(session) == ["picture0", "picture1"])
    assert session.store.text("open folder") == str(tmp_path)
    dialog.close()


def test_a_sample_that_was_removed_can_be_had_again(qtbot, session, inputs):
    menu = inputs.samples_menu()
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: titles(session) == ["Coffee cup"], timeout=10_000)
    assert session.specimen.provenance.source == "sample coffee"


def test_all_samples_can_be_had_again_at_once(qtbot, session, inputs):
    (everything,) = [
        each for each in inputs.samples_menu().actions() if each.text() == "All of them"
    ]
    everything.trigger()
    qtbot.waitUntil(lambda: len(session.specimens) == len(samples()), timeout=20_000)


def test_the_same_picture_twice_is_there_once(qtbot, session, inputs, files):
    path = files(1)[0]
    inputs.open_paths([path, path])
    inputs.open_paths([path])
    qtbot.waitUntil(session.compute.is_idle)
    assert titles(session) == ["picture0"]


def test_an_unexpected_error_does_not_keep_the_others_out(
    qtbot, monkeypatch, session, inputs, files
):
    from visualizer.engine import specimen

    def fails_once(path, title=None):
        if path.stem == "picture0":
            raise RuntimeError("a bug")
        yield
        return Specimen(np.zeros((4, 4, 3), np.float32), path.stem, specimen.Provenance("x"))

    monkeypatch.setattr(specimen, "opening_specimen", fails_once)
    inputs.open_paths(files(2))
    qtbot.waitUntil(lambda: session.sentences != [])
    assert titles(session) == ["picture1"]
    assert "picture0.png" in session.sentences[0][0]
