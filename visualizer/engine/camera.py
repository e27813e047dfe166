"""Live pictures of cameras, through OpenCV; `film_source` has films, where there is no camera.

A source is read on the compute thread, one picture at a time; `read` waits for the next picture.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import cv2
import numpy as np

from visualizer.engine.arrays import owned
from visualizer.engine.errors import UserError
from visualizer.engine.policy import policy
from visualizer.engine.rendering import from_bytes

PATIENCE = 1.0
"""Seconds without a picture after which a camera counts as unplugged."""

_BACKENDS = {
    "linux": cv2.CAP_V4L2,
    "win32": cv2.CAP_DSHOW,  # Media Foundation takes ten seconds and more to open
    "darwin": cv2.CAP_AVFOUNDATION,
}
_HIGHEST_INDEX = 9
_V4L_NAMES = Path("/sys/class/video4linux")


class CameraError(UserError):
    """A camera is missing, taken by another program, or unplugged."""


class FrameSource(Protocol):
    """What gives live pictures: `read` until it raises, then `close`.

    Attributes:
        kind: "camera" or "film".
        title: what to call it.
    """

    kind: str
    title: str

    def read(self) -> np.ndarray | None:
        """The next picture: float32 RGB, H x W x 3, in [0, 1], owned and read-only.

        None for none yet, where waiting for it would hold others up.

        Raises:
            CameraError: there are no more.
        """
        ...

    def close(self) -> None:
        """Let go of the device; may be called twice."""
        ...


@dataclass(frozen=True)
class CameraInfo:
    """A camera that can be opened: the index `Camera` takes, and what people call it."""

    index: int
    name: str


def list_cameras() -> tuple[CameraInfo, ...]:
    """The cameras of this machine, by index; none is an empty tuple.

    Linux tells without touching them. Elsewhere they are opened one after the other, which takes a
    second or so each: ask on the compute thread. Where cameras are not allowed there are none.
    """
    if not policy().cameras:
        return ()
    if sys.platform == "linux":
        return _linux_cameras(_V4L_NAMES)
    found = []
    for index in range(_HIGHEST_INDEX + 1):
        device = _open(index)
        there = device.isOpened()
        device.release()
        if not there:
            break
        found.append(CameraInfo(index, f"Camera {index + 1}"))
    return tuple(found)


def _linux_cameras(root: Path) -> tuple[CameraInfo, ...]:
    found = []
    for place in root.glob("video*"):
        number = place.name.removeprefix("video")
        # A camera has several devices; the first gives pictures, the others facts about them.
        if number.isdecimal() and _first_line(place / "index") in ("0", ""):
            name = _first_line(place / "name") or f"Camera {number}"
            found.append(CameraInfo(int(number), name))
    return tuple(sorted(found, key=lambda camera: camera.index))


def _first_line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")[0].strip()
    except OSError:
        return ""


class Camera:
    """A camera of this machine.

    Args:
        index: which one, as `list_cameras` counts.
        mirror: whether left and right are swapped, as in a mirror; can be changed at any time.
        title: what to call it; None asks the system.
        size: (height, width) to ask for; the camera may give another.

    Raises:
        CameraError: there is no such camera, or another program has it.
        PolicyError: cameras are not allowed on this computer.
    """

    kind = "camera"

    def __init__(
        self,
        index: int = 0,
        *,
        mirror: bool = True,
        title: str | None = None,
        size: tuple[int, int] = (480, 640),
    ):
        policy().require("cameras", "Cameras")
        self.mirror = mirror
        self.title = title or f"Camera {index}"
        self._index = index
        self._device = _open(index)
        if not self._device.isOpened():
            self._device.release()
            raise CameraError(_why_not(index, title))
        self._device.set(cv2.CAP_PROP_FRAME_HEIGHT, size[0])
        self._device.set(cv2.CAP_PROP_FRAME_WIDTH, size[1])
        self._device.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # the newest picture, not a queue of old ones

    def read(self) -> np.ndarray:
        """The next picture; see `FrameSource.read`.

        Raises:
            CameraError: it was closed, or gave none for `PATIENCE` seconds (unplugged).
        """
        started = time.monotonic()
        while self._device.isOpened():
            with _quiet():
                there, frame = self._device.read()
            if there and frame is not None and frame.size:
                return _picture(frame, self.mirror)
            if time.monotonic() - started > PATIENCE:
                self.close()
                raise CameraError(
                    f"“{self.title}” has stopped giving pictures; plug it in again and start the "
                    "camera once more."
                )
            time.sleep(0.02)
        raise CameraError(f"“{self.title}” is closed; start the camera again.")

    def close(self) -> None:
        """Let go of the device."""
        self._device.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _picture(frame: np.ndarray, mirror: bool) -> np.ndarray:
    """OpenCV's BGR (or grey) bytes -> float32 RGB of our own."""
    if frame.ndim == 2 or frame.shape[2] == 1:
        rgb = cv2.cvtColor(frame, cv2.COLOR_GRAY2RGB)
    else:
        rgb = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    return owned(from_bytes(cv2.flip(rgb, 1) if mirror else rgb))


def _open(index: int) -> cv2.VideoCapture:
    # A camera that hangs must not hold the compute thread for V4L2's usual ten seconds.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
    with _quiet():
        return cv2.VideoCapture(index, _BACKENDS.get(sys.platform, cv2.CAP_ANY))


def _why_not(index: int, title: str | None) -> str:
    name = f"“{title}”" if title else f"Camera {index}"
    device = Path(f"/dev/video{index}")
    if sys.platform == "linux" and device.exists():
        if not os.access(device, os.R_OK | os.W_OK):
            return f"{name} may not be used by you; join the group “video” and log in again."
        return f"{name} does not open; close other programs that use it and start it again."
    if sys.platform == "darwin":
        return (
            f"{name} does not open; plug it in, and allow the camera in System Settings under "
            "Privacy."
        )
    return f"{name} is not there; plug in a camera and start it again."


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence OpenCV's own messages; errors are raised instead."""
    logging = cv2.utils.logging
    level = logging.getLogLevel()
    logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)
