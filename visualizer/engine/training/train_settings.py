"""What can be set of a training: the form of the window, the options of the command, the recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from visualizer.engine.settings import Settings, setting
from visualizer.engine.training.augmentation import AUGMENTATIONS
from visualizer.engine.training.schedules import SCHEDULES

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw")
"""Those that `optimizers.make_optimizer` knows. AdamW is Adam; its decay is meant to be above 0."""


FOR_PIXELS: dict[str, Any] = {"augmentation": "none", "adversarial": None}
"""Settings that change pictures, and what leaves them out. A head that is trained on features of
pictures, which are computed once, has neither."""

HEAD: dict[str, Any] = {"optimizer": "momentum", "learning_rate": 0.001, "epochs": 30}
"""How a new head learns from features unless told. Small steps along the gradient from weights of 0
keep to the few directions that tell the classes apart; Adam turns up every feature alike, which
cost half a point of accuracy on five classes of twenty photos."""
UNFROZEN: dict[str, Any] = {"optimizer": "momentum", "learning_rate": 0.001, "epochs": 5}
"""How a network of which some stages are unfrozen learns unless told."""


@dataclass(frozen=True)
class TrainSettings(Settings):
    """How a network learns; all of it can be changed while it does, but the seed."""

    learning_rate: float = setting(0.003, low=1e-6, high=10.0, help="How far a step goes.")
    schedule: str = setting(
        "constant",
        choices=SCHEDULES[:-1],
        help="How the learning rate goes on from there.",
    )
    warm_up: float = setting(
        0.0, low=0.0, high=0.5, step=0.05, help="The part in which the rate rises from 0."
    )
    restarts: int = setting(
        0, low=0, high=100, help="How often the cosine schedule begins anew on the way."
    )
    epochs: int = setting(10, low=1, high=100_000, help="How often each picture is seen.")
    batch_size: int = setting(32, low=1, high=4096, unit="pictures", help="Pictures a step.")
    optimizer: str = setting("adam", choices=OPTIMIZERS, help="How steps follow the gradient.")
    momentum: float = setting(
        0.9,
        low=0.0,
        high=0.999,
        step=0.05,
        help="How much of the last step goes on (momentum, nesterov, adam).",
    )
    weight_decay: float = setting(
        0.0,
        low=0.0,
        high=1.0,
        step=0.001,
        help="The part of a weight, times the rate, lost a step.",
    )
    dropout: float = setting(
        0.5, low=0.0, high=0.9, step=0.1, help="The part of the units that dropout layers silence."
    )
    label_smoothing: float = setting(
        0.0, low=0.0, high=0.5, step=0.05, help="The part of the target spread over all classes."
    )
    augmentation: str = setting(
        "none",
        choices=tuple(AUGMENTATIONS),
        help="How pictures are moved: digits are turned and shifted, objects mirrored too.",
    )
    adversarial: float | None = setting(
        None,
        low=0.0,
        high=1.0,
        step=1 / 255,
        unit="/255",
        help="Train on pictures moved by so much to fool it, too (Goodfellow et al. 2015).",
    )
    adversarial_share: float = setting(
        0.5, low=0.0, high=1.0, step=0.1, help="Their part of the loss; clean ones have the rest."
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides everything that is random.")
