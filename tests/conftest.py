"""What every test stands on: no screen, a quiet backend, small networks, no thread left behind."""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import hypothesis
import numpy as np
import pytest

from tests.checks.threads import left_running
from visualizer.engine import policy as policies
from visualizer.gui.core.garbage import collect_due

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.policy import Policy


hypothesis.settings.register_profile("suite", max_examples=30)
hypothesis.settings.load_profile("suite")


@pytest.fixture(autouse=True, scope="session")
def _only_this_thread_collects() -> None:
    """Garbage of a test is never freed on the compute thread of a later one, as in the window."""
    gc.disable()


@pytest.fixture(autouse=True)
def _no_garbage_left_behind() -> Iterator[None]:
    yield
    collect_due()


@pytest.fixture(autouse=True)
def _no_thread_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread of ours running, whether or not it is a daemon."""
    before = set(threading.enumerate())
    yield
    if left := left_running(before):
        pytest.fail(f"threads left running: {', '.join(left)}")


@pytest.fixture
def set_policy(tmp_path, monkeypatch) -> Iterator[Callable[[str], Policy]]:
    """Return a function that writes the policy of this computer."""
    file = tmp_path / "policy.toml"

    def write(text: str) -> Policy:
        file.write_text(text, encoding="utf-8")
        policies.policy.cache_clear()
        return policies.policy()

    monkeypatch.setattr(policies, "places", lambda: [tmp_path / "nowhere.toml", file])
    policies.policy.cache_clear()
    yield write
    policies.policy.cache_clear()


@pytest.fixture(scope="session")
def explore() -> Callable[..., Network]:
    """Return a function that opens a Keras model as a network, with seeded random weights."""

    def open_model(model: Any, **options: Any) -> Network:
        from visualizer.engine.network import Network
        from visualizer.engine.preprocessing import Preprocessing

        rng = np.random.default_rng(7)
        model.set_weights(
            [
                # Positive, as variances must be; small, so that nothing saturates.
                rng.uniform(0.05, 0.3, w.shape).astype(w.dtype) if w.dtype.kind == "f" else w
                for w in model.get_weights()
            ]
        )
        options = {"name": "small", "title": "Small", "classes": [], "sha256": "", **options}
        if "preprocessing" not in options:
            options["preprocessing"] = Preprocessing(channels=model.input_shape[-1])
        return Network(model, **options)

    return open_model


@pytest.fixture(scope="session")
def plain(explore: Callable[..., Network]) -> Network:
    """A small Sequential network: two convolutions, a pooling, a dense head of 5 classes."""
    from keras import Sequential, layers

    model = Sequential(
        [
            layers.Input((24, 24, 3)),
            layers.Conv2D(4, 3, 2, activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv2"),
            layers.Flatten(),
            layers.Dense(5, activation="softmax", name="scores"),
        ]
    )
    return explore(model, name="plain", title="Plain", classes=["ant", "bee", "cat", "dog", "elk"])


@pytest.fixture(scope="session")
def residual(explore: Callable[..., Network]) -> Network:
    """A small residual network with batch normalisation, zero padding and a separate softmax."""
    import keras
    from keras import layers

    x = inputs = layers.Input((20, 20, 3), name="picture")
    x = layers.Rescaling(2.0, -1.0)(x)
    x = layers.ZeroPadding2D(1, name="stem_pad")(x)
    x = layers.Conv2D(4, 3, 2, name="stem", use_bias=False)(x)
    x = layers.BatchNormalization(name="stem_bn")(x)
    x = layers.ReLU(name="stem_relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", name="depth")(x)
    y = layers.BatchNormalization(name="depth_bn")(y)
    y = layers.Activation("relu", name="depth_relu")(y)
    y = layers.Conv2D(4, 1, name="point")(y)
    x = layers.Add(name="sum")([x, y])
    x = layers.ReLU(name="sum_relu")(x)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    x = layers.Dropout(0.5, name="drop")(x)
    x = layers.Dense(7, name="logits")(x)
    x = layers.Softmax(name="softmax")(x)
    return explore(keras.Model(inputs, x), name="residual", title="Residual")


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """A picture that is not square, with shapes and colours: 60 x 90 x 3 in [0, 1]."""
    y, x = np.mgrid[0:60, 0:90].astype(np.float32)
    red, green = (np.sin(x / 7) + 1) / 2, (np.cos(y / 5) + 1) / 2
    return np.stack([red, green, ((x - 40) ** 2 + (y - 30) ** 2 < 300) * 1.0], -1).astype("float32")


@pytest.fixture(scope="session")
def alexnet() -> Network:
    """The bundled network that opens first."""
    from visualizer.models.catalog import open_network

    return open_network("alexnet")
