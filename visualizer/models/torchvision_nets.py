"""AlexNet and GoogLeNet with the ImageNet weights that torchvision publishes, without PyTorch.

The networks are built in Keras with the stage names of their papers, and the `.pth` file is
converted when it arrives. Where torchvision's networks differ from the papers, these do as
torchvision does: AlexNet is the one-tower version of "One weird trick" (Krizhevsky 2014), GoogLeNet
has batch normalisation (folded into the convolutions here) and 3 x 3 where the paper has 5 x 5.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.models.applications import NORMALISED, SYMMETRIC
from visualizer.models.checksums import sha256_of
from visualizer.models.download import Published, RemoteFile
from visualizer.models.entry import IMAGENET, Entry
from visualizer.models.folding import fold
from visualizer.models.labels import labels

if TYPE_CHECKING:
    import keras
    import numpy as np

    from visualizer.engine.network import Network

BASE = "https://download.pytorch.org/models"
SIZE = 224

# PyTorch puts the first eight digits of the SHA-256 into the name of a file.
ALEXNET = RemoteFile(
    f"{BASE}/alexnet-owt-7be5be79.pth",
    "sha256:7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
)
GOOGLENET = RemoteFile(
    f"{BASE}/googlenet-1378be20.pth",
    "sha256:1378be20a8e875cf1568b8a71654e704449655e34711a959a38b04fb34905cef",
)

ALEXNET_CONVOLUTIONS = {  # name: (torchvision's name, channels, kernel, stride)
    "conv1": ("features.0", 64, 11, 4),
    "conv2": ("features.3", 192, 5, 1),
    "conv3": ("features.6", 384, 3, 1),
    "conv4": ("features.8", 256, 3, 1),
    "conv5": ("features.10", 256, 3, 1),
}
ALEXNET_DENSE = {"fc6": "classifier.1", "fc7": "classifier.4", "output": "classifier.6"}
POOL_AFTER = {"conv1": "pool1", "conv2": "pool2", "conv5": "pool3"}

INCEPTION = {  # name: channels of 1x1; 3x3 reduce, 3x3; second 3x3 reduce, second 3x3; pool_proj
    "inception3a": (64, 96, 128, 16, 32, 32),
    "inception3b": (128, 128, 192, 32, 96, 64),
    "inception4a": (192, 96, 208, 16, 48, 64),
    "inception4b": (160, 112, 224, 24, 64, 64),
    "inception4c": (128, 128, 256, 24, 64, 64),
    "inception4d": (112, 144, 288, 32, 64, 64),
    "inception4e": (256, 160, 320, 32, 128, 128),
    "inception5a": (256, 160, 320, 32, 128, 128),
    "inception5b": (384, 192, 384, 48, 128, 128),
}
BRANCHES = {  # our name: torchvision's
    "1x1": "branch1",
    "3x3_reduce": "branch2.0",
    "3x3": "branch2.1",
    "second3x3_reduce": "branch3.0",
    "second3x3": "branch3.1",
    "pool_proj": "branch4.1",
}


class ConversionError(UserError):
    """A `.pth` file does not hold the weights of this network."""


def build_alexnet(classes: int = 1000) -> keras.Model:
    """Build torchvision's AlexNet, without weights (all zero).

    Input: N x 224 x 224 x 3, ImageNet's mean and deviation removed. Output: probabilities.
    """
    import keras
    from keras import layers

    x = pixels = layers.Input((SIZE, SIZE, 3), name="data")
    for name, (_, channels, kernel, stride) in ALEXNET_CONVOLUTIONS.items():
        if name == "conv1":
            x = layers.ZeroPadding2D(2, name="conv1_padding")(x)
        x = layers.Conv2D(
            channels, kernel, stride, "valid" if name == "conv1" else "same", activation="relu",
            name=name, kernel_initializer="zeros",
        )(x)  # fmt: skip
        if name in POOL_AFTER:
            x = layers.MaxPooling2D(3, 2, name=POOL_AFTER[name])(x)
    x = layers.Flatten(name="flatten")(x)
    for name, units in (("fc6", 4096), ("fc7", 4096), ("output", classes)):
        activation = "softmax" if name == "output" else "relu"
        x = layers.Dense(units, activation=activation, name=name, kernel_initializer="zeros")(x)
    return keras.Model(pixels, x, name="alexnet_imagenet")


def convert_alexnet(model: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Give `build_alexnet`'s network the weights of torchvision's state dictionary."""
    for name, (theirs, *_) in ALEXNET_CONVOLUTIONS.items():
        kernel = tensors[f"{theirs}.weight"].transpose(2, 3, 1, 0)
        model.get_layer(name).set_weights([kernel, tensors[f"{theirs}.bias"]])
    for name, theirs in ALEXNET_DENSE.items():
        kernel = tensors[f"{theirs}.weight"]
        if name == "fc6":  # PyTorch flattens channels, rows, columns; Keras rows, columns, channels
            kernel = kernel.reshape(-1, 256, 6, 6).transpose(0, 2, 3, 1).reshape(len(kernel), -1)
        model.get_layer(name).set_weights([kernel.T, tensors[f"{theirs}.bias"]])


def build_googlenet(classes: int = 1000) -> keras.Model:
    """Build torchvision's GoogLeNet without its auxiliary heads, without weights (all zero).

    Input: N x 224 x 224 x 3, in [-1, 1]. Output: N x classes, probabilities.
    Stages: `conv1`, `pool1`, `conv2`, `conv3`, `pool2`, `inception3a_1x1`, ..., `inception3a`, ...
    """
    import keras
    from keras import layers

    def convolution(
        x: Any, channels: int, kernel: int, name: str, stride: int = 1, padding: str = "same"
    ) -> Any:
        return layers.Conv2D(
            channels, kernel, stride, padding, activation="relu", name=name,
            kernel_initializer="zeros",
        )(x)  # fmt: skip

    def inception(x: Any, name: str) -> Any:
        one, three_reduce, three, second_reduce, second, projection = INCEPTION[name]
        a = convolution(x, one, 1, f"{name}_1x1")
        b = convolution(x, three_reduce, 1, f"{name}_3x3_reduce")
        b = convolution(b, three, 3, f"{name}_3x3")
        c = convolution(x, second_reduce, 1, f"{name}_second3x3_reduce")
        c = convolution(c, second, 3, f"{name}_second3x3")
        d = layers.MaxPooling2D(3, 1, "same", name=f"{name}_pool")(x)
        d = convolution(d, projection, 1, f"{name}_pool_proj")
        return layers.Concatenate(name=name)([a, b, c, d])

    x = pixels = layers.Input((SIZE, SIZE, 3), name="data")
    x = layers.ZeroPadding2D(3, name="conv1_padding")(x)
    x = convolution(x, 64, 7, "conv1", stride=2, padding="valid")
    x = layers.MaxPooling2D(3, 2, "same", name="pool1")(x)
    x = convolution(x, 64, 1, "conv2")
    x = convolution(x, 192, 3, "conv3")
    x = layers.MaxPooling2D(3, 2, "same", name="pool2")(x)
    for name in INCEPTION:
        x = inception(x, name)
        if name == "inception3b":
            x = layers.MaxPooling2D(3, 2, "same", name="pool3")(x)
        if name == "inception4e":
            x = layers.MaxPooling2D(2, 2, "same", name="pool4")(x)
    x = layers.GlobalAveragePooling2D(name="pooling")(x)
    x = layers.Dense(classes, activation="softmax", name="output", kernel_initializer="zeros")(x)
    return keras.Model(pixels, x, name="googlenet")


def convert_googlenet(model: keras.Model, tensors: dict[str, np.ndarray]) -> None:
    """Give `build_googlenet`'s network the weights of torchvision's state dictionary."""
    theirs = {name: name for name in ("conv1", "conv2", "conv3")}
    for block in INCEPTION:
        theirs |= {f"{block}_{ours}": f"{block}.{branch}" for ours, branch in BRANCHES.items()}
    for name, branch in theirs.items():
        fold(model.get_layer(name), tensors, f"{branch}.conv", f"{branch}.bn")
    model.get_layer("output").set_weights([tensors["fc.weight"].T, tensors["fc.bias"]])


def load_alexnet(path: Path) -> Network:
    """Open AlexNet from torchvision's file.

    Raises:
        TorchFileError: the file is damaged.
        ConversionError: it holds another network.
    """
    return _load(path, "alexnet-imagenet")


def load_googlenet(path: Path) -> Network:
    """Open GoogLeNet from torchvision's file.

    Raises:
        TorchFileError: the file is damaged.
        ConversionError: it holds another network.
    """
    return _load(path, "googlenet")


NETWORKS: dict[
    str, tuple[str, Any, Any, dict[str, Any]]
] = {  # name: title, how it is built and converted, how pixels become its input
    "alexnet-imagenet": ("AlexNet (ImageNet)", build_alexnet, convert_alexnet, NORMALISED),
    "googlenet": ("GoogLeNet (Inception v1)", build_googlenet, convert_googlenet, SYMMETRIC),
}


def _load(path: Path, name: str) -> Network:
    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing
    from visualizer.models.torch_pickle import read_tensors

    title, build, convert, preprocessing = NETWORKS[name]
    tensors = read_tensors(path)
    model = build()
    try:
        convert(model, tensors)
    except (KeyError, ValueError) as error:
        raise ConversionError(
            f"{path.name} does not hold the weights of {title} ({str(error)[:80]}); "
            "delete it, and it will be downloaded again."
        ) from error
    return Network(
        model,
        name=name,
        title=title,
        classes=labels("imagenet-1000"),
        preprocessing=Preprocessing(**preprocessing),
        sha256=sha256_of(path),
    )


def published() -> tuple[Published, ...]:
    """Return the networks with their rows in the catalogue."""

    def entry(name: str, parameters: int, megabytes: float, top1: float, source: str) -> Entry:
        return Entry(
            name=name,
            title=NETWORKS[name][0],
            data=IMAGENET,
            input=(SIZE, SIZE, 3),
            classes=1000,
            parameters=parameters,
            megabytes=megabytes,
            top1=top1,
            licence="BSD-3-Clause (torchvision)",
            source=source,
            where="download",
        )

    return (
        Published(
            entry(
                "alexnet-imagenet", 61_100_840, 244.4, 0.565,
                "Krizhevsky 2014, One weird trick; weights by torchvision",
            ),
            ALEXNET,
            load_alexnet,
        ),
        Published(
            entry(
                "googlenet", 6_617_624, 52.1, 0.698,
                "Szegedy et al. 2014, Going Deeper with Convolutions; weights by torchvision",
            ),
            GOOGLENET,
            load_googlenet,
        ),
    )  # fmt: skip
