"""What is set for all computers of a classroom: read from a file, and kept to."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine import policy as policies
from visualizer.engine.camera import Camera, list_cameras
from visualizer.engine.film_source import Film
from visualizer.engine.policy import Policy, PolicyError, policy, read


def test_without_a_file_everything_is_allowed(set_policy):
    assert policy() == Policy()
    assert policy().cameras
    assert policy().downloads
    assert policy().trust


def test_what_a_file_sets(set_policy):
    found = set_policy(
        'mirror = "S:/networks"  # a comment\nworkspace = "attack"\ntext_size = 1.3\n'
        "cameras = false\ntrust = false\n"
    )
    assert (found.mirror, found.workspace, found.text_size) == ("S:/networks", "attack", 1.3)
    assert (found.cameras, found.downloads, found.trust) == (False, True, False)
    assert found.problem == ""
    found.require("downloads", "Downloads")
    with pytest.raises(PolicyError, match=r"Cameras are not allowed on this computer \(.*toml\)"):
        found.require("cameras", "Cameras")


def test_a_byte_order_mark_of_a_windows_editor_is_no_mistake(set_policy):
    assert not set_policy("\ufeffcameras = false\n").problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("camera = false", "there is no setting 'camera'"),
        ("cameras = 0", "cameras is true or false"),
        ("cameras = no", "Invalid value"),
        ("mirror = 3", "mirror is a text in quotes"),
        ("text_size = 9", "text_size is a number from 0.7 to 2.5"),
        ("text_size = true", "text_size is a number"),
        ("text_size = nan", "text_size is a number"),
        ("#" * 100_000, "longer than 64,000 bytes"),
    ],
)
def test_a_mistake_forbids_and_is_told(set_policy, text, said):
    found = set_policy(text)
    assert said in found.problem
    assert "ask whoever looks after this computer" in found.problem
    assert [found.cameras, found.downloads, found.trust] == [False] * 3


def test_a_folder_of_that_name_is_a_mistake_too(tmp_path):
    assert "is a folder" in read(tmp_path).problem


@given(st.binary(max_size=200))
def test_any_bytes_give_a_policy(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(content)
    found = read(file)
    assert found.file == file
    assert not found.problem or not found.trust


@pytest.mark.parametrize(
    ("system", "folder"),
    [("linux", "/etc/xdg"), ("darwin", "/Library/Application Support"), ("win32", "/programs")],
)
def test_it_stands_where_the_system_keeps_settings_of_all_users(monkeypatch, system, folder):
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("PROGRAMDATA", "/programs")
    assert policies.places() == [Path(folder) / "convnet-visualizer" / "policy.toml"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/stick/visualizer")
    assert policies.places()[1:] == [Path("/stick/policy.toml")]


def test_cameras_that_are_not_allowed_are_not_touched(set_policy, monkeypatch):
    set_policy("cameras = false")
    monkeypatch.setattr("visualizer.engine.camera._open", lambda _: pytest.fail("was opened"))
    assert list_cameras() == ()
    with pytest.raises(PolicyError, match="Cameras"):
        Camera(0)


def test_streams_are_cameras_too(set_policy):
    set_policy("cameras = false")
    with pytest.raises(PolicyError, match="Cameras"):
        Film("rtsp://localhost/door")
