"""Back in time, forked, raced against the past; on a disk of bounded size."""

import numpy as np
import pytest

from tests.engine.training.test_loop import QUICK, assert_equal, model, played, started, weights
from visualizer.engine.training import training_file
from visualizer.engine.training.bricks import Flatten, build
from visualizer.engine.training.checkpoints import CheckpointError
from visualizer.engine.training.loop import Diverged, Training
from visualizer.engine.training.shapes import draw_shapes
from visualizer.engine.training.split import split
from visualizer.engine.training.timeline import Timeline
from visualizer.engine.training.train_settings import TrainSettings


@pytest.fixture(scope="module")
def data():
    return split(draw_shapes(60, 0), part=0.2, seed=1)


def test_back_and_forth_is_as_it_was(data, tmp_path):
    training = started(data)
    timeline = Timeline(training, tmp_path / "moments")
    kept = []
    for _ in range(3):
        played(training, "epoch")
        kept.append((timeline.keep(), weights(training)))
    assert [moment.batch for moment in timeline.moments] == [3, 6, 9]
    first, then = kept[0]
    timeline.go_to(first)
    for value, expected in zip(weights(training), then, strict=True):
        np.testing.assert_array_equal(value, expected)
    assert (training.epoch, training.batch) == (1, 3)
    assert timeline.in_past
    timeline.go_to(kept[2][0])
    assert not timeline.in_past
    assert training.history.batches == 9
    assert len(training.history.column("loss")) == 9
    for value, expected in zip(weights(training), kept[2][1], strict=True):
        np.testing.assert_array_equal(value, expected)


def test_a_fork_with_the_same_settings_is_the_same_run_and_another_rate_is_another(data, tmp_path):
    training = started(data, augmentation="objects")
    timeline = Timeline(training, tmp_path)
    played(training, "epoch")
    moment = timeline.keep()
    played(training)
    end = weights(training)
    timeline.go_to(moment)
    branch = timeline.fork()
    assert (branch.parent, branch.at) == (0, 3)
    played(training)
    for value, expected in zip(weights(training), end, strict=True):
        np.testing.assert_array_equal(value, expected)
    timeline.go_to(moment)
    timeline.fork()
    training.change(learning_rate=0.1)
    played(training)
    timeline.keep()
    assert [each.history.batches for each in timeline.branches] == [9, 9, 9]
    losses = [each.history.column("loss") for each in timeline.branches]
    np.testing.assert_array_equal(losses[0], losses[1])
    np.testing.assert_array_equal(losses[0][:4], losses[2][:4])
    assert (losses[0][4:] != losses[2][4:]).all()
    assert [change.words for change in timeline.branches[2].history.changes] == [
        "learning rate 0.1"
    ]
    timeline.clear()
    assert not list(tmp_path.iterdir())


def test_what_diverges_after_a_journey_goes_back_within_its_own_past(data, tmp_path):
    linear = build((Flatten(),), (32, 32, 3), 6)
    settings = TrainSettings(**QUICK | {"optimizer": "sgd", "epochs": 100})
    training = Training(linear, data, settings)
    timeline = Timeline(training, tmp_path)
    played(training, "batch")
    moment = timeline.keep()
    played(training, "epoch"), played(training, "epoch")
    timeline.go_to(moment)
    timeline.fork()
    training.change(learning_rate=10.0)
    diverged = played(training)[-1]
    assert isinstance(diverged, Diverged)
    assert diverged.back_to == training.batch == 1


def test_a_moment_with_another_optimizer_can_be_gone_to(data, tmp_path):
    training = started(data, optimizer="adam")
    timeline = Timeline(training, tmp_path)
    played(training, "batch")
    moment = timeline.keep()
    training.change(optimizer="sgd")
    played(training, "batch")
    timeline.go_to(moment)
    assert training.settings.optimizer == "adam"
    assert [change.words for change in timeline.branch.history.changes] == ["optimizer sgd"]
    other = started(data, optimizer="adam")
    played(other, "batch"), played(other, "batch")
    played(training, "batch")
    assert_equal(training, other)


def test_a_full_disk_budget_thins_evenly_and_keeps_both_ends(data, tmp_path):
    training = started(data, epochs=100)
    size = Timeline(training, tmp_path / "one").keep().path.stat().st_size
    timeline = Timeline(training, tmp_path / "many", most_bytes=int(8.5 * size))
    for _ in range(40):
        timeline.keep()
        played(training, "batch")
    batches = [moment.batch for moment in timeline.moments]
    assert len(batches) == 8
    assert (batches[0], batches[-1]) == (0, 39)
    files = list((tmp_path / "many").iterdir())
    assert sorted(files) == [moment.path for moment in timeline.moments]
    assert np.diff(batches).max() <= 16


def test_a_moment_whose_file_is_gone_or_spoilt_is_said(data, tmp_path):
    training = started(data)
    timeline = Timeline(training, tmp_path)
    moment = timeline.keep()
    played(training, "batch")
    moment.path.write_bytes(b"?")
    with pytest.raises(CheckpointError):
        timeline.go_to(moment)
    moment.path.unlink()
    with pytest.raises(CheckpointError):
        timeline.go_to(moment)


def test_a_file_holds_the_whole_training(data, tmp_path):
    training = started(data, optimizer="nesterov", dropout=0.3)
    played(training, "epoch")
    training.change(learning_rate=0.02)
    played(training, "batch")
    path = tmp_path / "mine.training"
    training_file.save(training, path, {"data": "shapes"})
    assert training_file.read_recipe(path) == {"data": "shapes"}
    resumed = Training(model(seed=8), data, TrainSettings(**QUICK))
    training_file.resume(resumed, path)
    np.testing.assert_allclose(
        resumed.history.column("loss"), training.history.column("loss"), rtol=1e-5
    )
    assert resumed.history.changes == training.history.changes
    assert resumed.history.epochs[0].batch == 3
    played(training), played(resumed)
    assert_equal(training, resumed)


@pytest.mark.parametrize(
    "damage", [{"batch": 1}, {"history": {}}, {"settings": {"epochs": 0}}, {"epoch": None}]
)
def test_a_damaged_file_is_refused(data, tmp_path, damage):
    from visualizer.engine.training import checkpoints

    training = started(data)
    path = tmp_path / "mine.training"
    training_file.save(training, path, {})
    meta = checkpoints.read_meta(path) | damage
    checkpoints.write(path, training.state().values, meta)
    with pytest.raises(ValueError, match="begin a new"):
        training_file.resume(started(data), path)
    checkpoints.write(path, [], {})
    with pytest.raises(CheckpointError, match="no training"):
        training_file.read_recipe(path)
