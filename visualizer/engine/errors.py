"""The root of every error a user can cause, and how its sentence is kept short."""

from __future__ import annotations

import re

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


class UserError(ValueError):
    """One sentence that says what was given, what was expected and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(one_sentence(sentence))
