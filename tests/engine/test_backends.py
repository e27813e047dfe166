"""The engine's own tests pass on every other backend that is installed."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from visualizer.engine import backend

TESTS = (
    "test_backend.py",
    "test_network.py",
    "test_activations.py",
    "test_receptive_field.py",
    "training/test_step.py",
    "training/test_probes.py",
    "training/test_transfer.py",
)


@pytest.mark.parametrize("name", backend.BACKENDS)
def test_the_engine_works_on_it(name):
    if name == backend.name():
        pytest.skip("every test runs on it")
    if importlib.util.find_spec(name) is None:
        pytest.skip("it is not installed")
    files = [str(Path(__file__).parent / test) for test in TESTS]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *files],
        env={**os.environ, "KERAS_BACKEND": name},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-4000:]
