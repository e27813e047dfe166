"""Every network of Keras Applications that the catalogue offers, with random weights, small."""

import dataclasses
import hashlib

import h5py
import numpy as np
import pytest
from keras.src.legacy.saving import legacy_h5_format

from tests.models.diagnosing import finds_scaling
from visualizer.engine import backend
from visualizer.models import applications, catalog
from visualizer.models.applications import APPLICATIONS

SMALLEST = {"InceptionV3": 75, "Xception": 71}  # the others take 32 x 32
BRANCHES = {"add": ("ResNet50", "MobileNetV2"), "concatenate": ("InceptionV3", "DenseNet121")}
IDS = [application.title for application in APPLICATIONS]


@pytest.fixture(scope="module", params=APPLICATIONS, ids=IDS)
def opened(request):
    application = request.param
    model = application.build(SMALLEST.get(application.title, 32))
    return application, application.open(model)


@pytest.fixture(scope="module")
def seen(opened):
    """Every stage of a picture, the scores and the pixels' gradient of one, compiled once."""
    _, network = opened
    *before, last = [stage.name for stage in network.stages][:-1]

    def look(x):
        maps = network.tensors(x, [*before, last])
        logits = network.logits(maps[last], after=last)
        return logits[0, 3], logits, maps

    picture = np.random.default_rng(0).random((1, *network.size, 3), dtype=np.float32)
    (_, logits, maps), gradient = backend.value_and_gradient(look)(picture)
    return maps, logits, gradient


def test_its_stages_are_named_in_order_and_linked(opened):
    application, network = opened
    names = [stage.name for stage in network.stages]
    assert names[0] == "data"
    assert names[-1] == "output"
    assert len(set(names)) == len(names) > 15
    for stage in network.stages[1:]:
        assert stage.inputs
        assert all(names.index(source) < stage.index for source in stage.inputs)
    kinds = {stage.kind for stage in network.stages}
    for kind, titles in BRANCHES.items():
        if application.title in titles:
            assert kind in kinds
    first = next(stage for stage in network.stages if stage.kind == "convolution")
    assert first.weights().shape[-1] == first.units


def test_every_stage_gives_activations(opened, seen):
    _, network = opened
    maps, logits, _ = seen
    assert set(maps) == {stage.name for stage in network.stages[:-1]}
    for stage in network.stages[:-1]:
        assert maps[stage.name].shape == (1, *stage.shape)
        assert np.isfinite(maps[stage.name]).all(), stage.name
    assert network.stages[-1].activation == "softmax"
    assert logits.shape == (1, 1000)
    assert np.isfinite(logits).all()


def test_a_score_has_a_gradient_of_the_pixels(opened, seen):
    _, network = opened
    *_, gradient = seen
    assert gradient.shape == (1, *network.size, 3)
    assert np.isfinite(gradient).all()
    assert np.abs(gradient).max() > 0


def test_the_doctor_finds_its_scaling_with_the_answer_hidden(opened):
    assert finds_scaling(opened[1])


def test_the_catalogue_knows_its_size_and_labels(opened):
    application, network = opened
    parameters = network.model.count_params()
    if application.title.startswith("VGG"):  # its first dense layer sees 7 x 7 maps, here 1 x 1
        parameters += 48 * 512 * 4096
    assert parameters == application.parameters
    assert network.label(967) == "espresso"
    assert abs(application.megabytes - application.parameters * 4e-6) < 1.5


def as_keras_does(title: str, pixels: np.ndarray) -> np.ndarray:
    """What Keras' own function makes of bytes."""
    from keras import applications as modules

    module = {
        "VGG16": modules.vgg16, "VGG19": modules.vgg19, "ResNet50": modules.resnet,
        "InceptionV3": modules.inception_v3, "Xception": modules.xception,
        "MobileNetV2": modules.mobilenet_v2, "DenseNet121": modules.densenet,
        "EfficientNetV2B0": modules.efficientnet_v2,
    }[title]  # fmt: skip
    return module.preprocess_input(pixels * 255)


@pytest.mark.parametrize("application", APPLICATIONS, ids=IDS)
def test_preprocessing_is_keras_own(application):
    from visualizer.engine.preprocessing import Preprocessing

    pixels = np.random.default_rng(1).random((1, 4, 4, 3), dtype=np.float32)
    ours = np.asarray(Preprocessing(**application.preprocessing).apply(pixels))
    np.testing.assert_allclose(ours, as_keras_does(application.title, pixels.copy()), atol=1e-4)


@pytest.mark.parametrize("application", APPLICATIONS, ids=IDS)
def test_a_file_is_pinned_by_sha256_or_by_the_md5_in_keras_source(application):
    import keras

    source = "".join(
        path.read_text()
        for path in (catalog.Path(keras.__file__).parent / "src/applications").glob("*.py")
    )
    algorithm, _, digest = application.hash.partition(":")
    assert algorithm == "sha256" or digest in source
    assert len(digest) == {"md5": 32, "sha256": 64}[algorithm]
    assert application.file.partition("/")[0] in source
    if application.length is not None:
        assert application.megabytes == pytest.approx(application.length / 1e6, abs=0.05)


def test_a_weight_file_as_keras_publishes_it_is_loaded_from_a_mirror(tmp_path, monkeypatch):
    application = next(a for a in APPLICATIONS if a.title == "MobileNetV2")
    model = application.build()
    for layer in model.layers[-1:]:
        layer.set_weights([np.full_like(w, 0.25) for w in layer.get_weights()])
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    file = mirror / application.file.rpartition("/")[2]
    with h5py.File(file, "w") as weights:
        legacy_h5_format.save_weights_to_hdf5_group(weights, model)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    pinned = dataclasses.replace(application, hash=f"sha256:{digest}", length=None)
    monkeypatch.setattr(applications, "APPLICATIONS", (pinned,))
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    monkeypatch.setenv("VISUALIZER_MIRROR", str(mirror))

    network = catalog.open_network("mobilenetv2")
    assert network.sha256 == digest
    for ours, theirs in zip(network.model.weights, model.weights, strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))
    assert [e.available for e in catalog.entries() if e.name == "mobilenetv2"] == [True]
