"""A network immunised against the pictures that fool it: one class more, and its head trained anew.

Nguyen, Yosinski & Clune 2015, "Deep neural networks are easily fooled", section 3.7. There the
whole network is trained again with a class of fooling pictures. Here only its last layer is: all
pictures go through the layers before it once, and what is trained is a softmax regression of what
comes out. Photos keep the answers that the network gave before, so no labels are needed and a class
without photos stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine import backend
from visualizer.engine.adversarial.ask_tell import ask_tell
from visualizer.engine.adversarial.differentiable_model import softmax
from visualizer.engine.errors import UserError
from visualizer.engine.rendering import from_bytes
from visualizer.engine.training.measures import log_softmax

if TYPE_CHECKING:
    from visualizer.engine.evolution.evolution import Evolution
    from visualizer.engine.evolution.natural_photos import Photos
    from visualizer.engine.network import Network

FOOLING = "fooling picture"
"""The class that is added."""
MOST_FOOLING = 4000
"""Fooling pictures that are taken of one evolution: the champions, and their nearest ancestors."""
BATCH, ROWS = 16, 512
"""Pictures that go through the network, and rows of the regression, in a slice."""
ITERATIONS, DECAY, SHARE = 200, 1e-5, 0.25
"""Of L-BFGS; of the weights, towards those of the network as it was; and of the fooling pictures in
what is minimised, of which photos have the rest."""


@dataclass(frozen=True)
class Immunity:
    """What an immunised network is worth, on photos that it was not trained on.

    Attributes:
        photos: how many photos were kept for measuring.
        labelled: whether their classes are known; if not, the answers of the old network count.
        accuracy_before: of the old network, from 0 to 1; 1 where its own answers count.
        accuracy_after: of the immunised one.
        recognised: the share of the fooling pictures, which it was trained on, that it recognises.
    """

    photos: int
    labelled: bool
    accuracy_before: float
    accuracy_after: float
    recognised: float


class Immunisation:
    """Collects photos and fooling pictures as the last layer of a network sees them.

    Args:
        network: a classifier with a dense layer before its softmax.

    Raises:
        UserError: it has none.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._graph = network.graph
        layer = network.layers(network.stages[-1].name)[0]
        steps = [step for step in self._graph.steps if step.operation is layer]
        single = network.stages[-1].units == 1 and len(network.classes) == 2
        activation = network.stages[-1].activation
        allowed = ("sigmoid", None) if single else ("softmax", None)
        if (
            network.stages[-1].kind != "dense"
            or network.gives_values
            or activation not in allowed
            or not steps
            or len(steps[-1].specs[0].shape) != 2
        ):
            raise UserError(
                f"{network.title} does not end in a dense layer and a softmax, which is what can "
                "be immunised; open another classifier, such as alexnet or lenet."
            )
        self._value = steps[-1].inputs[0]
        self._start = self._finite(_with_fooling_class(network, layer, single))
        self._features = backend.compiled(self._before_head, variables=network.model.variables)
        self._photos: list[np.ndarray] = []
        self._labels: list[int] = []
        self._fooling: list[np.ndarray] = []

    @property
    def has_photos(self) -> bool:
        """Whether photos have been shown."""
        return bool(self._photos)

    @property
    def classes(self) -> int:
        """How many classes there are besides that of fooling pictures."""
        return self._start.shape[1] - 1

    def show_photos(self, photos: Iterable[tuple[np.ndarray, int | None] | None]) -> Iterator[int]:
        """Take in photos of any size with their classes where known; None is left out.

        Yields how many have come, a batch at a time.

        Raises:
            UserError: the network gives no numbers for one.
        """
        batch, count = [], 0
        for each in photos:
            count += 1
            if each is not None:
                batch.append(self.network.fit(each[0]))
                self._labels.append(-1 if each[1] is None else each[1])
            if len(batch) == BATCH:
                self._photos.append(self._seen(np.stack(batch)))
                batch = []
                yield count
        if batch:
            self._photos.append(self._seen(np.stack(batch)))
        yield count

    def show_fooling(self, pictures: Iterable[np.ndarray]) -> Iterator[int]:
        """Take in fooling pictures, uint8 H x W x 3 at the network's size.

        Yields how many have come, a batch at a time.
        """
        batch, count = [], 0
        for each in pictures:
            batch.append(from_bytes(each))
            count += 1
            if len(batch) == BATCH:
                self._fooling.append(self._seen(np.stack(batch)))
                batch = []
                yield count
        if batch:
            self._fooling.append(self._seen(np.stack(batch)))
        yield count

    def train(self) -> Generator[float, None, tuple[Network, Immunity]]:
        """Train the head in slices, yielding the loss.

        Returns:
            A network with the classes of the old one and `FOOLING` last, the same at each call, and
            what it is worth.

        Every second photo of a class is kept out of it and measured on.

        Raises:
            UserError: there are too few photos, or no fooling pictures.
        """
        if sum(map(len, self._photos)) < 2 or not self._fooling:
            raise UserError(
                "To immunise a network takes two photos at least and one picture that fools it; "
                "give a folder with photos, and let the evolution run first."
            )
        photos, fooling = np.concatenate(self._photos), np.concatenate(self._fooling)
        scores = photos @ self._start[:-1] + self._start[-1]
        before = softmax(scores[:, : self.classes])
        labels = np.array(self._labels)
        held = _every_second(np.where(labels < 0, before.argmax(axis=1), labels))
        answers = np.zeros((len(photos) + len(fooling), self.classes + 1), np.float32)
        answers[: len(photos), : self.classes] = before
        answers[len(photos) :, -1] = 1
        shown = np.concatenate([np.flatnonzero(~held), len(photos) + np.arange(len(fooling))])
        weights = np.where(shown < len(photos), (1 - SHARE) / (~held).sum(), SHARE / len(fooling))
        head = yield from _regression(
            np.concatenate([photos, fooling])[shown],
            answers[shown],
            weights.astype(np.float32),
            self._start,
        )
        after = (photos @ head[:-1] + head[-1]).argmax(axis=1)
        measured = held & (labels >= 0)
        labelled = bool(measured.any())
        if not labelled:
            measured = held
        right = labels if labelled else before.argmax(axis=1)
        return self._network(head), Immunity(
            photos=int(measured.sum()),
            labelled=labelled,
            accuracy_before=float((before.argmax(axis=1) == right)[measured].mean()),
            accuracy_after=float((after == right)[measured].mean()),
            recognised=float(
                ((fooling @ head[:-1] + head[-1]).argmax(axis=1) == self.classes).mean()
            ),
        )

    def _before_head(self, x: Any) -> Any:
        from keras import ops

        given = {self._graph.inputs[0]: self.network.preprocessing.apply(x)}
        return ops.cast(self._graph.run(given, [self._value])[self._value], "float32")

    def _seen(self, pictures: np.ndarray) -> np.ndarray:
        return self._finite(np.array(self._features(pictures)))

    def _finite(self, values: np.ndarray) -> np.ndarray:
        if not np.isfinite(values).all():
            raise UserError(
                f"{self.network.title} gives no numbers (NaN), so it cannot be immunised; open "
                "another network."
            )
        return values

    def _network(self, head: np.ndarray) -> Network:
        import keras

        from visualizer.engine.network import Network

        old = self.network
        picture = keras.Input(self._graph.input_specs[0].shape[1:])
        features = self._graph.run({self._graph.inputs[0]: picture}, [self._value])[self._value]
        names = {step.operation.name for step in self._graph.steps}
        name = next(
            n for n in ("immunised", *map("immunised_{}".format, range(99))) if n not in names
        )
        layer = keras.layers.Dense(
            self.classes + 1, activation="softmax", name=name, dtype="float32"
        )
        model = keras.Model(picture, layer(features))
        layer.set_weights([head[:-1].astype(np.float32), head[-1].astype(np.float32)])
        title = old.title if old.title.endswith(", immunised") else f"{old.title}, immunised"
        return Network(
            model,
            name=old.name if old.name.endswith("-immunised") else f"{old.name}-immunised",
            title=title,
            classes=[*(old.label(at) for at in range(self.classes)), FOOLING],
            preprocessing=old.preprocessing,
            sha256="",
            size=old.size,
        )


def immunising(
    immunisation: Immunisation, photos: Photos, evolution: Evolution
) -> Generator[tuple[str, int, int | None], None, tuple[Network, Immunity]]:
    """Immunise against all that was shown before and an evolution; photos are read the first time.

    Yields what is done, how much of it, and of how much where that is known.
    """
    if not immunisation.has_photos:
        for count in immunisation.show_photos(photos.read()):
            yield f"Looking at {photos.source}", count, photos.total
    for count in immunisation.show_fooling(fooling_pictures(evolution)):
        yield "Looking at pictures that fool", count, None
    steps, count = immunisation.train(), 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
        count += 1
        yield "Training the last layer again", count, None


def is_immunised(network: Network) -> bool:
    """Whether its last class is that of fooling pictures."""
    return network.classes[-1:] == (FOOLING,)


def fooling_pictures(evolution: Evolution) -> Iterator[np.ndarray]:
    """The champions of an evolution, each once, and then their nearest ancestors.

    Ancestors whose genomes were not kept are left out; there are at most `MOST_FOOLING` pictures,
    uint8 H x W x 3.
    """
    archive, size = evolution.archive, evolution.scores.network.size
    numbers = dict.fromkeys(archive.champions[archive.filled].tolist())
    numbers |= dict.fromkeys(sorted(archive.individuals, reverse=True))
    genomes = [archive.individuals[number].genome for number in numbers]
    for genome in [each for each in genomes if each is not None][:MOST_FOOLING]:
        yield evolution.encoding.picture(genome, *size)


def _with_fooling_class(network: Network, layer: Any, single: bool) -> np.ndarray:
    """The weights of the head, (features + 1) x (classes + 1), the biases last; float32.

    The new class has the weights 0. One number for two classes is the score of the second.
    """
    kernel = np.asarray(layer.kernel, np.float32)
    bias = np.zeros(kernel.shape[1], np.float32) if layer.bias is None else np.asarray(layer.bias)
    head = np.vstack([kernel, bias[None]]).astype(np.float32)
    before = [np.zeros_like(head)] if single else []
    after = [] if is_immunised(network) else [np.zeros_like(head[:, :1])]
    return np.hstack([*before, head, *after])


def _every_second(classes: np.ndarray) -> np.ndarray:
    """Every second row of each class, the second one first: bool, N."""
    chosen = np.zeros(len(classes), bool)
    for each in np.unique(classes):
        chosen[np.flatnonzero(classes == each)[1::2]] = True
    if not chosen.any():  # a photo a class
        chosen[1::2] = True
    return chosen


def _regression(
    features: np.ndarray, answers: np.ndarray, weights: np.ndarray, start: np.ndarray
) -> Generator[float, None, np.ndarray]:
    """Softmax regression by L-BFGS from weights that it is held near, in slices.

    Args:
        features: N x D, float32.
        answers: the probabilities that are wanted, N x K.
        weights: of the rows, N.
        start: (D + 1) x K, the biases last.

    Returns:
        Such weights. Yields the loss, a chunk of rows at a time.
    """
    from scipy.optimize import minimize

    # In these units a weight counts as much as a bias, whatever the network's own are.
    unit = np.sqrt(float(np.square(features, dtype=np.float64).sum(axis=1).mean())) or 1.0
    rows = np.hstack([features / np.float32(unit), np.ones((len(features), 1), np.float32)])
    scale = np.append(np.full(features.shape[1], unit), 1.0)[:, None]
    first = start.astype(np.float64) * scale

    def solve(function: Callable[[np.ndarray], tuple[float, np.ndarray]]) -> np.ndarray:
        options = {"maxiter": ITERATIONS, "maxcor": 6}
        return minimize(function, first.ravel(), jac=True, method="L-BFGS-B", options=options).x

    loss = 0.0
    with closing(ask_tell(solve)) as questions:
        try:
            flat = next(questions)
            while True:
                head = flat.reshape(first.shape).astype(np.float32)
                moved = flat.reshape(first.shape) - first
                value, slope = DECAY / 2 * float(np.vdot(moved, moved)), DECAY * moved
                for at in range(0, len(rows), ROWS):
                    part = slice(at, at + ROWS)
                    said = log_softmax(rows[part] @ head)
                    value -= float(weights[part] @ (answers[part] * said).sum(axis=1))
                    wrong = (np.exp(said) - answers[part]) * weights[part, None]
                    slope += rows[part].T @ wrong
                    yield loss
                loss = value
                flat = questions.send((value, slope.ravel()))
        except StopIteration as end:
            found: np.ndarray = end.value
            return found.reshape(first.shape) / scale
