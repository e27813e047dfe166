"""How the pixels of a picture become the numbers a network was trained on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from visualizer.engine.errors import UserError

LUMA = (0.299, 0.587, 0.114)
"""Red, green and blue in the brightness of a grey picture (ITU-R BT.601)."""


class PreprocessingError(UserError):
    """A description of preprocessing that makes no sense."""


@dataclass(frozen=True)
class Preprocessing:
    """`scale` x pixel + `offset`, after the channels were brought into the network's order.

    Attributes:
        scale: one number, or one for each channel of the network.
        offset: likewise.
        order: "rgb", or "bgr" for networks trained with Caffe's order.
        channels: what the network takes: 3, 1 (brightness) or 4 (with an opaque alpha).
    """

    scale: float | tuple[float, ...] = 1.0
    offset: float | tuple[float, ...] = 0.0
    order: Literal["rgb", "bgr"] = "rgb"
    channels: int = 3

    def __post_init__(self) -> None:
        if self.channels not in (1, 3, 4):
            raise PreprocessingError(
                f"Preprocessing was given {self.channels!r} channels; a picture has 1, 3 or 4."
            )
        if self.order not in ("rgb", "bgr"):
            raise PreprocessingError(
                f"Preprocessing was given the order {self.order!r}; it must be 'rgb' or 'bgr'."
            )
        for name in ("scale", "offset"):
            object.__setattr__(self, name, self._checked(name, getattr(self, name)))

    def _checked(self, name: str, value: Any) -> float | tuple[float, ...]:
        many = isinstance(value, Sequence) and not isinstance(value, str)
        try:
            numbers = [float(v) for v in value] if many else [float(value)]
        except (TypeError, ValueError):
            numbers = []
        if not numbers or not all(map(math.isfinite, numbers)):
            raise PreprocessingError(
                f"Preprocessing was given the {name} {value!r}; it must be a number, "
                "or one number for each channel."
            )
        if many and len(numbers) != self.channels:
            raise PreprocessingError(
                f"Preprocessing was given {len(numbers)} numbers as {name}; the network has "
                f"{self.channels} channels, so give one number or {self.channels}."
            )
        return tuple(numbers) if many else numbers[0]

    def apply(self, x: Any) -> Any:
        """Turn pictures N x H x W x 3 in [0, 1] into the network's input N x H x W x channels.

        Differentiable, in `keras.ops`.
        """
        return self.scaled(self.seen(x))

    def seen(self, x: Any) -> Any:
        """Return the pictures as the network sees them: RGB, or N x H x W x 1 if it sees grey."""
        from keras import ops

        if self.channels != 1:
            return x
        return ops.sum(x * ops.convert_to_tensor(LUMA, dtype=x.dtype), axis=-1, keepdims=True)

    def scaled(self, x: Any) -> Any:
        """Turn pictures as `seen` gives them into the network's input."""
        from keras import ops

        if self.order == "bgr" and self.channels != 1:
            x = ops.flip(x, axis=-1)
        if self.channels == 4:
            x = ops.concatenate([x, ops.ones_like(x[..., :1])], axis=-1)
        if self.scale != 1.0:
            x = ops.multiply(x, ops.convert_to_tensor(self.scale, dtype=x.dtype))
        if self.offset != 0.0:
            x = x + ops.convert_to_tensor(self.offset, dtype=x.dtype)
        return x

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can keep; `from_dict` reads it back."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Preprocessing:
        """Read what `to_dict` made; what is missing keeps its default.

        Raises:
            PreprocessingError: it is not a description of preprocessing.
        """
        known = set(cls.__dataclass_fields__)
        unknown = [str(key) for key in kept if key not in known]
        if unknown:
            raise PreprocessingError(
                f"Preprocessing was given {', '.join(map(repr, unknown))}; "
                f"it knows {', '.join(sorted(known))}."
            )
        fields: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()
        }
        return cls(**fields)
