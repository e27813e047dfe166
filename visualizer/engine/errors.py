"""The root of every error a user can cause, and how to speak of those of Keras."""

from __future__ import annotations

import re
import traceback

KERAS = {"keras", "tensorflow", "jax", "torch", "h5py"}
"""Packages in which a network is made, filled and computed."""


class UserError(ValueError):
    """One sentence that says what was given, what was expected and what to do."""


def is_of_keras(error: BaseException) -> bool:
    """Whether an error came out of Keras or a backend, below the last function of this program."""
    below = False
    for frame, _ in traceback.walk_tb(error.__traceback__):
        package = str(frame.f_globals.get("__name__", "")).split(".")[0]
        below = package != "visualizer" and (below or package in KERAS)
    return below


def one_line(error: BaseException, most: int = 160) -> str:
    """What an error says, without colour codes and tables: the first line of its inmost message."""
    text = str(error).split("Exception encountered:")[-1]
    text = re.sub(r"\x1b\[[0-9;]*m", "", text).strip() or type(error).__name__
    first = text.splitlines()[0].strip().rstrip(".;:")
    return first if len(first) <= most else first[: most - 3] + "..."
