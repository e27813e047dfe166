"""A network cut at a stage: the head on its features is the whole network that comes of it."""

import keras
import numpy as np
import pytest

from tests.engine.training.test_loop import QUICK, played
from visualizer.engine.generators import run_to_end
from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.training.loop import Training, TrainingError
from visualizer.engine.training.race import race
from visualizer.engine.training.shapes import draw_shapes
from visualizer.engine.training.split import Split, split
from visualizer.engine.training.train_settings import TrainSettings
from visualizer.engine.training.transfer import Transfer, TransferError


@pytest.fixture(scope="module")
def data():
    return split(draw_shapes(60, 0), part=0.2, seed=1)


@pytest.fixture(scope="module", params=["plain", "residual", "caffe"])
def network(request, explore):
    if request.param != "caffe":
        return request.getfixturevalue(request.param)
    model = keras.Sequential(
        [
            keras.layers.Input((20, 20, 3)),
            keras.layers.Conv2D(5, 3, activation="relu", name="conv1"),
            keras.layers.GlobalAveragePooling2D(name="mean"),
            keras.layers.Dense(4, activation="softmax", name="scores"),
        ]
    )
    caffe = Preprocessing(255.0, (-103.9, -116.8, -123.7), order="bgr")
    return explore(model, name="caffe", title="Caffe", preprocessing=caffe)


def trained(network, data, stage="auto"):
    transfer = Transfer(network, data.classes, stage)
    train = run_to_end(transfer.features(data.train, fit=True))
    validation = run_to_end(transfer.features(data.validation))
    head = Training(
        transfer.head(), Split(train, validation), TrainSettings(**QUICK | {"epochs": 4})
    )
    played(head)
    return transfer, head, train


def test_head_and_whole_network_say_the_same(network, data):
    before = [np.array(w) for w in network.model.get_weights()]
    transfer, head, train = trained(network, data)
    assert train.pictures.shape == (len(data.train), transfer.stage.units)
    np.testing.assert_allclose(train.pictures.mean(0), 0, atol=1e-3)
    assert np.sqrt(train.pictures.var(0).mean()) == pytest.approx(1, rel=1e-3)
    result = transfer.result(transfer.whole(head.model), "mine", "Mine")
    assert result.classes == data.classes
    assert result.size == network.size
    assert [s.name for s in result.stages][1] == network.stages[1].name
    pictures = np.stack([result.fit(picture) for picture in data.train.pictures[:8]])
    said = result.forward(pictures)["output"].argmax(1)
    np.testing.assert_array_equal(said, head.logits(train.pictures[:8]).argmax(1))
    for weight, old in zip(network.model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)


def test_unfrozen_stages_learn_and_the_others_and_the_original_do_not(network, data):
    transfer, head, _ = trained(network, data)
    original = [np.array(w) for w in network.model.get_weights()]
    whole = transfer.whole(head.model)
    model = transfer.unfreeze(whole, 1)
    pictures = Split(transfer.pictures(data.train), transfer.pictures(data.validation))
    training = Training(model, pictures, TrainSettings(**QUICK))
    before = [np.array(w) for w in whole.get_weights()]
    head_said = head.logits(run_to_end(transfer.features(data.train)).pictures[:6])
    np.testing.assert_allclose(training.logits(pictures.train.pictures[:6]), head_said, atol=2e-2)
    contest = race(training, [TrainSettings(**QUICK | {"learning_rate": 0.05, "epochs": 1})])
    run_to_end(contest.run())
    (racer,) = contest.trainings
    played(training, "batch")
    free = {layer.name for layer in network.layers(transfer.stage.name)} | {"output"}
    for learnt in (whole, racer.model.layers[-1]):
        kernels = {w.path.split("/")[-2] for w in learnt.trainable_variables}
        assert kernels <= free
        assert "output" in kernels
        for weight, old, variable in zip(learnt.get_weights(), before, learnt.weights, strict=True):
            assert not variable.trainable or (weight != old).any()
            assert variable.trainable or (weight == old).all()
    for weight, old in zip(network.model.get_weights(), original, strict=True):
        np.testing.assert_array_equal(weight, old)
    seen = np.stack([network.fit(picture) for picture in data.train.pictures[:6]])
    said = transfer.result(whole, "mine", "Mine").forward(seen)["output"]
    logits = training.logits(pictures.train.pictures[:6])
    np.testing.assert_array_equal(said.argmax(1), logits.argmax(1))


def test_stages_to_unfreeze_are_counted_or_named(plain, data):
    transfer = Transfer(plain, data.classes, "conv2")

    def learns(stages):
        whole = transfer.whole(transfer.head())
        transfer.unfreeze(whole, stages)
        return {layer.name for layer in whole.layers if layer.weights and layer.trainable}

    assert learns(1) == learns("conv2") == {"conv2", "output"}
    assert learns("3") == learns("conv1") == {"conv1", "conv2", "output"}
    for wrong in (0, 4, "-1", "fc6", "data"):
        with pytest.raises(TransferError, match="3 stages to unfreeze"):
            learns(wrong)


def test_a_spatial_stage_is_averaged(plain, data):
    transfer, head, train = trained(plain, data, "conv1")
    assert train.pictures.shape[1] == 4
    whole = transfer.whole(head.model)
    assert whole.get_layer("features").output.shape == (None, 4)


def test_where_it_cannot_be_cut_is_said(plain):
    for stage in ("output", "data"):
        with pytest.raises(TransferError, match="such as conv2"):
            Transfer(plain, ["a", "b"], stage)
    with pytest.raises(ValueError, match="no stage 'fc9'"):
        Transfer(plain, ["a", "b"], "fc9")


@pytest.mark.parametrize("fields", [{"adversarial": 0.1}, {"augmentation": "digits"}])
def test_settings_that_change_pictures_mean_nothing_to_a_head(plain, data, fields):
    _, head, _ = trained(plain, data)
    with pytest.raises(TrainingError, match="features that are computed once"):
        head.change(**fields)
    assert head.settings.adversarial is None
    settings = TrainSettings(**fields)
    with pytest.raises(TrainingError, match="leave that setting out"):
        Training(head.model, head.data, settings)
