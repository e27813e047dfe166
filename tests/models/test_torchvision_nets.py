"""Shapes and logits are those of torchvision 0.28 on PyTorch 2.13, for weights anyone can make."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.models.diagnosing import finds_scaling
from tests.models.torch_files import torch_file
from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing
from visualizer.models import torchvision_nets
from visualizer.models.torch_pickle import TorchFileError

SHAPES = json.loads(Path(__file__).with_name("torchvision_shapes.json").read_text())
LOGITS = {
    "alexnet-imagenet": {
        0: 1.049194, 1: -2.964434, 2: 4.891006, 281: -9.384917, 499: 1.076317, 967: -2.114397,
    },
    "googlenet": {
        0: -0.973239, 1: -7.372643, 2: 7.864135, 281: -5.726533, 499: -4.023356, 967: -2.318193,
    },
}  # fmt: skip
BEST = {"alexnet-imagenet": 915, "googlenet": 523}


def state(name: str) -> dict[str, np.ndarray]:
    """A state dictionary with torchvision's names and shapes and numbers anyone can make again."""
    tensors = {}
    for key, shape in SHAPES[name].items():
        values = np.random.default_rng(zlib.crc32(key.encode())).random(shape, dtype=np.float32)
        if len(shape) > 1:
            values = (values - np.float32(0.5)) * np.float32((24 / np.prod(shape[1:])) ** 0.5)
        elif key.endswith(("bn.weight", "running_var")):
            values = values + np.float32(0.5)
        else:
            values = values - np.float32(0.5)
        tensors[key] = values
    return tensors


@pytest.mark.parametrize("name", SHAPES)
def test_converted_networks_compute_what_torchvision_computes(name):
    title, build, convert, preprocessing = torchvision_nets.NETWORKS[name]
    model = build()
    convert(model, state(name))
    network = Network(
        model, name=name, title=title, classes=(), sha256="",
        preprocessing=Preprocessing(**preprocessing),
    )  # fmt: skip
    y, x, c = np.mgrid[0:224, 0:224, 0:3]
    picture = ((np.sin(x / 9 + c) * np.cos(y / 13 - c) + 1) / 2).astype(np.float32)
    logits = np.asarray(network.logits(picture[None]))[0]
    expected = LOGITS[name]
    np.testing.assert_allclose(logits[list(expected)], list(expected.values()), atol=5e-3)
    assert logits.argmax() == BEST[name]
    row = next(p.entry for p in torchvision_nets.published() if p.entry.name == name)
    assert (row.parameters, row.title) == (model.count_params(), title)
    assert finds_scaling(network)


def test_googlenet_opens_from_a_published_file_with_its_branches(tmp_path):
    tensors = state("googlenet")
    tensors["aux1.conv.conv.weight"] = np.zeros((128, 512, 1, 1), np.float32)  # not used
    path = tmp_path / "googlenet-1378be20.pth"
    path.write_bytes(torch_file(tensors))
    network = torchvision_nets.load_googlenet(path)
    names = [stage.name for stage in network.stages]
    assert names[:6] == ["data", "conv1", "pool1", "conv2", "conv3", "pool2"]
    assert names[-3:] == ["inception5b", "pooling", "output"]
    assert network.stage("inception3a").kind == "concatenate"
    assert network.stage("inception3a").shape == (28, 28, 256)
    assert network.stage("inception3a").inputs == (
        "inception3a_1x1", "inception3a_3x3", "inception3a_second3x3", "inception3a_pool_proj",
    )  # fmt: skip
    assert network.label(967) == "espresso"
    assert len(network.sha256) == 64


def test_alexnets_stages_are_those_of_the_paper():
    model = torchvision_nets.build_alexnet()
    network = Network(
        model, name="a", title="A", classes=(), sha256="", preprocessing=Preprocessing()
    )
    assert [stage.name for stage in network.stages] == [
        "data", "conv1", "pool1", "conv2", "pool2", "conv3", "conv4", "conv5", "pool3",
        "fc6", "fc7", "output",
    ]  # fmt: skip
    shapes = [network.stage(s).shape[0] for s in ("conv1", "pool1", "pool2", "pool3")]
    assert shapes == [55, 27, 13, 6]


def test_another_networks_file_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "googlenet-1378be20.pth"
    path.write_bytes(torch_file({"fc.weight": np.zeros((10, 4), np.float32)}))
    with pytest.raises(torchvision_nets.ConversionError, match="GoogLeNet"):
        torchvision_nets.load_googlenet(path)


def test_a_file_that_is_no_pth_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "alexnet-owt-7be5be79.pth"
    path.write_bytes(b"<html>Please log in to the school network</html>")
    with pytest.raises(TorchFileError, match="download it again"):
        torchvision_nets.load_alexnet(path)


@pytest.mark.parametrize("published", torchvision_nets.published(), ids=lambda p: p.entry.name)
def test_the_pinned_hash_begins_as_the_file_name_says(published):
    stem = published.file.name.removesuffix(".pth")
    assert published.file.hash.startswith(f"sha256:{stem.rpartition('-')[2]}")
