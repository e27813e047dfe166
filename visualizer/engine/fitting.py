"""Pictures of any size brought to the size a network takes."""

from __future__ import annotations

import cv2
import numpy as np

from visualizer.engine.errors import UserError

GREY = 0.5
"""What is put around a picture that is fitted whole."""


class FittingError(UserError):
    """Something that is not a picture, or a way of fitting that is not known."""


def fitted_to(picture: np.ndarray, size: tuple[int, int], mode: str = "crop") -> np.ndarray:
    """Bring a picture to a size, averaging where it shrinks and interpolating where it grows.

    Args:
        picture: H x W x 3, float in [0, 1] or uint8.
        size: (height, width) in pixels.
        mode: "crop" takes the largest centred part of that shape; "fit" takes the whole picture
            and puts grey around it.

    Returns:
        float32, height x width x 3, owned.

    Raises:
        FittingError: it is not a picture, or there is no such mode.
    """
    picture = _checked(picture)
    height, width = size
    if mode == "crop":
        return _resized(_centre(picture, height / width), height, width)
    if mode != "fit":
        raise FittingError(f"A picture can be fitted by 'crop' or 'fit', not by {mode!r}.")
    factor = min(height / picture.shape[0], width / picture.shape[1])
    rows = min(height, max(1, round(picture.shape[0] * factor)))
    columns = min(width, max(1, round(picture.shape[1] * factor)))
    top, left = (height - rows) // 2, (width - columns) // 2
    fitted = np.full((height, width, 3), GREY, np.float32)
    fitted[top : top + rows, left : left + columns] = _resized(picture, rows, columns)
    return fitted


def _checked(picture: np.ndarray) -> np.ndarray:
    picture = np.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise FittingError(
            f"A picture was given with shape {picture.shape}; it must be height x width x 3."
        )
    if picture.dtype == np.uint8:
        return picture.astype(np.float32) / 255
    return picture.astype(np.float32, copy=False)


def _centre(picture: np.ndarray, aspect: float) -> np.ndarray:
    """Return the largest centred part whose height is `aspect` times its width."""
    height, width = picture.shape[:2]
    rows = min(height, max(1, round(width * aspect)))
    columns = min(width, max(1, round(height / aspect)))
    top, left = (height - rows) // 2, (width - columns) // 2
    return picture[top : top + rows, left : left + columns]


def _resized(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    if picture.shape[:2] == (height, width):
        return picture.copy()
    shrinks = height * width < picture.shape[0] * picture.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(picture), (width, height), interpolation=how)
