"""Frames as a film file, written completely or not at all."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from PIL import GifImagePlugin, Image

from visualizer.engine.errors import UserError
from visualizer.engine.rendering import to_bytes
from visualizer.engine.technique import Frame

SUFFIXES = (".mp4", ".gif")
GIF_COLOURS = 128


class FilmError(UserError):
    """A film could not be made."""


class _Writer(Protocol):
    def add(self, picture: np.ndarray) -> None: ...

    def finish(self) -> Iterator[None]: ...

    def abandon(self) -> None: ...


def filmed(
    frames: Iterator[Frame], path: str | Path, rate: float = 24.0
) -> Generator[Frame, None, None]:
    """Pass frames on and write their pictures to a film; the file appears after the last one.

    It is written to a temporary file beside it, removed if the generator is closed or fails.

    While the file is finished, the last frame is repeated without its picture.

    Args:
        frames: those with a picture are filmed; all have the size of the first.
        path: ends in .mp4 or .gif.
        rate: pictures a second.

    Raises:
        FilmError: another suffix, or the file cannot be written.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    _check(path, rate)
    temporary = path.with_name(f".{secrets.token_hex(8)}{suffix}")
    writer: _Writer | None = None
    try:
        for frame in frames:
            if frame.picture is not None:
                if writer is None:
                    writer = (_Mp4 if suffix == ".mp4" else _Gif)(temporary, rate)
                writer.add(to_bytes(frame.picture))
            yield frame
        if writer is None:
            raise FilmError("There was not one picture to film; ask for at least one.")
        for _ in writer.finish():
            yield replace(frame, picture=None)
        writer = None
        temporary.replace(path)
    except OSError as error:
        raise FilmError(f"“{path}” could not be saved: {error.strerror or error}.") from error
    finally:
        if writer is not None:
            writer.abandon()
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _check(path: Path, rate: float) -> None:
    if not 1 <= rate <= 60:
        raise FilmError(f"A film has 1 to 60 pictures a second, not {rate:g}.")
    if path.suffix.lower() not in SUFFIXES:
        raise FilmError(f"“{path.name}” is no film; give a name that ends in .mp4 or .gif.")
    if path.exists() and not path.is_file():
        raise FilmError(f"“{path.name}” is there and is no file; give the name of a new film.")
    if not path.parent.is_dir():
        raise FilmError(f"There is no folder “{path.parent}”; choose one that exists.")


class _Mp4:
    """MPEG-4 part 2, which the OpenCV of every system writes; sides are cut to even numbers.

    H.264 needs an encoder that OpenCV's own packages do not bring along.
    """

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._rate = path, rate
        self._writer: Any = None
        self._count = 0

    def add(self, picture: np.ndarray) -> None:
        height, width = (side - side % 2 for side in picture.shape[:2])
        if self._writer is None:
            code = cv2.VideoWriter.fourcc(*"mp4v")
            self._writer = cv2.VideoWriter(str(self._path), code, self._rate, (width, height))
            if not self._writer.isOpened():
                raise FilmError(
                    f"No film could be opened in “{self._path.parent}”; choose another folder, or "
                    "a name that ends in .gif."
                )
        self._writer.write(np.ascontiguousarray(picture[:height, :width, ::-1]))
        self._count += 1

    def finish(self) -> Iterator[None]:
        """Count the pictures in the file: OpenCV does not report a full disk."""
        self.abandon()
        film = cv2.VideoCapture(str(self._path))
        found = 0
        try:
            while film.grab():
                found += 1
                yield
        finally:
            film.release()
        if found != self._count:
            raise FilmError(
                f"Only {found} of {self._count} pictures could be written; the disk may be full."
            )

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.release()


class _Gif:
    """Animated GIF, written picture by picture, each with its own palette."""

    def __init__(self, path: Path, rate: float) -> None:
        self._milliseconds = max(20, round(1000 / rate))
        self._file = path.open("wb")
        self._begun = False

    def add(self, picture: np.ndarray) -> None:
        image = Image.fromarray(picture).quantize(GIF_COLOURS)
        if not self._begun:
            header, _ = GifImagePlugin.getheader(image, info={"loop": 0})  # for ever
            self._file.writelines(header)
            self._begun = True
        blocks = GifImagePlugin.getdata(
            image, duration=self._milliseconds, include_color_table=True
        )
        self._file.writelines(blocks)
        blocks.clear()  # Pillow's own list, in a cycle that waits for the collector

    def finish(self) -> Iterator[None]:
        self._file.write(b";")  # the end of every GIF file
        self._file.close()
        yield

    def abandon(self) -> None:
        self._file.close()
