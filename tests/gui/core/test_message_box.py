"""What a double-click shows where there is no terminal to say what went wrong."""

import sys

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from visualizer.cli import main, terminal


@pytest.fixture
def double_click(qapp, tmp_path, monkeypatch):
    """Start the program on a picture that is not there, without a console."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))

    def start():
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", None)
            return main([str(tmp_path / "gone.png")])

    return start


def test_the_sentence_stands_in_a_window(double_click):
    shown = []

    def close():
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        shown.append(box.text())
        box.reject()

    QTimer.singleShot(200, close)
    assert double_click() == 2
    assert len(shown) == 1
    assert "There is no picture or command" in shown[0]


def test_the_windows_own_command_tells_it_there_and_in_the_log_of_the_desktop(
    qapp, tmp_path, monkeypatch, capfd
):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    shown = []

    def close():
        box = QApplication.activeModalWidget()
        shown.append(box.text())
        box.reject()

    QTimer.singleShot(200, close)
    assert main([str(tmp_path / "gone.png")], in_window=True) == 2
    (sentence,) = shown
    assert sentence in capfd.readouterr().err


def test_without_a_display_it_is_left_in_a_file_and_qt_is_not_asked(
    double_click, monkeypatch, tmp_path
):
    monkeypatch.setattr(terminal, "has_display", lambda: False)
    assert double_click() == 2
    assert list(tmp_path.rglob("could-not-start.txt"))


def test_without_qt_it_is_left_in_a_file(double_click, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "visualizer.gui.core.message_box", None)
    assert double_click() == 2
    (file,) = tmp_path.rglob("could-not-start.txt")
    assert "There is no picture or command" in file.read_text(encoding="utf-8")
