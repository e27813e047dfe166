"""The map as its user sees it: the tray, a folder, the dial, neighbours, lasso, search, guests."""

import csv
import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from tests.gui.map.conftest import square
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.map import text as words


def png_of(pixels):
    """A picture as a PNG file."""
    data = io.BytesIO()
    Image.fromarray((pixels * 255).astype(np.uint8)).save(data, "PNG")
    return data.getvalue()


def seen(user):
    """The map as it is on the screen, H x W x 3."""
    image = user.view.grab().toImage()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return pixels[:, : image.width(), 2::-1].astype(int)


def listed(user, key):
    """The lines of one of the lists."""
    view = user.workspace.panel.lists[key]
    return [view.item(row).text() for row in range(view.count())]


def test_the_pictures_of_the_tray_are_on_the_map(user):
    workspace = user.workspace
    assert list(user.view.names) == ["red", "rose", "blue", "sky"]
    assert workspace.source.text() == "4 pictures of the tray"
    pixels = seen(user)
    assert (pixels[..., 0] - pixels[..., 2] > 80).sum() > 100
    assert (pixels[..., 2] - pixels[..., 0] > 80).sum() > 100


def test_the_nearest_to_a_red_picture_is_the_other_red_one(user):
    user.workspace.dial.set_position(0)
    user.click_picture(1)
    panel = user.workspace.panel
    assert panel.name.text() == "rose"
    assert panel.nearest.tiles[0].words == "red"
    assert float(panel.nearest.tiles[0].number) < float(panel.nearest.tiles[1].number)
    assert "Why alike? At data" in panel.why_words.text()
    user.workspace.step_unit(1)
    assert panel.name.text() == "red"


def test_a_picture_of_the_tray_that_is_chosen_there_is_chosen_on_the_map(user):
    user.session.select(user.session.specimens[2].id)
    user.settle()
    assert user.workspace.panel.name.text() == user.session.specimen.title
    assert user.view.chosen == 2


def test_another_picture_in_the_tray_comes_onto_the_map(user):
    user.session.add(Specimen(np.full((9, 9, 3), 0.5, np.float32), "grey", Provenance("test")))
    user.settle()
    assert "grey" in user.view.names
    assert len(user.view.xy) == 5


def test_one_picture_alone_is_no_map(user):
    for specimen in user.session.specimens[1:]:
        user.session.remove(specimen.id)
    user.settle()
    assert user.workspace.mapped is None
    assert user.view._hint == words.FEW


def test_a_dropped_folder_has_colours_and_a_curve(user, folder):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder))])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    user.workspace.dropEvent(event)
    user.settle()
    workspace = user.workspace
    assert event.isAccepted()
    assert workspace.source.text() == folder.name
    assert len(user.view.xy) == 24
    curve = workspace.dial.curve.curves[0]
    assert len(curve.x) == len(workspace.dial.stages)
    assert curve.y[0] > 0.8  # the colours alone tell them apart
    assert "five nearest" in workspace.dial.words.text()


def test_the_dial_moves_the_pictures_from_stage_to_stage(user, folder):
    user.show_folder(folder)
    workspace = user.workspace
    last = user.view.xy.copy()
    workspace.step_stage(-1)
    user.settle()
    assert workspace.stage == workspace.dial.stages[-3]
    assert not np.allclose(user.view.xy, last)
    workspace.dial.set_position(0)
    user.settle()
    assert workspace.stage == "data"
    assert workspace.explanation().body.count("**data**") >= 1
    assert user.view.xy == pytest.approx(workspace.maps["data"].xy)
    rows = workspace.table_for_export()[1]
    assert len(rows) == 24 * 6


def test_space_plays_the_journey_to_the_answer(user, folder, monkeypatch):
    user.show_folder(folder)
    workspace = user.workspace
    monkeypatch.setattr("visualizer.gui.map.workspace.A_STAGE_MS", 20)
    workspace.dial.set_position(0)
    workspace.toggle()
    assert workspace.dial.play.text() == "⏸ Pause"
    user.until(lambda: workspace.dial.position == len(workspace.dial.stages) - 1)
    user.until(lambda: workspace.dial.play.text() == "▶ The journey")


def test_a_picture_among_the_wrong_ones_is_found(user, folder):
    user.show_folder(folder)
    workspace = user.workspace
    (line,) = [each for each in listed(user, "odd") if "red/7.png" in each]
    assert "among blue" in line
    view = workspace.panel.lists["odd"]
    item = next(view.item(row) for row in range(view.count()) if "red/7" in view.item(row).text())
    view.itemClicked.emit(item)
    user.settle()
    assert workspace.panel.name.text() == "red/7.png"


def test_a_copy_is_found(user, folder):
    (folder / "red" / "copy.png").write_bytes((folder / "red" / "3.png").read_bytes())
    user.show_folder(folder)
    assert listed(user, "twins")[0] in ("red/3.png = red/copy.png", "red/copy.png = red/3.png")


def test_what_is_searched_for_stays_bright(user, folder):
    user.session.select(next(s.id for s in user.session.specimens if s.title == "red"))
    user.show_folder(folder)
    user.workspace.panel.colour.setCurrentIndex(2)  # no frames
    user.settle()
    before = seen(user)
    user.workspace.search.setText("red")
    after = seen(user)
    blue = (before[..., 2] - before[..., 0] > 80).sum()
    assert (after[..., 2] - after[..., 0] > 80).sum() < blue / 3
    user.qtbot.keyClick(user.workspace.search, Qt.Key.Key_Return)
    user.settle()
    assert user.workspace.panel.name.text().startswith("red/")
    user.workspace.search.clear()
    assert (seen(user)[..., 2] - seen(user)[..., 0] > 80).sum() > blue / 2


def test_a_lasso_keeps_what_is_inside(user, folder):
    user.show_folder(folder)
    view = user.view
    view.lasso = True
    at = view.on_screen(view.xy)[5]
    corners = [at + np.array(each) * 3 for each in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    drag(view, [QPoint(*map(int, corner)) for corner in corners])
    user.settle()
    assert user.workspace.chosen in np.flatnonzero(view._lit)
    assert view._lit[5]
    assert view._lit.sum() < 24
    drag(view, [QPoint(1, 1), QPoint(3, 1), QPoint(3, 3)])  # round nothing
    assert view._lit.all() if view._lit is not None else True


def drag(view, points):
    """Press at the first point, move to the others and let go."""
    types = QMouseEvent.Type
    view.lasso = True
    for kind, point in (
        (types.MouseButtonPress, points[0]),
        *((types.MouseMove, point) for point in points[1:]),
        (types.MouseButtonRelease, points[-1]),
    ):
        button = Qt.MouseButton.LeftButton
        event = QMouseEvent(
            kind, QPointF(point), view.mapToGlobal(QPointF(point)), button, button,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(view.viewport(), event)


def test_a_picture_of_the_tray_is_placed_among_its_own(user, folder):
    user.show_folder(folder)
    workspace = user.workspace
    workspace.dial.set_position(0)
    user.session.select(next(s.id for s in user.session.specimens if s.title == "sky"))
    user.settle()
    (guest,) = user.view.guests
    assert guest.name == "sky"
    assert workspace.panel.name.text() == "sky"
    classes = [workspace.mapped.features.labels[at] for at in guest.neighbours]
    assert classes.count(0) >= 4  # blue ones, and the one that is called red


def test_a_b_and_c_are_compared(user, folder):
    user.show_folder(folder)
    workspace = user.workspace
    workspace.dial.set_position(0)
    for place in (0, 1, 13):  # blue, blue, red
        workspace.choose(place)
        workspace.panel.gather.click()
    text = workspace.panel.table.text()
    assert "A</b> blue/0.png" in text
    assert "C</b> red/1.png" in text
    vectors = workspace.mapped.features.of("data", [0, 1, 13])
    a, b, c = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    assert f"{1 - a @ c:.3g}" in text
    assert 1 - a @ c > 5 * (1 - a @ b)
    workspace.panel.gather.click()  # the last one goes again
    workspace.choose(0)
    workspace.panel.gather.click()
    assert workspace.panel.table.isHidden()


def test_where_an_attack_has_moved_a_picture(user, folder):
    user.show_folder(folder)
    session = user.session
    by = {each.title: each.id for each in session.specimens}
    session.select(by["sky"])
    session.compare_with(by["red"])
    user.settle()
    assert [guest.name for guest in user.view.guests] == ["sky", "red"]
    user.workspace.step_stage(-1)
    user.settle()
    assert [guest.name for guest in user.view.guests] == ["sky", "red"]
    session.compare_with(None)
    user.settle()
    assert [guest.name for guest in user.view.guests] == ["sky"]


def test_pictures_that_are_all_the_same_are_a_map_too(user, tmp_path):
    (tmp_path / "same").mkdir()
    for number in range(25):
        (tmp_path / "same" / f"{number}.png").write_bytes(png_of(square(1, 5)))
    user.show_folder(tmp_path / "same")
    assert np.isfinite(user.view.xy).all()
    assert len(listed(user, "twins")) == 24


def test_the_chosen_picture_goes_to_the_tray(user, folder):
    user.show_folder(folder)
    user.click_picture(2)
    chosen = user.workspace.panel.name.text()
    user.press(Qt.Key.Key_Return)
    user.workspace.panel.tray.click()
    user.settle()
    assert any(s.title in chosen for s in user.session.specimens[-2:])


def test_broken_pictures_are_told(user, folder):
    (folder / "red" / "broken.png").write_bytes(b"nothing")
    said = []
    user.session.noticed.connect(lambda text, level: said.append(text))
    user.show_folder(folder)
    assert any("broken.png" in text for text in said)
    assert len(user.view.xy) == 24


def test_a_folder_without_pictures_says_what_to_do(user, tmp_path):
    (tmp_path / "empty").mkdir()
    user.workspace.show_folder(tmp_path / "empty")
    user.settle()
    assert "put some there" in user.view._hint
    user.workspace.of_tray.click()
    user.settle()
    assert len(user.view.xy) == 4


def test_the_neighbours_are_a_table(user):
    heading, rows = user.workspace.table_for_export()
    text = io.StringIO()
    csv.writer(text).writerows([heading, *rows])
    assert text.getvalue().startswith("picture,neighbour,distance")
    assert len(rows) == 4 * 3


def test_another_network_maps_anew(user, catalogue, explore):
    from keras import Sequential, layers

    model = Sequential(
        [
            layers.Input((16, 16, 3)),
            layers.Conv2D(3, 3, activation="relu", name="only"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(2, activation="softmax", name="answer"),
        ]
    )
    catalogue["other"] = explore(model, name="other")
    user.session.open_network("other")
    user.settle()
    assert "only" in user.workspace.dial.stages
    assert len(user.view.xy) == 4
