"""A show in one file: a zip with JSON, the pictures with their recipes, and the results.

A show may come from anybody. Names, sizes and counts are compared with their bounds before anything
is unpacked; nothing in it is a path, and nothing of it is run.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from visualizer.engine.arrays import owned
from visualizer.engine.errors import UserError
from visualizer.engine.files import plain_file, write_file
from visualizer.engine.generators import run_to_end
from visualizer.engine.shows.show import (
    MAX_SCENES,
    MAX_TEXT,
    MAX_TITLE,
    Animation,
    Scene,
    Show,
    ShowError,
    State,
    plain,
    short,
)
from visualizer.engine.specimen import Specimen, opening_specimen

VERSION = 1
INDEX = "show.json"
KINDS: dict[str, tuple[re.Pattern[str], int]] = {
    "index": (re.compile(re.escape(INDEX)), 16 * 2**20),
    "picture": (re.compile(r"pictures/[0-9a-f]{16}\.png"), 64 * 2**20),
    "result": (re.compile(r"results/[0-9a-f]{16}"), 256 * 2**20),
    "network": (re.compile(r"networks/[0-9a-f]{64}"), 2**30),
}
"""What can be in the file: how it is called, and its most bytes."""
MAX_MEMBERS = 5000
MAX_BYTES = 2**31
"""Of everything in a show together."""
MAX_PICTURE = 20_000_000
"""Pixels of one picture."""
MAX_PIXELS = 256_000_000
"""Of all pictures of a show together: 0.8 GB."""
MAX_EXPANSION, FREE_EXPANSION = 100, 4 * 2**20
"""How many times larger than on disk a member may be, and up to which size it does not matter."""
MAX_THUMBNAIL = 640
"""Pixels along a side of a thumbnail."""
MINUTES = 24 * 60
"""The longest talk."""
_DAMAGED = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)


# Writing


def write_show(show: Show, path: Path) -> Path:
    """Write a show, whole or not at all, and return its path.

    Raises:
        SaveError: the folder is missing, may not be written to, or the disk is full.
        ShowError: something in it is larger than a show can hold.
    """
    return run_to_end(writing_show(show, path))


def writing_show(show: Show, path: Path) -> Generator[None, None, Path]:
    """Do `write_show`, a scene a slice."""
    data = yield from packing(show)
    _opened(data, path.name).close()
    return write_file(path, data)


def to_bytes(show: Show) -> bytes:
    """Do `packing` at once."""
    return run_to_end(packing(show))


def packing(show: Show) -> Generator[None, None, bytes]:
    """Return the bytes of the file of a show; the same show, the same bytes.

    Raises:
        ShowError: its settings cannot be written.
    """
    writer = _Writer()
    index: dict[str, Any] = {"version": VERSION, "title": show.title, "minutes": show.minutes}
    scenes = index["scenes"] = []
    try:
        for scene in show.scenes:
            scenes.append(plain(writer.scene(scene)))
            yield
        text = json.dumps(index, allow_nan=False, indent=1)
    except ValueError as error:
        raise ShowError(f"This show cannot be written ({error}).") from None
    members = writer.members | {f"networks/{each}": data for each, data in show.networks.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {INDEX: text.encode(), **dict(sorted(members.items()))}.items():
            stored = zipfile.ZIP_STORED if name.startswith("pictures") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), data, stored)
    return file.getvalue()


class _Writer:
    """Collects the members of the file: each picture and each result once."""

    def __init__(self) -> None:
        self.members: dict[str, bytes] = {}

    def scene(self, scene: Scene) -> dict[str, Any]:
        state, picture = scene.state, self._picture
        return {
            "workspace": scene.workspace,
            "title": scene.title,
            "notes": scene.notes,
            "network": scene.network,
            "sha256": scene.sha256,
            "picture": picture(scene.picture),
            "compared": picture(scene.compared),
            "fit_mode": scene.fit_mode,
            "stage": scene.stage,
            "unit": scene.unit,
            "settings": state.settings,
            "pictures": {name: picture(each) for name, each in state.pictures.items()},
            "files": {name: self._file(each) for name, each in state.files.items()},
            "animation": _written(scene.animation),
            "thumbnail": self._thumbnail(scene.thumbnail),
        }

    def _picture(self, specimen: Specimen | None) -> str | None:
        if specimen is None:
            return None
        name = f"pictures/{specimen.id}.png"
        if name not in self.members:
            self.members[name] = specimen.png()
        return specimen.id

    def _thumbnail(self, pixels: np.ndarray | None) -> str | None:
        if pixels is None:
            return None
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG", compress_level=6)
        return self._keep("pictures/{}.png", buffer.getvalue())

    def _file(self, data: bytes) -> str:
        return self._keep("results/{}", data)

    def _keep(self, name: str, data: bytes) -> str:
        identity = hashlib.sha256(data).hexdigest()[:16]
        self.members[name.format(identity)] = data
        return identity


def _written(animation: Animation | None) -> dict[str, Any] | None:
    if animation is None:
        return None
    return {
        "name": animation.name,
        "settings": animation.settings,
        "at_once": animation.at_once,
    }


# Reading


def read_show(path: Path) -> Show:
    """Do `reading_show` at once."""
    return run_to_end(reading_show(path))


def reading_show(path: Path) -> Generator[None, None, Show]:
    """Read a show within bounds, a picture a slice.

    Raises:
        ShowError: it is no show, damaged, of a newer version, or larger than shows are.
    """
    try:
        if plain_file(path).st_size > MAX_BYTES:
            raise ValueError("it is too large")
        data = path.read_bytes()
    except UserError as error:
        raise ShowError(str(error)) from None
    except FileNotFoundError:
        raise ShowError(f"There is no show “{path}”; check the path.") from None
    except (OSError, ValueError) as error:
        raise _damaged(path.name, error) from None
    return (yield from from_bytes(data, path.name))


def from_bytes(data: bytes, name: str) -> Generator[None, None, Show]:
    """Read the bytes of a show's file; `name` is for the errors.

    Raises:
        ShowError: it is no show, damaged, of a newer version, or larger than shows are.
    """
    try:
        with _opened(data, name) as archive:
            index = json.loads(_member(archive, INDEX), parse_constant=_refuse)
            if not isinstance(index, dict):
                raise ValueError("its description is none")
            if index.get("version") != VERSION:
                raise ShowError(
                    f"“{name}” was written by another version of this program; update it to open "
                    "this show."
                )
            return (yield from _Reader(archive).show(index))
    except ShowError:
        raise
    except UserError as error:
        raise _damaged(name, error) from None
    except _DAMAGED as error:
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> ShowError:
    return ShowError(
        f"“{name}” is no show, or a damaged one ({str(error)[:200]}); fetch it again from where it "
        "came."
    )


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _opened(data: bytes, name: str) -> zipfile.ZipFile:
    """The archive, once all that it says of itself is within bounds.

    Raises:
        ShowError: it is not.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        infos = archive.infolist()
        names = {each.filename for each in infos}
        if len(infos) > MAX_MEMBERS or len(names) < len(infos) or INDEX not in names:
            raise ValueError("it has other parts")
        for each in infos:
            most = next((m for form, m in KINDS.values() if form.fullmatch(each.filename)), None)
            if most is None:
                raise ValueError(f"“{each.filename[:60]}” is no part of a show")
            if each.file_size > most:
                raise ValueError(f"“{each.filename}” is larger than {most // 2**20} MB")
            if each.file_size > max(FREE_EXPANSION, MAX_EXPANSION * each.compress_size):
                raise ValueError(f"“{each.filename}” would unpack to far more than is stored")
            if each.flag_bits & 1 or each.compress_type not in (
                zipfile.ZIP_STORED,
                zipfile.ZIP_DEFLATED,
            ):
                raise ValueError(f"“{each.filename}” is packed in another way")
        if sum(each.file_size for each in infos) > MAX_BYTES:
            raise ValueError("it is too large")
    except _DAMAGED as error:
        raise _damaged(name, error) from None
    return archive


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """What a member holds, never more than it says."""
    size = archive.getinfo(name).file_size
    with archive.open(name) as member:
        data = member.read(size + 1)
    if len(data) != size:
        raise ValueError(f"“{name}” is cut short")
    return data


class _Reader:
    """Reads the parts of a show; each picture once."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._pictures: dict[str, Specimen] = {}
        self._files: dict[str, bytes] = {}
        self._pixels = 0

    def show(self, index: dict[str, Any]) -> Generator[None, None, Show]:
        scenes = []
        listed = _list(index.get("scenes"))
        if len(listed) > MAX_SCENES:
            raise ValueError("it has too many scenes")
        for each in listed:
            scenes.append((yield from self._scene(_table(plain(each)))))
        minutes = index.get("minutes", 0)
        if isinstance(minutes, bool) or not isinstance(minutes, int) or not 0 <= minutes <= MINUTES:
            raise ValueError("minutes are a whole number")
        networks = {
            name.removeprefix("networks/"): _member(self._archive, name)
            for name in self._archive.namelist()
            if name.startswith("networks/")
        }
        for sha256, data in networks.items():
            if hashlib.sha256(data).hexdigest() != sha256:
                raise ValueError("a network in it is damaged")
        title = short(index.get("title", ""), MAX_TITLE)
        return Show(title, tuple(scenes), minutes, networks)

    def _scene(self, values: dict[str, Any]) -> Generator[None, None, Scene]:
        unit = values.get("unit", 0)
        if isinstance(unit, bool) or not isinstance(unit, int) or not 0 <= unit < 2**31:
            raise ValueError("a unit is a whole number")
        pictures = {}
        for name, identity in _table(values.get("pictures", {})).items():
            pictures[name] = yield from self._picture(identity)
        files = {name: self._file(each) for name, each in _table(values.get("files", {})).items()}
        picture, compared = values.get("picture"), values.get("compared")
        thumbnail = values.get("thumbnail")
        fit_mode = values.get("fit_mode", "crop")
        return Scene(
            workspace=short(values["workspace"], MAX_TITLE),
            title=short(values.get("title", ""), MAX_TITLE),
            notes=short(values.get("notes", ""), MAX_TEXT),
            network=short(values.get("network", ""), MAX_TEXT),
            sha256=short(values.get("sha256", ""), MAX_TITLE),
            picture=None if picture is None else (yield from self._picture(picture)),
            compared=None if compared is None else (yield from self._picture(compared)),
            fit_mode="fit" if fit_mode == "fit" else "crop",
            stage=short(values.get("stage", ""), MAX_TITLE),
            unit=unit,
            state=State(_table(values.get("settings", {})), pictures, files),
            animation=_animation(values.get("animation")),
            thumbnail=None if thumbnail is None else (yield from self._thumbnail(thumbnail)),
        )

    def _picture(self, identity: Any) -> Generator[None, None, Specimen]:
        name = f"pictures/{short(identity, 16)}.png"
        if name not in self._pictures:
            data = self._counted(name)
            specimen = yield from opening_specimen(data, "Picture")
            specimen.compact()
            assert specimen.id  # worked out here, not on the window thread
            self._pictures[name] = specimen
            yield
        return self._pictures[name]

    def _thumbnail(self, identity: Any) -> Generator[None, None, np.ndarray]:
        specimen = yield from self._picture(identity)
        if max(specimen.size) > MAX_THUMBNAIL or specimen.pixels.dtype != np.uint8:
            raise ValueError("a thumbnail is small")
        return owned(specimen.pixels)

    def _counted(self, name: str) -> bytes:
        """The bytes of a PNG, if all pictures so far are not too many pixels."""
        data = _member(self._archive, name)
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            pixels = image.width * image.height
        self._pixels += pixels
        if pixels > MAX_PICTURE or self._pixels > MAX_PIXELS:
            raise ValueError("its pictures are too large")
        return data

    def _file(self, identity: Any) -> bytes:
        name = f"results/{short(identity, 16)}"
        if name not in self._files:
            self._files[name] = _member(self._archive, name)
        return self._files[name]


def _animation(values: Any) -> Animation | None:
    if values is None:
        return None
    table = _table(values)
    return Animation(
        short(table["name"], MAX_TITLE),
        _table(table.get("settings", {})),
        table.get("at_once") is True,
    )


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError("a table is missing")
    return dict(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("a list is missing")
    return value
