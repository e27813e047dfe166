"""What is written is read back, bit for bit; what is hostile is refused within bounds."""

import io
import json
import zipfile

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visualizer.engine.training import checkpoints
from visualizer.engine.training.checkpoints import CheckpointError
from visualizer.engine.training.optimizers import make_optimizer


@pytest.fixture(scope="module")
def variables():
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dropout(0.5), keras.layers.Dense(3)]
    )
    return checkpoints.training_variables(model, make_optimizer("adam", model.trainable_variables))


@pytest.fixture
def path(variables, tmp_path):
    path = tmp_path / "checkpoint.zip"
    checkpoints.write(path, checkpoints.values_of(variables), {"epoch": 3, "why": "ünïcode"})
    return path


def test_every_value_comes_back(path, variables):
    before = checkpoints.values_of(variables)
    assert len(before) == 2 + 1 + 3 + 4  # weights, dropout's generator; rate, decay, count, slots
    for variable in variables:
        variable.assign(variable + 1)
    checkpoints.assign(variables, checkpoints.read_values(path, variables))
    for value, expected in zip(checkpoints.values_of(variables), before, strict=True):
        assert value.dtype == expected.dtype
        np.testing.assert_array_equal(value, expected)
    assert checkpoints.read_meta(path) == {"epoch": 3, "why": "ünïcode"}


def test_a_missing_one_is_said(tmp_path, variables):
    for read in (
        checkpoints.read_meta,
        lambda path: checkpoints.read_values(path, variables),
    ):
        with pytest.raises(CheckpointError, match="no training"):
            read(tmp_path / "none.zip")


def changed(path, name, content, how=zipfile.ZIP_STORED):
    """The file with another content of one entry."""
    with zipfile.ZipFile(path) as archive:
        entries = {each: archive.read(each) for each in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for each, data in (entries | {name: content}).items():
            archive.writestr(each, data, how if each == name else zipfile.ZIP_STORED)


def array_bytes(array, **options):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, **options)
    return file.getvalue()


HEADER = b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (10000000000,)}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HEADER.ljust(128, b" ") + bytes(48),
        array_bytes(np.zeros((4, 4), np.float32)),
        array_bytes(np.zeros((4, 3), np.float64)),
        array_bytes(np.full((4, 3), np.nan, np.float32)),
        array_bytes(np.array([[None] * 3] * 4, object), allow_pickle=True),
        array_bytes(np.zeros((4, 3), np.float32), version=(2, 0)),
    ],
)
def test_another_array_is_refused(path, variables, content):
    index = next(i for i, v in enumerate(variables) if tuple(v.shape) == (4, 3))
    changed(path, f"{index}.npy", content)
    with pytest.raises(CheckpointError, match="begin a new one"):
        checkpoints.read_values(path, variables)


def test_a_bomb_is_refused_before_it_is_unpacked(path, variables):
    changed(path, "0.npy", bytes(50_000_000), zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError):
        checkpoints.read_values(path, variables)
    changed(path, "meta.json", b" " * (checkpoints.MAX_META + 1), zipfile.ZIP_DEFLATED)
    with pytest.raises(CheckpointError, match="too large"):
        checkpoints.read_meta(path)


@pytest.mark.parametrize("meta", ["[1]", "{", "null"])
def test_a_description_that_is_none_is_refused(path, meta):
    changed(path, "meta.json", meta.encode())
    with pytest.raises(CheckpointError):
        checkpoints.read_meta(path)


@given(st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_is_damaged_is_refused_or_read(path, variables, data):
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(content)))
    damaged = path.with_name("damaged.zip")
    damaged.write_bytes(content[:cut])
    for read in (checkpoints.read_meta, lambda path: checkpoints.read_values(path, variables)):
        try:
            json.dumps(str(read(damaged)))
        except CheckpointError as error:
            assert "begin a new one" in str(error)  # noqa: PT017
