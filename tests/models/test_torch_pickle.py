import contextlib
import os
import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.torch_files import (
    HEADER,
    WRITERS,
    dictionary,
    legacy_file,
    number,
    storage,
    tensor,
    torch_file,
)
from visualizer.models.torch_pickle import TorchFileError, read_tensors

RNG = np.random.default_rng(0)
TENSORS = {
    "features.0.weight": RNG.normal(size=(4, 3, 2, 2)).astype(np.float32),
    "features.0.bias": RNG.normal(size=4).astype(np.float32),
    "half": np.arange(6, dtype=np.float16).reshape(2, 3),
    "batches": np.array(7, dtype=np.int64),
    "none": np.zeros((0, 3), np.float32),
}


@pytest.fixture
def read(tmp_path):
    def read(data: bytes) -> dict[str, np.ndarray]:
        path = tmp_path / "net.pth"
        path.write_bytes(data)
        return read_tensors(path)

    return read


@pytest.mark.parametrize("layout", WRITERS)
def test_every_tensor_comes_back_as_it_was_written(read, layout):
    tensors = read(torch_file(TENSORS, layout))
    assert list(tensors) == list(TENSORS)
    for name, array in TENSORS.items():
        assert tensors[name].dtype == array.dtype
        np.testing.assert_array_equal(tensors[name], array)
        assert not tensors[name].flags.writeable


@pytest.mark.parametrize("layout", WRITERS)
def test_views_into_a_shared_storage_are_cut_out(read, layout):
    numbers = np.arange(12, dtype=np.float32)
    stored = storage("0", "FloatStorage", 12, layout)
    state = dictionary(
        {"transposed": tensor(stored, (4, 3), (1, 4)), "row": tensor(stored, (4,), (1,), 8)}
    )
    tensors = read(WRITERS[layout](state, {"0": numbers}))
    np.testing.assert_array_equal(tensors["transposed"], numbers.reshape(3, 4).T)
    np.testing.assert_array_equal(tensors["row"], numbers[8:])


class Payload:
    """Unpickled by Python, this makes a folder; here it must not."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (str(self.folder),)


@pytest.mark.parametrize("protocol", range(6))
def test_a_program_in_the_file_is_named_and_never_run(read, tmp_path, protocol):
    victim = tmp_path / "made by the file"
    payload = pickle.dumps({"weight": Payload(victim)}, protocol)
    with pytest.raises(TorchFileError, match=r"net\.pth"):
        read(HEADER + payload)
    assert not victim.exists()
    pickle.loads(payload)
    assert victim.exists(), "the payload is harmless and this test proves nothing"


def test_the_refusal_says_what_the_file_wanted(read):
    with pytest.raises(TorchFileError, match=r"posix\.system|os\.system") as refusal:
        read(HEADER + b"cos\nsystem\n(X\x04\x00\x00\x00exittR.")
    assert "trust" in str(refusal.value)


@pytest.mark.parametrize(
    "value", [3, "text", [1, 2], {"nested": {}}, None], ids=lambda v: type(v).__name__
)
def test_anything_but_tensors_is_refused(read, value):
    with pytest.raises(TorchFileError):
        read(HEADER + pickle.dumps({"weight": value}, 2) + pickle.dumps([], 2))


BOMBS = {
    "storage of a terabyte": legacy_file(
        dictionary({"w": tensor(storage("0", "FloatStorage", 2**31 - 1, "legacy"), (1,), (1,))}),
        {"0": np.zeros(1, np.float32)},
    ),
    "tensor larger than its storage": legacy_file(
        dictionary({"w": tensor(storage("0", "FloatStorage", 1, "legacy"), (9999, 9999), (0, 0))}),
        {"0": np.zeros(1, np.float32)},
    ),
    "one storage copied a thousand times": legacy_file(
        dictionary(
            {
                f"w{i}": tensor(
                    storage("0", "FloatStorage", 10_000, "legacy"), (100, 100), (1, 100)
                )
                for i in range(1000)
            }
        ),
        {"0": np.zeros(10_000, np.float32)},
    ),
    "negative offset": legacy_file(
        dictionary({"w": tensor(storage("0", "FloatStorage", 4, "legacy"), (1,), (1,), -3)}),
        {"0": np.zeros(4, np.float32)},
    ),
    "no numbers": HEADER + dictionary({"w": number(3)}),
    "empty": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_a_file_that_asks_for_too_much_gets_one_sentence(read, data):
    tracemalloc.start()
    try:
        with pytest.raises(TorchFileError) as refusal:
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 64e6
    finally:
        tracemalloc.stop()
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("layout", WRITERS)
@settings(max_examples=150, deadline=None)
@given(cuts=st.data())
def test_damaged_files_never_do_worse_than_one_sentence(tmp_path_factory, layout, cuts):
    data = bytearray(torch_file(TENSORS, layout))
    for _ in range(cuts.draw(st.integers(1, 3))):
        data[cuts.draw(st.integers(0, len(data) - 1))] = cuts.draw(st.integers(0, 255))
    end = cuts.draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))
    path = tmp_path_factory.mktemp("damaged") / "net.pth"
    path.write_bytes(data[:end])
    with contextlib.suppress(TorchFileError):
        tensors = read_tensors(path)
        assert sum(array.nbytes for array in tensors.values()) <= 2 * len(data)


def test_a_missing_file_is_said_plainly(tmp_path):
    with pytest.raises(TorchFileError, match="cannot be read"):
        read_tensors(tmp_path / "nowhere.pth")
