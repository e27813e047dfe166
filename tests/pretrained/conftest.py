"""The recipes beside the weights, and archives of theirs made small."""

import importlib.util
import sys

import pytest

from visualizer.engine.resources import pretrained


@pytest.fixture(scope="module")
def recipe_of():
    """Return a function that gives the recipe of a bundled network as a module, for this file."""
    import keras

    patch = pytest.MonkeyPatch()

    def load(name):
        folder = pretrained() / name
        patch.syspath_prepend(str(folder))  # as where it is started
        spec = importlib.util.spec_from_file_location(f"recipe_{name}", folder / "train.py")
        module = importlib.util.module_from_spec(spec)
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        return module

    yield load
    sys.modules.pop("augment", None)
    patch.undo()
    keras.config.set_dtype_policy("float32")
