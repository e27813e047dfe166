"""The networks one can train from scratch, as lists of layers that the builder can change."""

from __future__ import annotations

from collections.abc import Callable

from visualizer.engine.errors import UserError
from visualizer.engine.training.bricks import (
    Brick,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Normalisation,
    Pooling,
)

Shape = tuple[int, int, int]


class UnknownModelError(UserError):
    """There is no network of that name to train."""


def softmax_regression(_: Shape) -> tuple[Brick, ...]:
    """A linear classifier: no hidden layer, one kernel a class."""
    return (Flatten(),)


def multilayer_perceptron(_: Shape) -> tuple[Brick, ...]:
    """Two dense hidden layers of 128 and 64 units with ReLU, on the flattened picture."""
    return (Flatten(), Dense(units=128), Dense(units=64))


def lenet(shape: Shape) -> tuple[Brick, ...]:
    """LeNet-5 (LeCun et al. 1998) with ReLU and max pooling, for pictures of 28 x 28 and more.

    For smaller ones, such as scikit-learn's digits of 8 x 8, a network like it: 3 x 3 convolutions
    of 16, 32 and 64 filters, with one pooling.
    """
    side = min(shape[:2])
    if side < 28:
        return (
            Convolution(filters=16, kernel=3),
            Convolution(filters=32, kernel=3),
            Pooling(),
            Convolution(filters=64, kernel=3),
            Flatten(),
            Dense(units=84),
        )
    return (
        Convolution(filters=6, kernel=5),
        Pooling(),
        Convolution(filters=16, kernel=5, padding="valid"),
        Pooling(),
        Convolution(filters=120, kernel=5, padding="valid"),
        Flatten(),
        Dense(units=84),
    )


def small_alexnet(shape: Shape) -> tuple[Brick, ...]:
    """AlexNet's five convolutions for small pictures: 32, 64, 96, 96 and 64 filters, normalised."""
    bricks: list[Brick] = []
    side = min(shape[:2])
    for filters, kernel, pools in ((32, 5, 1), (64, 5, 1), (96, 3, 0), (96, 3, 0), (64, 3, 1)):
        bricks += [Convolution(filters=filters, kernel=kernel), Normalisation()]
        if pools and side >= 3:
            bricks.append(Pooling(size=3))
            side = (side - 3) // 2 + 1
    return (*bricks, Flatten(), Dense(units=256), Dropout())


MODELS: dict[str, Callable[[Shape], tuple[Brick, ...]]] = {
    "softmax": softmax_regression,
    "mlp": multilayer_perceptron,
    "lenet": lenet,
    "small-alexnet": small_alexnet,
}
"""By name: what gives the layers for pictures of (height, width, channels)."""


def layers_of(name: str, shape: Shape) -> tuple[Brick, ...]:
    """The layers of a network, for pictures of that shape.

    Raises:
        UnknownModelError: there is none of that name.
    """
    if name not in MODELS:
        known = ", ".join(MODELS)
        raise UnknownModelError(f"There is no network “{name}” to train; choose one of {known}.")
    return MODELS[name](shape)
