"""Jobs for the compute thread, and a log of what their listeners were told."""

import threading
import time
from collections import Counter

from visualizer.engine.technique import Frame
from visualizer.gui.core.compute import Job, Listener


class Log:
    """Everything that listeners were told, in order, as (what, name of the listener, value)."""

    def __init__(self):
        self.told = []

    def callbacks(self, name="job"):
        """What `Listener` and `Latest.ask` take; each call is written down under the name."""

        def note(what):
            return lambda value=None: self.told.append((what, name, value))

        return {f"on_{what}": note(what) for what in ("frame", "done", "failed", "cancelled")}

    def submit(self, compute, make, name="job", **options):
        """Submit a job whose listener writes everything down here."""
        job = Job(make, Listener(**self.callbacks(name)), **options)
        compute.submit(job)
        return job

    def of(self, name, *whats):
        return [t[2] for t in self.told if t[1] == name and (not whats or t[0] in whats)]

    def endings(self):
        return Counter(name for what, name, _ in self.told if what != "frame")


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
