"""What is no plain file is refused before it is opened, wherever a path can be given."""

import os
import socket

import numpy as np
import pytest

from tests.models.refusals import refused, small
from visualizer.engine.ascent.film import filmed
from visualizer.engine.errors import LONGEST, UserError, one_sentence
from visualizer.engine.evolution import storage
from visualizer.engine.files import NotAFileError, clear_parts, plain_file, write_file
from visualizer.engine.generators import run_to_end
from visualizer.engine.pictures import read_folder, read_picture
from visualizer.engine.specimen import open_specimen
from visualizer.engine.technique import Frame
from visualizer.models.download import MIRROR, RemoteFile, fetch
from visualizer.models.label_files import class_names, read_labels

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")


def fifo(path):
    os.mkfifo(path)


def bound_socket(path):
    short = os.path.relpath(path)  # the system takes 108 bytes
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(short if len(short) < len(str(path)) else str(path))


def folder(path):
    path.mkdir()


def device(path):
    path.symlink_to("/dev/zero")


KINDS = {"fifo": fifo, "socket": bound_socket, "folder": folder, "device": device}


@pytest.fixture(params=KINDS)
def make(request):
    return KINDS[request.param]


@pytest.mark.parametrize("name", ["net.keras", "net.h5", "net.json", "net.weights.h5"])
def test_as_a_model(make, name, tmp_path):
    make(tmp_path / name)
    refused(tmp_path / name, "pipe, socket or device|is a folder|holds no Keras model")


def test_as_the_description_beside_weights(make, tmp_path):
    model = small()
    model.save_weights(tmp_path / "net.weights.h5")
    make(tmp_path / "net.json")
    refused(tmp_path / "net.weights.h5", "description of the network is not beside it")


def test_as_the_weights_beside_a_description(make, tmp_path):
    (tmp_path / "net.json").write_text(small().to_json())
    make(tmp_path / "net.weights.h5")
    refused(tmp_path / "net.json", "weights are not beside it")


def test_as_the_only_model_of_a_folder(make, tmp_path):
    make(tmp_path / "net.keras")
    refused(tmp_path, "holds no Keras model")


def test_as_a_picture(make, tmp_path):
    make(tmp_path / "cat.png")
    for read in (read_picture, open_specimen):
        with pytest.raises(UserError, match=r"“cat\.png” is a"):
            read(tmp_path / "cat.png")
    assert read_folder(tmp_path) == []


def test_as_class_names(make, tmp_path):
    make(tmp_path / "labels.txt")
    with pytest.raises(UserError, match=r"“labels\.txt” is a"):
        read_labels(tmp_path / "labels.txt")
    assert class_names(tmp_path / "net.h5", 3, []) == ()


def test_as_an_evolution_to_go_on_with(make, tmp_path):
    make(tmp_path / storage.FILE)
    assert storage.saved_evaluations(tmp_path, "ab" * 32) is None
    with pytest.raises(UserError, match="no evolution"):
        storage.read(tmp_path)


def test_as_the_weights_in_a_mirror(make, tmp_path, monkeypatch):
    make(tmp_path / "net.h5")
    monkeypatch.setenv(MIRROR, str(tmp_path))
    with pytest.raises(UserError, match=r"there is no file net\.h5"):
        run_to_end(fetch(RemoteFile("https://nowhere.invalid/net.h5", "md5:" + "0" * 32), "Net"))


def test_as_what_is_to_be_written(make, tmp_path):
    path = tmp_path / "cat.gif"
    make(path)
    before = path.stat()
    with pytest.raises(UserError, match="it is a"):
        write_file(path, b"GIF")
    frames = [Frame(1, 1, np.zeros((4, 4, 3), np.float32))]
    with pytest.raises(UserError, match="is there and is no file"):
        list(filmed(frames, path, 10))
    after = path.stat()
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)


def test_the_helper_lets_files_through(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert plain_file(tmp_path / "a").st_size == 3
    with pytest.raises(NotAFileError):
        plain_file(tmp_path)


# Sentences


def test_a_sentence_is_one_line_without_colours_and_bounded():
    assert one_sentence("\x1b[31mA\x1b[0m\n\n  b\tc\x07d.") == "A b c d."
    assert one_sentence("the file caf\udce9.png") == "the file caf?.png"
    assert one_sentence("““x”” is odd") == "“x” is odd"
    long = one_sentence("The file " + "x" * 300 + " is " + "too long " * 1000 + "; do this.")
    assert len(long) <= LONGEST
    assert long.startswith("The file xxx")
    assert long.endswith("; do this.")


def test_a_path_of_300_characters_does_not_hide_what_to_do(tmp_path):
    path = tmp_path / ("n" * 240 + ".keras")
    sentence = refused(path, "There is no file")
    assert sentence.endswith("check the path.")
    path.write_bytes(b"nothing")
    assert refused(path, "does not begin").endswith("fetch or save the model again.")


# What is left of a program that was killed


def test_what_a_killed_program_left_is_cleared_at_the_next_start(tmp_path):
    left = tmp_path / "deep" / ".0123456789abcdef.part"
    left.parent.mkdir()
    left.write_bytes(b"half")
    kept = [tmp_path / "weights.h5.part", tmp_path / ".notes.part", tmp_path / "picture.png"]
    for path in kept:
        path.write_bytes(b"x")
    clear_parts(tmp_path)
    assert left.exists()
    clear_parts(tmp_path, deep=True)
    assert not left.exists()
    assert all(path.exists() for path in kept)
    clear_parts(tmp_path / "nowhere")


def test_what_another_program_writes_just_now_stays(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    busy = tmp_path / ".0123456789abcdef.part"
    with busy.open("xb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        clear_parts(tmp_path)
        assert busy.exists()
    clear_parts(tmp_path)
    assert not busy.exists()
    write_file(tmp_path / "a.txt", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
