"""The root of every error a user can cause, how its sentence is kept short, and Keras' errors."""

from __future__ import annotations

import re
import traceback

LONGEST_WORD = 100
"""Characters of a path, a name or a number before its middle is left out."""
LONGEST = 480
"""Characters of a whole sentence before its middle is left out; what to do stands at its end."""

_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def one_sentence(text: str) -> str:
    r"""Return a text as one line of bounded length, without colour codes or control characters.

    Names and paths may come from a file, and whole tables from a library: each long word loses its
    middle, and so does a text that is still too long.

    >>> one_sentence("\x1b[1mThe layer\n\n'x'\x1b[0m is  odd.")
    "The layer 'x' is odd."
    """
    if len(text) > 20_000:
        text = text[:10_000] + " … " + text[-10_000:]
    text = text.encode("utf-8", "replace").decode()  # names of files that are not UTF-8
    words = _UNSEEN.sub(" ", _COLOURS.sub("", text)).split()
    line = " ".join(_shortened(word, LONGEST_WORD) for word in words)
    return _shortened(line.replace("““", "“").replace("””", "”"), LONGEST)


def _shortened(text: str, most: int) -> str:
    """The text, or its first two thirds and its last third."""
    if len(text) <= most:
        return text
    tail = most // 3
    return f"{text[: most - tail - 1]}…{text[-tail:]}"


KERAS = {"keras", "tensorflow", "jax", "torch", "h5py"}
"""Packages in which a network is made, filled and computed."""


class UserError(ValueError):
    """One sentence that says what was given, what was expected and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(one_sentence(sentence))


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
    lines = _COLOURS.sub("", text).strip().splitlines() or [type(error).__name__]
    return _shortened(one_sentence(lines[0]).rstrip(".;:"), most)
