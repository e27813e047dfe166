"""Whatever is wrong, a command ends with 2 and says so in one line on stderr."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visualizer.cli import INTERRUPTED, app, main


def test_a_missing_file_is_named(visualizer, tmp_path):
    assert "nowhere.png" in visualizer("classify", tmp_path / "nowhere.png").refused()


@pytest.mark.parametrize(
    ("typed", "meant"), [("explian", "explain"), ("badge", "badges"), ("dreem", "dream")]
)
def test_a_mistyped_command_names_the_one_that_is_meant(visualizer, typed, meant):
    assert f"did you mean the command '{meant}'?" in visualizer(typed).refused()


@pytest.mark.parametrize(
    ("camera", "sentence"),
    [("gone.mp4", "There is no film"), ("notes.txt", "is no film"), ("123", "There is no film")],
)
def test_what_is_neither_camera_nor_film_is_refused(
    visualizer, tmp_path, monkeypatch, camera, sentence
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("no film")
    assert sentence in visualizer("--camera", camera).refused()


def test_a_corrupt_picture_is_named(visualizer, broken):
    ended = visualizer("classify", broken)
    assert "broken.png" in ended.refused()
    assert ended.out.strip() == ""


@pytest.mark.parametrize("command", [["classify"], ["layers", "-o", "out"]])
@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a" + bytes(40)])
def test_what_is_no_picture_is_refused(visualizer, tmp_path, monkeypatch, command, content):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd.png").write_bytes(content)
    assert "odd.png" in visualizer(*command, "odd.png").refused()
    assert not (tmp_path / "out").exists()


def test_a_folder_is_no_picture(visualizer, tmp_path):
    assert visualizer("classify", tmp_path).refused()


def test_an_unknown_network_names_those_there_are(visualizer, coffee):
    sentence = visualizer("classify", coffee, "--network", "lennet").refused()
    assert "lennet" in sentence
    assert "lenet" in sentence.replace("lennet", "")


def test_an_unknown_network_is_not_listed(visualizer):
    assert "resnet9000" in visualizer("networks", "--network", "resnet9000").refused()


def test_a_model_file_that_is_none_is_refused(visualizer, coffee, tmp_path):
    file = tmp_path / "mine.keras"
    file.write_bytes(b"not a zip file")
    assert "mine.keras" in visualizer("classify", coffee, "--network", file).refused()


def test_an_unknown_backend_names_those_there_are(visualizer, coffee):
    sentence = visualizer("classify", coffee, "--backend", "theano").refused()
    assert "theano" in sentence
    assert "tensorflow" in sentence


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["classify"], "PICTURES"),
        (["classify", "x.png", "--top"], "--top"),
        (["classify", "x.png", "--top", "many"], "many"),
        (["classify", "x.png", "--top", "0"], "top is 0"),
        (["classify", "x.png", "--tpo", "3"], "--tpo"),
        (["classify", "x.png", "--mode", "stretch"], "stretch"),
        (["layers", "x.png"], "--output"),
        (["layers", "-o", "out"], "PICTURE"),
        (["layers", "x.png", "-o", "out", "--colour-map", "rainbow"], "rainbow"),
        (["tour"], "--output"),
        (["networks", "--verbose"], "--verbose"),
        (["--frobnicate"], "--frobnicate"),
    ],
)
def test_a_wrong_option_is_named(visualizer, arguments, said):
    assert said in visualizer(*arguments).refused()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["classify", "x.png", "--network"], "There is nothing after --network; write its value"),
        (["classify"], "Something is missing: write visualizer classify PICTURES. See"),
        (
            ["classify", "x.png", "--top", "many"],
            "top is “many”; it must be a whole number, 1 or more.",
        ),
        (["classify", "x.png", "--tip", "3"], "There is no option --tip. See visualizer classify"),
    ],
)
def test_a_wrong_command_line_is_explained_without_words_of_developers(
    visualizer, arguments, sentence
):
    assert sentence in visualizer(*arguments).refused()


def test_a_mistyped_command_is_no_picture(visualizer):
    sentence = visualizer("clasify", "x.png").refused()
    assert "clasify" in sentence
    assert "'classify'" in sentence


@pytest.mark.parametrize("command", [["layers", "{picture}"], ["tour"]])
def test_a_file_in_the_place_of_the_folder_is_kept(visualizer, coffee, tmp_path, command):
    taken = tmp_path / "taken"
    taken.write_text("mine")
    arguments = [part.format(picture=coffee) for part in command]
    assert "taken" in visualizer(*arguments, "-o", taken).refused()
    assert taken.read_text() == "mine"


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder nobody may write to")
def test_a_folder_that_cannot_be_made_is_named(visualizer, coffee):
    assert "/proc/pictures" in visualizer("layers", coffee, "-o", "/proc/pictures").refused()


@pytest.mark.parametrize("drawn_by", ["", "xcb", "wayland;xcb"])
def test_without_a_display_the_window_names_the_tour(visualizer, monkeypatch, drawn_by):
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", drawn_by)
    assert "visualizer tour" in visualizer().refused()


def test_a_fault_of_the_program_is_logged_and_told_in_one_line(visualizer, monkeypatch, tmp_path):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))

    def stumble():
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(app, "build", stumble)
    sentence = visualizer("networks").refused()
    assert "ZeroDivisionError" in sentence
    assert "in stumble" in (tmp_path / "log" / "errors.log").read_text()


@pytest.mark.parametrize("command", [[], ["tour", "-o", "{folder}"]])
def test_a_missing_library_of_qt_is_named(visualizer, monkeypatch, tmp_path, command):
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    for name in ("visualizer.gui.launch", "visualizer.gui.tour"):
        monkeypatch.setitem(sys.modules, name, None)  # as where libEGL.so.1 is missing
    monkeypatch.delattr("visualizer.gui.launch", raising=False)
    sentence = visualizer(*(part.format(folder=tmp_path) for part in command)).refused()
    assert "make run" in sentence


def test_a_full_disk_is_told(visualizer, monkeypatch):
    def full():
        raise OSError(28, "No space left on device", "picture.png")

    monkeypatch.setattr(app, "build", full)
    assert "picture.png: No space left on device" in visualizer("networks").refused()


def test_control_c_ends_quietly(visualizer, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "build", interrupted)
    ended = visualizer("networks")
    assert (ended.status, ended.out, ended.err) == (INTERRUPTED, "", "")


def test_a_pipe_of_another_kind_that_breaks_is_told(visualizer, monkeypatch):
    def broken():
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(app, "build", broken)
    assert "Broken" in visualizer("networks").refused()


def test_a_reader_that_has_seen_enough_is_no_error_but_no_success_either():
    listing = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from visualizer.cli import main; time.sleep(1);"
            "sys.exit(main(['networks', '--json']))",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    listing.stdout.close()
    _, said = listing.communicate(timeout=60)
    assert (listing.returncode, said) == (app.UNREAD, b"")


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(st.text(max_size=8), max_size=4))
def test_no_arguments_lead_to_a_traceback(capfd, words):
    capfd.readouterr()
    assert main(["classify", "nowhere.png", *words]) in (0, 2)
    said = capfd.readouterr().err
    assert "Traceback" not in said
    assert "in the program itself" not in said
