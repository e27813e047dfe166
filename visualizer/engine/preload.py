"""TensorFlow's shared libraries, loaded while the window can be used.

`import` loads a library with Python's lock held, and those of TensorFlow are more than a gigabyte:
for most of a second nothing in the program could be clicked. A foreign call lets go of the lock;
the import that follows finds the libraries in memory.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from visualizer.engine.backend import name

LIBRARIES = ("libtensorflow_framework.*", "libtensorflow_cc.*", "python/lib_pywrap_tensorflow_*")
"""In the order in which they need each other."""


def preload() -> list[Path]:
    """Load TensorFlow's libraries with Python's lock released, and return those that were loaded.

    Nothing happens where TensorFlow is imported already or is not the backend, and on Windows. A
    library that cannot be loaded is left to `import tensorflow`, which says why.
    """
    if name() != "tensorflow" or "tensorflow" in sys.modules or os.name != "posix":
        return []
    spec = importlib.util.find_spec("tensorflow")
    if spec is None or spec.origin is None:
        return []
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    folder = Path(spec.origin).parent
    found = [path for pattern in LIBRARIES for path in sorted(folder.glob(pattern))]
    return [path for path in found if dlopen(os.fsencode(path), sys.getdlopenflags())]


def import_keras() -> None:
    """Import Keras and with it the backend: seconds, most of a start.

    Keras wraps its models for scikit-learn where that is installed, which nobody here asks for. To
    import scikit-learn and SciPy's statistics takes a fifth of the time, so they are left out.
    """
    left_out = _LeftOut("sklearn")
    sys.meta_path.insert(0, left_out)
    try:
        import keras  # noqa: F401
    finally:
        sys.meta_path.remove(left_out)


class _LeftOut(MetaPathFinder):
    """Finds a package missing that is installed, on this thread."""

    def __init__(self, package: str) -> None:
        self._package, self._thread = package, threading.get_ident()

    def find_spec(self, name: str, *_: Any) -> None:
        if name == self._package and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is left out", name=name)
