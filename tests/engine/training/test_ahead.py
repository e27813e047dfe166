"""What is made ahead comes in order, and its thread ends whatever happens."""

import contextlib
import threading

import pytest

from visualizer.engine.training.ahead import ahead


def alive():
    return [thread for thread in threading.enumerate() if thread.name == "batches"]


def test_everything_comes_in_order():
    assert list(ahead(iter(range(100)), 3)) == list(range(100))
    assert not alive()


def test_closed_early_the_thread_ends():
    made = []
    with contextlib.closing(ahead(made.append(i) or i for i in range(10**9))) as items:
        assert next(items) == 0
    assert not alive()
    assert len(made) < 20


def test_an_error_comes_after_what_came_before_it():
    def items():
        yield 1
        raise OSError("the disk is gone")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(OSError, match="gone"):
        next(found)
    assert not alive()
