"""The compute thread, held still while a test prepares what comes next, and its clock."""

import pytest

from tests.clock import Clock
from tests.gui.jobs import Gate
from visualizer.gui.core import compute as compute_module
from visualizer.gui.core.compute import Job, once


@pytest.fixture
def gate(compute):
    """The compute thread is held here until the gate is opened."""
    gate = Gate()
    compute.submit(Job(once(gate)))
    assert gate.entered.wait(5)
    yield gate
    gate.open.set()


@pytest.fixture
def clock(monkeypatch):
    """For the compute thread, time passes only when the test lets it."""
    clock = Clock()
    monkeypatch.setattr(compute_module, "time", clock)
    return clock
