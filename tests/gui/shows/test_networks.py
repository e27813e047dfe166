"""Networks of one's own in a show: by name and SHA-256, beside the show, or inside it."""

import copy
import hashlib

import pytest
from PySide6.QtCore import Qt

from visualizer.engine.shows.show_file import read_show

WEIGHTS = b"the weights of somebody's own network"
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def own(desk, residual, catalogue, settle, qtbot, tmp_path):
    """A show whose scene looks through a file, with that file inside, and the network."""
    path = tmp_path / "first" / "own.keras"
    path.parent.mkdir()
    path.write_bytes(WEIGHTS)
    network = copy.copy(residual)
    network.sha256, network.card = SHA256, {"guessed": (), "source": str(path)}
    catalogue[str(path)] = network
    desk.session.open_network(str(path))
    settle(desk.compute)
    qtbot.keyClick(desk.window, Qt.Key.Key_S, CTRL_SHIFT)
    settle(desk.compute)
    desk.window.shows.save(tmp_path / "talk.show", networks=True)
    settle(desk.compute)
    desk.session.open_network("plain")
    settle(desk.compute)
    return network


def enter(desk, settle, path):
    desk.window.shows.put(read_show(path), path)
    desk.window.shows.go_to(0)
    settle(desk.compute)


def test_a_show_names_no_folder_and_finds_the_file_again(own, desk, settle, tmp_path):
    show = read_show(tmp_path / "talk.show")
    assert (show.scenes[0].network, show.scenes[0].sha256) == ("own.keras", SHA256)
    assert show.networks == {SHA256: WEIGHTS}
    enter(desk, settle, tmp_path / "talk.show")
    assert desk.session.network is own


def test_a_file_beside_the_show_is_taken_if_it_is_the_same(own, desk, settle, tmp_path, catalogue):
    (tmp_path / "first" / "own.keras").unlink()
    desk.window.shows.put(read_show(tmp_path / "talk.show"))
    desk.window.shows.save(tmp_path / "alone.show")
    settle(desk.compute)
    beside = tmp_path / "own.keras"
    catalogue[str(beside)] = own
    beside.write_bytes(b"another network of that name")
    enter(desk, settle, tmp_path / "alone.show")
    assert desk.session.network is not own
    assert "own.keras” of this scene is not on this computer" in desk.window.notices.label.text()
    beside.write_bytes(WEIGHTS)
    enter(desk, settle, tmp_path / "alone.show")
    assert desk.session.network is own


def test_what_travels_inside_is_unpacked(own, desk, settle, tmp_path, catalogue):
    (tmp_path / "first" / "own.keras").unlink()
    unpacked = desk.store.folder / "show-networks" / f"{SHA256}.keras"
    catalogue[str(unpacked)] = own
    enter(desk, settle, tmp_path / "talk.show")
    assert unpacked.read_bytes() == WEIGHTS
    assert desk.session.network is own
