"""Networks of Keras Applications that were saved as files: their own layers are admitted too."""

import keras
import numpy as np
import pytest
from keras import layers
from keras.src import applications

from tests.models.editing import edit, randomised, save
from tests.models.editing import layers as entries
from tests.models.refusals import refused
from visualizer.models import loader

SHAPE = (32, 32, 3)
REST = {"weights": None, "classes": 3, "input_shape": SHAPE}


def inception_resnet():
    """The input of InceptionResNetV2 takes 75 pixels and 55 million weights; this is its block."""
    x = pixels = keras.Input(SHAPE)
    x = layers.Conv2D(320, 8, strides=8)(x)
    x = applications.inception_resnet_v2.inception_resnet_block(x, 0.17, "block35", 1)
    return keras.Model(pixels, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))


FAMILIES = {
    "ConvNeXt": lambda: applications.convnext.ConvNeXt(
        depths=[1, 1, 1, 1], projection_dims=[4, 4, 8, 8], drop_path_rate=0.2, **REST
    ),
    "DenseNet": lambda: applications.densenet.DenseNet([1, 1, 1, 1], **REST),
    "EfficientNet": lambda: applications.efficientnet.EfficientNet(0.1, 0.1, 32, **REST),
    "InceptionResNetV2": inception_resnet,
    "MobileNet": lambda: applications.mobilenet.MobileNet(alpha=0.25, **REST),
}


def check(family, path):
    """It opens, and every weight is in its place."""
    made = randomised(FAMILIES[family]())
    network = loader.open_file(save(made, path), preprocessing="0..1")
    for ours, theirs in zip(network.model.get_weights(), made.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_file_of_the_family_opens(family, tmp_path):
    check(family, tmp_path / "net.keras")


@pytest.mark.parametrize("family", ["ConvNeXt", "InceptionResNetV2"])
def test_so_does_one_that_does_not_say_where_its_layers_are_from(family, tmp_path):
    check(family, tmp_path / "net.h5")


def test_layers_are_admitted_from_their_own_modules_only(tmp_path):
    def change(config):
        for entry in entries(config, "CustomScaleLayer"):
            entry["module"] = "keras.src.applications.convnext"

    path = save(inception_resnet(), tmp_path / "net.keras")
    refused(edit(path, change), "CustomScaleLayer")
