"""A session of its own for every test, with an empty home."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from inspect import isgeneratorfunction

import numpy as np
import pytest
from PySide6.QtWidgets import QMainWindow

from tests.gui.desk import Desk
from tests.gui.jobs import Log
from tests.gui.waiting import PATIENCE, wait_until
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.compute import Compute
from visualizer.gui.core.session import Session
from visualizer.gui.core.store import Store


@pytest.fixture
def session(qtbot, tmp_path, monkeypatch) -> Iterator[Session]:
    """A session without a network; its `sentences` are what it told the user: (text, level)."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    compute = Compute()
    session = Session(compute, Store())
    session.sentences = []
    session.noticed.connect(lambda text, level: session.sentences.append((text, level)))
    yield session
    assert compute.stop(timeout=30)


@pytest.fixture
def compute(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    compute = Compute()
    yield compute
    assert compute.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "compute"]


@pytest.fixture
def window(qtbot) -> QMainWindow:
    """A window with nothing in it, for what needs one."""
    window = QMainWindow()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def plate() -> Callable[..., Specimen]:
    """A function that makes a specimen of one colour."""

    def make(title: str, colour=(0.8, 0.2, 0.1), size=(40, 60), **provenance) -> Specimen:
        picture = np.zeros((*size, 3), np.float32) + np.array(colour, np.float32)
        return Specimen(picture, title, Provenance(**{"source": "sample", **provenance}))

    return make


@pytest.fixture
def settle(qtbot) -> Callable[..., None]:
    """A function that waits until the compute thread is idle and everything is delivered."""

    def wait(compute: Compute, timeout: int = PATIENCE) -> None:
        wait_until(compute.is_idle, timeout)
        qtbot.wait(1)  # what the last delivery set off
        wait_until(compute.is_idle, timeout)

    return wait


@pytest.fixture
def catalogue(monkeypatch, plain, residual) -> dict:
    """What the catalogue opens by name: "plain", "residual", and whatever a test puts in here.

    An exception is raised, and a generator function is run, as a download is; others are networks.
    """
    from visualizer.engine.errors import UserError
    from visualizer.models import catalog

    networks = {"plain": plain, "residual": residual}

    def opening(name, **_said):
        missing = UserError(f"There is no network “{name}”; choose another.")
        found = networks.get(name, missing)
        if isinstance(found, Exception):
            raise found
        return (yield from found()) if isgeneratorfunction(found) else found

    monkeypatch.setattr(catalog, "opening", opening)
    return networks


@pytest.fixture
def make_desk(qapp, tmp_path, monkeypatch, catalogue):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    desks = []

    def make():
        desks.append(Desk(qapp))
        return desks[-1]

    yield make
    for desk in desks:
        if not desk.closed:
            desk.close()
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


@pytest.fixture
def desk(make_desk, settle, plate, qtbot):
    """A window with the network "plain" and two pictures."""
    desk = make_desk()
    desk.session.open_network("plain")
    desk.session.add(plate("red"))
    desk.session.add(plate("green", (0.1, 0.7, 0.2)), select=False)
    settle(desk.compute)
    return desk


@pytest.fixture
def open_session(session, catalogue, settle):
    """A session with the network "plain"."""
    session.open_network("plain")
    settle(session.compute)
    return session


@pytest.fixture
def colours(plate):
    return [plate("red"), plate("green", (0.1, 0.7, 0.2)), plate("blue", (0.1, 0.2, 0.9))]
