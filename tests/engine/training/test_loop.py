"""A training as its user plays it: batch by batch, changed on the way, stopped, gone on with."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from visualizer.engine.errors import UserError
from visualizer.engine.training import checkpoints
from visualizer.engine.training.bricks import Convolution, Dense, Dropout, Flatten, Pooling, build
from visualizer.engine.training.history import EpochDone
from visualizer.engine.training.loop import (
    BatchDone,
    BatchTooLarge,
    Diverged,
    State,
    Training,
    TrainingError,
)
from visualizer.engine.training.race import race
from visualizer.engine.training.schedules import Schedule
from visualizer.engine.training.shapes import draw_shapes
from visualizer.engine.training.split import Split, split
from visualizer.engine.training.train_settings import TrainSettings

LAYERS = (Convolution(filters=4, stride=2), Pooling(), Flatten(), Dense(units=12), Dropout())
QUICK = {"batch_size": 16, "epochs": 3, "learning_rate": 0.01, "seed": 5}


@pytest.fixture(scope="module")
def data():
    return split(draw_shapes(60, 0), part=0.2, seed=1)


def model(seed=1):
    return build(LAYERS, (32, 32, 3), 6, seed)


def started(data, **settings):
    return Training(model(), data, TrainSettings(**QUICK | settings))


def played(training, until="end"):
    return [event for event in training.run(until) if event is not None]


def weights(training):
    return checkpoints.values_of(training.model.variables)


def assert_equal(one, other):
    for left, right in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(left, right)


def test_it_goes_through_every_picture_once_an_epoch_and_measures(data):
    training = started(data)
    events = played(training)
    batches = [event for event in events if isinstance(event, BatchDone)]
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert training.batches_an_epoch == 3
    assert [len(event.indices) for event in batches] == [16, 16, 16] * 3
    for epoch in range(3):
        seen = np.concatenate([event.indices for event in batches if event.epoch == epoch])
        assert sorted(seen) == list(range(len(data.train)))
    assert [epoch.batch for epoch in epochs] == [3, 6, 9]
    assert training.finished
    assert training.progress == 1
    logits = training.logits(data.validation.pictures)
    right = (logits.argmax(1) == data.validation.labels).mean()
    assert epochs[-1].validation_accuracy == pytest.approx(right)
    assert epochs[0].loss == pytest.approx(np.mean([event.loss for event in batches[:3]]))
    assert math.isnan(epochs[0].adversarial_accuracy)
    np.testing.assert_array_equal(training.history.column("loss"), [b.loss for b in batches])


def test_one_batch_and_one_epoch_at_a_time(data):
    training = started(data)
    assert [type(event) for event in played(training, "batch")] == [BatchDone]
    assert [type(event) for event in played(training, "epoch")] == [BatchDone, BatchDone, EpochDone]
    assert (training.epoch, training.position, training.batch) == (1, 0, 3)
    other = started(data)
    played(other, "epoch")
    assert_equal(training, other)


@pytest.mark.parametrize("until", ["batch", "epoch", "end"])
def test_stopped_between_the_last_batch_and_the_measuring_it_measures_first(data, until):
    training, whole = started(data, epochs=2), started(data, epochs=2)
    for event in training.run():
        if event is not None and training.batch == 3:
            break
    assert training.epoch == 0
    first = next(event for event in training.run(until) if event is not None)
    assert (type(first), first.epoch, first.batch) == (EpochDone, 1, 3)
    played(training)
    played(whole)
    assert_equal(training, whole)


def test_after_the_end_another_batch_can_be_taken(data):
    training = started(data, epochs=1)
    played(training)
    assert played(training) == []
    assert played(training, "batch")[0].batch == 4


def test_a_schedule_that_is_redrawn_on_the_way_is_in_the_record(data):
    training = started(data, schedule="one-cycle", epochs=2)
    events = training.run()
    next(events)
    training.set_schedule(Schedule("drawn", points=((0.0, 2.0), (1.0, 2.0))))
    next(events)
    training.change(learning_rate=0.001)
    next(events)
    rates = training.history.column("learning_rate")
    np.testing.assert_allclose(rates, [0.01 / 25, 0.02, 0.002])
    assert [(c.batch, c.words) for c in training.history.changes] == [
        (2, "schedule: drawn"),
        (3, "learning rate 0.001"),
    ]


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"batch_size": 5}, False),
        ({"weight_decay": 0.1}, False),
        ({"dropout": 0.0}, False),
        ({"label_smoothing": 0.2}, False),
        ({"augmentation": "objects"}, False),
        ({"adversarial": 0.1}, False),
        ({"optimizer": "adamw"}, False),
        ({"momentum": 0.5}, False),
        ({"optimizer": "momentum"}, True),
    ],
)
def test_what_is_changed_on_the_way_counts_from_the_next_batch(data, change, lost):
    """The first batch is the same, the second differs; nothing else begins anew."""
    changed, same = started(data, epochs=1), started(data, epochs=1)
    first, _ = played(changed, "batch"), played(same, "batch")
    said = changed.change(**change)
    assert bool(said) == lost
    played(changed, "batch"), played(same, "batch")
    assert first[0].loss == same.history.column("loss")[0]
    differs = any(
        (left != right).any() for left, right in zip(weights(changed), weights(same), strict=True)
    )
    assert differs == (change != {"optimizer": "adamw"})  # the same without decay
    assert changed.change(**change) == ""  # what is so already is no change
    assert len(changed.history.changes) == 1


def test_momentum_that_is_turned_on_begins_without_a_memory(data):
    training = started(data, optimizer="momentum", momentum=0.0)
    played(training, "batch")
    assert "memory" in training.change(momentum=0.9)
    played(training, "batch")
    assert training.change(momentum=0.5) == ""
    played(training, "batch")


def test_dropout_that_is_turned_off_is_off(data):
    """Two trainings whose dropout draws differently are the same once it is 0."""
    one = Training(model(), data, TrainSettings(**QUICK, dropout=0.0))
    other = Training(model(), data, TrainSettings(**QUICK, dropout=0.5))
    other.change(dropout=0.0)
    played(one, "batch"), played(other, "batch")
    assert_equal(one, other)


def test_a_diverged_run_is_caught_and_goes_on_from_the_last_good_state(data, monkeypatch):
    monkeypatch.setattr("visualizer.engine.training.loop.GOOD_EVERY", 2)
    linear = build((Flatten(),), (32, 32, 3), 6)
    settings = TrainSettings(**QUICK | {"optimizer": "sgd", "epochs": 100})
    training = Training(linear, data, settings)
    for _ in range(5):
        played(training, "batch")
    before = training.state()
    training.change(learning_rate=10.0)
    diverged = played(training)[-1]
    assert isinstance(diverged, Diverged)
    assert diverged.suggested_rate == 5.0
    assert diverged.back_to < diverged.batch
    assert training.batch == diverged.back_to
    assert f"after batch {diverged.back_to}" in diverged.sentence
    assert all(np.isfinite(value).all() for value in weights(training))
    assert training.settings.learning_rate == 10.0  # offered, not done
    training.restore(before)
    training.change(learning_rate=0.001)
    assert isinstance(played(training, "batch")[0], BatchDone)
    assert training.batch == 6


def test_adversarial_training_measures_both(data):
    linear = build((Flatten(),), (32, 32, 3), 6)
    settings = TrainSettings(**QUICK | {"adversarial": 0.03, "epochs": 20})
    training = Training(linear, Split(data.train, data.train), settings)
    done = played(training)[-1]
    assert 0 <= done.adversarial_accuracy < done.validation_accuracy
    assert not np.isnan(training.history.column("adversarial_accuracy")).any()


@pytest.mark.parametrize("optimizer", ["adam", "nesterov", "rmsprop"])
def test_gone_on_with_it_ends_bit_for_bit_as_if_it_never_stopped(data, optimizer):
    settings = {"optimizer": optimizer, "augmentation": "objects", "schedule": "cosine"}
    whole = started(data, **settings)
    played(whole)
    part = started(data, **settings)
    for _ in range(4):
        played(part, "batch")
    state = part.state()
    resumed = Training(model(seed=9), data)
    resumed.restore(State(state.values, state.meta))
    played(resumed)
    assert_equal(whole, resumed)
    assert resumed.history.column("batch").tolist() == [5, 6, 7, 8, 9]
    assert resumed.settings == whole.settings


PROGRAM = """
import sys
from pathlib import Path
from tests.engine.training.test_loop import started, played, weights
from visualizer.engine.training import checkpoints
from visualizer.engine.training.loop import State
from visualizer.engine.training.shapes import draw_shapes
from visualizer.engine.training.split import split

path = Path(sys.argv[1])
training = started(split(draw_shapes(60, 0), part=0.2, seed=1), augmentation="objects")
variables = checkpoints.training_variables(training.model, training.optimizer)
training.restore(State(checkpoints.read_values(path, variables), checkpoints.read_meta(path)))
played(training)
checkpoints.write(path.with_suffix(".end"), weights(training), {})
"""


def test_another_process_goes_on_bit_for_bit(data, tmp_path):
    whole = started(data, augmentation="objects")
    for _ in range(4):
        played(whole, "batch")
    state = whole.state()
    checkpoints.write(tmp_path / "state.zip", state.values, state.meta)
    played(whole)
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "state.zip")],
        check=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
    )
    end = checkpoints.read_values(tmp_path / "state.end", whole.model.variables)
    for value, expected in zip(end, weights(whole), strict=True):
        np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize(
    "damage",
    [
        {"epoch": -1},
        {"position": 10**9},
        {"batch": "3"},
        {"settings": {"learning_rate": 99}},
        {"schedule": {"kind": "drawn", "points": [[0, "a"]]}},
        {"schedule": None},
        {"sums": [1]},
        {"sums": None},
        {"sums": [0, 0.0, 0.0]},
    ],
)
def test_a_damaged_state_is_refused_and_changes_nothing(data, damage):
    training = started(data)
    played(training, "batch")
    before, state = weights(training), training.state()
    with pytest.raises(TrainingError, match="begin a new one"):
        training.restore(State(state.values, state.meta | damage))
    for value, expected in zip(weights(training), before, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_too_little_memory_is_said_and_it_goes_on_with_a_smaller_batch(data, monkeypatch):
    training, small = started(data, epochs=1), started(data, epochs=1, batch_size=8)
    step = training._step.on_indices

    def short(indices, transforms):
        if len(indices) > 8:
            raise MemoryError
        return step(indices, transforms)

    monkeypatch.setattr(training._step, "on_indices", short)
    (event,) = played(training)
    assert isinstance(event, BatchTooLarge)
    assert (event.pictures, event.suggested_size, training.batch) == (16, 8, 0)
    assert "set the batch size to 8" in event.sentence
    training.change(batch_size=event.suggested_size)
    played(training), played(small)
    assert_equal(training, small)


def test_too_little_memory_for_one_picture_is_said(data, monkeypatch):
    training = started(data, batch_size=1)

    def full(*arguments):
        raise MemoryError

    monkeypatch.setattr(training._step, "_run", full)
    with pytest.raises(TrainingError, match="a smaller network"):
        played(training, "batch")


def test_the_seed_cannot_change_on_the_way(data):
    training = started(data)
    training.change(seed=3)
    played(training, "batch")
    with pytest.raises(TrainingError, match="seed"):
        training.change(seed=4)
    with pytest.raises(UserError, match="learning rate is 100"):
        training.change(learning_rate=100)


def test_without_end_every_epoch_has_other_pictures(data):
    drawn = []

    def redraw(epoch):
        drawn.append(draw_shapes(len(data.train), (7, epoch)))
        return drawn[-1]

    endless = Split(data.train, data.validation, redraw)
    training = Training(model(), endless, TrainSettings(**QUICK | {"epochs": 2, "dropout": 0.0}))
    played(training)
    assert len(drawn) == 2
    still = Training(
        model(), Split(drawn[0], data.validation), TrainSettings(**QUICK | {"dropout": 0.0})
    )
    first = [event.loss for event in played(still, "epoch") if isinstance(event, BatchDone)]
    np.testing.assert_allclose(training.history.column("loss")[:3], first, rtol=1e-6)
    assert training.pictures.classes == data.classes


def test_a_race_is_on_the_same_batches_from_the_same_start(data):
    rates = (0.1, 0.01, 0.001)
    settings = [TrainSettings(**QUICK | {"learning_rate": rate, "epochs": 1}) for rate in rates]
    run = race(Training(model(), data, TrainSettings(**QUICK)), settings)
    found = [(which, event) for which, event in run.run() if isinstance(event, BatchDone)]
    assert [which for which, _ in found[:6]] == [0, 1, 2, 0, 1, 2]
    for turn in range(3):
        same = [event.indices for _, event in found[3 * turn : 3 * turn + 3]]
        np.testing.assert_array_equal(same[0], same[1])
        np.testing.assert_array_equal(same[0], same[2])
    assert len({event.loss for _, event in found[:3]}) == 1  # before the first step
    assert len({event.loss for _, event in found[3:6]}) == 3
    alone = Training(model(), data, settings[1])
    played(alone)
    assert_equal(alone, run.trainings[1])


def test_an_epoch_ends_once_though_another_batch_is_asked_for_while_it_is_measured(data):
    other, training = started(data), started(data)
    events = training.run()
    while not training._epoch_is_over:
        next(events)
    assert next(events) is None  # a slice of its validation pictures
    measured = played(training, "batch")
    assert [type(event) for event in measured] == [EpochDone, BatchDone]
    rest = [event for event in events if event is not None]
    assert [event.epoch for event in rest if isinstance(event, EpochDone)] == [2, 3]
    played(other)
    assert len(training.history.epochs) == len(other.history.epochs) == 3
    assert training.history.batches == other.history.batches
    assert_equal(training, other)
