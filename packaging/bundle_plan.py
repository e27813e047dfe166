"""What goes into the frozen program on each system: names, what is left out, manifests.

Plain values and functions, for `bundle/visualizer.spec`, `build.py` and the tests.
"""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path
from typing import Any

TITLE = "Convnet Visualizer"
FOLDER = "convnet-visualizer"
IDENTIFIER = "org.convnet_visualizer.ConvnetVisualizer"
SUMMARY = "See what every layer of a convolutional network makes of a picture"

EXCLUDED_MODULES = [
    *("tkinter", "_tkinter", "gi", "IPython", "matplotlib", "pandas", "dask", "numba", "pytest"),
    *("torch", "jax", "jaxlib", "tensorboard", "clang", "lxml", "cyclonedx", "PyInstaller"),
    *("pip", "setuptools", "pkg_resources", "wheel", "hypothesis", "mypy", "sphinx", "zmq"),
]
"""Modules that libraries import where they are installed, and the program does not need."""

COLLECTION = dict.fromkeys(("tensorflow", "tensorflow.python.autograph", "keras"), "pyz")
"""Compiled modules alone: the program needs no sources at run time."""

DROPPED = (
    # parts of TensorFlow that only other programs call
    "tensorflow/compiler/mlir/stablehlo/stablehlo_extension.*",
    "tensorflow/compiler/tf2xla/ops/_xla_ops.*",
    "tensorflow/**/*.lib",
    "tensorflow/include/**",
    # a screen without X or Wayland, secure connections of Qt (Python makes those), translations
    "PySide6/Qt/plugins/egldeviceintegrations/**",
    "PySide6/Qt/plugins/platforms/libqeglfs.so",
    "PySide6/Qt/plugins/platforms/libqlinuxfb.so",
    "PySide6/Qt/plugins/platforms/libqvnc.so",
    "PySide6/Qt/plugins/platforms/libqminimalegl.so",
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
    "PySide6/Qt/plugins/tls/**",
    "PySide6/plugins/tls/**",
    "PySide6/Qt/plugins/networkinformation/**",
    "PySide6/plugins/networkinformation/**",
    "PySide6/Qt/lib/libQt6EglFS*",
    "PySide6/Qt/translations/**",
    "PySide6/translations/**",
    # what every Linux has in a version that fits its drivers; an older one would be in the way
    *("libstdc++.so.*", "libgcc_s.so.*", "libexpat.so.*"),
    # what the desktop of the computer that builds brings along
    *("libgtk-3*", "libgdk*", "libatk*", "libcairo*", "libpango*", "libtk8*", "libtcl8*"),
    *("libkrb5*", "libgssapi*", "libk5crypto*", "libkeyutils*", "libcom_err*"),
    *("_tcl_data/**", "_tk_data/**", "tcl8/**", "share/icons/**", "share/themes/**"),
)
"""Files of the bundle that are left out, by their place in it."""


def is_wanted(module: str) -> bool:
    """Whether a module of a library belongs to the program, not to the library's own tests."""
    return not {"tests", "conftest", "setup"}.intersection(module.split("."))


def is_kept(place: str) -> bool:
    """Whether a file stays in the bundle; `place` is its path there."""
    name = Path(place).as_posix()
    return not any(fnmatch.fnmatch(name, pattern) for pattern in DROPPED)


def programs(system: str) -> list[tuple[str, bool]]:
    """The programs of the bundle on `sys.platform`, as (name, whether it has a console).

    Where a program with a console opens one when it is double-clicked, there are two.
    """
    if system == "win32":
        return [("visualizer-window", False), ("visualizer", True)]
    return [("visualizer", system != "darwin")]


def icon(system: str, folder: Path) -> str | None:
    """The icon file of the programs; None on Linux, where the desktop entry names it."""
    name = {"win32": "app.ico", "darwin": "app.icns"}.get(system)
    return str(folder / name) if name else None


def version() -> str:
    """The version of the program."""
    text = (Path(__file__).parents[1] / "visualizer" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found is not None
    return found[1]


def info_plist() -> dict[str, Any]:
    """What macOS is told about the application."""
    return {
        "CFBundleDisplayName": TITLE,
        "NSHighResolutionCapable": True,
        "NSCameraUsageDescription": "To show live what the network makes of the camera's pictures.",
    }
