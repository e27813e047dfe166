"""Files that Keras 2.3 to 3.14 wrote, a layer each, give the values that their Keras computed.

`tests/checks/keras_versions` makes them, in environments with those versions.
"""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from tests.checks.keras_versions.__main__ import thinned
from tests.checks.keras_versions.write_files import given
from visualizer.models import loader

ARCHIVES = sorted((Path(__file__).parent / "files").glob("keras-*.tar.xz"))


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda path: path.name.split(".tar")[0])
def test_every_layer_computes_what_its_keras_computed(archive, tmp_path):
    """Every second file of a version, and the others of the next one."""
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    answers = np.load(io.BytesIO((tmp_path / "answers.npz").read_bytes()))
    wrong = {}
    paths = sorted([*tmp_path.glob("*.h5"), *tmp_path.glob("*.keras")])
    for path in paths[ARCHIVES.index(archive) % 2 :: 2]:
        name = path.name.removesuffix(path.suffix)
        model, _, _ = loader.read_model(path)
        found, expected = np.asarray(model(given(name), training=False)), answers[name]
        limit = 2e-5 * max(1.0, np.abs(expected).max())
        same = found.shape == tuple(answers[f"{name} shape"])
        if not same or np.abs(thinned(found) - expected).max() > limit:
            wrong[path.name] = found
    assert not wrong


def test_the_versions_are_there():
    assert len(ARCHIVES) >= 11
