"""Code in files of strangers never runs unasked: it is named, and refused with a way out."""

import codecs
import marshal
import pickle
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from tests.models.editing import edit, save
from tests.models.editing import layers as entries
from tests.models.refusals import refused, small
from visualizer.models import loader
from visualizer.models.safety import CodeRefusedError, UnsafeFileError

FILES = Path(__file__).parent / "files"


def lambda_model():
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Lambda(lambda x: x * 2, name="twice"),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )


@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_lambda_layers_are_named_and_refused(end, tmp_path):
    path = save(lambda_model(), tmp_path / f"net{end}")
    sentence = refused(path, "code of its own in 1 layer")
    assert "twice" in sentence
    assert "--trust" in sentence


@pytest.mark.parametrize("end", [".keras", ".h5"])
def test_trust_lets_a_lambda_through_and_says_so(end, tmp_path):
    model = lambda_model()
    network = loader.open_file(save(model, tmp_path / f"net{end}"), trust=True)
    assert network.card["trusted"] is True
    x = np.random.default_rng(0).random((2, 8, 8, 3)).astype(np.float32)
    scaled = np.asarray(network.preprocessing.apply(x))
    expected = np.asarray(model(scaled))
    np.testing.assert_allclose(network.forward(x)["output"], expected, atol=1e-5)


def test_a_lambda_hidden_inside_a_wrapper_or_an_activation_is_found(file):
    def change(config):
        dense = entries(config, "Dense")[0]["config"]
        dense["activation"] = {
            "class_name": "__lambda__",
            "config": {"code": "4wEAAAA=", "defaults": None, "closure": None},
        }

    refused(edit(file, change), "code of its own")


@pytest.mark.parametrize(
    ("class_name", "module"),
    [
        ("TFSMLayer", "keras.layers"),
        ("TorchModuleWrapper", "keras.layers"),
        ("StringLookup", "keras.layers"),
        ("Popen", "subprocess"),
        ("get_file", "keras.utils"),
        ("load_model", "keras.models"),
        ("ExportArchive", "keras.export"),
        ("Attention2", "my_layers"),
    ],
)
def test_nothing_but_layers_is_ever_made(class_name, module, file, monkeypatch):
    def change(config):
        entries(config, "Flatten")[0].update(
            class_name=class_name,
            module=module,
            registered_name=None,
            config={
                "name": "x",
                "args": ["touch /tmp/never"],
                "filepath": "/etc/passwd",
                "vocabulary": "/etc/passwd",
            },
        )

    refused(edit(file, change), "code of its own|does not have|no network for pictures")


def test_functions_are_activations_and_nothing_else(file):
    def change(config):
        entries(config, "Dense")[0]["config"]["activation"] = {
            "module": "keras.utils",
            "class_name": "function",
            "config": "get_file",
            "registered_name": "get_file",
        }

    refused(edit(file, change), "no network for pictures needs.*get_file")


def test_an_activation_by_an_unknown_name_is_refused(file):
    def change(config):
        entries(config, "Dense")[0]["config"]["activation"] = "my_activation"

    refused(edit(file, change), "my_activation")


def test_a_lambda_of_keras_2(tmp_path):
    refused(FILES / "lambda.h5", r"1 layer \(twice\)")
    code = codecs.encode(marshal.dumps((lambda x: x * 3).__code__), "base64").decode()

    def change(config):
        settings = {
            "name": "thrice",
            "function": [code, None, None],
            "function_type": "lambda",
            "module": "__main__",
            "output_shape": None,
            "output_shape_type": "raw",
            "output_shape_module": None,
            "arguments": {},
        }
        config["config"]["layers"].insert(1, {"class_name": "Lambda", "config": settings})

    model = small()
    path = edit(save(model, tmp_path / "net.h5"), change)
    refused(path, r"1 layer \(thrice\)")
    opened, _, _ = loader.read_model(path, trust=True)
    x = np.random.default_rng(0).random((2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(np.asarray(opened(x)), np.asarray(model(3 * x)), atol=1e-5)


CUSTOM = """
import keras

class Double(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""


def test_custom_layers_are_named_and_open_with_their_code_and_trust(file):
    def change(config):
        entries(config, "Flatten")[0].update(
            class_name="Double", module=None, registered_name="Double", config={"name": "double"}
        )
        config["config"]["layers"].insert(
            2,
            {
                "class_name": "Flatten",
                "config": {"name": "f"},
                "module": "keras.layers",
                "registered_name": None,
            },
        )

    path = edit(file, change)
    with pytest.raises(UnsafeFileError, match=r"Double.*custom_objects.py beside") as caught:
        loader.open_file(path)
    assert not isinstance(caught.value, CodeRefusedError)  # to trust the file alone does not help
    refused(path, "Double", trust=True)  # trusted, but its code is not there
    (path.parent / "custom_objects.py").write_text(CUSTOM)
    refused(path, r"Double.*the code in custom_objects\.py beside it.*--trust")  # not trusted yet
    network = loader.open_file(path, trust=True)
    assert network.stage("output").units == 3


def test_no_pickle_is_executed(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was executed",))

    for name in ("net.pkl", "net.h5", "net.keras", "net.pt"):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
        refused(tmp_path / name, "pickle|PyTorch")
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("archive/data.pkl", pickle.dumps(Bomb()))
    refused(tmp_path / "net.keras", "PyTorch")
