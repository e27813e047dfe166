"""The doctor finds how a network takes its pixels when nobody tells it."""

import keras
import numpy as np
import pytest
from keras import layers

from tests.models.diagnosing import diagnose, finds_scaling
from visualizer.cli.options import FileOptions
from visualizer.engine.errors import UserError
from visualizer.engine.pictures import samples
from visualizer.engine.preprocessing import Preprocessing
from visualizer.models import doctor, loader, remembered_scaling, scaling_inference

SIZE = 32


@pytest.fixture(autouse=True)
def _own_answers(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))


def photographs():
    """The photographs among the samples, small; N x 32 x 32 x 3."""
    chosen = [s.load() for s in samples() if not s.name.startswith("digit")]
    return np.stack([doctor._fitted(picture, SIZE, SIZE) for picture in chosen])


def reference(title, channels=3):
    return doctor.candidates(channels)[title]


def trained_with(way, *, blocks=2, seed=0):
    """A network whose normalisations recorded photographs that were scaled this way."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(2)
    x = inputs = keras.Input((SIZE, SIZE, way.channels))
    for _ in range(blocks):
        x = layers.Conv2D(8, 3, padding="same", kernel_initializer="he_normal")(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.0)(x))
    x = layers.Dense(6, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, x)
    crops = np.concatenate([np.roll(photographs(), rng.integers(0, 32, 2), (1, 2)) for _ in "ab"])
    model(np.asarray(way.apply(crops)), training=True)
    return model


@pytest.mark.parametrize(
    "title", ["0 to 1", "-1 to 1", "0 to 255", "ImageNet", "Caffe", "0 to 255, blue first"]
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_statistics_recorded_in_training_tell(title, seed):
    found = diagnose(trained_with(reference(title), seed=seed))
    assert found[0].preprocessing == reference(title)
    assert any("statistics" in sentence for sentence in found[0].evidence)
    assert [c.score for c in found] == sorted((c.score for c in found), reverse=True)


@pytest.mark.parametrize("title", ["0 to 1", "-1 to 1", "0 to 255"])
def test_a_grey_network(title):
    assert diagnose(trained_with(reference(title, 1)))[0].preprocessing == reference(title, 1)


@pytest.mark.parametrize(
    ("inside", "title"),
    [
        ([layers.Rescaling(1 / 255)], "0 to 255"),
        ([layers.Rescaling(1 / 127.5, -1)], "0 to 255"),
        ([layers.Rescaling(2.0, -1)], "0 to 1"),
        (
            [
                layers.Normalization(
                    mean=[0.485, 0.456, 0.406], variance=[0.229**2, 0.224**2, 0.225**2]
                )
            ],
            "0 to 1",
        ),
        (
            [
                layers.Rescaling(1 / 255),
                layers.Normalization(
                    mean=[0.485, 0.456, 0.406], variance=[0.229**2, 0.224**2, 0.225**2]
                ),
            ],
            "0 to 255",
        ),
        ([layers.Normalization(mean=[120.0, 115.0, 104.0], variance=[70.0**2] * 3)], "0 to 255"),
    ],
)
def test_scaling_inside_the_network_tells(inside, title):
    model = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 3)),
            *inside,
            layers.Conv2D(4, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    best = diagnose(model)[0]
    assert best.preprocessing == reference(title)
    assert any("built into" in sentence for sentence in best.evidence)


def test_scaling_inside_a_nested_model_tells():
    x = inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.Conv2D(4, 3)(layers.Rescaling(1 / 255)(x))
    body = keras.Model(inputs, layers.GlobalAveragePooling2D()(x))
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), body, layers.Dense(3)])
    assert diagnose(model)[0].preprocessing == reference("0 to 255")


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("Conv1", "expanded_conv_depthwise"), "-1 to 1"),
        (("block1_conv1", "block5_conv3"), "Caffe"),
        (("block1_conv1", "block2_sepconv1"), "-1 to 1"),
        (("conv1_conv", "conv2_block1_add"), "Caffe"),
        (("conv1_conv", "conv2_block1_add", "post_bn"), "-1 to 1"),
        (("conv2_block1_concat", "pool2_conv"), "ImageNet"),
        (("something", "else"), None),
    ],
)
def test_pretrained_networks_are_known_by_their_layers(names, title):
    x = inputs = keras.Input((8, 8, 3))
    for name in names:
        x = layers.Activation("linear", name=name)(x)
    body = keras.Model(inputs, x)
    assert scaling_inference.backbone(keras.Sequential([keras.Input((8, 8, 3)), body])) == title


def brightness_judge(way):
    """A network that says "espresso" of the coffee cup and "tabby" of the cat, scaled this way."""
    named = {s.name: doctor._fitted(s.load(), SIZE, SIZE) for s in samples()}
    coffee, cat = (
        np.asarray(way.apply(named[name][None])).mean((0, 1, 2)) for name in ("coffee", "cat")
    )
    towards = (coffee - cat) / np.square(coffee - cat).sum()
    x = inputs = keras.Input((SIZE, SIZE, 3))
    scores = layers.Dense(2, activation="softmax", name="scores")
    model = keras.Model(inputs, scores(layers.GlobalAveragePooling2D()(x)))
    kernel = 12 * np.stack([towards, -towards], axis=1)
    middle = (coffee + cat) / 2 @ kernel
    scores.set_weights([kernel, -middle])
    return model


@pytest.mark.parametrize("title", ["0 to 1", "-1 to 1", "0 to 255", "ImageNet"])
def test_pictures_of_known_classes_tell(title):
    found = diagnose(brightness_judge(reference(title)), (), ("espresso", "tabby"))
    assert found[0].preprocessing == reference(title)
    assert any("recognises" in sentence for sentence in found[0].evidence)
    assert found[0].top5[0][0] == "espresso"  # the coffee cup, as no picture was given


def test_without_any_evidence_the_most_common_way_is_first():
    x = inputs = keras.Input((SIZE, SIZE, 3))
    x = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, layers.Softmax()(0.0 * x))
    assert diagnose(model)[0].preprocessing == Preprocessing()


def test_the_answers_shown_are_those_of_the_users_picture():
    model = brightness_judge(reference("0 to 1"))
    cat = next(s.load() for s in samples() if s.name == "cat")
    found = {c.title: c for c in diagnose(model, [cat], ("espresso", "tabby"))}
    assert found["Pixels from 0 to 1"].top5[0][0] == "tabby"
    for candidate in found.values():
        assert sum(share for _, share in candidate.top5) == pytest.approx(1, abs=1e-4)


def test_an_answer_is_kept_and_used_and_can_be_forgotten(tmp_path):
    path = tmp_path / "cups.keras"
    brightness_judge(reference("0 to 1")).save(path)
    (tmp_path / "labels.txt").write_text("espresso\ntabby\n")
    network = loader.open_file(path)
    assert network.card["guessed"]
    assert network.preprocessing == reference("0 to 1")
    assert network.card["candidates"][0].preprocessing == network.preprocessing
    remembered_scaling.remember(network.sha256, reference("Caffe"))
    network = loader.open_file(path)
    assert network.preprocessing == reference("Caffe")
    assert not network.card["guessed"]
    assert "candidates" not in network.card
    remembered_scaling.forget(network.sha256)
    assert loader.open_file(path).card["guessed"]


def test_names_given_by_hand_are_kept_beside_the_answer():
    sha256 = "ef" * 32
    remembered_scaling.remember(sha256, classes=["Cat", "Dog"])
    assert remembered_scaling.remembered(sha256) is None
    remembered_scaling.remember(sha256, reference("Caffe"))
    assert remembered_scaling.remembered(sha256) == reference("Caffe")
    assert remembered_scaling.remembered_classes(sha256) == ("Cat", "Dog")


def test_the_doctor_yields_after_every_picture_and_holds_one_at_a_time(monkeypatch):
    shapes = []
    look = scaling_inference.Probe.respond

    def watched(examination, picture, way):
        shapes.append(picture.shape)
        return look(examination, picture, way)

    monkeypatch.setattr(scaling_inference.Probe, "respond", watched)
    trials = list(doctor.Doctor(trained_with(reference("0 to 1"))).diagnose())
    assert [trial.step for trial in trials] == list(range(1, len(trials) + 1))
    assert {trial.total for trial in trials} == {len(trials)}
    assert len(trials) == len(shapes) == len(doctor.candidates(3)) * len(photographs())
    assert set(shapes) == {(SIZE, SIZE, 3)}


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_way_has_a_name_on_the_command_line(channels):
    ways = doctor.candidates(channels)
    names = {title: name for name, title in doctor.SCALINGS.items()}
    for title, way in ways.items():
        assert doctor.scaling(names[title], channels) == way
        assert names[title] in str(FileOptions.__annotations__["scaling"])
    with pytest.raises(UserError, match=r"no scaling called 'x'.*0\.\.1, -1\.\.1"):
        doctor.scaling("x", channels)


def test_the_samples_that_are_recognised_are_there():
    assert set(doctor.KNOWN) <= {sample.name for sample in samples()}


def test_digits_of_known_names_tell():
    digits = [s for s in samples() if s.name.startswith("digit")]
    names = tuple(str(number) for number in range(10))
    right = [doctor._right(sample.name, names) for sample in digits]
    assert [next(iter(found)) for found in right] == [2, 5, 7]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"preprocessing": 3}', '{"preprocessing": {"scale": "x"}}']
)
def test_a_damaged_answer_is_asked_again(text):
    sha256 = "cd" * 32
    remembered_scaling.remember(sha256, reference("0 to 255"))
    (remembered_scaling.folder() / f"{sha256}.json").write_text(text)
    assert remembered_scaling.remembered(sha256) is None


def test_an_answer_for_no_file_is_refused():
    with pytest.raises(remembered_scaling.RememberError, match="no SHA-256"):
        remembered_scaling.remember("../../evil", reference("0 to 1"))


def test_decisiveness():
    sure = np.eye(4)
    assert scaling_inference.mutual_information(sure) == pytest.approx(1)
    assert scaling_inference.mutual_information(np.full((4, 4), 0.25)) == pytest.approx(0)
    assert scaling_inference.mutual_information(sure[[0, 0, 0, 0]]) == pytest.approx(0)


@pytest.mark.parametrize("name", ["alexnet", "lenet", "efficientnet-lite0"])
def test_the_catalogues_networks_with_the_answer_hidden(name):
    from visualizer.models import catalog

    available = {entry.name for entry in catalog.entries() if entry.available}
    if name not in available:
        pytest.skip(f"{name} is not in this checkout")
    network = catalog.open_network(name)
    assert finds_scaling(network)


@pytest.mark.parametrize(
    ("title", "scaling"),
    [
        ("ConvNeXtTiny", "0 to 255"),
        ("EfficientNetB0", "0 to 255"),
        ("MobileNet", "-1 to 1"),
        ("MobileNetV3Small", "0 to 255"),
        ("ResNet50V2", "-1 to 1"),
    ],
)
def test_applications_outside_the_catalogue_are_known_by_how_they_are_built(title, scaling):
    model = getattr(keras.applications, title)(weights=None, input_shape=(32, 32, 3), classes=3)
    fits = doctor.Doctor(model)._fits_inside
    found = {way for way, fit in fits.items() if fit} or {scaling_inference.backbone(model)}
    assert scaling in found
    assert {way.removesuffix(", blue first") for way in found} == {scaling}


@pytest.mark.parametrize("end", ["in the layer", "as a layer"])
def test_several_labels_at_once_keep_their_own_probabilities(end):
    pixels = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(pixels)
    if end == "in the layer":
        x = layers.Dense(3, activation="sigmoid", name="labels")(x)
    else:
        x = layers.Activation("sigmoid")(layers.Dense(3, name="labels")(x))
    model = keras.Model(pixels, x)
    wanted = np.array([0.9, 0.8, 0.1])
    model.get_layer("labels").set_weights([np.zeros((3, 3)), np.log(wanted / (1 - wanted))])
    for found in diagnose(model, [np.zeros((8, 8, 3), np.float32)]):
        np.testing.assert_allclose([share for _, share in found.top5], wanted, atol=1e-6)
