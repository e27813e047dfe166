"""How sure a network is of every class, for many pictures: log-probabilities, which never saturate.

Where the processor computes faster in bfloat16, pictures are screened in it, and only those that
might win a cell are computed in float32, which decides.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.network import Network

BATCH, SCREENED, MULTIPLY_ADDS = 16, 50, 10**10
"""Pictures a compiled call in float32 and in bfloat16, and multiply-adds: at most so many, and at
least one picture. All calls have one shape, so that a picture's score never depends on what it is
computed with. The fewer, the fewer are computed in vain; in bfloat16 more at once are quicker."""
FASTER, WORTH = 1.3, 0.02
"""bfloat16 is used where it is so many times faster, and a batch takes so many seconds at least:
well apart from what noise could tip, so that the same seed gives the same archive."""
MARGIN = 0.05
"""Log-probability by which bfloat16 is wrong at least; how far it is, is measured at the start."""


class ClassScores:
    """Log-probabilities of pictures at a network's own size.

    Args:
        network: a classifier with two classes or more.
        screen: whether to screen in bfloat16; None to find out whether it is faster.

    Attributes:
        classes: how many there are.
        batch: how many pictures a compiled call takes.
        screened_batch: how many it takes in bfloat16.
        margin: log-probability by which what is screened may be wrong.

    Raises:
        UserError: the network is no classifier.
    """

    def __init__(self, network: Network, screen: bool | None = None) -> None:
        self.network = network
        *places, units = network.stages[-1].shape
        self._alone = units == 1
        self._sigmoid = network.stages[-1].activation == "sigmoid" and not self._alone
        self.classes = 2 if self._alone else int(units)
        single = self._alone and len(network.classes) != 2
        if network.gives_values and not single:
            raise UserError(
                f"{network.title} answers with plain values and not with classes, so there is "
                "nothing it could be sure of; open a classifier, or give the names of its classes."
            )
        if any(side != 1 for side in places) or single:
            raise UserError(
                f"{network.title} does not tell classes apart, so there is nothing it could be "
                "sure of; open a classifier."
            )
        work = sum(stage.multiply_adds for stage in network.stages)
        self.batch, self.screened_batch = (
            max(1, min(most, MULTIPLY_ADDS // max(1, work))) for most in (BATCH, SCREENED)
        )
        self._exact = self._compiled(network)
        self._screen: Any = None
        self.margin = 0.0
        if screen is not False:
            self._try_screen(always=screen is True)

    @property
    def screens(self) -> bool:
        """Whether bfloat16 is used."""
        return self._screen is not None

    def exact(self, pictures: np.ndarray) -> np.ndarray:
        """float32 log-probabilities of uint8 pictures N x H x W x 3: N x classes."""
        return self._in_batches(self._exact, pictures, self.batch)

    def screened(self, pictures: np.ndarray) -> np.ndarray:
        """The same, faster, and wrong by up to `margin`."""
        return self._in_batches(self._screen or self._exact, pictures, self.screened_batch)

    def _compiled(self, network: Network) -> Any:
        from keras import ops

        def scores(x: Any) -> Any:
            logits = ops.cast(network.logits(ops.cast(x, "float32") / 255.0), "float32")
            if self._alone:
                return ops.concatenate([-ops.softplus(logits), -ops.softplus(-logits)], axis=1)
            return -ops.softplus(-logits) if self._sigmoid else ops.log_softmax(logits, axis=-1)

        return backend.compiled(scores, variables=network.model.variables)

    def _in_batches(self, function: Any, pictures: np.ndarray, size: int) -> np.ndarray:
        scores = np.empty((len(pictures), self.classes), np.float32)
        for start in range(0, len(pictures), size):
            part = pictures[start : start + size]
            padded = part
            if len(part) < size:
                padded = np.zeros((size, *part.shape[1:]), part.dtype)
                padded[: len(part)] = part
            scores[start : start + size] = function(padded)[: len(part)]
        return scores

    def _try_screen(self, always: bool) -> None:
        """Use bfloat16 if it is available and right, and faster unless it is wanted `always`."""
        rng = np.random.default_rng(0)
        pictures = rng.integers(0, 256, (self.batch, *self.network.size, 3), dtype=np.uint8)
        pictures //= rng.integers(1, 5, (self.batch, 1, 1, 1), dtype=np.uint8)
        try:
            screen = self._compiled(_in_bfloat16(self.network))
            scores, seconds = _timed(screen, pictures)
        except Exception:  # any layer may refuse another precision; float32 always works
            return
        exact, exact_seconds = _timed(self._exact, pictures)
        wrong = np.abs(scores - exact)
        pays = exact_seconds > WORTH and exact_seconds > FASTER * seconds
        if (pays or always) and np.isfinite(wrong).all():
            # Differences grow where probabilities are tiny; those that matter are near the top.
            self.margin = max(MARGIN, 2 * float(np.quantile(wrong, 0.99)))
            self._screen = screen


def _timed(function: Any, pictures: np.ndarray) -> tuple[np.ndarray, float]:
    function(pictures)
    best, scores = np.inf, None
    for _ in range(3):
        began = time.process_time()
        scores = function(pictures)
        best = min(best, time.process_time() - began)
    return np.asarray(scores), best


def _in_bfloat16(network: Network) -> Network:
    """A copy of a network that computes in bfloat16 with the same float32 weights."""
    import keras

    def clone(layer: Any) -> Any:
        config = layer.get_config()
        if not isinstance(layer, keras.layers.InputLayer):
            config["dtype"] = "mixed_bfloat16"
        return type(layer).from_config(config)

    model = keras.models.clone_model(network.model, clone_function=clone)
    model.set_weights(network.model.get_weights())
    return network.with_model(model)
