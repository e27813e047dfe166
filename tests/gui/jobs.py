"""Jobs for the compute thread, and a log of what the window was told of them."""

import threading
import time
from collections import Counter

from visualizer.engine.technique import Frame


class Log:
    """Everything the window was told, in order, as (signal, key, value)."""

    def __init__(self, compute):
        self.compute = compute
        self.told = []
        compute.frame.connect(lambda key, value: self.told.append(("frame", key, value)))
        compute.done.connect(lambda key, value: self.told.append(("done", key, value)))
        compute.failed.connect(lambda key, text: self.told.append(("failed", key, text)))
        compute.cancelled.connect(lambda key: self.told.append(("cancelled", key, None)))

    def of(self, key, *signals):
        return [t[2] for t in self.told if t[1] == key and (not signals or t[0] in signals)]

    def endings(self):
        return Counter(key for signal, key, _ in self.told if signal != "frame")


class Gate:
    """Holds the compute thread until it is opened."""

    def __init__(self):
        self.entered, self.open = threading.Event(), threading.Event()

    def __call__(self):
        self.entered.set()
        assert self.open.wait(10)
        return "through"


def count_to(last, pause=0.0):
    def job():
        for step in range(1, last + 1):
            time.sleep(pause)
            yield Frame(step, last)

    return job


def for_ever():
    step = 0
    while True:
        time.sleep(0.001)
        yield step
        step += 1
