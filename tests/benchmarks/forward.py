"""All stages of a picture, against the bare compiled model and against `model.predict`."""

from collections.abc import Callable, Iterator

import keras
import numpy as np

from tests.benchmarks.rows import Budget, Row, benchmark
from tests.benchmarks.timing import ratio, seconds
from visualizer.engine import backend
from visualizer.engine.activations import activations
from visualizer.engine.pictures import samples
from visualizer.models.catalog import open_network


@benchmark("One picture, every stage")
def every_stage(budget: Budget) -> Iterator[Row]:
    """The activations of every stage cost little more than the forward pass itself."""
    network = open_network(budget.network)
    picture = network.fit(samples()[0].load())
    batch = np.ascontiguousarray(picture[None])
    layers = {layer.name for layer in network.model.layers}
    outputs = [
        network.model.get_layer(stage.name).output
        for stage in network.stages
        if stage.name in layers and stage.kind != "input"
    ]
    model = keras.Model(network.model.inputs, outputs)
    bare = _compiled(model)

    def ours() -> object:
        return activations(network, picture)

    def predict() -> object:
        return network.model.predict(batch, verbose=0)

    times = budget.times(400, 60)
    yield Row(
        "every stage / bare compiled forward with the same outputs",
        ratio(ours, lambda: bare(batch), times),
        "×",
        at_most=1.25,
    )
    yield Row(
        "model.predict on one picture / every stage",
        1 / ratio(ours, predict, budget.times(7, 3), in_a_row=budget.times(40, 15)),
        "×",
        at_least=8,
    )
    yield Row("every stage of one picture", 1000 * seconds(ours, times), "ms")


def _compiled(model: keras.Model) -> Callable[[np.ndarray], list[np.ndarray]]:
    """The least that gets a model's outputs as arrays."""
    if backend.name() != "tensorflow":
        return backend.compiled(lambda x: model(x, training=False))
    import tensorflow as tf

    function = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    return lambda batch: [output.numpy() for output in function(tf.constant(batch))]
