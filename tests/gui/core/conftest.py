"""The compute thread, held still while a test prepares what comes next."""

import pytest

from tests.gui.jobs import Gate
from visualizer.gui.core.compute import Job, once


@pytest.fixture
def gate(compute):
    """The compute thread is held here until the gate is opened."""
    gate = Gate()
    compute.submit(Job(once(gate)))
    assert gate.entered.wait(5)
    yield gate
    gate.open.set()
