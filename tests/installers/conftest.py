"""The scripts of packaging/, which is no package: another one has that name."""

import importlib
import sys
from pathlib import Path

import pytest

PACKAGING = Path(__file__).parents[2] / "packaging"


@pytest.fixture(scope="session")
def script():
    """Import a module of packaging/ by its name."""

    def load(name):
        sys.path.insert(0, str(PACKAGING))
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove(str(PACKAGING))

    return load


@pytest.fixture(scope="session")
def plan(script):
    return script("bundle_plan")
