"""A Keras model opened as stages: their names, order, costs, tensors and scores."""

import threading

import keras
import numpy as np
import pytest
from keras import layers, ops

from visualizer.engine import backend
from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing


def names(network: Network) -> list[str]:
    return [stage.name for stage in network.stages]


def noise(network: Network, count: int = 1) -> np.ndarray:
    return np.random.default_rng(0).uniform(0, 1, (count, *network.size, 3)).astype("float32")


def answer(network: Network, pictures: np.ndarray) -> np.ndarray:
    return ops.convert_to_numpy(network.model(pictures, training=False))


def test_alexnet_has_the_stages_of_the_paper():
    from visualizer.models import alexnet

    network = Network(
        alexnet.build(), name="a", title="A", classes=[], preprocessing=Preprocessing(), sha256=""
    )
    assert names(network) == [
        *("data", "conv1", "pool1", "conv2", "pool2", "conv3"),
        *("conv4", "conv5", "pool3", "fc6", "output"),
    ]
    conv1 = network.stage("conv1")
    assert (conv1.kernel_size, conv1.strides, conv1.padding) == ((11, 11), (4, 4), "valid")
    assert conv1.shape == (47, 47, 64)
    assert conv1.activation == "relu"
    assert conv1.weights().shape == (11, 11, 3, 64)
    assert conv1.parameters == 11 * 11 * 3 * 64 + 64
    assert conv1.multiply_adds == 47 * 47 * 11 * 11 * 3 * 64
    assert network.stage("fc6").multiply_adds == 4 * 4 * 256 * 1024
    assert network.stage("pool3").kind == "pooling"
    assert sum(stage.parameters for stage in network.stages) == network.model.count_params()


def test_every_stage_is_the_tensor_keras_computes(plain):
    pictures = noise(plain, 3)
    computed = plain.forward(pictures)
    assert list(computed) == ["data", "conv1", "pool1", "conv2", "output"]
    np.testing.assert_array_equal(computed["data"], pictures)
    for name, layer in (("conv1", "conv1"), ("pool1", "pool1"), ("conv2", "conv2")):
        tensor = plain.model.get_layer(layer).output
        part = keras.Model(plain.model.inputs[0], tensor)
        expected = ops.convert_to_numpy(part(pictures))
        np.testing.assert_allclose(computed[name], expected, rtol=1e-4, atol=1e-5)
        assert computed[name].shape[1:] == plain.stage(name).shape
    np.testing.assert_allclose(computed["output"], answer(plain, pictures), atol=1e-6)
    assert plain.stages[-1].layer == "scores"


def test_a_chain_is_one_stage_that_ends_where_the_chain_ends(residual):
    assert names(residual) == ["data", "stem", "depth", "point", "sum", "mean", "output"]
    kinds = [stage.kind for stage in residual.stages]
    assert kinds == [
        *("input", "convolution", "depthwise", "convolution", "add", "pooling", "dense"),
    ]
    stem, total = residual.stage("stem"), residual.stage("sum")
    assert stem.layers == ("stem", "stem_bn", "stem_relu")
    assert (stem.activation, stem.padding, stem.strides) == ("relu", "explicit", (2, 2))
    assert stem.parameters == 3 * 3 * 3 * 4 + 4 * 4
    assert total.inputs == ("stem", "point")
    assert total.layers == ("sum", "sum_relu")
    last = residual.stages[-1]
    assert (last.name, last.layer, last.activation) == ("output", "logits", "softmax")
    assert last.inputs == ("mean",)

    pictures = noise(residual)
    end = keras.Model(residual.model.inputs[0], residual.model.get_layer("stem_relu").output)
    expected = ops.convert_to_numpy(end(pictures, training=False))
    np.testing.assert_allclose(residual.forward(pictures)["stem"], expected, rtol=1e-4)


def test_the_costs_of_each_kind_of_layer(explore):
    x = inputs = layers.Input((12, 10, 3))
    x = layers.Conv2D(8, (3, 2), 2, padding="same", name="conv")(x)
    x = layers.Conv2D(6, 3, groups=2, padding="same", name="grouped")(x)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", name="depth")(x)
    x = layers.SeparableConv2D(5, 3, padding="same", name="separable")(x)
    x = layers.MaxPooling2D(name="pool")(x)
    x = layers.Conv2DTranspose(4, 2, 2, name="up")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(7, name="fc")(x)
    network = explore(keras.Model(inputs, layers.Dense(3)(x)))
    costs = {stage.name: stage.multiply_adds for stage in network.stages}
    assert costs == {
        "data": 0,
        "conv": 6 * 5 * (3 * 2 * 3) * 8,
        "grouped": 6 * 5 * (3 * 3 * 4) * 6,
        "depth": 6 * 5 * (3 * 3) * 12,
        "separable": 6 * 5 * (12 * 9 + 12 * 5),
        "pool": 0,
        "up": 3 * 2 * 5 * (2 * 2 * 4),
        "fc": 6 * 4 * 4 * 7,
        "output": 7 * 3,
    }
    assert network.stage("depth").kind == "depthwise"
    assert network.stage("depth").weights().shape == (3, 3, 6, 2)
    assert network.stage("fc").weights().shape == (96, 7)
    assert network.stage("pool").weights() is None


def dense_softmax(x):
    return layers.Dense(5, activation="softmax", name="scores")(x)


def softmax_layer(x):
    return layers.Softmax()(layers.Dense(5, name="scores")(x))


def activation_layer(x):
    return layers.Activation("softmax")(layers.Dense(5, name="scores")(x))


def softmax_operation(x):
    return ops.softmax(layers.Dense(5, name="scores")(x))


def scores_only(x):
    return layers.Dense(5, name="scores")(x)


def softmax_then_reshape(x):
    x = layers.Reshape((1, 1, -1))(x)
    x = layers.Softmax()(layers.Conv2D(5, 1, name="scores")(x))
    return layers.Reshape((5,))(x)


@pytest.mark.parametrize(
    "head",
    [
        *(dense_softmax, softmax_layer, activation_layer, softmax_operation, scores_only),
        softmax_then_reshape,
    ],
)
def test_logits_are_the_scores_before_any_softmax(explore, head):
    inputs = layers.Input((6, 6, 3))
    features = layers.Flatten()(layers.Conv2D(2, 3, name="conv")(inputs))
    network = explore(keras.Model(inputs, head(features)))
    assert names(network) == ["data", "conv", "output"]
    pictures = noise(network, 2)
    scores, likely = backend.compiled(lambda x: (network.logits(x), network.probabilities(x)))(
        pictures
    )
    weights = network.model.get_layer("scores").get_weights()
    flat = network.forward(pictures)["conv"].reshape(2, -1)
    expected = flat @ weights[0].reshape(-1, 5) + weights[1]
    np.testing.assert_allclose(scores, expected, rtol=1e-4)
    e = np.exp(expected - expected.max(-1, keepdims=True))
    np.testing.assert_allclose(likely, e / e.sum(-1, keepdims=True), rtol=1e-3)
    np.testing.assert_allclose(network.forward(pictures)["output"], likely, atol=1e-6)


@pytest.mark.parametrize("fused", [True, False])
def test_one_sigmoid_tells_two_classes_apart(explore, fused):
    x = inputs = layers.Input((6, 6, 3))
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3)(x))
    x = layers.Dense(1, activation="sigmoid" if fused else None)(x)
    network = explore(keras.Model(inputs, x), classes=["cat", "dog"])
    pictures = noise(network)
    likely = network.forward(pictures)["output"]
    score = backend.compiled(network.logits)(pictures)
    np.testing.assert_allclose(likely, 1 / (1 + np.exp(-score)), rtol=1e-4)
    top = network.top(likely[0])
    assert {p.label for p in top} == {"cat", "dog"}
    assert sum(p.probability for p in top) == pytest.approx(1)


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("activation", [None, "tanh", "relu", "softplus"])
def test_a_few_outputs_that_say_how_much_are_values(explore, activation, apart):
    x = inputs = layers.Input((8, 8, 3))
    x = layers.Dense(2, activation=None if apart else activation)(layers.Flatten()(x))
    x = layers.Activation(activation)(x) if apart and activation else x
    network = explore(keras.Model(inputs, x))
    pictures = noise(network, 2)
    assert network.gives_values
    np.testing.assert_allclose(
        network.forward(pictures)["output"], answer(network, pictures), atol=1e-6
    )


def test_probabilities_by_an_unknown_function_give_their_logarithm_as_logits(explore):
    class Own(layers.Layer):
        def call(self, x):
            return ops.softmax(x)

    x = inputs = layers.Input((6, 6, 3))
    x = Own(name="own")(layers.Dense(4, name="fc")(layers.Flatten()(x)))
    network = explore(keras.Model(inputs, x))
    pictures = noise(network)
    scores = backend.compiled(network.logits)(pictures)
    np.testing.assert_allclose(np.exp(scores), answer(network, pictures), rtol=1e-4)
    np.testing.assert_allclose(network.forward(pictures)["output"].sum(), 1, rtol=1e-5)


def test_the_value_before_a_relu(explore):
    """Fused into the layer, or a layer of its own: below zero there is still a slope."""
    x = inputs = layers.Input((8, 8, 3))
    x = layers.Conv2D(3, 3, activation="relu", name="fused")(x)
    x = layers.Conv2D(3, 3, name="own")(x)
    x = layers.ReLU(name="relu")(layers.BatchNormalization()(x))
    network = explore(keras.Model(inputs, layers.Conv2D(2, 1, name="last")(x)))
    for name in ("fused", "own"):  # push both below zero
        layer = network.model.get_layer(name)
        layer.set_weights([layer.get_weights()[0], np.full(3, -9.0)])
    pictures = noise(network)
    both = backend.compiled(
        lambda x: {
            name: (network.tensor(x, name), network.tensor(x, name, before_activation=True))
            for name in ("fused", "own")
        },
        variables=network.model.variables,
    )(pictures)
    assert both["fused"][0].max() == 0
    assert both["fused"][1].max() < 0
    np.testing.assert_allclose(np.maximum(both["own"][1], 0), both["own"][0])
    _, slope = backend.value_and_gradient(
        lambda x: ops.sum(network.tensor(x, "fused", before_activation=True))
    )(pictures)
    assert np.abs(slope).min() > 0
    assert network.model.get_layer("fused").activation is keras.activations.relu


def test_the_forward_pass_may_run_on_two_threads_while_another_asks_before_the_relu(plain):
    pictures = noise(plain, 2)
    before = backend.compiled(lambda x: plain.tensor(x, "conv1", before_activation=True))
    expected = plain.forward(pictures)["conv1"]
    wrong = []

    def work(call, wanted):
        for _ in range(20):
            if not np.array_equal(call(), wanted):
                wrong.append(call)

    bare = before(pictures)
    threads = [
        threading.Thread(target=work, args=(lambda: plain.forward(pictures)["conv1"], expected)),
        threading.Thread(target=work, args=(lambda: before(pictures), bare)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_branches_know_what_feeds_them(explore):
    x = inputs = layers.Input((9, 9, 3))
    x = layers.Conv2D(4, 3, name="stem")(x)
    one = layers.Conv2D(2, 1, name="one")(x)
    three = layers.Conv2D(2, 3, padding="same", name="three")(layers.Conv2D(2, 1, name="reduce")(x))
    pooled = layers.MaxPooling2D(3, 1, "same", name="pool")(x)
    x = layers.Concatenate(name="mixed")([one, three, pooled])
    x = layers.Dense(3, activation="softmax")(layers.Flatten()(x))
    network = explore(keras.Model(inputs, x))
    assert names(network) == (["data", "stem", "one", "reduce", "three", "pool", "mixed", "output"])
    fed_by = {stage.name: stage.inputs for stage in network.stages}
    assert fed_by["mixed"] == ("one", "three", "pool")
    assert fed_by["three"] == ("reduce",)
    assert fed_by["pool"] == ("stem",)
    assert network.stage("mixed").kind == "concatenate"
    order = names(network)
    assert all(order.index(a) < order.index(b) for b in order for a in fed_by[b])


def test_a_value_read_twice_ends_its_stage(explore):
    """Pre-activation residual networks: the sum goes on, its normalisation is a stage."""
    x = inputs = layers.Input((8, 8, 3))
    x = layers.Conv2D(3, 1, name="stem")(x)
    y = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    y = layers.Conv2D(3, 3, padding="same", name="conv")(y)
    x = layers.Add(name="sum")([x, y])
    x = layers.Dense(2)(layers.GlobalAveragePooling2D(name="mean")(x))
    network = explore(keras.Model(inputs, x))
    assert names(network) == ["data", "stem", "norm", "conv", "sum", "mean", "output"]
    assert network.stage("norm").kind == "normalisation"
    assert network.stage("norm").activation == "relu"
    assert network.stage("stem").activation is None


def test_a_dense_layer_on_maps_is_a_convolution_of_1_by_1(explore):
    x = inputs = layers.Input((8, 8, 3))
    x = layers.Dense(4, activation="gelu", name="point")(layers.Conv2D(6, 3, name="conv")(x))
    x = layers.Activation("linear", name="nothing")(x)
    network = explore(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x))))
    assert names(network) == ["data", "conv", "point", "output"]
    point = network.stage("point")
    assert (point.kind, point.kernel_size, point.activation) == ("convolution", (1, 1), "gelu")
    assert point.weights().shape == (1, 1, 6, 4)
    assert point.multiply_adds == 6 * 6 * 6 * 4
    assert point.receptive_field == network.stage("conv").receptive_field
    assert network.stages[-1].kind == "dense"


def test_names_are_unique_and_the_two_fixed_ones_are_kept(explore):
    conv = layers.Conv2D(3, 3, padding="same", name="twice")
    x = inputs = layers.Input((8, 8, 3), name="input")
    x = conv(conv(x))
    x = layers.Conv2D(2, 1, name="output")(x)
    x = layers.Conv2D(2, 1, name="data")(x)
    network = explore(keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x))))
    assert names(network) == ["data", "twice", "twice_2", "output_2", "data_2", "output"]
    assert network.stage("output_2").layer == "output"


def test_a_network_inside_a_network(explore):
    base = keras.Sequential(
        [layers.Input((None, None, 3)), layers.Conv2D(4, 3, activation="relu", name="conv1")],
        name="base",
    )
    model = keras.Sequential(
        [layers.Input((10, 10, 3)), base, layers.GlobalMaxPooling2D(name="max"), layers.Dense(2)]
    )
    network = explore(model, classes=("cat", "dog"))
    assert names(network) == ["data", "conv1", "max", "output"]
    assert network.stage("conv1").shape == (8, 8, 4)
    pictures = noise(network)
    likely = network.forward(pictures)["output"]
    scores = answer(network, pictures)
    np.testing.assert_allclose(likely, np.exp(scores) / np.exp(scores).sum(), rtol=1e-4)


class Written(keras.Model):
    """A model written as a class."""

    def __init__(self):
        super().__init__(name="written")
        self.conv = layers.Conv2D(3, 3)
        self.scores = layers.Dense(4, activation="softmax")

    def call(self, x):
        return self.scores(ops.mean(self.conv(x), axis=(1, 2)))


def test_a_model_written_as_a_class_opens_with_two_stages(explore):
    model = Written()
    model(np.zeros((1, 11, 13, 3), "float32"))
    network = explore(model, size=(11, 13), preprocessing=Preprocessing())
    assert names(network) == ["data", "output"]
    pictures = noise(network, 2)
    np.testing.assert_allclose(
        network.forward(pictures)["output"], answer(network, pictures), atol=1e-6
    )
    assert network.stages[-1].parameters == model.count_params()


def test_networks_of_any_size_open_at_224_unless_told(explore):
    x = inputs = layers.Input((None, None, 3))
    x = layers.Conv2D(2, 3, 2, padding="same", name="conv")(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.GlobalAveragePooling2D()(x)))
    assert explore(model).stage("conv").shape == (112, 112, 2)
    network = explore(model, size=(40, 60))
    assert network.size == (40, 60)
    assert network.stage("conv").shape == (20, 30, 2)
    assert network.forward(noise(network))["conv"].shape == (1, 20, 30, 2)


def test_the_answer_of_several_outputs_is_the_first_flat_one(explore):
    x = inputs = layers.Input((8, 8, 3))
    x = layers.Conv2D(2, 3, name="conv")(x)
    main = layers.Dense(3, name="main")(layers.GlobalAveragePooling2D(name="mean")(x))
    aside = layers.Dense(5, name="aside")(layers.GlobalMaxPooling2D(name="max")(x))
    network = explore(keras.Model(inputs, [x, main, aside]))
    assert names(network) == ["data", "conv", "mean", "output"]
    assert network.stages[-1].layer == "main"


def test_weights_that_change_show_in_the_next_pass(plain):
    pictures = noise(plain)
    layer = plain.model.get_layer("scores")
    kept = layer.get_weights()
    plain.forward(pictures)
    try:
        layer.set_weights([kept[0] * 0, np.array([0, 0, 50, 0, 0], "float32")])
        assert plain.forward(pictures)["output"][0].argmax() == 2
        assert plain.forward(pictures)["output"][0].max() == pytest.approx(1)
    finally:
        layer.set_weights(kept)


def test_what_is_cached_is_made_once_and_goes_with_the_network(plain):
    made = []

    def make():
        made.append(object())
        return made[-1]

    assert plain.cached(("test", 1), make) is plain.cached(("test", 1), make)
    assert plain.cached(("test", 2), make) is made[1]
    assert len(made) == 2


def test_a_failure_is_not_cached(plain):
    def fail():
        raise ValueError("not now")

    with pytest.raises(ValueError, match="not now"):
        plain.cached("failing", fail)
    assert plain.cached("failing", lambda: 3) == 3


def test_the_predictions_of_a_picture_are_those_of_its_forward_pass(plain, photo):
    values = plain.forward(plain.fit(photo)[None])["output"][0]
    best = plain.predictions(photo, 3)
    assert [each.index for each in best] == np.argsort(-values)[:3].tolist()
    assert [each.probability for each in best] == pytest.approx(np.sort(values)[:-4:-1].tolist())


def test_what_was_worked_out_from_weights_is_forgotten_when_they_change(plain):
    of_weights = [plain.cached("a", object, of_weights=True) for _ in range(2)]
    kept = plain.cached("b", object)
    assert of_weights[0] is of_weights[1]
    plain.weights_changed()
    assert plain.cached("a", object, of_weights=True) is not of_weights[0]
    assert plain.cached("b", object) is kept
    plain.weights_changed()
