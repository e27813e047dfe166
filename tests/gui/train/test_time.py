"""Back in time, forks, races, range tests, and on after a restart."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from tests.gui.train.conftest import Trainer
from visualizer.engine.training import range_test
from visualizer.gui.runs.steered_run import RunState
from visualizer.gui.train.run import saved_folder


def weights(user):
    return np.concatenate([v.numpy().ravel() for v in user.training.model.trainable_variables])


@pytest.fixture(autouse=True)
def at_epochs_only(monkeypatch):
    """However slow this computer is."""
    monkeypatch.setattr("visualizer.gui.train.past.KEEP_SECONDS", 1e9)


@pytest.fixture
def traveller(user):
    """Two epochs are learnt, each with a moment at its end; the time machine is shown."""
    user.weights = [weights(user)]
    for _ in range(2):
        user.bar.epoch_button.click()
        user.settle()
        user.weights.append(weights(user))
    user.bar.tabs["time"].click()
    user.settle()
    user.time = user.workspace.time
    return user


def test_back_in_time_everything_is_as_it_was(traveller):
    user = traveller
    assert [each.batch for each in user.time.moments] == [0, 8, 16]
    watched = user.run.frame.views.probability
    user.press("[")
    assert user.run.frame.step == 8
    assert "as it was" in user.time.words.text()
    np.testing.assert_array_equal(weights(user), user.weights[1])
    assert user.run.frame.views.probability != watched
    assert user.time.plot.now.place == 1.0
    user.time.slider.setValue(0)
    user.settle()
    np.testing.assert_array_equal(weights(user), user.weights[0])
    user.workspace.last_unit()
    user.settle()
    np.testing.assert_array_equal(weights(user), user.weights[2])
    assert user.history.batches == 16
    assert not user.run.frame.past.in_past


def test_the_other_workspaces_go_back_too(traveller):
    user = traveller
    user.press("t")
    user.session.select(user.session.specimens[-1].id)
    user.bar.explore_button.click()
    user.settle()
    now = user.session.activations.probabilities
    user.workspace.hide()
    user.workspace.first_unit()
    user.settle()
    user.until(lambda: np.abs(user.session.activations.probabilities - now).max() > 0.05)


def test_a_fork_is_a_run_of_its_own_on_the_same_batches(traveller):
    user = traveller
    user.press("[")
    user.workspace.set_rate(0.03)
    user.settle()
    user.bar.epoch_button.click()
    user.settle()
    past = user.run.frame.past
    assert past.branch == 1
    assert [(b.number, b.parent, b.at) for b in past.branches] == [(0, None, 0.0), (1, 0, 1.0)]
    assert [curve.name for curve in user.time.plot.curves] == ["run 1", "run 2 from 1"]
    assert user.history.column("learning_rate").tolist() == [0.003] * 8 + [0.03] * 8
    assert np.abs(weights(user) - user.weights[2]).max() > 1e-3
    user.choose(user.time.run_box, 0)
    user.time.run_box.activated.emit(user.time.run_box.currentIndex())
    user.settle()
    np.testing.assert_array_equal(weights(user), user.weights[2])
    assert user.page.dial.rate == 0.003  # as it was set then


def test_a_fork_with_the_same_settings_ends_as_its_parent(traveller):
    user = traveller
    user.press("[")
    user.bar.epoch_button.click()
    user.settle()
    assert user.run.frame.past.branch == 1
    np.testing.assert_array_equal(weights(user), user.weights[2])


def test_a_click_on_the_plot_goes_there(traveller):
    user = traveller
    user.time.plot.picked.emit(0.9)
    user.settle()
    assert user.run.frame.step == 8


def test_a_race_from_the_same_start_and_on_with_the_winner(user):
    user.workspace.choose_page("race")
    page = user.workspace.race_page
    page.rates.setText("0.003, 0.03, 10")
    page.epochs.setValue(2)
    before = weights(user)
    page.race_button.click()
    assert page.race_button.text() == "Stop"
    user.settle()
    np.testing.assert_array_equal(weights(user), before)  # copies have raced
    assert [curve.name for curve in page.race_plot.curves] == ["0.003", "0.03"]
    first, second, third = user.workspace._race.racers
    assert third.out == "the loss exploded"
    assert not page.takers[2].isVisible()
    assert "10: the loss exploded" in page.race_words.text()
    assert len(first.batches) == 16
    assert first.losses[0] == pytest.approx(second.losses[0], rel=1e-4)  # the same first batch
    assert "0.003: " in page.race_words.text()
    page.takers[0].click()
    user.settle()
    assert user.run.frame.step == 16
    assert user.page.dial.rate == 0.003
    assert user.run.frame.past.branch == 1
    user.bar.batch_button.click()
    user.settle()
    assert user.history.batches == 17


def test_a_race_of_optimizers_and_of_schedules(user):
    user.workspace.choose_page("race")
    page = user.workspace.race_page
    page.epochs.setValue(1)
    user.choose(page.kind, "optimizer")
    assert not page.rates.isVisible()
    boxes = page.names["optimizer"]
    assert [name for name, box in boxes.items() if box.isChecked()] == ["sgd", "momentum", "adam"]
    boxes["momentum"].click()
    page.race_button.click()
    user.settle()
    assert [curve.name for curve in page.race_plot.curves] == ["sgd", "adam"]
    sgd, adam = user.workspace._race.racers
    assert sgd.losses[0] == pytest.approx(adam.losses[0], rel=1e-4)  # the same first batch
    page.takers[1].click()
    user.settle()
    assert user.training.settings.optimizer == "adam"
    assert user.run.frame.step == 8
    user.choose(page.kind, "schedule")
    page.names["schedule"]["constant"].click()
    page.names["schedule"]["cosine"].click()
    page.race_button.click()
    assert "two to four" in page.race_words.text()
    page.names["schedule"]["step"].click()
    page.race_button.click()
    user.settle()
    step, one_cycle = user.workspace._race.racers
    assert (step.name, one_cycle.name) == ("step", "one-cycle")
    rates = one_cycle.training.history.column("learning_rate")
    assert rates.argmax() not in (0, len(rates) - 1)
    page.takers[1].click()
    user.settle()
    assert user.controls.train_settings.schedule == "one-cycle"


def test_a_race_takes_two_to_four_rates(user):
    user.workspace.choose_page("race")
    page = user.workspace.race_page
    for wrong in ("0.1", "a, b", "1, 2, 3, 4, 5", "0.1, 100"):
        page.rates.setText(wrong)
        page.race_button.click()
        assert "two to four" in page.race_words.text()
        assert page.race_button.text() == "Race"


def test_a_range_test_suggests_two_rates_and_a_click_takes_one(user):
    user.workspace.choose_page("race")
    page = user.workspace.race_page
    before = weights(user)
    page.test_button.click()
    user.settle()
    np.testing.assert_array_equal(weights(user), before)
    assert user.history.batches == 0
    valley = page.range_plot.valley.place
    assert 1e-5 < valley < 1
    assert page.take_steepest.isVisible()
    page.take_valley.click()
    user.settle()
    assert user.training.settings.learning_rate == pytest.approx(valley)
    assert user.page.dial.rate == pytest.approx(valley)


def test_whatever_else_is_asked_for_ends_a_range_test(user, monkeypatch):
    long = partial(range_test.range_test, batches=100_000)
    monkeypatch.setattr(range_test, "range_test", long)
    user.play_to(5)
    user.workspace.choose_page("race")
    before, rate = weights(user), user.training.settings.learning_rate
    seen = []
    show = user.workspace.race_page.show_range
    user.workspace.race_page.show_range = lambda frame: seen.append(frame) or show(frame)
    user.workspace.race_page.test_button.click()
    user.until(lambda: any(frame is not None and frame.step > 2 for frame in seen))
    user.workspace.choose_page("curves")  # looks on, and ends nothing
    user.bar.batch_button.click()
    user.settle()
    assert user.history.batches == 6
    assert user.training.settings.learning_rate == rate
    assert (weights(user) != before).any()
    assert not any(frame is not None and frame.valley is not None for frame in seen)


def test_what_is_kept_for_the_next_start_is_written_once(user, monkeypatch):
    from visualizer.engine.training import training_file

    user.play_to(5)
    written = []
    monkeypatch.setattr(training_file, "save", lambda *args: written.append(args))
    user.workspace.step_stage(1)
    user.workspace.choose_page("inside")
    user.settle()
    assert written == []
    user.bar.batch_button.click()
    user.settle()
    assert len(written) == 1


def test_what_was_learnt_out_of_sight_is_shown_on_return(user):
    user.play_to(5)
    user.workspace.hide()
    user.bar.batch_button.click()
    user.settle()
    assert user.workspace.run.training_session.wanted == frozenset()
    user.workspace.show()
    user.settle()
    assert "batch 6" in user.bar.status.text()
    assert user.workspace.run.training_session.wanted


def test_on_after_a_restart_bit_for_bit(user, qtbot):
    user.play_to(11)
    user.workspace.hide()
    kept = weights(user), user.history.column("loss")
    other = Trainer(qtbot, user.session)
    other.settle()
    assert "after 1.3" in other.bar.offer_words.text() or "after 1 epoch" in (
        other.bar.offer_words.text()
    )
    other.bar.offer_button.click()
    other.settle()
    assert other.run.frame.title == "Multilayer perceptron on digits"
    np.testing.assert_array_equal(weights(other), kept[0])
    np.testing.assert_allclose(other.history.column("loss"), kept[1], rtol=1e-5)
    assert not other.bar.offer.isVisible()
    for each in (user, other):
        each.bar.batch_button.click()
        each.settle()
    np.testing.assert_array_equal(weights(other), weights(user))


def test_what_is_damaged_is_not_offered(user, qtbot):
    user.play_to(1)
    file = saved_folder() / "last.training"
    file.write_bytes(file.read_bytes()[:500])
    other = Trainer(qtbot, user.session)
    other.settle()
    assert not other.bar.offer.isVisible()
    assert other.run.state is RunState.PAUSED


def test_the_moments_are_deleted_with_the_training(user):
    user.play_to(2)
    moments = saved_folder() / "moments"
    assert len(list(moments.iterdir())) == 1
    user.run.clear()
    user.settle()
    assert not list(moments.iterdir())


def test_a_full_disk_is_said_and_the_training_goes_on(user, monkeypatch):
    from visualizer.engine.files import SaveError
    from visualizer.engine.training import checkpoints

    def full(*_):
        raise SaveError("The disk is full.")

    monkeypatch.setattr(checkpoints, "write", full)
    user.bar.epoch_button.click()
    user.settle()
    assert user.history.batches == 8
    assert "The disk is full." in user.bar.said.text()


def test_closing_the_window_in_the_midst_of_it_loses_nothing(user, qtbot):
    user.set("epochs", 10_000)
    user.bar.go_button.click()
    user.until(lambda: user.run.frame.step >= 20)
    assert user.session.compute.stop(timeout=30)
    taken = user.history.batches
    from visualizer.engine.training import checkpoints

    meta = checkpoints.read_meta(saved_folder() / "last.training")
    assert meta["settings"]["epochs"] == 10_000
    assert meta["batch"] == taken


def test_two_trainings_do_not_meet(user, qtbot):
    other = Trainer(qtbot, user.session, "softmax")
    for each in (user, other):
        each.set("epochs", 10_000)
        each.bar.go_button.click()
    for each in (user, other):
        each.until(lambda each=each: each.run.frame.step >= 10)
    for each in (user, other):
        each.bar.go_button.click()
    user.settle()
    assert user.run.frame.title.startswith("Multilayer")
    assert other.run.frame.title.startswith("Softmax")
    assert len(list((saved_folder() / "moments").iterdir())) == 2
