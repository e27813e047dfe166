"""`visualizer networks pack` and networks that come from a mirror, as a teacher uses them."""

import dataclasses
import hashlib
import json

import h5py
import pytest
from keras.src.legacy.saving import legacy_h5_format

from visualizer.models import applications
from visualizer.models.applications import APPLICATIONS


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder with MobileNetV2 in it as Keras publishes it, with random weights, as the mirror."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    application = next(a for a in APPLICATIONS if a.title == "MobileNetV2")
    path = folder / application.file.rpartition("/")[2]
    with h5py.File(path, "w") as weights:
        legacy_h5_format.save_weights_to_hdf5_group(weights, application.build())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    pinned = dataclasses.replace(application, hash=f"sha256:{digest}", length=None)
    monkeypatch.setattr(applications, "APPLICATIONS", (pinned,))
    monkeypatch.setenv("VISUALIZER_MIRROR", str(folder))
    return folder


def test_packed_once_it_serves_the_class(visualizer, mirror, tmp_path, monkeypatch, coffee):
    packed = tmp_path / "for the class"
    ended = visualizer("networks", "pack", packed, "mobilenetv2")
    assert (ended.status, ended.err) == (0, "")
    assert "holds 1 network, 15 MB" in ended.out
    assert [path.name for path in packed.iterdir()] == [path.name for path in mirror.iterdir()]
    monkeypatch.setenv("VISUALIZER_MIRROR", str(packed))
    ended = visualizer("classify", coffee, "--network", "mobilenetv2", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert "downloaded" in next(
        line for line in visualizer("networks").out.splitlines() if line.startswith("mobilenetv2")
    )


def test_what_was_packed_as_json(visualizer, mirror, tmp_path):
    packed = tmp_path / "packed"
    ended = visualizer("networks", "pack", packed, "mobilenetv2", "--json")
    assert (ended.status, ended.err) == (0, "")
    (file,) = packed.iterdir()
    assert json.loads(ended.out) == {
        "folder": str(packed),
        "networks": [
            {
                "network": "mobilenetv2",
                "file": file.name,
                "bytes": file.stat().st_size,
                "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            }
        ],
    }


def test_a_mirror_that_lacks_a_network_is_one_sentence(visualizer, mirror, coffee):
    ended = visualizer("classify", coffee, "--network", "googlenet")
    assert "visualizer networks pack" in ended.refused()


def test_an_unknown_network_is_not_packed(visualizer, mirror, tmp_path):
    sentence = visualizer("networks", "pack", tmp_path / "packed", "alexnet").refused()
    assert "'alexnet' is no network to download" in sentence
    assert "mobilenetv2" in sentence


def test_the_help_tells_what_to_do_with_the_folder(visualizer):
    assert "VISUALIZER_MIRROR" in visualizer("networks", "pack", "--help").out
    assert "pack" in visualizer("networks", "--help").out
