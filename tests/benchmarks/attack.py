"""Attacks against bare gradients and against foolbox; the dial; a robustness report."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer

from tests.benchmarks.desk import wait, window_with
from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.timing import ratio
from visualizer.engine import backend
from visualizer.engine.adversarial import PERTURB, attacks
from visualizer.engine.adversarial.criterion import Criterion
from visualizer.engine.adversarial.differentiable_model import DifferentiableModel
from visualizer.engine.adversarial.labelled_folder import find_labelled_pictures
from visualizer.engine.adversarial.robustness import RobustnessConfig, robustness
from visualizer.engine.adversarial.robustness_results import RobustnessResults
from visualizer.engine.network import Network
from visualizer.engine.pictures import samples
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.tour import Guide
from visualizer.models.catalog import open_network

EPSILON = 8 / 255


@benchmark("Attack")
def bare_gradient(budget: Budget) -> Iterator[Row]:
    """FGSM costs little more than one forward and backward pass."""
    network = open_network(budget.network)
    pictures, criterion = _photos(network, 1)
    bare = _bare(network)
    yield Row(
        "FGSM / bare compiled forward and backward pass",
        ratio(
            _ours(network, "fgsm", pictures, criterion),
            lambda: bare(pictures, criterion.labels),
            budget.times(200, 20),
        ),
        "×",
        at_most=1.15,
    )


@benchmark("Attack")
def against_foolbox(budget: Budget) -> Iterator[Row]:
    """The same attacks on the same pictures, ours and foolbox's."""
    if backend.name() != "tensorflow":
        return
    # foolbox 3.3.4 calls it; NumPy 2 dropped it.
    vars(np).setdefault("find_common_type", lambda arrays, scalars: np.result_type(*arrays))
    import foolbox
    import tensorflow as tf

    network = open_network(budget.network)
    model = foolbox.TensorFlowModel(network.logits, bounds=(0, 1), device="/device:CPU:0")
    theirs = {
        "fgsm": foolbox.attacks.LinfFastGradientAttack(random_start=False),
        "pgd": foolbox.attacks.LinfPGD(rel_stepsize=0.1, steps=20),
    }
    for name, attack in theirs.items():
        for count in (1, 32):
            pictures, criterion = _photos(network, count)
            x, labels = tf.constant(pictures), tf.constant(criterion.labels)

            def run(attack=attack, x=x, labels=labels) -> None:
                attack.run(model, x, foolbox.criteria.Misclassification(labels), epsilon=EPSILON)

            times = budget.times(12 if name == "fgsm" else 3, 1)
            title = "FGSM" if name == "fgsm" else "PGD, 20 steps"
            value = ratio(_ours(network, name, pictures, criterion), run, times)
            most = 0.5 if (name, count) == ("pgd", 32) else 1
            yield Row(f"{title}, {count} at a time / foolbox", value, "×", at_most=most)


@benchmark("Attack")
def dial(budget: Budget) -> Iterator[Row]:
    """Turning the dial in the window: all it shows of each size, until it is painted."""
    for network, at_least in ((budget.network, 60), ("efficientnet-lite0", 30)):
        with window_with(network, "attack") as guide:
            turned = PaintedTurns(guide)
            wait(2)  # compiled, drawn once, caches warm
            before, begun = turned.count, time.perf_counter()
            wait(budget.times(20, 5))
            rate = (turned.count - before) / (time.perf_counter() - begun)
            turned.stop()
        what = f"turning the dial, pictures painted a second ({network})"
        yield Row(what, rate, "fps", at_least=at_least)


class PaintedTurns(QObject):
    """A hand that turns the dial faster than the window can follow, and what it sees painted."""

    def __init__(self, guide: Guide) -> None:
        super().__init__()
        self.count = 0
        self._waiting = False
        self._dial = guide.window.workspace.panel.dial
        self._triptych = guide.window.workspace.triptych
        guide.window.workspace.shown.connect(self._on_shown)
        QCoreApplication.instance().installEventFilter(self)
        self._hand = QTimer(self, interval=8)  # as often as a quick mouse is heard of
        self._hand.timeout.connect(self._turn)
        self._hand.start()

    def stop(self) -> None:
        """Turn no more, and look at no more events: the window may be deleted."""
        self._hand.stop()
        QCoreApplication.instance().removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        painted = self._waiting and event.type() == QEvent.Type.Paint
        if painted and watched.isWidgetType() and self._triptych.isAncestorOf(watched):
            self._waiting = False
            self.count += 1
        return False

    def _turn(self) -> None:
        self._dial.set_levels(self._dial.levels % self._dial.largest + 1)

    def _on_shown(self) -> None:
        self._waiting = True


@benchmark("Attack")
def report(budget: Budget) -> Iterator[Row]:
    """A robustness report, with reading and writing, against its bare gradients."""
    network = open_network(budget.network)
    pictures, criterion = _photos(network, 32)
    bare = _bare(network)
    config, batches = RobustnessConfig(("pgd",), (EPSILON,), batch=32), budget.times(2, 1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "photos"
        folder.mkdir()
        for index in range(32 * batches):
            picture = np.clip(pictures[index % 32] * (1 - index / 500), 0, 1)
            Specimen(picture, "", Provenance("sample")).save(folder / f"{index}.png")
        runs = iter(range(10**9))

        def ours() -> None:
            results = RobustnessResults(Path(name) / f"{next(runs)}.jsonl", {})
            for _ in robustness(
                network, find_labelled_pictures(folder, network).items, results, config
            ):
                pass

        def theirs() -> None:
            for _ in range(20 * batches):
                bare(pictures, criterion.labels)

        share = 100 / ratio(ours, theirs, budget.times(3, 1))
        yield Row("robustness report, of the pace of its bare gradients", share, "%", at_least=95)


def _photos(network: Network, count: int) -> tuple[np.ndarray, Criterion]:
    """So many different pictures, and the wish to leave the network's answers."""
    own = [network.fit(sample.load()) for sample in samples()]
    pictures = np.stack([own[i % len(own)] * (1 - i / (2 * count)) for i in range(count)])
    answers = DifferentiableModel.of(network).logits(pictures).argmax(axis=1)
    return pictures.astype(np.float32), Criterion(answers, targeted=False)


def _ours(
    network: Network, name: str, pictures: np.ndarray, criterion: Criterion
) -> Callable[[], None]:
    model, settings = DifferentiableModel.of(network), attacks()[name].settings(epsilon=EPSILON)

    def run() -> None:
        for _ in PERTURB[name](model, pictures, criterion, settings):
            pass

    return run


def _bare(network: Network) -> Callable[[np.ndarray, np.ndarray], object]:
    """The least that gets the gradient of the cross entropy in the pixels as an array."""
    import keras

    def loss(x, labels):
        scores = network.logits(x)
        wanted = keras.ops.one_hot(labels, scores.shape[-1])
        return -keras.ops.sum(wanted * keras.ops.log_softmax(scores))

    if backend.name() != "tensorflow":
        return backend.value_and_gradient(loss)
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def gradient(x, labels):
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            value = loss(x, labels)
        return tape.gradient(value, x)

    return lambda x, labels: gradient(tf.constant(x), tf.constant(labels)).numpy()
