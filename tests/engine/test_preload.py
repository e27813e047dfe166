"""The libraries of TensorFlow come without a stop of the program, and nothing besides."""

import json
import os
import subprocess
import sys

import pytest

from visualizer.engine.preload import preload

SCRIPT = """
import json, sys
from pathlib import Path
from visualizer.engine.preload import import_keras, preload
names = [path.name for path in preload()]
early = "tensorflow" in sys.modules
maps = Path("/proc/self/maps")
loaded = maps.read_text() if maps.exists() else " ".join(names)
import_keras()
heavy = [name for name in ("sklearn", "scipy.stats") if name in sys.modules]
import keras, sklearn
print(json.dumps([names, early, all(name in loaded for name in names), preload(), heavy]))
"""


@pytest.mark.skipif(os.name != "posix", reason="libraries are preloaded on POSIX systems only")
def test_the_libraries_are_in_memory_before_the_import_that_needs_them():
    environment = os.environ | {"KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", SCRIPT]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment, check=False
    )
    assert ended.returncode == 0, ended.stderr
    names, early, loaded, again, heavy = json.loads(ended.stdout.splitlines()[-1])
    assert [name.split(".")[0] for name in names[:2]] == [
        "libtensorflow_framework",
        "libtensorflow_cc",
    ]
    assert not early
    assert loaded
    assert again == []
    assert heavy == []  # what Keras would import for nobody; whoever needs it finds it afterwards


def test_other_backends_load_nothing_of_it(monkeypatch):
    monkeypatch.setattr("visualizer.engine.preload.name", lambda: "torch")
    assert preload() == []
