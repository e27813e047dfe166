"""HDF5 files that make the library loop, crash or fill the memory end in one sentence."""

import json
import struct
import subprocess
import sys

import h5py
import numpy as np
import psutil
import pytest

from tests.models.editing import answer, save
from tests.models.refusals import refused, small
from visualizer.engine import child_process
from visualizer.models import hdf5_copy, hdf5_process, loader


@pytest.fixture
def hole(files, tmp_path):
    """A sound `.h5` with zeros in its global heap, on which HDF5 never returns."""
    data = bytearray(files[".h5"])
    heap = data.find(b"GCOL")
    _, _, _, size = struct.unpack_from("<HHIQ", data, heap + 16)
    second = heap + 16 + 16 + (size + 7) // 8 * 8
    data[second : second + 16] = bytes(16)
    path = tmp_path / "hole.h5"
    path.write_bytes(data)
    return path


def processes():
    """Those that read HDF5 files for this one."""
    return [
        child
        for child in psutil.Process().children()
        if any("child_process" in word for word in child.cmdline())
    ]


def test_a_file_that_hdf5_loops_over_ends_in_a_sentence(hole, monkeypatch):
    monkeypatch.setattr(hdf5_process, "PATIENCE", 1.0)
    refused(hole, "damaged in a way that keeps it from being read")


def test_to_cancel_ends_the_process_that_reads(hole):
    steps = loader.opening(hole)
    for _ in range(5):
        next(steps)
    (busy,) = processes()
    steps.close()
    assert not busy.is_running()


def test_one_process_reads_one_file_after_the_other(files, tmp_path):
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"])
    loader.read_model(path)
    before = processes()
    loader.read_model(path)
    assert processes() == before
    assert len(before) == 1


def test_one_that_died_is_started_again(files, tmp_path):
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"])
    loader.read_model(path)
    for process in processes():
        process.kill()
        process.wait()
    model, _, _ = loader.read_model(path)
    assert model.count_params() > 0
    assert len(processes()) == 1


def test_one_that_takes_too_much_memory_is_ended(files, tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_process, "MOST_MEMORY", 1 << 20)
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"] + bytes(1 << 20))
    refused(path, "reasonable time and memory")


def test_the_process_imports_neither_keras_nor_qt():
    code = (
        "import sys; import visualizer.models.hdf5_copy;"
        "print([name for name in sys.modules if name in ('keras', 'tensorflow', 'PySide6')])"
    )
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, check=True).stdout.strip() == b"[]"


def test_the_program_in_one_file_starts_itself_for_it(files, tmp_path):
    source, target = tmp_path / "net.h5", tmp_path / "copy.h5"
    source.write_bytes(files[".h5"])
    process = subprocess.Popen(
        [sys.executable, "-m", "visualizer", child_process.OPTION], stdin=subprocess.PIPE
    )
    request = {"source": str(source), "target": str(target), "name": "net.h5", "on_disk": 10**6}
    line = json.dumps({"module": hdf5_copy.__name__, "seconds": 30, "request": request})
    process.communicate(line.encode() + b"\n", timeout=60)
    with h5py.File(target) as copy:
        assert "model_config" in copy.attrs


def test_what_is_copied_is_what_was_there(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["model_config"] = "{}" * 100_000
        file.attrs["names"] = np.array([b"conv", b"dense"])
        file["group/kernel"] = np.arange(600_000, dtype=np.float32).reshape(3, -1)
        packed = file["group"].create_dataset("packed", (1000, 50), "f2", compression="gzip")
        packed[:] = 0.5
        file["group/scalar"] = np.int64(7)
        file["again"] = file["group/kernel"]
        file["group/loop"] = file["group"]
        file["words"] = ["not", "numbers"]
        file["group"].attrs["dtype"] = "bfloat16"
    count = hdf5_copy.copy(tmp_path / "a.h5", tmp_path / "b.h5", "a.h5", 10**8)
    with h5py.File(tmp_path / "b.h5") as copy:
        assert copy.attrs["model_config"] in ("{}" * 100_000, b"{}" * 100_000)
        assert copy.attrs["names"].tolist() == [b"conv", b"dense"]
        assert copy["again"][2, 199_999] == 599_999
        assert (copy["group/packed"][:] == 0.5).all()
        assert copy["group/scalar"][()] == 7
        assert copy["group/loop/loop/scalar"][()] == 7
        assert copy["words"].shape == (0,)
    assert count == 600_000 + 50_000 + 1 + 2


def test_a_copied_network_answers_as_before(tmp_path):
    model = small()
    x = np.random.default_rng(0).random((2, 8, 8, 3), np.float32)
    for name in ("net.h5", "net.keras"):
        opened, _, _ = loader.read_model(save(model, tmp_path / name))
        np.testing.assert_allclose(answer(opened, x), answer(model, x), atol=1e-6)


def test_a_small_data_set_in_a_huge_chunk_is_not_unpacked(tmp_path, files, monkeypatch):
    monkeypatch.setattr(hdf5_process, "MOST_MEMORY", 200 << 20)
    path = tmp_path / "net.h5"
    path.write_bytes(files[".h5"])
    with h5py.File(path, "r+") as file:
        file["model_weights"].create_dataset(
            "wide", (10,), "f4", maxshape=(None,), chunks=(1 << 27,), compression="gzip"
        )
        file["model_weights/wide"][:] = 1
    refused(path, "reasonable time and memory")
