"""The page of convolution: its questions by mouse and keys, the picture, a unit of a network."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from visualizer.engine.lessons.convolution import KERNELS, PICTURE, SLIDE, UNIT
from visualizer.gui.learn.number_grid import number, number_text, short_number_text

Key, LEFT = Qt.Key, Qt.MouseButton.LeftButton


def write(user, grid, row, column, words, key=Key.Key_Return):
    """Click a cell, write a number, and press a key."""
    user.qtbot.mouseClick(grid, LEFT, pos=grid.cell(row, column).center().toPoint())
    user.qtbot.keyClicks(grid._field, words)
    user.qtbot.keyClick(grid._field, key)
    user.settle()


def choose(user, box, name):
    """Choose from a list by keys, as after Tab."""
    box.setCurrentText(name)
    box.activated.emit(box.currentIndex())
    user.settle()


@pytest.fixture
def user(pupil):
    return pupil.learn("convolution")


def test_the_slide_is_stepped_to_the_end(user):
    result = user.view.result.grid
    assert np.isnan(result.values).all()
    user.step()
    assert user.view.said.text() == "Row 1, column 1: the products add up to 4."
    assert user.view.sum.text() == "1 + 0 + 1 + 0 + 1 + 0 + 0 + 0 + 1"
    assert result.values[0, 0] == 4
    assert np.isnan(result.values).sum() == 8
    user.step(8)
    assert result.values.tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    assert user.solved == [True, False, False]
    assert not user.page.bar.step.isEnabled()


def test_a_filter_is_written_by_hand_that_gives_back_the_picture(user):
    kernel = user.view.kernel
    user.set(padding=1)
    user.qtbot.mouseClick(kernel, LEFT, pos=kernel.cell(0, 0).center().toPoint())
    for words in "000010000":
        user.qtbot.keyClicks(kernel._field, words)
        user.qtbot.keyClick(kernel._field, Key.Key_Tab)
    user.qtbot.keyClick(kernel._field, Key.Key_Escape)
    user.settle()
    assert user.view.named.currentText() == "identity"
    assert user.page.run.state.kernel.tolist() == KERNELS["identity"].tolist()
    assert user.solved == [False, True, False]
    user.page.back_a_step()
    user.settle()
    assert user.view.named.currentText() == "your own"


def test_numbers_are_checked_and_left_by_esc(user):
    source = user.view.source.grid
    write(user, source, 0, 3, "-2.5")
    assert user.page.run.state.picture[0, 3] == -2.5
    write(user, source, 0, 3, "cat")
    (told,) = user.session.sentences
    assert told[0].startswith("“cat” is not a number")
    write(user, source, 0, 3, "7", Key.Key_Escape)
    assert user.page.run.state.picture[0, 3] == -2.5
    result = user.view.result.grid
    user.qtbot.mouseClick(result, LEFT, pos=result.cell(2, 1).center().toPoint())
    user.settle()
    assert user.page.run.state.place(user.page.run.settings) == (2, 1)
    user.view.side.setValue(7)
    user.settle()
    assert user.view.said.text().startswith("The filter is larger than the picture")
    assert not user.page.bar.step.isEnabled()


def test_edges_of_the_picture_on_show(user, plate):
    user.session.add(plate("half", size=(60, 60)))
    user.set(over=PICTURE)
    assert user.page.run.state.picture.max() < 0.6, "the picture on show, in grey"
    choose(user, user.view.named, "edges")
    assert user.solved == [False, False, True]
    assert user.view.titles[3].text() == "Filter, its sum 0"
    assert np.abs(user.view._result).max() < 1e-9, "nothing is left of one colour"
    image = user.view.result.image
    user.qtbot.mouseClick(image, LEFT, pos=QPointF(image.width() / 2, image.height() / 2).toPoint())
    user.settle()
    row, column = user.page.run.state.place(user.page.run.settings)
    assert 40 < row < 54
    assert 40 < column < 54


def test_a_unit_of_the_network_is_its_own_map(user, catalogue, plain, plate, photo):
    user.set(over=UNIT)
    assert user.view.said.text() == "Choose a network at the top first."
    user.session.add(plate("one"))
    user.open("plain")
    theirs = user.session.activations.maps
    assert user.page.run.state.real.stage == "conv1"
    assert np.abs(user.view._result - theirs["conv1"][..., 0]).max() <= 1e-5
    user.set(unit=3)
    assert np.abs(user.view._result - theirs["conv1"][..., 3]).max() <= 1e-5
    choose(user, user.view.stage, "conv2")
    assert user.session.stage == "conv2"
    user.set(channel=2)
    assert np.abs(user.view._result - theirs["conv2"][..., 3]).max() <= 1e-5
    assert user.view.titles[3].text() == "Filter, channel 2 of 4"
    assert user.view.sum.text().startswith("The network's own number here is ")
    user.step()
    assert "and relu it is" in user.view.said.text()
    rows = dict(user.workspace.table_for_export()[1])
    assert rows["after relu"] == pytest.approx(rows["the network's own number"], abs=1e-5)
    user.session.add(plate("two", (0, 1, 0)))
    user.settle()
    theirs = user.session.activations.maps["conv2"][..., 3]
    assert np.abs(user.view._result - theirs).max() <= 1e-5
    assert user.page.run.state.picture.shape != SLIDE.shape


def test_numbers_are_written_as_people_do():
    said = [number_text(each) for each in (4, -2.0, 0.5, -0.0312, 12.345, 1e-5, np.nan, np.inf)]
    assert said == ["4", "−2", "0.5", "−0.031", "12.35", "1e−05", "", "∞"]
    assert [short_number_text(each) for each in (0.159, -0.182, 1.24, 3)] == [
        ".16",
        "−.18",
        "1.2",
        "3",
    ]
    assert [number(each) for each in ("1/4", "0,5", "−3")] == [0.25, 0.5, -3]
    for wrong in ("", "x", "1/0", "nan", "1e9", "inf"):
        with pytest.raises(ValueError, match="no number"):
            number(wrong)
