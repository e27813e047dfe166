"""SavedModel folders open by their description; without one they need trust."""

import contextlib
import shutil
import struct
import tempfile
import threading
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from tests.models.editing import randomised
from visualizer.engine.errors import UserError
from visualizer.models import checkpoint, keras_metadata, loader, protobuf, safety

FILES = Path(__file__).parent / "files"
PREFIX = Path("variables") / "variables"


@pytest.fixture
def folder(tmp_path):
    """A SavedModel of Keras 2, to damage."""
    return Path(shutil.copytree(FILES / "transfer_savedmodel", tmp_path / "transfer"))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A SavedModel of Keras 3, which has no description, and the model it came from."""
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)]
    )
    path = tmp_path_factory.mktemp("exported") / "net"
    randomised(model).export(path, verbose=False)
    return path, model


def test_without_a_description_it_needs_trust(exported):
    path, model = exported
    with pytest.raises(UserError, match=r"without the description.*--trust"):
        loader.open_file(path)
    network = loader.open_file(path, trust=True)
    assert [stage.name for stage in network.stages] == ["data", "output"]
    x = np.random.default_rng(0).random((2, 8, 8, 3)).astype(np.float32)
    scaled = np.asarray(network.preprocessing.apply(x))
    expected = np.asarray(keras.ops.softmax(model(scaled)))
    np.testing.assert_allclose(network.forward(x)["output"], expected, atol=1e-5)
    assert any("no layers" in note for note in network.card["notes"])


def test_nobody_waits_for_tensorflow_after_a_cancel(exported, monkeypatch):
    path, _ = exported
    release = threading.Event()
    real = keras.layers.TFSMLayer

    def slow(*arguments, **settings):
        release.wait(30)
        return real(*arguments, **settings)

    monkeypatch.setattr(keras.layers, "TFSMLayer", slow)
    before = set(threading.enumerate())
    steps = loader.reading_model(path, trust=True)
    next(steps)
    next(steps)
    steps.close()  # at once
    (left,) = set(threading.enumerate()) - before
    release.set()
    left.join()


def test_a_graph_that_is_too_large_is_refused(exported, monkeypatch):
    path, _ = exported
    monkeypatch.setattr(safety, "MAX_WEIGHT_BYTES", 1000)
    with pytest.raises(UserError, match="SavedModels of up to"):
        loader.open_file(path, trust=True)


@pytest.mark.parametrize("part", ["keras_metadata.pb", f"{PREFIX}.index"])
@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.95])
def test_a_damaged_part_is_told(part, keep, folder):
    data = (folder / part).read_bytes()
    (folder / part).write_bytes(data[: keep if isinstance(keep, int) else int(keep * len(data))])
    with pytest.raises(UserError) as caught:
        loader.open_file(folder)
    assert "\n" not in str(caught.value)


def test_missing_and_short_weights_are_told(folder):
    data = folder / f"{PREFIX}.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:100])
    with pytest.raises(UserError, match="only a part of them"):
        loader.open_file(folder)
    data.unlink()
    with pytest.raises(UserError, match=r"has no weights.*whole folder"):
        loader.open_file(folder)


def test_variables_are_read_as_they_are():
    graph, arrays = checkpoint.read(FILES / "transfer_savedmodel" / PREFIX, "transfer")
    kernel = arrays["layer_with_weights-2/kernel/.ATTRIBUTES/VARIABLE_VALUE"]
    assert kernel.shape == (4, 3)
    assert kernel.dtype == np.float32
    assert np.isfinite(kernel).all()
    assert np.abs(kernel).max() > 0
    assert len(graph) > 100


def number(value):
    """As protocol buffers and tables write one."""
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    return bytes([*data, value])


def table_of(blocks, handles):
    """A table of blocks of entries, whose index names the blocks `handles`."""

    def block(entries):
        body = b"".join(
            number(shared) + number(len(own)) + number(len(value)) + own + value
            for shared, own, value in entries
        )
        return body + bytes(4)

    data, places = b"", []
    for each in blocks:
        body = block(each)
        places.append(number(len(data)) + number(len(body)))
        data += body + bytes(5)
    index = block([(0, b"", places[handle]) for handle in handles])
    footer = bytes(2) + number(len(data)) + number(len(index))
    magic = struct.pack("<Q", checkpoint.MAGIC)
    return data + index + bytes(5) + footer.ljust(40, b"\0") + magic


def test_a_table_is_read_no_further_than_its_bounds():
    entry = (0, b"key", b"value")
    assert checkpoint.table(table_of([[entry]], [0])) == [(b"key", b"value")]
    long = [(0, b"k" * 4000, b""), *[(4000, b"", b"")] * 50_000]
    for blocks, handles in (([long], [0]), ([[entry] * 1000], [0] * 2000)):
        began = time.process_time()
        with pytest.raises(protobuf.ProtobufError, match=r"more variables|overlap"):
            checkpoint.table(table_of(blocks, handles))
        assert time.process_time() - began < 2


def field(place, value):
    return number(place << 3 | 2) + number(len(value)) + value


@pytest.mark.parametrize("count", [keras_metadata.MAX_DEPTH, 1_000_000])
def test_a_path_without_end_is_refused_at_once(count):
    node = field(3, b"root" + b".a" * count) + field(5, b"{}")
    began = time.process_time()
    with pytest.raises(UserError, match="damaged"):
        keras_metadata.read(field(1, node), "net")
    assert time.process_time() - began < 2


@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_an_error(data):
    with contextlib.suppress(protobuf.ProtobufError):
        for number, value in protobuf.fields(data):
            assert number >= 0
            assert isinstance(value, int) or len(value) <= len(data)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**6), st.integers(0, 255), st.sampled_from(["index", "metadata"]))
def test_a_flipped_byte_is_read_or_told(place, value, part):
    if part == "metadata":
        data = bytearray((FILES / "transfer_savedmodel" / keras_metadata.FILE).read_bytes())
        data[place % len(data)] = value
        with contextlib.suppress(UserError):
            keras_metadata.read(bytes(data), "transfer")
        return
    data = bytearray((FILES / "transfer_savedmodel" / f"{PREFIX}.index").read_bytes())
    data[place % len(data)] = value
    try:
        entries = checkpoint.table(bytes(data))
    except protobuf.ProtobufError:
        return
    assert all(isinstance(key, bytes) for key, _ in entries)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([f"{PREFIX}.index", keras_metadata.FILE, f"{PREFIX}.data-00000-of-00001"]),
    st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 7)), min_size=1, max_size=6),
)
def test_a_folder_with_flipped_bits_opens_or_is_told(part, places):
    """The graph of objects lies among the data, as one of the variables."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(FILES / "transfer_savedmodel", Path(scratch) / "transfer"))
        data = bytearray((folder / part).read_bytes())
        for share, bit in places:
            data[int(share * len(data))] ^= 1 << bit
        (folder / part).write_bytes(data)
        started, sentence = time.process_time(), ""
        try:
            loader.open_file(folder, preprocessing="0..1")
        except UserError as error:
            sentence = str(error)
        assert "\n" not in sentence
        assert len(sentence) < 600
        assert time.process_time() - started < 20
