"""Pictures of the camera come back as they were held up; whatever else is there is refused."""

import hashlib
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visualizer.engine.generators import run_to_end
from visualizer.engine.training.kept_pictures import keeping, reading
from visualizer.engine.training.own_pictures import OwnPicturesError


@pytest.fixture
def held():
    rng = np.random.default_rng(0)
    return {
        name: [rng.integers(0, 256, (9, 7, 3), np.uint8) for _ in range(count)]
        for name, count in (("my cup", 3), ("a/b:ü", 2))
    }


@pytest.fixture
def path(tmp_path):
    return tmp_path / "mine.pictures"


def test_every_picture_comes_back_bit_for_bit(held, path):
    sha256 = run_to_end(keeping(path, held))
    assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    found = run_to_end(reading(path, sha256))
    assert list(found) == list(held)
    for name, rows in held.items():
        np.testing.assert_array_equal(found[name], rows)
    assert run_to_end(keeping(path, held)) == sha256


def test_what_is_gone_or_another_is_said(held, path):
    with pytest.raises(OwnPicturesError, match=r"gone.*take pictures anew"):
        run_to_end(reading(path, "0" * 64))
    sha256 = run_to_end(keeping(path, held))
    run_to_end(keeping(path, {**held, "pen": held["my cup"]}))
    with pytest.raises(OwnPicturesError, match="other pictures"):
        run_to_end(reading(path, sha256))


@pytest.mark.parametrize(
    "change",
    [
        {"classes.json": b"[]]"},
        {"classes.json": b'[["a", 1000000000]]'},
        {"classes.json": b'[["a", -1]]'},
        {"classes.json": b"7"},
        {"classes.json": b"[" * 10_000},
        {"classes.json": b'[["a", 3], ["a", 3]]'},
        {"classes.json": b'[["a", 4]]'},
        {"0/0.png": b"no picture"},
        {"0/0.png": b""},
    ],
)
def test_a_strangers_file_is_refused_though_its_hash_is_right(held, path, change):
    run_to_end(keeping(path, held))
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (entries | change).items():
            archive.writestr(name, data)
    with pytest.raises(OwnPicturesError, match="cannot be read"):
        run_to_end(reading(path, hashlib.sha256(path.read_bytes()).hexdigest()))


def test_a_bomb_is_refused_before_it_is_unpacked(held, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("classes.json", b" " * 2**22)
    with pytest.raises(OwnPicturesError, match="too large"):
        run_to_end(reading(path, hashlib.sha256(path.read_bytes()).hexdigest()))


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_damaged_is_refused_or_read(held, path, data):
    run_to_end(keeping(path, held))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(0, len(content)))])
    path.write_bytes(cut)
    try:
        run_to_end(reading(path, hashlib.sha256(cut).hexdigest()))
    except OwnPicturesError as error:
        assert "take pictures anew" in str(error)  # noqa: PT017
