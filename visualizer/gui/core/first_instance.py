"""One window a user: a second start hands its files to the first and ends.

The first start listens on a socket that only this user may connect to. A second one that asks for
nothing but files sends their names there, and the first window comes to the front and opens them.
"""

from __future__ import annotations

import ctypes
import getpass
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QLockFile, QObject, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from visualizer.engine.folders import data_folder

MAX_BYTES = 1_000_000
"""Of what a second start may say."""
PATIENCE = 10.0
"""Seconds that the first may take to answer while it builds its window."""
LONGEST_FOLDER = 60
"""Bytes of the name of a folder for the socket, whose own name may have 107 in all."""
ANSWER = b"taken\n"
TOKEN = "XDG_ACTIVATION_TOKEN"
"""The environment variable with which Wayland lets a program bring a window to the front."""


class FirstInstance(QObject):
    """One start of the program: the first of its user, or one that hands its files to the first."""

    opened = Signal(object)
    """list[Path]: files of a later start, or that the system (macOS) hands over; may be empty."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        place = str(_folder() / f"convnet-visualizer-{_key()}")
        self._lock = QLockFile(f"{place}.lock")
        self._lock.setStaleLockTime(0)  # however old, as long as its process lives
        # A pipe on Windows, which has a name; elsewhere a file.
        self._name = Path(place).name if sys.platform == "win32" else f"{place}.socket"
        self._server: QLocalServer | None = None

    @property
    def is_first(self) -> bool:
        """Whether later starts hand their files to this one."""
        return self._server is not None

    def claim(self) -> bool:
        """Be the first, if nobody is; False also where the system has no place to listen."""
        if self._server is None and self._lock.tryLock(0):
            QLocalServer.removeServer(self._name)  # of one that was killed
            server = QLocalServer(self)
            server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
            server.newConnection.connect(self._on_connection)
            if server.listen(self._name):
                self._server = server
            else:
                self._lock.unlock()
        return self.is_first

    def hand_over(self, paths: Iterable[Path]) -> bool:
        """Give files to the first instance; False where it does not take them.

        It may be in the middle of its own start, so it is given some time.
        """
        names = [str(path.absolute()) for path in paths]
        wanted = {"paths": names, "token": os.environ.get(TOKEN, "")}
        message = json.dumps(wanted).encode() + b"\n"
        deadline = time.monotonic() + PATIENCE
        while len(message) <= MAX_BYTES and time.monotonic() < deadline:
            if self.claim():  # the first has ended meanwhile
                return False
            if self._lock.error() is not QLockFile.LockError.LockFailedError:
                return False
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            if socket.waitForConnected(1000):
                _let_come_to_front()
                socket.write(message)
                socket.waitForBytesWritten(1000)
                left = max(0, round(1000 * (deadline - time.monotonic())))
                return socket.waitForReadyRead(left) and socket.readAll().data() == ANSWER
            time.sleep(0.05)
        return False

    def close(self) -> None:
        """Be the first no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._lock.unlock()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the files that macOS hands to a running application."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.opened.emit([Path(event.file())])
            return True
        return super().eventFilter(watched, event)

    def _on_connection(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()):
            socket.setReadBufferSize(MAX_BYTES)
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda socket=socket: self._on_ready(socket))

    def _on_ready(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() >= MAX_BYTES:
                socket.abort()
            return
        said = _understood(bytes(socket.readLine().data()))
        if said is None:
            socket.abort()
            return
        socket.write(ANSWER)
        socket.flush()
        paths, token = said
        if token:
            os.environ[TOKEN] = token  # Qt takes it, and takes it away, when a window is activated
        self.opened.emit(paths)


def _understood(line: bytes) -> tuple[list[Path], str] | None:
    """The files and the token of a message, or None for what is no message."""
    try:
        said: Any = json.loads(line)
        paths, token = said["paths"], said["token"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    if not isinstance(token, str) or not isinstance(paths, list):
        return None
    if not all(isinstance(path, str) and "\0" not in path for path in paths):
        return None
    return [Path(path) for path in paths], "" if "\0" in token else token


def _folder() -> Path:
    """A folder of this computer, not of a home that follows the user from one to the next."""
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    fits = own and len(os.fsencode(own)) <= LONGEST_FOLDER and Path(own).is_dir()
    return Path(own if fits else tempfile.gettempdir())


def _key() -> str:
    """What one instance is for: a user, on one screen, with one folder of their own."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user that the system has no name for
        user = str(getattr(os, "getuid", int)())
    screen = [os.environ.get(n, "") for n in ("DISPLAY", "WAYLAND_DISPLAY", "SESSIONNAME")]
    text = "\n".join([user, str(data_folder()), *screen])
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _let_come_to_front() -> None:
    """On Windows only the program that was clicked may bring a window to the front, or let one."""
    if sys.platform == "win32":
        ctypes.windll.user32.AllowSetForegroundWindow(-1)
