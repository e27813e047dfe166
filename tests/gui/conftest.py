"""A session of its own for every test, with an empty home."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.compute import Compute
from visualizer.gui.session import Session
from visualizer.gui.store import Store


@pytest.fixture
def session(qtbot, tmp_path, monkeypatch) -> Iterator[Session]:
    """A session without a network; its `sentences` are what it told the user: (text, level)."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    compute = Compute()
    session = Session(compute, Store())
    session.sentences = []
    session.noticed.connect(lambda text, level: session.sentences.append((text, level)))
    yield session
    assert compute.stop()


@pytest.fixture
def plate() -> Callable[..., Specimen]:
    """A function that makes a specimen of one colour."""

    def make(title: str, colour=(0.8, 0.2, 0.1), size=(40, 60), **provenance) -> Specimen:
        picture = np.zeros((*size, 3), np.float32) + np.array(colour, np.float32)
        return Specimen(picture, title, Provenance(**{"source": "sample", **provenance}))

    return make
