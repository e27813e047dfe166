"""Film files and stream addresses that play as a camera does, a film again and again.

FFmpeg decodes them, in a child process: it may hang, crash or take any memory on what strangers
made. Pictures come from there through a file in memory, one at a time and no larger than needed.
"""

from __future__ import annotations

import contextlib
import math
import mmap
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import cv2
import numpy as np
import psutil

from visualizer.engine.arrays import owned
from visualizer.engine.camera import CameraError
from visualizer.engine.child_process import Limits, ask
from visualizer.engine.files import NotAFileError, read_file
from visualizer.engine.film_names import is_stream, title_of
from visualizer.engine.policy import policy
from visualizer.engine.rendering import from_bytes
from visualizer.engine.resources import resource

LONGEST = 640
"""Pixels along the longer side of the pictures; larger films are shrunk."""
MAX_PIXELS = 36_000_000
"""Of a film's pictures; an 8K film has 33 million."""
MEMORY = 1_500_000_000
"""Bytes that decoding may take."""
PATIENCE = 15.0
"""Seconds without a picture after which a film or stream counts as broken."""
LONGEST_STILL = 1.0
"""Seconds that one picture of a film stays at most; slide shows in a GIF are played faster."""
SLOWEST = 0.5
"""Seconds behind its time after which a film goes on from where it is, and leaves nothing out."""
TOO_LATE = 0.05
"""Seconds behind its time after which a picture of a film is left out."""
WAIT = 0.04
"""Seconds that `Film.read` waits for a picture."""

_BEGINNINGS = (b"RIFF", b"\x1a\x45\xdf\xa3", b"GIF8")
"""Of AVI, Matroska and WebM, and GIF; MP4 and QuickTime name their first part at byte 4."""
_PARTS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_FILES_ONLY = "protocol_whitelist;file"
_STREAMS_ONLY = "rtsp_transport;tcp|protocol_whitelist;rtsp,rtsps,rtmp,rtp,http,https,tcp,tls,udp"
_STOP, _TAKEN, _GIVEN, _HEIGHT, _WIDTH = range(5)
_HEADER = 5 * 8


def sample_film() -> Film:
    """The film that comes with the program: over three of the sample pictures, in ten seconds."""
    return Film(resource("sample-film.mp4"), title="Sample film")


class Film:
    """A film file, again and again from its start, or a stream.

    Args:
        source: a file, or an address for which `is_stream`.
        title: what to call it; None takes the name of the file or of the computer.
        rate: pictures a second instead of the film's own; infinite for as fast as they are read.

    Raises:
        CameraError: the file is not there or no film.
        PolicyError: it is a stream, and cameras are not allowed on this computer.
    """

    kind = "film"

    def __init__(
        self, source: str | Path, *, title: str | None = None, rate: float | None = None
    ) -> None:
        stream = is_stream(str(source))
        if stream:  # the picture of a camera, which comes over the network
            policy().require("cameras", "Cameras")
        self.title = title or title_of(str(source))
        self._name = f"“{self.title}”"
        if not stream:
            _check_file(Path(source), self._name)
        self._folder = TemporaryDirectory(prefix="visualizer-", ignore_cleanup_errors=True)
        target = Path(self._folder.name) / "pictures"
        with target.open("w+b") as file:
            file.truncate(_HEADER + LONGEST * LONGEST * 3)
            self._memory = mmap.mmap(file.fileno(), 0)
        self._head = np.ndarray(5, np.int64, self._memory)
        request: dict[str, Any] = {
            "source": str(source) if stream else str(Path(source).absolute()),
            "target": str(target),
            "rate": None if rate is None else min(rate, 1e6),
            "stream": stream,
        }
        limits = Limits(seconds=7 * 24 * 3600, memory=MEMORY)
        self._asking = ask(__name__, request, limits, pause=0.002)
        self._waited = 0.0
        self._closed = False

    def read(self) -> np.ndarray | None:
        """The next picture, or None while there is none; see `camera.FrameSource.read`.

        Raises:
            CameraError: it is closed, broken, too large, or has ended.
        """
        if self._closed:
            raise CameraError(f"{self._name} is closed; start it again.")
        began = time.monotonic()
        while self._head[_GIVEN] == self._head[_TAKEN]:
            self._go_on()
            waiting = time.monotonic() - began
            if self._waited + waiting > PATIENCE:
                self.close()
                raise CameraError(
                    f"{self._name} has given no picture for {PATIENCE:.0f} seconds; check that it "
                    "plays elsewhere, and start it again."
                )
            if waiting > WAIT:
                self._waited += waiting
                return None
        height, width = int(self._head[_HEIGHT]), int(self._head[_WIDTH])
        pixels = np.ndarray((height, width, 3), np.uint8, self._memory, _HEADER)
        picture = owned(from_bytes(pixels))
        self._head[_TAKEN] = self._head[_GIVEN]
        self._waited = 0.0
        return picture

    def _go_on(self) -> None:
        """Wait a little, and see that the process lives.

        Raises:
            CameraError: it has ended.
        """
        try:
            next(self._asking)
        except StopIteration as end:
            refusal = (end.value or {}).get("refusal", "takes too much time or memory to play")
            self.close()
            raise CameraError(f"{self._name} {refusal}; choose another.") from None
        except OSError as error:
            self.close()
            raise CameraError(
                f"{self._name} cannot be played: the system says “{error.strerror or error}”; "
                "close other programs and start it again."
            ) from error

    def close(self) -> None:
        """Stop it; may be called twice."""
        if self._closed:
            return
        self._closed = True
        self._head[_STOP] = 1
        deadline = time.monotonic() + 1
        with contextlib.suppress(StopIteration, OSError):
            while time.monotonic() < deadline:
                next(self._asking)
        self._asking.close()  # ends the process, if it has not answered
        del self._head
        self._memory.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _check_file(path: Path, name: str) -> None:
    """Refuse what is no film before FFmpeg sees it: its play lists open other files.

    Raises:
        CameraError: it is not there, cannot be read, or begins as no film does.
    """
    try:
        start = read_file(path, 16)
    except NotAFileError as error:
        raise CameraError(str(error)) from error
    except OSError as error:
        raise CameraError(
            f"{name} cannot be read ({error.strerror}); check its name and that you may."
        ) from error
    if not (start.startswith(_BEGINNINGS) or start[4:8] in _PARTS):
        raise CameraError(f"{name} is no film (MP4, MOV, AVI, MKV, WebM or GIF); choose another.")


# In the child process


class _RefusalError(Exception):
    """Why a film cannot be played, after its name."""


def answer(source: str, target: str, rate: float | None, stream: bool) -> dict[str, Any]:
    """Play for `Film` until it wants no more: each picture is written over the one before."""
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = _STREAMS_ONLY if stream else _FILES_ONLY
    with Path(target).open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        screen = _Screen(memory)
        try:
            while not screen.unwanted:
                _play(source, screen, rate, stream)
        except _RefusalError as refusal:
            return {"refusal": str(refusal)}
        finally:
            screen.leave()
    return {}


def _play(source: str, screen: _Screen, rate: float | None, stream: bool) -> None:
    """Play once, from the first picture to the last."""
    patience = int(1000 * (PATIENCE - 5))
    options = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, patience, cv2.CAP_PROP_READ_TIMEOUT_MSEC, patience]
    film = cv2.VideoCapture(source, cv2.CAP_FFMPEG, options)
    try:
        if not film.isOpened():
            why = "does not answer" if stream else "is damaged"
            raise _RefusalError(f"cannot be played: it {why}, or has a format that is not known")
        if film.get(cv2.CAP_PROP_FRAME_WIDTH) * film.get(cv2.CAP_PROP_FRAME_HEIGHT) > MAX_PIXELS:
            raise _RefusalError(
                f"has pictures of more than {MAX_PIXELS // 1_000_000} million pixels"
            )
        shown, before, due = False, 0.0, time.monotonic()
        while not screen.unwanted and film.grab():
            now = film.get(cv2.CAP_PROP_POS_MSEC) / 1000
            apart = now - before if math.isfinite(now) else 0.0
            before = now
            due += 1 / rate if rate else min(max(apart, 0.0), LONGEST_STILL)
            late = time.monotonic() - due
            if late > SLOWEST or (stream and late > 0):
                due = time.monotonic()
            elif late > TOO_LATE and shown and not rate:
                continue
            there, picture = film.retrieve()
            if there and picture is not None and picture.size:
                screen.wait_until(due)
                while stream and not screen.is_taken and not screen.unwanted and film.grab():
                    pass  # the newest picture, not a queue of old ones
                screen.show(picture)
                shown = True
        if not shown and not screen.unwanted:
            raise _RefusalError("has no picture that can be read: it is empty or damaged")
    finally:
        film.release()


class _Screen:
    """The memory that pictures are shown in, one after the other is taken."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._head = np.ndarray(5, np.int64, memory)
        self._parent = psutil.Process(os.getppid())
        self._looked = time.monotonic()

    @property
    def unwanted(self) -> bool:
        """Whether nobody wants more pictures: it was closed, or the program has ended."""
        now = time.monotonic()
        if now - self._looked > 1:
            self._looked = now
            if not self._parent.is_running():
                return True
        return bool(self._head[_STOP])

    def wait_until(self, due: float) -> None:
        """Wait until it is time for a picture."""
        while not self.unwanted and (rest := due - time.monotonic()) > 0:
            time.sleep(min(rest, 0.02))

    @property
    def is_taken(self) -> bool:
        """Whether the picture that was shown last has been read."""
        return bool(self._head[_TAKEN] == self._head[_GIVEN])

    def show(self, picture: np.ndarray) -> None:
        """Show a picture (BGR or grey bytes) once the one before is taken."""
        pause = 0.001
        while not self.is_taken:
            if self.unwanted:
                return
            time.sleep(pause)
            pause = min(1.5 * pause, 0.05)
        height, width = picture.shape[:2]
        shrink = min(1.0, LONGEST / max(height, width))
        size = max(1, round(width * shrink)), max(1, round(height * shrink))
        if shrink < 1:
            picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        grey = picture.ndim == 2 or picture.shape[2] == 1
        to_rgb = cv2.COLOR_GRAY2RGB if grey else cv2.COLOR_BGR2RGB
        shown = np.ndarray((size[1], size[0], 3), np.uint8, self._memory, _HEADER)
        shown[:] = cv2.cvtColor(picture, to_rgb)
        self._head[_HEIGHT], self._head[_WIDTH] = size[1], size[0]
        self._head[_GIVEN] += 1

    def leave(self) -> None:
        """Let go of the memory."""
        del self._head
