"""Bytes of a picture file -> float32 RGB, whatever mode, depth or orientation it was stored in."""

from __future__ import annotations

import contextlib
import io
import warnings

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageOps, UnidentifiedImageError

from visualizer.engine.errors import UserError
from visualizer.engine.png import without_text
from visualizer.engine.rendering import from_bytes

MAX_PIXELS = 64_000_000
"""Pictures with more pixels are refused from their header, before any of them is decoded."""

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "JPEG2000", "PPM", "TGA")
"""Those that decode pixels and nothing else: no interpreters, no external programs."""

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
        PictureError: it is empty, no picture, damaged or too large.
    """
    if not data:
        raise PictureError(f"{name} is empty; choose a file with a picture in it.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of damage that does not keep the picture from opening
        return _decode(data, name, longest)


def _decode(data: bytes, name: str, longest: int | None) -> np.ndarray:
    try:
        image = Image.open(io.BytesIO(without_text(data)), formats=FORMATS)
    except UnidentifiedImageError:
        if data[:4] in (b"II*\0", b"MM\0*"):
            return _many_channel_tiff(data, name)
        raise PictureError(
            f"{name} is not a picture in a format known here; "
            "choose a PNG, JPEG, GIF, WebP, TIFF or BMP file."
        ) from None
    except Exception as error:  # a decoder may raise anything at all on a hostile header
        raise _damaged(name) from error
    with image:
        check_size(image.width, image.height, name)
        try:
            image.seek(0)
            if longest is not None and max(image.size) > longest:
                # JPEG decodes at a half, quarter or eighth for a fraction of the work.
                width, height = (side * longest // max(image.size) for side in image.size)
                image.draft(None, (width, height))
            image.load()
            with contextlib.suppress(Exception):  # damaged EXIF: the picture itself is sound
                ImageOps.exif_transpose(image, in_place=True)
            return _to_rgb(_shrunk(_upright_inks(image), longest))
        except MemoryError as error:
            raise PictureError(
                f"{name} needs more memory than there is; make it smaller and open it again."
            ) from error
        except Exception as error:
            raise _damaged(name) from error


def check_size(width: int, height: int, name: str) -> None:
    """Refuse a picture of more than `MAX_PIXELS` pixels.

    Raises:
        PictureError: it is too large.
    """
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{name} has {width} x {height} pixels, {width * height / 1e6:.0f} million; at most "
            f"{MAX_PIXELS / 1e6:.0f} million can be opened, so make it smaller first."
        )


def _damaged(name: str) -> PictureError:
    return PictureError(
        f"{name} is damaged or cut short; open it in another program or fetch it again."
    )


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _grey(np.asarray(image), image.mode)
    if image.mode == "CMYK":
        return from_bytes(np.asarray(_standard_colours(image).convert("RGB")))
    if "A" in image.mode.upper().replace("LAB", "") or "transparency" in image.info:
        return _over_white(np.asarray(image.convert("RGBA")))
    return from_bytes(np.asarray(_standard_colours(image).convert("RGB")))


def _over_white(rgba: np.ndarray) -> np.ndarray:
    colour = from_bytes(rgba[..., :3])
    alpha = from_bytes(rgba[..., 3:])
    if alpha.min() == 1:
        return colour
    return np.clip(colour * alpha + (1 - alpha), 0, 1)


def _grey(values: np.ndarray, mode: str) -> np.ndarray:
    """Deep grey values, scaled by what their type can hold; floats by 1 if they fit in it."""
    if mode == "F":
        grey = _fit_floats(values)
    elif values.dtype.kind in "ui" and values.size and values.min() >= 0 and values.max() <= 65535:
        grey = values.astype(np.float32) / 65535
    else:  # 32-bit integers in no agreed range
        grey = _stretch(values.astype(np.float64))
    return np.repeat(grey[..., None], 3, axis=2)


def _fit_floats(values: np.ndarray) -> np.ndarray:
    values = values.astype(np.float32)
    finite = np.isfinite(values)
    if not finite.all():
        values = np.where(finite, values, values[finite].min() if finite.any() else 0)
    if values.min() >= 0 and values.max() <= 1:
        return values
    return _stretch(values.astype(np.float64))


def _stretch(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    return ((values - low) / max(high - low, np.finfo(np.float64).tiny)).astype(np.float32)


def _upright_inks(image: Image.Image) -> Image.Image:
    # Pillow takes every CMYK JPEG to be inverted, as Adobe's are; those of others are not.
    if image.format != "JPEG" or image.mode != "CMYK" or "adobe" in image.info:
        return image
    upright = ImageChops.invert(image)
    upright.info.update(image.info)
    return upright


def _shrunk(image: Image.Image, longest: int | None) -> Image.Image:
    times = max(image.size) // longest if longest else 1
    if times < 2 or image.mode not in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.reduce(times)  # means of squares; transparent pixels do not bleed


def _standard_colours(image: Image.Image) -> Image.Image:
    """The picture in sRGB if it carries another colour profile that can be applied."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "CMYK"):
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in ImageCms.getProfileDescription(source):
            return image
        converted = ImageCms.profileToProfile(
            image, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return converted or image


def _many_channel_tiff(data: bytes, name: str) -> np.ndarray:
    """A TIFF that Pillow cannot name the mode of, such as three channels of floats."""
    try:
        import tifffile

        with tifffile.TiffFile(io.BytesIO(data)) as file:
            page = file.pages.first
            height, width = page.imagelength, page.imagewidth
            check_size(width * page.samplesperpixel // min(page.samplesperpixel, 4), height, name)
            values = page.asarray()
    except PictureError:
        raise
    except Exception as error:
        raise _damaged(name) from error
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
