"""Arrays that may be handed to anyone: owned and read-only."""

from __future__ import annotations

import numpy as np


def frozen(array: np.ndarray) -> np.ndarray:
    """The array itself if nobody can change it any more, else a read-only copy of it.

    Windows show an array without copying it, so one that is written to later would change what is
    on the screen. A producer spares the copy by calling ``setflags(write=False)`` on an array that
    it made itself.
    """
    owner: object = array
    while isinstance(owner, np.ndarray):
        if owner.flags.writeable:
            array = array.copy(order="C")
            array.setflags(write=False)
            return array
        owner = owner.base
    if owner is not None:  # memory of somebody else: bytes, a memory map, a tensor
        array = array.copy(order="C")
        array.setflags(write=False)
    return array


def owned(array: np.ndarray) -> np.ndarray:
    """Make an array that its caller has just made read-only, in place, and return it."""
    array.setflags(write=False)
    return array
