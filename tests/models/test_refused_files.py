"""What is no Keras model says what it is instead, and what to do."""

import keras
import pytest
from keras import layers

from tests.models.refusals import refused, small


@pytest.mark.parametrize(
    ("name", "data", "pattern"),
    [
        ("net.keras", b"", "empty"),
        ("net.h5", b"<!DOCTYPE html><html>", "web page"),
        ("net.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs pull"),
        ("net.tflite", b"\x1c\0\0\0TFL3" + bytes(20), "TensorFlow Lite"),
        ("net.h5", b"\x1c\0\0\0TFL3" + bytes(20), "TensorFlow Lite"),
        ("net.onnx", b"\x08\x07\x12\x07pytorch", "ONNX"),
        ("net.pb", b"\x08\x01\x12\x07", "saved_model.pb"),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + bytes(20), "not a Keras model"),
        ("net.h5", b"\x89PNG\r\n\x1a\n" + bytes(20), "damaged or something else"),
        ("net.json", b"{", "description.*damaged"),
        ("net.json", b'{"a": 1}', "no description of a Keras model"),
        ("net.json", b'{"class_name": "Sequential", "config": {"layers": []}}', "weights.*beside"),
    ],
)
def test_files_of_other_kinds_say_what_they_are(name, data, pattern, tmp_path):
    (tmp_path / name).write_bytes(data)
    refused(tmp_path / name, pattern)


def test_what_is_not_there(tmp_path):
    refused(tmp_path / "gone.keras", "no file")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "no Keras model")
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "model.json").write_text("{}")
    (tmp_path / "js" / "group1.bin").write_bytes(b"x")
    refused(tmp_path / "js", "TensorFlow.js.*Teachable Machine")
    (tmp_path / "tf").mkdir()
    (tmp_path / "tf" / "saved_model.pb").write_bytes(b"x")
    refused(tmp_path / "tf", "SavedModel without.*--trust")
    refused(tmp_path / "tf", "cannot be called|could not be opened", trust=True)


def test_weights_without_their_description(tmp_path):
    small().save_weights(tmp_path / "net.weights.h5")
    refused(tmp_path / "net.weights.h5", r"weights only.*net\.json")


def test_weights_of_another_network(tmp_path):
    other = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(5, 3), layers.Flatten(), layers.Dense(3)]
    )
    other.save_weights(tmp_path / "net.weights.h5")
    (tmp_path / "net.json").write_text(small().to_json())
    refused(tmp_path / "net.json", "one and the same model")
