"""Texts that lessons learn from: read within bounds, and made of few kinds of letters."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from visualizer.engine.files import NotAFileError, read_file
from visualizer.engine.lessons.lesson import LessonError

MOST_BYTES = 8 * 2**20
"""Of a text file."""
START = re.compile(r"^\s*\*{3}\s?START OF .{0,200}$", re.MULTILINE)
END = re.compile(r"^\s*(?:\*{3}\s?END OF |End of (?:the |this )?Project Gutenberg)", re.MULTILINE)
PRODUCED = re.compile(r"\A\s*(?:Produced by|E-text prepared by)[^\n]*(?:\n[^\n]+)*\n\n", re.I)
PLAIN = str.maketrans(
    {
        "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u201c": '"', "\u201d": '"', "\u201e": '"',
        "\u2013": "-", "\u2026": "...", "\u00a0": " ", "\t": " ", "\ufeff": "",
        "œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss",
    }
)  # fmt: skip
"""Curly quotes and dashes, spaces and double letters as an old typewriter has them."""


def read_text(path: Path) -> str:
    """Read a text file: UTF-8, or Latin-1 where it is not that. Lines end with a newline.

    Raises:
        LessonError: it cannot be read, or is larger than 8 MB.
    """
    try:
        data = read_file(path, MOST_BYTES)
    except NotAFileError as error:
        raise LessonError(f"It cannot be read: {error}") from None
    except OSError as error:
        raise LessonError(f"“{path}” cannot be read: {error.strerror}.") from None
    if len(data) > MOST_BYTES:
        raise LessonError(f"“{path}” is larger than 8 MB; take a part of it.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def without_frame(text: str) -> str:
    """Return a book of Project Gutenberg without the licence before and after it."""
    start = START.search(text)
    if start:
        text = text[start.end() :]
    end = END.search(text)
    if end:
        text = text[: end.start()]
    return PRODUCED.sub("", text.lstrip("\n")).strip() + "\n"


def plain(text: str, rarest: int = 1) -> tuple[str, str]:
    """Return a text in few kinds of letters, and these in order.

    Curly quotes become straight ones; a letter that occurs fewer than `rarest` times loses its
    accent, and is left out where that does not help.
    """
    text = text.translate(PLAIN)
    counts = {letter: text.count(letter) for letter in set(text)}
    changed = {}
    for letter, count in counts.items():
        if count < rarest:
            bare = unicodedata.normalize("NFKD", letter)[0]
            changed[ord(letter)] = bare if counts.get(bare, 0) >= rarest else None
    text = text.translate(changed)
    return text, "".join(sorted(set(text)))
