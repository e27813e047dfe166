"""Writes `.pth` files in both of PyTorch's layouts, byte by byte, for the tests that read them."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile

import numpy as np

STORAGE = {"float32": "FloatStorage", "int64": "LongStorage", "float16": "HalfStorage"}
HEADER = (
    b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # PyTorch's magic number, pickled
    + pickle.dumps(1001, 2)
    + pickle.dumps({"protocol_version": 1001, "little_endian": True, "type_sizes": {}}, 2)
)


def text(value: str) -> bytes:
    return b"X" + struct.pack("<i", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def group(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def name(module: str, attribute: str) -> bytes:
    return f"c{module}\n{attribute}\n".encode()


def storage(key: str, dtype: str, length: int, layout: str) -> bytes:
    parts = [text("storage"), name("torch", dtype), text(key), text("cpu"), number(length)]
    return group(*parts, *([b"N"] if layout == "legacy" else [])) + b"Q"


def tensor(stored: bytes, size: tuple, stride: tuple, offset: int = 0) -> bytes:
    hooks = name("collections", "OrderedDict") + b")R"
    shape = [group(*map(number, size)), group(*map(number, stride))]
    arguments = group(stored, number(offset), *shape, b"\x89", hooks)
    return name("torch._utils", "_rebuild_tensor_v2") + arguments + b"R"


def dictionary(items: dict[str, bytes]) -> bytes:
    pairs = b"".join(text(key) + value for key, value in items.items())
    return b"\x80\x02" + name("collections", "OrderedDict") + b")R(" + pairs + b"u."


def _state(tensors: dict[str, np.ndarray], layout: str) -> bytes:
    items = {}
    for index, (key, array) in enumerate(tensors.items()):
        stored = storage(str(index), STORAGE[array.dtype.name], array.size, layout)
        stride = tuple(s // array.itemsize for s in array.strides)
        items[key] = tensor(stored, array.shape, stride)
    return dictionary(items)


def legacy_file(state: bytes, storages: dict[str, np.ndarray]) -> bytes:
    data = b"".join(struct.pack("<q", a.size) + a.tobytes() for a in storages.values())
    return HEADER + state + pickle.dumps(list(storages), 2) + data


def archive_file(state: bytes, storages: dict[str, np.ndarray]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        archive.writestr("net/data.pkl", state)
        archive.writestr("net/byteorder", "little")
        for key, array in storages.items():
            archive.writestr(f"net/data/{key}", array.tobytes())
    return memory.getvalue()


WRITERS = {"legacy": legacy_file, "archive": archive_file}


def torch_file(tensors: dict[str, np.ndarray], layout: str = "legacy") -> bytes:
    """The bytes `torch.save` would write for a state dictionary, in one of the two layouts."""
    storages = {str(index): array for index, array in enumerate(tensors.values())}
    return WRITERS[layout](_state(tensors, layout), storages)
