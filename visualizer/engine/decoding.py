"""Bytes of a picture file -> float32 RGB, whatever mode, depth or orientation it was stored in.

A few bytes can stand for as many pixels as they like. What decoding will take is counted from the
header, before any of it is done, and pixels become floats a tile at a time.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

from visualizer.engine import pnm
from visualizer.engine.errors import UserError
from visualizer.engine.png import pixels_only
from visualizer.engine.rendering import from_bytes

MAX_PIXELS = 64_000_000
"""Pictures with more pixels are refused from their header, before any of them is decoded."""
MAX_SIDE = 100_000
"""Pixels along one side: every row takes a time of its own, however short it is."""
MAX_MEMORY = 800_000_000
"""Bytes that decoding may take at a time, the file's own among them."""

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000", "PPM", "TGA")
"""Those that decode pixels and nothing else: no interpreters, no external programs."""
ON_THE_WAY = {"JPEG": 8, "WEBP": 8, "AVIF": 10, "JPEG2000": 36}
"""Bytes a pixel that decoders take beside the picture they make; others decode in place."""
KEPT = {"WEBP", "AVIF"}
"""Formats whose decoders keep them until the picture is closed."""
MAX_SCANS = 2_000_000_000
"""Pixels times the scans of a JPEG: each goes over all of them. Cameras write one, others ten."""
SCAN = b"\xff\xda"
"""How a scan of a JPEG begins."""
TIFF_CODES = {1, 8, 32946}
"""Compressions of TIFFs with many channels: none, and zlib, whose output is measured first."""
TILE = 1 << 18
"""Pixels that become floats at a time."""

QUICK_PIXELS, QUICK_BYTES = 8_000_000, 8_000_000
"""Of a picture that is decoded in a fraction of a second, whatever is in it."""
USUAL_SCANS = 10
"""Of a progressive JPEG."""
JPEG2000 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
TIFF = (b"II*\0", b"MM\0*")

# We refuse large pictures ourselves, in words; Pillow's own limit would warn far below ours.
Image.MAX_IMAGE_PIXELS = None


class PictureError(UserError):
    """Something that was to be a picture is none, or cannot be read."""


def decode(data: bytes, name: str, longest: int | None = None) -> np.ndarray:
    """The picture in `data` as float32 RGB, H x W x 3, in [0, 1]; a new array of the caller's.

    Turned as its EXIF says, laid over white where it is transparent, the first frame of an
    animation, 16-bit and floating-point values scaled to [0, 1] and not clipped.

    Args:
        data: the bytes of a file.
        name: what to call it in an error, such as “holiday.jpg”.
        longest: pixels on the longer side that are enough: a larger photograph is shrunk on the
            way, by a whole number so that it keeps at least these, before it takes up memory as
            floats. None keeps every pixel.

    Raises:
        PictureError: it is empty, no picture, damaged, or takes more than `MAX_PIXELS`,
            `MAX_MEMORY` or `MAX_SCANS`.
    """
    return floats(decoded(data, name, longest))


def floats(pixels: np.ndarray) -> np.ndarray:
    """What `decoded` returns, as float32."""
    return pixels if pixels.dtype == np.float32 else from_bytes(pixels)


def is_endless(data: bytes) -> bool:
    """Whether a file is JPEG 2000 or AVIF, whose decoders can be kept busy by a few bytes."""
    return data.startswith(JPEG2000) or data[4:8] == b"ftyp"


def is_quick(data: bytes) -> bool:
    """Whether decoding takes a fraction of a second, going by the beginning of a file."""
    if len(data) > QUICK_BYTES or is_endless(data):
        return False
    scans = 1
    try:
        if pnm.is_pnm(data):
            width, height, _, _ = pnm.header(data)
        else:
            with Image.open(io.BytesIO(pixels_only(data)), formats=FORMATS) as image:
                width, height = image.size
                if image.format == "JPEG":
                    scans = data.count(SCAN)
    except Exception:  # refused from its header; but for a TIFF there is another reader
        return not data.startswith(TIFF)
    return width * height * max(1, scans // USUAL_SCANS) <= QUICK_PIXELS


def decoded(data: bytes, name: str, longest: int | None = None) -> np.ndarray:
    """What `decode` returns, but as uint8 where the picture has 8 bits a colour."""
    if not data:
        raise PictureError(f"{name} is empty; choose a file with a picture in it.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage that does not keep the picture from opening
        try:
            return _decode(data, name, longest)
        except PictureError:
            raise
        except MemoryError as error:
            raise PictureError(
                f"{name} needs more memory than there is; make it smaller and open it again."
            ) from error
        except UnidentifiedImageError:
            raise PictureError(
                f"{name} is not a picture in a format known here; "
                "choose a PNG, JPEG, GIF, WebP, TIFF or BMP file."
            ) from None
        except Exception as error:  # a decoder may raise anything at all on a hostile file
            raise PictureError(
                f"{name} is damaged or cut short; open it in another program or fetch it again."
            ) from error


def _decode(data: bytes, name: str, longest: int | None) -> np.ndarray:
    if pnm.is_pnm(data):
        return _netpbm(data, name)
    if data[:1] == b"P" and b"#" in data[:64]:
        raise ValueError("a comment where none can be")
    try:
        image = Image.open(io.BytesIO(pixels_only(data)), formats=FORMATS)
    except UnidentifiedImageError:
        if data.startswith(TIFF):
            return _many_channel_tiff(data, name)
        raise
    with image:
        check_size(image.width, image.height, name)
        _check_work(image, data, name, longest)
        image.seek(0)
        if longest is not None and max(image.size) > longest:
            # JPEG decodes at a half, quarter or eighth for a fraction of the work.
            width, height = (side * longest // max(image.size) for side in image.size)
            image.draft(None, (width, height))
        image.load()
        with contextlib.suppress(Exception):  # damaged EXIF: the picture itself is sound
            ImageOps.exif_transpose(image, in_place=True)
        return _to_rgb(_shrunk(_upright_inks(image), longest))


def check_size(width: int, height: int, name: str) -> None:
    """Refuse a picture of more than `MAX_PIXELS` pixels, or more than `MAX_SIDE` along a side.

    Raises:
        PictureError: it is too large.
    """
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{name} has {width} x {height} pixels, {width * height / 1e6:.0f} million; at most "
            f"{MAX_PIXELS / 1e6:.0f} million can be opened, so make it smaller first."
        )
    if max(width, height) > MAX_SIDE:
        raise PictureError(
            f"{name} has {width} x {height} pixels; sides of up to {MAX_SIDE:,} can be opened, so "
            "cut out a part of it first."
        )


def check_memory(taken: int, name: str) -> None:
    """Refuse a picture that takes more than `MAX_MEMORY` bytes on the way.

    Raises:
        PictureError: `taken` is too much.
    """
    if taken > MAX_MEMORY:
        raise PictureError(
            f"{name} would take {taken / 1e9:.1f} GB of memory to open; make it smaller, or save "
            "it as a JPEG or PNG of 8 bits a colour, first."
        )


def _check_work(image: Image.Image, data: bytes, name: str, longest: int | None) -> None:
    """Refuse a picture that takes too much memory or time, going by its header."""
    pixels = image.width * image.height
    held = 4  # bytes of a pixel, as Pillow holds it
    if longest is not None and _shrinks(image, longest):
        floats = 4  # of its palette's colours, or turned upright
    elif _is_deep(image) or _has_alpha(image):
        floats = 12
    else:  # the 3 bytes that they are made of are held instead of Pillow's
        floats = 11
    on_the_way = ON_THE_WAY.get(image.format or "", 0)
    most = held + max(on_the_way, floats)
    if image.format in KEPT:
        most = held + on_the_way + floats
    check_memory(pixels * most + len(data), name)
    if image.format == "JPEG" and pixels * data.count(SCAN) > MAX_SCANS:
        raise PictureError(
            f"{name} is stored in {data.count(SCAN):,} passes over its pixels, which "
            "would take too long to open; save it again in another program first."
        )


def _is_deep(image: Image.Image) -> bool:
    return image.mode in ("I", "F") or image.mode.startswith("I;16")


def _has_alpha(image: Image.Image) -> bool:
    return "A" in image.mode.upper().replace("LAB", "") or "transparency" in image.info


def _to_rgb(image: Image.Image) -> np.ndarray:
    """The pixels, a tile at a time: uint8, or float32 of what is deep or transparent."""
    width, height = image.size
    to_floats = _deep_to_floats(image) if _is_deep(image) else None
    if to_floats is None and _has_alpha(image):
        to_floats = _over_white
    if to_floats is not None:
        picture = np.empty((height, width, 3), np.float32)
        for box, tile in _tiles(image):
            picture[box] = to_floats(tile)
        return picture
    colours = _to_standard_colours(image)
    pixels = np.empty((height, width, 3), np.uint8)
    for box, tile in _tiles(image):
        pixels[box] = np.asarray(colours(tile).convert("RGB"))
    image.close()  # before floats are made
    image.im = None  # type: ignore[assignment]
    return pixels


def _tiles(image: Image.Image) -> Iterator[tuple[tuple[slice, slice], Image.Image]]:
    """Pieces of a picture, and where they are in it."""
    width, height = image.size
    across = min(width, TILE)
    down = max(1, TILE // across)
    for top in range(0, height, down):
        for left in range(0, width, across):
            right, bottom = min(left + across, width), min(top + down, height)
            tile = image.crop((left, top, right, bottom))
            yield (slice(top, bottom), slice(left, right)), tile


def _over_white(tile: Image.Image) -> np.ndarray:
    rgba = np.asarray(tile.convert("RGBA"))
    values = from_bytes(rgba)
    alpha = values[..., 3]
    white = 1 - alpha
    picture = np.empty((*rgba.shape[:2], 3), np.float32)
    for channel in range(3):  # one after the other, as NumPy is slow along an axis of three
        over = values[..., channel] * alpha
        over += white
        np.clip(over, 0, 1, out=picture[..., channel])
    return picture


def _deep_to_floats(image: Image.Image) -> Callable[[Image.Image], np.ndarray]:
    """Deep grey values, scaled by what their type can hold; floats by 1 if they fit in it."""
    low, high, finite = math.inf, -math.inf, True
    for _, tile in _tiles(image):
        values = np.asarray(tile)
        there = values[np.isfinite(values)] if image.mode == "F" else values
        finite = finite and there.size == values.size
        if there.size:
            low, high = min(low, float(there.min())), max(high, float(there.max()))
    if low > high:
        low = high = 0.0
    most = 1.0 if image.mode == "F" else 65535.0
    start, span = (0.0, most) if low >= 0 and high <= most else (low, high - low)

    def to_floats(tile: Image.Image) -> np.ndarray:
        values = np.asarray(tile).astype(np.float64)
        if not finite:
            np.copyto(values, low, where=~np.isfinite(values))
        grey = (values - start) / max(span, np.finfo(np.float64).tiny)
        return np.repeat(grey.astype(np.float32)[..., None], 3, axis=2)

    return to_floats


def _fit_floats(values: np.ndarray) -> np.ndarray:
    values = values.astype(np.float32)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    if values.min() >= 0 and values.max() <= 1:
        return values
    low, high = float(values.min()), float(values.max())
    return ((values.astype(np.float64) - low) / max(high - low, 1e-300)).astype(np.float32)


def _netpbm(data: bytes, name: str) -> np.ndarray:
    width, height, _, _ = pnm.header(data)
    check_size(width, height, name)
    plain = data[1:2] in b"123"
    if plain and len(data) > pnm.MAX_PLAIN:
        raise PictureError(
            f"{name} is written in {len(data) / 1e6:.0f} MB of digits; save it as PNG and open "
            "that."
        )
    check_memory(width * height * (24 if plain else 12) + 3 * len(data), name)
    picture = pnm.pixels(data)
    return picture if picture.shape[2] == 3 else np.repeat(picture, 3, axis=2)


def _upright_inks(image: Image.Image) -> Image.Image:
    # Pillow takes every CMYK JPEG to be inverted, as Adobe's are; those of others are not.
    if image.format != "JPEG" or image.mode != "CMYK" or "adobe" in image.info:
        return image
    upright = ImageChops.invert(image)
    upright.info.update(image.info)
    return upright


def _shrinks(image: Image.Image, longest: int) -> bool:
    return max(image.size) >= 2 * longest and not _is_deep(image)


def _shrunk(image: Image.Image, longest: int | None) -> Image.Image:
    if longest is None or not _shrinks(image, longest):
        return image
    if image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        image = image.convert("RGBA" if _has_alpha(image) else "RGB")
    # Means of squares; transparent pixels do not bleed.
    return image.reduce(max(image.size) // longest)


def _to_standard_colours(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What brings a tile to sRGB, if the picture carries another colour profile that applies."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return _as_it_is
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return _as_it_is
        wanted = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(source, wanted, image.mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return _as_it_is
    return lambda tile: ImageCms.applyTransform(tile, transform) or tile


def _as_it_is(tile: Image.Image) -> Image.Image:
    return tile


def _many_channel_tiff(data: bytes, name: str) -> np.ndarray:
    """A TIFF that Pillow cannot name the mode of, such as three channels of floats."""
    import tifffile

    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page: Any = file.pages.first
        height, width = page.imagelength, page.imagewidth
        check_size(width * page.samplesperpixel // min(page.samplesperpixel, 4), height, name)
        check_memory(page.size * (page.dtype.itemsize + 14) + len(data), name)
        if page.compression not in TIFF_CODES:
            raise PictureError(
                f"{name} is compressed in a way that is not read here; save it as PNG."
            )
        if page.compression != 1:
            _check_inflated(data, page)
        values = page.asarray()
    values = np.squeeze(values)
    if values.ndim == 3 and values.shape[0] in (3, 4) and values.shape[2] not in (3, 4):
        values = np.moveaxis(values, 0, 2)  # stored plane by plane
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or not values.size or values.dtype.kind not in "uif":
        raise PictureError(
            f"{name} is a TIFF of shape {values.shape}, not one picture; save one page of it "
            "as PNG and open that."
        )
    values = values[..., :3] if values.shape[2] >= 3 else values[..., :1]
    if values.dtype.kind == "u":
        scaled = (values / np.iinfo(values.dtype).max).astype(np.float32)
    else:
        scaled = _fit_floats(values)
    return scaled if scaled.shape[2] == 3 else np.repeat(scaled, 3, axis=2)


def _check_inflated(data: bytes, page: Any) -> None:
    """Refuse a TIFF whose compressed parts hold more than its header says.

    Raises:
        ValueError: they do.
    """
    left = page.nbytes + (1 << 20)
    for start, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        inflater = zlib.decompressobj()
        left -= len(inflater.decompress(data[start : start + count], max(left, 1)))
        if left <= 0:
            raise ValueError("more inside than outside")
