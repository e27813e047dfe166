from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu

from tests.live import film
from visualizer.engine.specimen import Provenance, Specimen, open_specimen
from visualizer.gui.core.store import Store
from visualizer.gui.pictures.recipe_dialog import RecipeDialog, recipe_rows
from visualizer.gui.pictures.tray import Tray
from visualizer.gui.pictures.tray_items import file_name

CHOICES = ["Compare with this", "Save as…", "Copy", "Show its recipe"]
RED, GREEN, BLUE = (0.9, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.9)


@pytest.fixture
def tray(qtbot, session, plate):
    for title, colour in (("red", RED), ("green", GREEN), ("blue", BLUE)):
        session.add(plate(title, colour))
    tray = Tray(session)
    qtbot.addWidget(tray)
    tray.resize(160, 700)
    tray.show()
    qtbot.waitExposed(tray)
    return tray


def rows(tray):
    model = tray.view.model()
    return [model.index(row).data() for row in range(model.rowCount())]


def place(tray, row):
    return tray.view.visualRect(tray.view.model().index(row)).center()


def chosen(tray):
    return [index.data() for index in tray.view.selectedIndexes()]


def test_a_row_shows_its_picture_and_its_title(qtbot, tray):
    assert rows(tray) == ["red", "green", "blue"]

    def colours():
        image = tray.view.viewport().grab().toImage()
        return [image.pixelColor(place(tray, row)).getRgbF()[:3] for row in range(3)]

    qtbot.waitUntil(lambda: np.allclose(colours(), [RED, GREEN, BLUE], atol=0.02))


def test_a_click_chooses_and_so_do_the_arrows(qtbot, session, tray):
    qtbot.mouseClick(tray.view.viewport(), Qt.MouseButton.LeftButton, pos=place(tray, 0))
    assert session.specimen.title == "red"
    qtbot.keyClick(tray.view, Qt.Key.Key_Down)
    assert session.specimen.title == "green"
    qtbot.keyClick(tray.view, Qt.Key.Key_End)
    assert session.specimen.title == "blue"
    assert chosen(tray) == ["blue"]


def test_space_is_left_to_the_workspace_after_a_click_on_a_picture(qtbot, session, tray):
    qtbot.mouseClick(tray.view.viewport(), Qt.MouseButton.LeftButton, pos=place(tray, 1))
    event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ")
    QApplication.sendEvent(tray.view, event)
    assert not event.isAccepted()
    assert chosen(tray) == ["green"]


def test_the_mark_follows_the_session(session, tray):
    session.select(session.specimens[1].id)
    assert chosen(tray) == ["green"]


def test_the_chosen_picture_stays_in_sight_when_others_come_in_before_it(session, tray, plate):
    tray.resize(140, 300)
    last = session.specimens[-1]
    session.select(last.id)
    for number in range(8):
        session.insert(plate(f"earlier {number}", (number / 9, 0.3, 0.3)), 0)
    area = tray.view.visualRect(tray.view.currentIndex())
    assert tray.view.viewport().rect().intersects(area)
    assert session.specimen is last


def test_delete_removes_and_undo_brings_it_back_to_its_place(qtbot, session, tray):
    session.select(session.specimens[1].id)
    qtbot.keyClick(tray.view, Qt.Key.Key_Delete)
    assert rows(tray) == ["red", "blue"]
    assert session.specimen.title == "blue"
    assert chosen(tray) == ["blue"]
    session.restore()
    assert rows(tray) == ["red", "green", "blue"]
    assert chosen(tray) == ["green"]


def test_several_are_removed_and_brought_back_together(qtbot, session, tray):
    shift = Qt.KeyboardModifier.ShiftModifier
    left, viewport = Qt.MouseButton.LeftButton, tray.view.viewport()
    qtbot.mouseClick(viewport, left, pos=place(tray, 0))
    qtbot.mouseClick(viewport, left, shift, pos=place(tray, 1))
    assert chosen(tray) == ["red", "green"]
    menu = tray.view.menu_of(session.specimens[0])
    assert "Remove 2 pictures\tDel" in [action.text() for action in menu.actions()]
    menu.close()
    qtbot.keyClick(tray.view, Qt.Key.Key_Delete)
    assert rows(tray) == ["blue"]
    assert session.specimen.title == "blue"
    assert session.sentences[-1][0] == "2 pictures are out of the tray; Ctrl+Z brings them back."
    session.restore()
    assert rows(tray) == ["red", "green", "blue"]


def test_f2_renames_where_the_title_stands_here_and_on_disk(qtbot, session, tray, settle):
    session.select(session.specimens[1].id)
    session.compare_with(session.specimens[0].id)
    tray.view.setFocus()
    qtbot.keyClick(tray.view, Qt.Key.Key_F2)
    (editor,) = tray.view.viewport().findChildren(QLineEdit)
    assert editor.text() == "green"
    editor.selectAll()
    qtbot.keyClicks(editor, "  a   leaf ")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows(tray) == ["red", "a leaf", "blue"])
    assert session.specimen.title == "a leaf"
    session.rename(session.compared.id, "a brick")
    assert session.compared.title == "a brick"
    session.rename(session.compared.id, "  ")
    settle(session.compute)
    kept = {Store().read_kept(file).title for file in Store().kept()}
    assert kept == {"a brick", "a leaf", "blue"}
    assert session.specimen.id == session.specimens[1].id


def test_titles_that_differ_at_the_end_are_told_apart(qtbot, session, tray, plate):
    for number in (1, 2):
        session.add(plate(f"A very long title of a photograph {number}", (0.5, 0.5, 0.1 * number)))
    tray.resize(160, 900)
    view, index = tray.view, tray.view.model().index
    qtbot.waitUntil(lambda: view.visualRect(index(4)).isValid())
    view.clearSelection()
    tray.view.scrollToBottom()

    def title(row):
        area = view.visualRect(index(row))
        below = area.adjusted(0, area.height() * 4 // 5, 0, 0)
        return view.viewport().grab(below).toImage()

    assert title(3) != title(4)


def test_everything_can_be_removed(qtbot, session, tray):
    for _ in range(3):
        qtbot.keyClick(tray.view, Qt.Key.Key_Delete)
    assert rows(tray) == []
    qtbot.keyClick(tray.view, Qt.Key.Key_Delete)
    session.restore()
    assert len(rows(tray)) == 1


def test_two_pictures_are_compared_by_click_or_key_and_marked_with_letters(qtbot, session, tray):
    session.select(session.specimens[0].id)
    view, control = tray.view, Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, control, place(tray, 2))
    assert session.compared.title == "blue"
    assert session.specimen.title == "red"
    role = Qt.ItemDataRole.AccessibleTextRole
    spoken = [view.model().index(row).data(role) for row in range(3)]
    assert spoken == ["red, compared as A", "green", "blue, compared as B"]
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, control, place(tray, 2))
    assert session.compared is None
    qtbot.keyClick(view, Qt.Key.Key_C)  # the chosen one cannot be compared with itself
    assert session.compared is None
    assert "choose another picture" in session.sentences[-1][0]


def test_the_menu_key_opens_what_can_be_done(qtbot, session, tray, plate):
    session.select(session.specimens[0].id)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), QPoint(0, 0))
    QApplication.sendEvent(tray.view.viewport(), event)
    menu = tray.view.findChild(QMenu)
    assert menu.isVisible()
    words = [action.text().split("\t")[0] for action in menu.actions() if action.text()]
    assert words == [*CHOICES, "Rename", "Remove"]
    asked = []
    tray.save_requested.connect(asked.append)
    act = {action.text().split("\t")[0]: action for action in menu.actions()}
    act["Save as…"].trigger()
    assert asked == [session.specimens[0]]
    act["Copy"].trigger()
    image = QGuiApplication.clipboard().image()
    assert (image.width(), image.height()) == (60, 40)
    assert np.allclose(image.pixelColor(5, 5).getRgbF()[:3], RED, atol=0.01)
    act["Remove"].trigger()
    assert rows(tray) == ["green", "blue"]
    menu.close()


def test_the_recipe_can_be_read(qtbot, plate):
    made = plate("dream", technique="deep-dream", settings={"steps": 10}, seed=7, network="alexnet")
    dialog = RecipeDialog(made)
    qtbot.addWidget(dialog)
    words = [label.text() for label in dialog.findChildren(QLabel)]
    for word in ("deep-dream", "steps 10", "7", "alexnet", "60 × 40 pixels"):
        assert word in words
    assert "Network SHA-256" not in recipe_rows(made)


def test_a_picture_dragged_out_is_a_file_with_its_recipe(session, tray, plate):
    session.add(plate("a: dream?", (0.2, 0.4, 0.6), technique="deep-dream"))
    model = tray.view.model()
    data = model.mimeData([model.index(3)])
    path = Path(data.urls()[0].toLocalFile())
    assert path.name == "a_ dream_.png"
    again = open_specimen(path)
    assert again.provenance.technique == "deep-dream"
    assert again.title == "a: dream?"
    assert data.hasImage()


def test_a_kept_picture_is_dragged_out_without_encoding_it_again(
    session, tray, plate, settle, monkeypatch
):
    session.add(plate("a: dream?", (0.2, 0.4, 0.6), technique="deep-dream"))
    settle(session.compute)
    monkeypatch.setattr(Specimen, "png", lambda *_: pytest.fail("it was encoded"))
    model = tray.view.model()
    path = Path(model.mimeData([model.index(3)]).urls()[0].toLocalFile())
    assert path.name == "a_ dream_.png"
    path.write_bytes(b"whoever gets it may write to it")
    kept = session.store.file_of(session.specimens[3].id)
    assert open_specimen(kept).title == "a: dream?"


def test_a_tray_without_pictures_says_how_to_fill_it(qtbot, session):
    tray = Tray(session)
    qtbot.addWidget(tray)
    tray.show()
    assert "paste" in tray.hint.text()
    with qtbot.waitSignal(tray.open_requested):
        qtbot.mouseClick(tray.hint, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(tray.open_requested):
        qtbot.keyClick(tray.hint, Qt.Key.Key_Space)


def test_while_the_camera_runs_no_row_is_marked_and_a_click_stops_it(qtbot, session, tray):
    session.start_live(lambda: film(rate=60))
    qtbot.waitUntil(lambda: session.specimen.title == "Test film")
    assert chosen(tray) == []
    qtbot.mouseClick(tray.view.viewport(), Qt.MouseButton.LeftButton, pos=place(tray, 1))
    assert not session.live
    assert session.specimen.title == "green"
    assert chosen(tray) == ["green"]


@given(st.text(max_size=200))
def test_every_title_gives_a_file_name_that_every_system_takes(title):
    picture = np.zeros((2, 2, 3), np.float32)
    name = file_name(Specimen(picture, title, Provenance("sample")))
    assert name.endswith(".png")
    assert Path(name).name == name
    assert not set(name) & set('<>:"/\\|?*\n\r\t\0')
    assert len(name.encode()) <= 255
    assert not name.startswith((" ", "."))


@pytest.mark.parametrize("title", ["CON", "nul", "com1.txt", "", "...", " / "])
def test_names_that_windows_keeps_are_not_used(title, plate):
    name = file_name(plate(title))
    assert name.split(".")[0].upper() not in {"CON", "NUL", "COM1", ""}
