"""What a drop or a paste brings: files, picture bytes, or a sentence on why it is nothing."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QImage

ENCODED = ("image/png", "image/webp", "image/jpeg", "image/gif", "image/tiff", "image/bmp")
"""Files that programs hand over as bytes, the best first: a PNG may have its recipe inside."""
NOTHING = (
    "There is no picture to paste; copy a picture, or a picture file, in another program first."
)


@dataclass(frozen=True)
class MimeContents:
    """What was dropped or pasted; `refusal` is a sentence on what could not be taken, or ""."""

    paths: tuple[Path, ...] = ()
    pictures: tuple[bytes | QImage, ...] = ()
    refusal: str = ""

    def __bool__(self) -> bool:
        return bool(self.paths or self.pictures)


def mime_contents(data: QMimeData) -> MimeContents:
    """Take what can be used: local files first, then the picture itself, then data: addresses.

    Nothing is fetched from the internet: an address alone is refused with a sentence.
    """
    urls = data.urls() or _urls_in(data.text())
    paths = tuple(dict.fromkeys(Path(url.toLocalFile()) for url in urls if url.isLocalFile()))
    if paths:
        return MimeContents(paths=paths)
    picture = _picture_in(data)
    if picture is not None:
        return MimeContents(pictures=(picture,))
    inline = tuple(filter(None, (_inline_picture(url.toString()) for url in urls)))
    if inline:
        return MimeContents(pictures=inline)
    remote = next((url for url in urls if url.scheme() in ("http", "https", "ftp")), None)
    if remote is not None:
        return MimeContents(
            refusal=f"“{_shortened(remote)}” is on the internet, and nothing is fetched from "
            "there; save the picture with your browser and open the file."
        )
    return MimeContents(refusal=NOTHING)


def may_be_taken(data: QMimeData) -> bool:
    """Whether a drag may hold something usable, judged by its formats alone."""
    if data.hasFormat("application/x-visualizer-specimen"):
        return False  # our own tray, dragged over the window on its way out
    return data.hasUrls() or data.hasImage() or any(data.hasFormat(each) for each in ENCODED)


def picture_bytes(image: QImage) -> bytes:
    """Encode an image as PNG without loss, transparency included; on any thread."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG", 90)  # type: ignore[call-overload]  # little compression, fast
    return bytes(buffer.data().data())


def _picture_in(data: QMimeData) -> bytes | QImage | None:
    for name in ENCODED:
        if data.hasFormat(name):
            encoded = bytes(data.data(name).data())
            if encoded:
                return encoded
    if data.hasImage():
        image = data.imageData()
        if isinstance(image, QImage) and not image.isNull():
            return image
    return None


def _inline_picture(address: str) -> bytes | None:
    """The bytes inside a data: address, which browsers use for small pictures."""
    found = re.match(r"data:image/[\w.+-]+((?:;[\w=-]+)*),", address)
    if found is None:
        return None
    content = unquote_to_bytes(address[found.end() :])
    if not found[1].endswith(";base64"):
        return content
    try:
        return base64.b64decode(content, validate=False)
    except binascii.Error:
        return None


def _urls_in(text: str) -> list[QUrl]:
    """Addresses and names of files in copied text, one a line; [] if a line is anything else."""
    lines = [line.strip().strip('"') for line in text.splitlines() if line.strip()]
    urls = list(_as_urls(lines[:1000]))
    return urls if len(urls) == len(lines) else []


def _as_urls(lines: Iterable[str]) -> Iterable[QUrl]:
    for line in lines:
        if re.match(r"(file|https?|ftp|data):", line):
            yield QUrl(line)
        elif line.startswith("~/") or Path(line).is_absolute():
            yield QUrl.fromLocalFile(str(Path(line).expanduser()))


def _shortened(url: QUrl) -> str:
    text = url.toDisplayString()
    return text if len(text) <= 60 else f"{text[:59]}…"
