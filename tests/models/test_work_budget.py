"""Networks that are legal but would compute for minutes are refused; others are let through."""

import keras
import pytest
from keras import layers

from tests.models.editing import edit, save
from tests.models.refusals import refused
from visualizer.models import loader, work_budget


def one_operation(operation):
    """A network of 8 x 8 pixels with one operation of Keras between input and answer."""
    x = inputs = keras.Input((8, 8, 3))
    x = operation(x)
    x = layers.GlobalAveragePooling2D()(x) if len(x.shape) == 4 else layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(2)(x))


def test_a_blur_over_a_million_pixels_is_refused(tmp_path):
    model = one_operation(lambda x: keras.ops.image.gaussian_blur(x, (3, 3)))
    path = save(model, tmp_path / "blur.keras")

    def change(config):
        (blur,) = [e for e in config["config"]["layers"] if e["class_name"] == "GaussianBlur"]
        blur["config"]["kernel_size"] = [1_000_000, 1_000_000]

    edit(path, change)
    refused(path, "multiply-adds for one picture")


@pytest.mark.parametrize(
    ("class_name", "settings", "pattern"),
    [
        ("AveragePooling2D", {"pool_size": [90_000, 90_000], "strides": [1, 1]}, "multiply-adds"),
        ("UpSampling2D", {"size": [900, 900], "interpolation": "bicubic"}, "numbers for one"),
        ("ZeroPadding2D", {"padding": [[2000, 2000], [2000, 2000]]}, None),
        ("ZeroPadding2D", {"padding": [[90_000, 90_000], [0, 0]]}, None),
        ("Resizing", {"height": 20_000, "width": 20_000}, "numbers for one"),
        ("MaxPooling2D", {"pool_size": [2, 2], "strides": [2, 2]}, None),
    ],
)
def test_layers_that_are_legal_and_large(class_name, settings, pattern, tmp_path):
    path = save(one_operation(layers.Activation("relu", name="x")), tmp_path / "n.keras")

    def change(config):
        (entry,) = [e for e in config["config"]["layers"] if e["class_name"] == "Activation"]
        padding = {"padding": "same"} if "Pooling" in class_name else {}
        entry["class_name"], entry["config"] = class_name, {"name": "x", **padding, **settings}
        entry["registered_name"] = None

    edit(path, change)
    if pattern is None:
        loader.read_model(path)
    else:
        refused(path, pattern)


def test_recurrent_layers_are_not_unrolled(tmp_path):
    x = inputs = keras.Input((6, 6, 3))
    x = layers.Reshape((36, 3))(x)
    x = layers.LSTM(2, unroll=True, name="memory")(x)
    model, _, _ = loader.read_model(
        save(keras.Model(inputs, layers.Dense(2)(x)), tmp_path / "n.keras")
    )
    assert model.get_layer("memory").unroll is False


@pytest.mark.parametrize("name", ["get", "serialize", "deserialize"])
def test_helpers_beside_the_activations_are_none(name, tmp_path):
    path = save(one_operation(layers.Activation("relu", name="x")), tmp_path / "n.keras")

    def change(config):
        (entry,) = [e for e in config["config"]["layers"] if e["class_name"] == "Activation"]
        entry["config"]["activation"] = {
            "module": "builtins", "class_name": "function", "config": name, "registered_name": name,
        }  # fmt: skip

    edit(path, change)
    refused(path, f"uses 1 part .*{name}|could not be opened|does not know")


def test_refusals_inside_an_operation_come_out_whole(tmp_path):
    model = one_operation(lambda x: keras.ops.tile(x, [1, 1, 1, 1]))
    path = save(model, tmp_path / "tile.keras")

    def change(config):
        (tile,) = [e for e in config["config"]["layers"] if e["class_name"] == "Tile"]
        tile["config"]["repeats"] = [1, 100_000, 100_000, 1]

    edit(path, change)
    sentence = refused(path, "gives 1,920,000,000,000 numbers for one picture")
    assert "Exception" not in sentence


def test_a_name_that_is_a_table_is_not_repeated(tmp_path):
    path = save(one_operation(layers.Activation("relu", name="x")), tmp_path / "n.keras")

    def change(config):
        config["config"]["layers"][1]["config"]["name"] = {"a": list(range(500))}

    edit(path, change)
    assert len(refused(path, "whose name is no text")) < 200


def test_the_bound_lets_the_largest_networks_through():
    work_budget.check_work(194e9, 66_700_000, "EfficientNet-B7")
    work_budget.check_work(159e9, 31_000_000, "U-Net")
    with pytest.raises(loader.UserError):
        work_budget.check_work(1e11, 1000, "n.keras")
