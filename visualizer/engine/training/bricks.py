"""A network as a list of layers: shapes, parameters and mistakes before Keras is asked, then code.

`plan` computes with numbers alone and imports no Keras, so that a list can be judged at every
keystroke; `build` makes the model, `code` the program that makes it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.engine.settings import Settings, describe, setting

if TYPE_CHECKING:
    import keras

OUTPUT = "output"
"""The name of the last layer, which every network gets by itself: one score a class."""
MOST_BRICKS = 100
MOST_PARAMETERS = 100_000_000


class BrickError(UserError):
    """Layers that cannot follow each other."""


@dataclass(frozen=True)
class Brick(Settings):
    """A layer; its fields are what can be set of it."""


@dataclass(frozen=True)
class Convolution(Brick):
    """Filters that slide over the maps, then ReLU."""

    filters: int = setting(32, low=1, high=4096, help="How many filters, each with a map.")
    kernel: int = setting(3, low=1, high=31, unit="pixels", help="Side of a filter.")
    stride: int = setting(1, low=1, high=16, unit="pixels", help="How far it moves at a time.")
    padding: str = setting(
        "same", choices=("same", "valid"), help="same: zeros around the maps; valid: none."
    )


@dataclass(frozen=True)
class Pooling(Brick):
    """The largest value, or the mean, of each window."""

    kind: str = setting("max", choices=("max", "average"), help="What is kept of a window.")
    size: int = setting(2, low=1, high=31, unit="pixels", help="Side of a window.")
    stride: int = setting(2, low=1, high=16, unit="pixels", help="How far it moves at a time.")


@dataclass(frozen=True)
class Normalisation(Brick):
    """Batch normalisation (Ioffe & Szegedy 2015)."""


@dataclass(frozen=True)
class Dropout(Brick):
    """Sets random units to 0 while training (Srivastava et al. 2014)."""

    rate: float = setting(0.5, low=0.0, high=0.9, step=0.1, help="The part of the units.")


@dataclass(frozen=True)
class Flatten(Brick):
    """All values of all maps in one row."""


@dataclass(frozen=True)
class GlobalPooling(Brick):
    """The mean of each map."""


@dataclass(frozen=True)
class Dense(Brick):
    """Every unit sees every value, then ReLU."""

    units: int = setting(64, low=1, high=8192, help="How many units.")


BRICKS: dict[str, type[Brick]] = {
    "convolution": Convolution,
    "pooling": Pooling,
    "normalisation": Normalisation,
    "dropout": Dropout,
    "flatten": Flatten,
    "global-pooling": GlobalPooling,
    "dense": Dense,
}
"""All kinds, by name."""

_KINDS = {kind: name for name, kind in BRICKS.items()}
_STEMS = {
    "convolution": "conv", "pooling": "pool", "normalisation": "norm", "dropout": "dropout",
    "flatten": "flatten", "global-pooling": "global_pool", "dense": "fc",
}  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """A layer in its place.

    Attributes:
        brick: the layer; None for the last one, which is added.
        name: of the layer, such as "conv2"; pictures of the layers have it too.
        shape: of what comes out, (H, W, C) or (C,); None below a mistake.
        parameters: that it learns.
        error: what is wrong with it here, in a sentence that says what to do; "" if nothing is.
    """

    brick: Brick | None
    name: str
    shape: tuple[int, ...] | None
    parameters: int
    error: str = ""


def plan(
    bricks: Sequence[Brick], input_shape: tuple[int, int, int], classes: int
) -> tuple[Planned, ...]:
    """Work out every layer's shape and parameters; the last row is the output.

    Args:
        bricks: the layers in order, without the output.
        input_shape: height, width and channels of a picture.
        classes: how many outputs there are.
    """
    rows: list[Planned] = []
    shape: tuple[int, ...] | None = input_shape
    numbers: dict[str, int] = {}
    for brick in bricks:
        kind = _KINDS[type(brick)]
        name = f"{_STEMS[kind]}{_number_of(kind, numbers)}"
        if shape is None:
            rows.append(Planned(brick, name, None, 0))
            continue
        error = _error(brick, name, shape)
        after, parameters = (None, 0) if error else _effect(brick, shape)
        rows.append(Planned(brick, name, after, parameters, error))
        shape = after
    if shape is not None and len(shape) == 3:
        side = f"{shape[0]} x {shape[1]}"
        error = f"The output takes one row of values, but gets maps of {side}; put flatten or "
        rows.append(Planned(None, OUTPUT, None, 0, error + "global-pooling before it."))
    elif shape is None:
        rows.append(Planned(None, OUTPUT, None, 0))
    else:
        rows.append(Planned(None, OUTPUT, (classes,), (shape[0] + 1) * classes))
    return tuple(rows)


def problem(rows: Sequence[Planned]) -> str:
    """The first mistake of a plan; "" if it can be built."""
    if len(rows) > MOST_BRICKS:
        return f"There are {len(rows) - 1} layers; up to {MOST_BRICKS - 1} can be built."
    found = next((row.error for row in rows if row.error), "")
    count = sum(row.parameters for row in rows)
    if not found and count > MOST_PARAMETERS:
        found = (
            f"The network has {count:,} parameters; up to {MOST_PARAMETERS:,} can be trained here, "
            "so make the dense layers smaller or pool more."
        )
    return found


def build(
    bricks: Sequence[Brick], input_shape: tuple[int, int, int], classes: int, seed: int = 0
) -> keras.Model:
    """Make the model: pictures in [0, 1] in, logits out.

    Args:
        bricks: the layers in order, without the output.
        input_shape: height, width and channels of a picture.
        classes: how many outputs there are.
        seed: decides the initial weights, and which units dropout silences.

    Raises:
        BrickError: the layers cannot follow each other.
    """
    import keras

    rows = plan(bricks, input_shape, classes)
    if wrong := problem(rows):
        raise BrickError(wrong)
    x = pixels = keras.layers.Input(input_shape, name="data")
    for number, row in enumerate(rows):
        kind, arguments = _layer(row, classes)
        own = 1000 * seed + number
        if kind in ("Conv2D", "Dense"):
            arguments["kernel_initializer"] = keras.initializers.GlorotUniform(own)
        elif kind == "Dropout":
            arguments["seed"] = own
        x = getattr(keras.layers, kind)(**arguments)(x)
    return keras.Model(pixels, x, name="mine")


def code(bricks: Sequence[Brick], input_shape: tuple[int, int, int], classes: int) -> str:
    """The Keras program that makes the same model, to copy."""
    lines = ["import keras", "from keras import layers", "", "model = keras.Sequential(", "    ["]
    lines.append(f"        layers.Input({input_shape!r}, name='data'),".replace("'", '"'))
    for row in plan(bricks, input_shape, classes):
        kind, arguments = _layer(row, classes)
        given = ", ".join(f"{key}={value!r}" for key, value in arguments.items())
        lines.append(f"        layers.{kind}({given}),".replace("'", '"'))
    return "\n".join([*lines, "    ]", ")", ""])


def to_list(bricks: Sequence[Brick]) -> list[dict[str, Any]]:
    """What JSON can hold; `from_list` reads it back."""
    return [{"layer": _KINDS[type(brick)], **brick.to_dict()} for brick in bricks]


def from_list(kept: Any) -> tuple[Brick, ...]:
    """Read what `to_list` made.

    Raises:
        UserError: it is no list of layers, or one has a setting that it cannot have.
    """
    if not isinstance(kept, list) or len(kept) > MOST_BRICKS:
        raise BrickError(f"A network is a list of up to {MOST_BRICKS} layers.")
    bricks = []
    for each in kept:
        if not isinstance(each, dict) or each.get("layer") not in BRICKS:
            raise BrickError(f"A layer is one of {', '.join(BRICKS)}.")
        kind = BRICKS[each["layer"]]
        bricks.append(kind.from_dict({k: v for k, v in each.items() if k != "layer"}))
    return tuple(bricks)


def in_words(brick: Brick) -> str:
    """Its kind and settings: "convolution, filters 6, kernel 5, …"."""
    values = [f"{f.label} {f.format(getattr(brick, f.name))}" for f in describe(type(brick))]
    return ", ".join([_KINDS[type(brick)], *values])


def _number_of(kind: str, numbers: dict[str, int]) -> str:
    """Convolutions and dense layers count together, as in "conv3, fc4"."""
    if kind in ("convolution", "dense"):
        numbers["layer"] = numbers.get("layer", 0) + 1
        return str(numbers["layer"])
    numbers[kind] = numbers.get(kind, 0) + 1
    return str(numbers[kind])


def _error(brick: Brick, name: str, shape: tuple[int, ...]) -> str:
    row = len(shape) == 1
    if isinstance(brick, Convolution | Pooling | GlobalPooling) and row:
        return (
            f"{name} slides over maps, but what comes before it is one row of {shape[0]} values; "
            "move it above the flatten."
        )
    if isinstance(brick, Dense) and not row:
        return (
            f"{name} takes one row of values, but gets maps of {shape[0]} x {shape[1]}; put "
            "flatten or global-pooling before it."
        )
    window = 0
    if isinstance(brick, Convolution) and brick.padding == "valid":
        window = brick.kernel
    elif isinstance(brick, Pooling):
        window = brick.size
    if window > min(shape[:2]) and not row:
        return (
            f"{name} has windows of {window} x {window}, larger than the maps of {shape[0]} x "
            f"{shape[1]} that it gets; make them smaller, or pool less before."
        )
    return ""


def _effect(brick: Brick, shape: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The shape of what comes out, and the parameters."""
    channels, after, parameters = shape[-1], shape, 0
    if isinstance(brick, Convolution):
        sides = _sides(shape, brick.kernel, brick.stride, brick.padding)
        after, parameters = (*sides, brick.filters), brick.kernel**2 * channels * brick.filters
        parameters += brick.filters
    elif isinstance(brick, Pooling):
        after = (*_sides(shape, brick.size, brick.stride, "valid"), channels)
    elif isinstance(brick, Normalisation):
        parameters = 2 * channels
    elif isinstance(brick, GlobalPooling):
        after = (channels,)
    elif isinstance(brick, Flatten):
        after = (math.prod(shape),)
    elif isinstance(brick, Dense):
        after, parameters = (brick.units,), (channels + 1) * brick.units
    return after, parameters


def _sides(shape: tuple[int, ...], window: int, stride: int, padding: str) -> list[int]:
    room = 0 if padding == "same" else window - 1
    return [-(-(side - room) // stride) for side in shape[:2]]


def _layer(row: Planned, classes: int) -> tuple[str, dict[str, Any]]:
    """The class of the Keras layer of a row, and its arguments."""
    if row.brick is None:
        return "Dense", {"units": classes, "dtype": "float32", "name": OUTPUT}
    return _KERAS[type(row.brick)](row.brick, row.name)


_KERAS: dict[type[Brick], Callable[[Any, str], tuple[str, dict[str, Any]]]] = {
    Convolution: lambda brick, name: (
        "Conv2D",
        {
            "filters": brick.filters,
            "kernel_size": brick.kernel,
            "strides": brick.stride,
            "padding": brick.padding,
            "activation": "relu",
            "name": name,
        },
    ),
    Pooling: lambda brick, name: (
        "MaxPooling2D" if brick.kind == "max" else "AveragePooling2D",
        {"pool_size": brick.size, "strides": brick.stride, "name": name},
    ),
    Normalisation: lambda _, name: ("BatchNormalization", {"name": name}),
    Dropout: lambda brick, name: ("Dropout", {"rate": brick.rate, "name": name}),
    Flatten: lambda _, name: ("Flatten", {"name": name}),
    GlobalPooling: lambda _, name: ("GlobalAveragePooling2D", {"name": name}),
    Dense: lambda brick, name: (
        "Dense",
        {"units": brick.units, "activation": "relu", "name": name},
    ),
}
