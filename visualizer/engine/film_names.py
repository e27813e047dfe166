"""What is a film and what the address of a stream, told before anything is decoded."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from visualizer.engine.files import NotAFileError, read_file

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".gif")
LOOPS = b"NETSCAPE2.0"
"""In the head of a GIF that moves."""
_STREAM = re.compile(r"(rtsp|rtsps|rtmp|http|https)://\S+")


def is_film(path: Path) -> bool:
    """Whether a file is a film, judged by its name; a GIF is one if it says that it moves."""
    suffix = path.suffix.lower()
    if suffix != ".gif":
        return suffix in SUFFIXES
    with contextlib.suppress(OSError, NotAFileError):
        return LOOPS in read_file(path, 4096)
    return False


def is_stream(text: str) -> bool:
    """Whether a text is the address of a stream, such as "rtsp://camera.local/live"."""
    return _STREAM.fullmatch(text) is not None


def title_of(source: str) -> str:
    """The name of a file, or the computer of an address without the password it may hold."""
    if not is_stream(source):
        return Path(source).name
    return source.split("://", 1)[1].split("/", 1)[0].rsplit("@", 1)[-1]
