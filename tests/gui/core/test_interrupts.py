"""Ctrl+C in the terminal, and a system that asks the program to end."""

import os
import signal
import threading

import pytest
from PySide6.QtCore import QEventLoop, QTimer

from visualizer.gui.core.interrupts import Interrupts


@pytest.fixture
def handlers():
    """Put Python's own handling of signals back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.skipif(os.name == "nt", reason="a process cannot send itself Ctrl+C there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_wakes_an_idle_window_and_closes_it(qapp, handlers, number):
    loop, closed = QEventLoop(), []

    def close():
        closed.append(number)
        loop.quit()

    interrupts = Interrupts(close)
    send = threading.Timer(0.1, os.kill, (os.getpid(), number))
    send.start()
    patience = QTimer(singleShot=True, interval=20_000)
    patience.timeout.connect(lambda: closed.append("never woken") or loop.quit())
    patience.start()
    loop.exec()
    send.join()
    patience.stop()
    assert closed == [number]
    assert signal.getsignal(number) is signal.SIG_DFL  # once more ends it at once
    interrupts.end()
    interrupts.deleteLater()
