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
from pathlib import Path

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
    """Import Keras and with it the backend: seconds, most of a start."""
    import keras  # noqa: F401
