"""The ImageNet networks of Keras Applications, with the weights Keras publishes.

Keras builds the network; its weights come through `download`, so that they can be resumed,
cancelled and taken from a mirror. Keras' own source knows its files by MD5 only. A file is pinned
by SHA-256 here where several projects record the same one for the file of that name and size, or
one that answers for it (DenseNet121: Intel's Open Model Zoo). Of the others (VGG16, ResNet50,
EfficientNetV2B0) there is no such record, and a wrong pin would refuse the right file for good:
they keep Keras' MD5 for the first arrival and are known by SHA-256 from then on (`checksums`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.models.checksums import sha256_of
from visualizer.models.download import Published, RemoteFile
from visualizer.models.entry import IMAGENET, Entry
from visualizer.models.labels import labels

if TYPE_CHECKING:
    import keras

    from visualizer.engine.network import Network

BASE = "https://storage.googleapis.com/tensorflow/keras-applications"

# What Keras calls the "caffe", "tf" and "torch" modes, and bytes where the network scales itself.
CAFFE = {"scale": 255.0, "offset": (-103.939, -116.779, -123.68), "order": "bgr"}
SYMMETRIC = {"scale": 2.0, "offset": -1.0}
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NORMALISED = {
    "scale": tuple(1 / d for d in DEVIATION),
    "offset": tuple(-m / d for m, d in zip(MEAN, DEVIATION, strict=True)),
}
BYTES = {"scale": 255.0}


@dataclass(frozen=True)
class Application:
    """One function of `keras.applications`.

    Attributes:
        title: name of that function.
        size: side of its input in pixels.
        preprocessing: arguments of `Preprocessing`.
        file: path under `BASE`.
        hash: of that file, as `RemoteFile` takes it.
        length: of that file in bytes; None where nobody has written it down.
        parameters: trained numbers.
        megabytes: size of the file in 10^6 bytes, nearly.
        top1: on the 50,000 validation photos, as Keras measured it.
        paper: who invented it.
    """

    title: str
    size: int
    preprocessing: dict[str, Any]
    file: str
    hash: str
    length: int | None
    parameters: int
    megabytes: float
    top1: float
    paper: str

    @property
    def name(self) -> str:
        """The name in the catalogue."""
        return self.title.lower()

    def build(self, size: int | None = None, classes: int = 1000) -> keras.Model:
        """Build the network with random weights."""
        from keras import applications

        side = size or self.size
        make = getattr(applications, self.title)
        return make(weights=None, input_shape=(side, side, 3), classes=classes)

    def open(self, model: keras.Model, sha256: str = "") -> Network:
        """Make a built network explorable."""
        from visualizer.engine.network import Network
        from visualizer.engine.preprocessing import Preprocessing

        known = model.output_shape[-1] == 1000
        return Network(
            model,
            name=self.name,
            title=self.title,
            classes=labels("imagenet-1000") if known else (),
            preprocessing=Preprocessing(**self.preprocessing),
            sha256=sha256,
        )


APPLICATIONS = (
    Application(
        "VGG16", 224, CAFFE, "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        "md5:64373286793e3c8b2b4e3219cbf3544b",
        553_467_096, 138_357_544, 553.5, 0.713,
        "Simonyan & Zisserman 2014, Very Deep Convolutional Networks",
    ),
    Application(
        "VGG19", 224, CAFFE, "vgg19/vgg19_weights_tf_dim_ordering_tf_kernels.h5",
        "sha256:c872d82e40328910cd7a12763dae043d56eb00efe6a137f31899514d637d4cdb",
        574_710_816, 143_667_240, 574.7, 0.713,
        "Simonyan & Zisserman 2014, Very Deep Convolutional Networks",
    ),
    Application(
        "ResNet50", 224, CAFFE, "resnet/resnet50_weights_tf_dim_ordering_tf_kernels.h5",
        "md5:2cb95161c43110f7111970584f804107",
        102_967_424, 25_636_712, 103.0, 0.749,
        "He et al. 2015, Deep Residual Learning for Image Recognition",
    ),
    Application(
        "InceptionV3", 299, SYMMETRIC,
        "inception_v3/inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
        "sha256:00c9ea4e4762f716ac4d300d6d9c2935639cc5e4d139b5790d765dcbeea539d0",
        96_112_376, 23_851_784, 96.1, 0.779,
        "Szegedy et al. 2015, Rethinking the Inception Architecture",
    ),
    Application(
        "Xception", 299, SYMMETRIC, "xception/xception_weights_tf_dim_ordering_tf_kernels.h5",
        "sha256:c5bf1c05b020c4177164039b854c3ef92b16b73384734647c1f0ad5cf79f6975",
        91_884_032, 22_910_480, 91.9, 0.790,
        "Chollet 2016, Xception: Depthwise Separable Convolutions",
    ),
    Application(
        "MobileNetV2", 224, SYMMETRIC,
        "mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5",
        "sha256:3e195a2857356cfc092cbbb460beb2a5bce279015d7792598b8d3d9e451902e3",
        14_536_120, 3_538_984, 14.5, 0.713,
        "Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks",
    ),
    Application(
        "DenseNet121", 224, NORMALISED,
        "densenet/densenet121_weights_tf_dim_ordering_tf_kernels.h5",
        "sha256:86cf891d8ce2a713e59a1c6bfa9d3c006c7fdbb4355e8962482caa6d27daead7",
        33_188_688, 8_062_504, 33.2, 0.750,
        "Huang et al. 2016, Densely Connected Convolutional Networks",
    ),
    Application(
        "EfficientNetV2B0", 224, BYTES, "efficientnet_v2/efficientnetv2-b0.h5",
        "md5:21ecbf6da12460d5c40bb2f29ceb2188",
        None, 7_200_312, 29.4, 0.787,
        "Tan & Le 2021, EfficientNetV2: Smaller Models and Faster Training",
    ),
)  # fmt: skip


def load(application: Application, path: Path) -> Network:
    """Open a network with the weights in `path`, a file as Keras publishes it."""
    model = application.build()
    model.load_weights(path)
    return application.open(model, sha256_of(path))


def published() -> tuple[Published, ...]:
    """Return the networks with their rows in the catalogue."""
    return tuple(
        Published(
            Entry(
                name=application.name,
                title=application.title,
                data=IMAGENET,
                input=(application.size, application.size, 3),
                classes=1000,
                parameters=application.parameters,
                megabytes=application.megabytes,
                top1=application.top1,
                licence="Apache-2.0 (Keras Applications)",
                source=application.paper,
                where="download",
            ),
            RemoteFile(f"{BASE}/{application.file}", application.hash, application.length),
            partial(load, application),
        )
        for application in APPLICATIONS
    )
