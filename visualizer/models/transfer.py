"""The download of one published file: requests, resuming, checking, and its errors."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from visualizer.engine.errors import UserError
from visualizer.engine.files import NotAFileError, plain_file
from visualizer.engine.policy import PolicyError, policy
from visualizer.models import checksums

MIRROR = "VISUALIZER_MIRROR"
APP = "convnet-visualizer"
CONNECT_SECONDS, READ_SECONDS = 8.0, 20.0
"""How long a server may take to accept, and to send the next bytes."""

WHOLE_SECONDS, BYTES_A_SECOND = 600.0, 50_000
"""How long a whole file may take: this, or as long as it takes at so many bytes a second."""
REDIRECTS = 5
HOSTS = {
    "storage.googleapis.com",
    "download.pytorch.org",
    "www.cs.toronto.edu",
    "cave.cs.toronto.edu",
}
"""Hosts of the published files, between which redirects are followed."""

ATTEMPTS = 4
"""How often a broken connection is taken up again where it broke."""

BLOCK = 1 << 18


class DownloadError(UserError):
    """Weights could not be fetched; everything else goes on working."""


@dataclass(frozen=True)
class RemoteFile:
    """A published file.

    Attributes:
        url: where it is published; the last part is its name in the cache and in a mirror.
        hash: "sha256:..." or "md5:..."; a file with another is thrown away.
        size: in bytes, where it is known: a server that announces another is not listened to.
    """

    url: str
    hash: str
    size: int | None = None

    @property
    def name(self) -> str:
        """The file name."""
        return self.url.rpartition("/")[2]


def cache_folder() -> Path:
    """The folder downloaded weights are kept in."""
    if home := os.environ.get("VISUALIZER_HOME"):
        return Path(home) / "cache" / "networks"
    import platformdirs

    return Path(platformdirs.user_cache_dir(APP, appauthor=False)) / "networks"


class TransferCancelledError(Exception):
    """The download was cancelled."""


class _ConnectionLostError(Exception):
    """The connection broke before the end of the file."""


class _WrongFileError(Exception):
    """The server sends something else than the file, going by its size or checksum."""


class TransferTimeoutError(Exception):
    """The download took longer than it may."""


class _UnlistedServerError(Exception):
    """The server sends on to another that is not among those who publish the files."""


class _ChecksumError(Exception):
    """The file has the published MD5, but not the SHA-256 that was noted for it."""


class Transfer:
    """One download; `run` belongs to its thread, the rest is read from outside."""

    def __init__(self, file: RemoteFile, title: str, folder: Path) -> None:
        self.file, self.title, self.folder = file, title, folder
        self.done, self.total = 0, None  # type: int, int | None
        self.error: Exception | None = None
        self.mirror = (policy().mirror or os.environ.get(MIRROR, "")).strip()
        self.address = self._published
        self._stop = threading.Event()
        self._deadline = time.monotonic() + max(
            WHOLE_SECONDS, (file.size or 600_000_000) / BYTES_A_SECOND
        )
        self._response: Any = None
        self._resumed = False

    @property
    def is_late(self) -> bool:
        """Whether it takes longer than it may."""
        return time.monotonic() > self._deadline

    @property
    def _published(self) -> str:
        """The web address, or the path in a mirror, that the file comes from."""
        if not self.mirror or self._fills_mirror:
            return self.file.url
        if _is_web(self.mirror):
            return f"{self.mirror.rstrip('/')}/{quote(self.file.name)}"
        return str(_resolved(self.mirror) / self.file.name)

    @property
    def _fills_mirror(self) -> bool:
        same = not _is_web(self.mirror) and _resolved(self.mirror) == self.folder.resolve()
        return bool(self.mirror) and same

    def run(self) -> None:
        """Fetch and check the file; one that is here and right is left alone."""
        here, kept = self.folder / self.file.name, cache_folder() / self.file.name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if checksums.matches(here, self._known(here)):
                return
            here.unlink(missing_ok=True)  # damaged
            if checksums.matches(kept, self._known(kept)):
                self.address = str(kept)
            elif not policy().mirror or self._fills_mirror:
                policy().require("downloads", "Downloads")
            try:
                self._retrieve()
            except _WrongFileError:
                if not self._resumed:
                    raise
                self._retrieve()  # what was kept of an older try was wrong: begin from nothing
            if self.file.hash.startswith("md5:"):
                self._note(here, kept)
        except Exception as error:
            self.error = error

    def _known(self, path: Path) -> str:
        """What a file on this computer must have, strongest first: SHA-256 pinned, noted, MD5."""
        pinned = self.file.hash
        return pinned if pinned.startswith("sha256:") else checksums.noted(path) or pinned

    def _retrieve(self) -> None:
        """Leave the whole file in its folder, or nothing but the part of it that can be resumed.

        Raises:
            _WrongFileError: what came is another file, and was thrown away.
        """
        self._resumed = False
        part = self.folder / f"{self.file.name}.part"
        if _is_web(self.address):
            self._fetch(part)
        else:
            try:
                self._copy(Path(self.address), part)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        if self._stop.is_set():
            raise TransferCancelledError
        if not checksums.matches(part, self.file.hash):
            part.unlink(missing_ok=True)
            raise _WrongFileError
        part.replace(self.folder / self.file.name)

    def _note(self, here: Path, kept: Path) -> None:
        """Note the SHA-256 of what has just arrived with the right MD5; all notes must agree."""
        found = checksums.sha256_of(here)
        for noted in (checksums.noted(here), checksums.noted(kept), self._noted_by_mirror()):
            if noted not in (None, f"sha256:{found}"):
                here.unlink()
                raise _ChecksumError
        checksums.note(here, found)

    def _noted_by_mirror(self) -> str | None:
        if self.address == self.file.url:
            return None
        if not _is_web(self.address):
            return checksums.noted(Path(self.address))
        with self._get(self.address + checksums.ENDING, {}) as reply:
            return checksums.parse(reply.raw.read(100).decode("ascii", "replace"))

    def cancel(self) -> None:
        """Cancel as soon as possible, also while waiting for bytes."""
        self._stop.set()
        response = self._response
        if response is not None and hasattr(response.raw, "shutdown"):
            with contextlib.suppress(OSError, ValueError, RuntimeError):  # it has ended by itself
                response.raw.shutdown()

    def _fetch(self, part: Path) -> None:
        for attempt in range(ATTEMPTS):
            before = _size(part)
            try:
                self._download(self.address, part, before)
                return
            except _ConnectionLostError:
                if self._stop.is_set():
                    raise TransferCancelledError from None
                if attempt + 1 == ATTEMPTS or _size(part) == before:
                    raise

    def _get(self, address: str, headers: dict[str, str]) -> Any:
        """Ask a server, and those it sends on to where they publish the files or are the mirror.

        Raises:
            _UnlistedServerError: it sends on to another.
        """
        import requests

        timeout = (CONNECT_SECONDS, READ_SECONDS)
        for _ in range(REDIRECTS):
            reply = requests.get(
                address, headers=headers, stream=True, timeout=timeout, allow_redirects=False
            )
            if not reply.is_redirect:
                return reply
            reply.close()
            before, address = address, urljoin(address, reply.headers["location"])
            if not self._may_follow(before, address):
                raise _UnlistedServerError
        raise _UnlistedServerError

    def _may_follow(self, before: str, address: str) -> bool:
        old, new = urlsplit(before), urlsplit(address)
        if new.netloc == old.netloc and new.scheme in (old.scheme, "https"):
            return True
        return new.scheme == "https" and new.netloc in HOSTS and self.address == self.file.url

    def _copy(self, source: Path, output: Path) -> None:
        plain_file(source)
        with source.open("rb") as reader, output.open("wb") as writer:
            self.done, self.total = 0, source.stat().st_size
            while block := reader.read(BLOCK):
                self._write(writer, block)

    def _download(self, address: str, part: Path, start: int) -> None:
        from urllib3.exceptions import HTTPError

        headers = {"Accept-Encoding": "identity", "Connection": "close"}
        if start:
            headers["Range"] = f"bytes={start}-"
        with self._get(address, headers) as response:
            self._response = response
            if self._stop.is_set():  # while the server was silent; the file may be another's now
                raise TransferCancelledError
            if response.status_code == 416:  # nothing beyond what we have: is it the whole file?
                self._resumed = True
                if response.headers.get("Content-Range", "").endswith(f"/{start}"):
                    return
                part.unlink()  # longer than the file, so it is not a part of it
                raise _ConnectionLostError
            response.raise_for_status()
            resumed = response.status_code == 206 and start > 0
            self._resumed |= resumed
            self.done = start if resumed else 0
            length = response.headers.get("Content-Length", "")
            self.total = self.done + int(length) if length.isdecimal() else None
            if self.file.size is not None and self.total not in (None, self.file.size):
                part.unlink(missing_ok=True)
                raise _WrongFileError
            with part.open("ab" if resumed else "wb") as writer:
                try:
                    while block := response.raw.read1(BLOCK):
                        self._write(writer, block)
                except HTTPError as error:
                    raise _ConnectionLostError from error
            if self.total is not None and self.done < self.total:
                raise _ConnectionLostError

    def _write(self, writer: Any, block: bytes) -> None:
        if self._stop.is_set():
            raise TransferCancelledError
        if self.file.size is not None and self.done + len(block) > self.file.size:
            raise _WrongFileError
        writer.write(block)
        self.done += len(block)

    def sentence(self, error: Exception) -> DownloadError:
        """Say what went wrong, and what to do."""
        if isinstance(error, PolicyError):
            return DownloadError(f"{self.title} is not on this computer yet. {error}")
        return DownloadError(self._broken(error))

    def _broken(self, error: Exception) -> str:
        import requests

        local = not _is_web(self.address)
        where = str(Path(self.address).parent) if local else urlsplit(self.address).hostname
        name = self.file.name
        if isinstance(error, _ConnectionLostError):
            text = (
                f"The connection to {where} broke off at {_megabytes(self.done)} of "
                f"{_megabytes(self.total)}; open {self.title} again and it goes on from there."
            )
        elif isinstance(error, requests.HTTPError) and error.response is not None:
            text = (
                f"{where} answers {error.response.status_code} when asked for {name}; "
                f"{self._advice('try again later')}"
            )
        elif isinstance(error, requests.RequestException):
            text = (
                f"{self.title} is not on this computer yet and {where} does not answer; "
                f"{self._advice('connect to the internet')}"
            )
        elif isinstance(error, FileNotFoundError | NotAFileError) and local:
            text = f"{MIRROR} is {self.mirror}, but there is no file {name}; {self._advice('')}"
        elif isinstance(error, OSError):
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            reason = "the disk is full" if full else (error.strerror or str(error))
            text = f"{name} could not be kept in {self.folder}: {reason}; free some space there."
        elif isinstance(error, _ChecksumError):
            note = self.folder / f"{name}{checksums.ENDING}"
            text = (
                f"{name} from {where} has the published MD5, but not the SHA-256 that was noted "
                f"for it earlier, so it was thrown away; if {note} is known to be wrong, delete it."
            )
        elif isinstance(error, TransferTimeoutError):
            text = (
                f"{name} took longer than it may from {where} ({_megabytes(self.done)} of "
                f"{_megabytes(self.total)} came); open {self.title} again and it goes on from "
                "there, or wait for a faster connection."
            )
        elif isinstance(error, _UnlistedServerError):
            text = (
                f"{where} sends on to another address that does not publish {name}, so it was not "
                f"fetched; {self._advice('ask who runs your network whether a login is needed')}"
            )
        elif isinstance(error, _WrongFileError):
            text = (
                f"What {where} sent as {name} is not the published file (wrong checksum) and was "
                "thrown away; try again, and if that does not help, ask who runs your network "
                "whether a login page or a filter stands in between."
            )
        else:
            text = f"{name} was not fetched; open {self.title} again."
        return text

    def _advice(self, otherwise: str) -> str:
        if self.mirror and not self._fills_mirror:
            folder = "DIR" if _is_web(self.mirror) else self.mirror
            return f"fill it with: visualizer networks pack {folder}"
        return f"{otherwise}, or set {MIRROR} to a folder made by: visualizer networks pack"


def _resolved(folder: str) -> Path:
    return Path(folder).expanduser().resolve()


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _megabytes(size: int | None) -> str:
    return "an unknown size" if size is None else f"{size / 1e6:.1f} MB"
