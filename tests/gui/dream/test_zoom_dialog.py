"""The endless zoom as a film."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from tests.gui.waiting import PATIENCE
from visualizer.gui.dream.zoom_dialog import ZoomDialog


@pytest.mark.parametrize("name", ["flight.mp4", "flight.gif"])
def test_a_zoom_film_is_written_with_preview_and_progress(dreamer, tmp_path, name):
    page = dreamer.workspace.page
    page.open_film()
    dialog: ZoomDialog = page.dialog
    for field, value in (("frames", 3), ("steps", 1), ("side", 32), ("jitter", 2)):
        dialog.form.control(field).setValue(value)
    assert "3 pictures" in dialog.status.text()
    dialog.make(tmp_path / name)
    dreamer.settle()
    assert (tmp_path / name).stat().st_size > 0
    assert name in dialog.status.text()
    assert dialog.progress.value() == dialog.progress.maximum() == 3
    dialog.reject()


def test_a_cancelled_film_leaves_no_file(dreamer, tmp_path):
    page = dreamer.workspace.page
    page.open_film()
    dialog = page.dialog
    dialog.form.control("frames").setValue(10_000)
    dialog.form.control("side").setValue(32)
    dialog.make(tmp_path / "long.mp4")
    dreamer.qtbot.waitUntil(lambda: dialog.progress.value() > 0, timeout=PATIENCE)
    dialog.cancel.click()
    dreamer.settle()
    assert list(tmp_path.glob("*.mp4")) == []
    assert "Cancelled" in dialog.status.text()
    dialog.reject()


def test_the_film_can_be_looked_at_before_it_is_saved(dreamer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = dreamer.workspace.page
    page.open_film()
    dialog = page.dialog
    for field, value in (("frames", 3), ("steps", 1), ("side", 32), ("jitter", 2)):
        dialog.form.control(field).setValue(value)
    before = dialog.view.image
    dialog.preview.click()
    assert not dialog.preview.isEnabled()
    dreamer.settle()
    assert dialog.preview.isEnabled()
    assert dialog.progress.value() == dialog.progress.maximum() == 3
    assert dialog.view.image.size() != before.size()
    assert [file for file in tmp_path.iterdir() if file.is_file()] == []
    dialog.reject()


def test_a_film_is_asked_for_by_the_name_that_it_will_have(dreamer, tmp_path):
    page = dreamer.workspace.page
    page.open_film()
    dialog = page.dialog
    for field, value in (("frames", 2), ("steps", 1), ("side", 32), ("jitter", 2)):
        dialog.form.control(field).setValue(value)
    dialog.save.click()
    asking = dialog.findChild(QFileDialog)
    asking.setDirectory(str(tmp_path))
    asking.selectFile("flight")
    assert [Path(name).name for name in asking.selectedFiles()] == ["flight.mp4"]
    asking.accept()
    dreamer.settle()
    assert (tmp_path / "flight.mp4").stat().st_size > 0
    dialog.reject()
