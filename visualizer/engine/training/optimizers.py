"""The optimizers by name, each with a learning rate and a weight decay that can change live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

UNDECAYED = ("gamma", "beta", "bias")
"""Variables that weight decay leaves alone: scales and offsets."""

_CLASSES: dict[str, Callable[[float, float], Any]] = {
    "sgd": lambda rate, _: keras.optimizers.SGD(rate),
    "momentum": keras.optimizers.SGD,
    "nesterov": lambda rate, momentum: keras.optimizers.SGD(rate, momentum, nesterov=True),
    "adagrad": lambda rate, _: keras.optimizers.Adagrad(rate),
    "rmsprop": lambda rate, _: keras.optimizers.RMSprop(rate),
    "adam": lambda rate, momentum: keras.optimizers.Adam(rate, beta_1=momentum),
    "adamw": lambda rate, momentum: keras.optimizers.Adam(rate, beta_1=momentum),
}


def make_optimizer(
    name: str,
    variables: list[Any],
    *,
    learning_rate: float = 0.01,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> Any:
    """Return a Keras optimizer, built for `variables`.

    Its `learning_rate` and `weight_decay` are variables: assign to them between two steps. Weight
    decay is decoupled from the gradient for every optimizer (Loshchilov & Hutter 2019): a step
    takes rate x decay of each kernel away.

    Args:
        name: one of `train_settings.OPTIMIZERS`; "adamw" is Adam.
        variables: what it will change.
        learning_rate: the rate until it is changed.
        momentum: of momentum and Nesterov; the first beta of Adam.
        weight_decay: the decay until it is changed.
    """
    optimizer = _CLASSES[name](float(learning_rate), float(momentum))
    # Keras takes a number here and a tensor as well; as a variable it is read at every step.
    optimizer.weight_decay = keras.Variable(
        float(weight_decay), trainable=False, dtype="float32", name="weight_decay"
    )
    optimizer.exclude_from_weight_decay(var_names=list(UNDECAYED))
    optimizer.build(variables)
    return optimizer
