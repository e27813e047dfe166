"""Playing, pausing, stepping, and the hand on the learning rate."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tests.gui.train.conftest import Trainer
from tests.live import film
from visualizer.gui.runs.steered_run import RunState


def test_it_is_ready_before_anything_was_pressed(user):
    assert user.run.state is RunState.PAUSED
    assert user.run.frame.step == 0
    assert "Multilayer perceptron on digits" in user.bar.status.toolTip()
    assert user.workspace.titles() == ("Multilayer perceptron on digits",)
    assert user.bar.go_button.text() == "Play"
    assert user.bar.go_button.isEnabled()
    assert [curve.name for curve in user.page.rate.curves] == ["to come"]


def test_playing_draws_the_curves_and_space_pauses(user):
    user.press(Qt.Key.Key_Period)  # one batch
    assert user.history.batches == 1
    user.press("e")  # to the end of the epoch
    assert user.history.batches == 8
    assert user.run.frame.epoch == 1
    user.set("epochs", 10_000)
    user.workspace.toggle()
    user.until(lambda: user.run.frame.step >= 20)
    user.workspace.toggle()
    user.settle()
    assert user.run.state is RunState.PAUSED
    assert user.history.batches >= 20
    names = {curve.name for curve in user.page.loss.curves}
    assert names == {"training", "validation"}
    loss = user.page.loss.curves[0]
    assert len(loss.x) >= min(20, user.history.batches)
    assert loss.y[-1] < loss.y[0]
    assert loss.x[-1] == pytest.approx(user.run.frame.epoch)
    assert "right" in user.bar.status.toolTip()


def test_to_the_end_and_ten_epochs_more(user):
    user.set("epochs", 2)
    user.bar.end_button.click()
    user.settle()
    assert user.run.state is RunState.DONE
    assert user.history.batches == 16
    assert not user.bar.batch_button.isEnabled()
    assert user.bar.go_button.text() == "10 more epochs"
    user.bar.go_button.click()
    user.until(lambda: user.run.frame.step >= 20)
    user.settle()
    assert user.training.settings.epochs == 12
    assert user.controls.train_settings.epochs == 12


def test_the_dial_counts_from_the_next_batch_while_it_runs(user):
    user.set("epochs", 10_000)
    user.bar.go_button.click()
    user.until(lambda: user.run.frame.step >= 3)
    user.page.dial.slider.setValue(user.page.dial.slider.value() + 40)
    user.until(lambda: user.run.frame.learning_rate > 0.02)
    user.bar.go_button.click()
    user.settle()
    assert user.page.dial.words.text() == "0.03"
    assert user.history.changes[1].words == "learning rate 0.03"
    rates = user.history.column("learning_rate")
    changed = user.history.changes[1].batch
    assert 3 < changed <= len(rates)
    assert set(rates[: changed - 1]) == {0.003}
    assert set(rates[changed - 1 :]) == {0.03}


def test_the_keys_turn_the_dial(user):
    user.workspace.step_unit(-1)  # up
    user.settle()
    assert user.page.dial.rate == pytest.approx(0.003 * 10**0.25, rel=0.05)
    assert user.training.settings.learning_rate == user.page.dial.rate
    user.workspace.step_unit(1)
    user.workspace.step_unit(1)
    user.settle()
    assert user.page.dial.rate < 0.003


def test_a_rate_that_is_drawn_is_found_in_the_recorded_history(user):
    user.play_to(5)
    before = user.history.batches
    user.draw(user.page.rate, [(4, 0.01), (6, 0.02), (8, 0.0005), (10, 0.0003)])
    assert user.training.schedule.kind == "drawn"
    assert user.history.changes[-1].words == "schedule: drawn"
    user.bar.end_button.click()
    user.settle()
    rates = user.history.column("learning_rate")
    assert set(rates[:before]) == {0.003}
    at_six, at_eight = rates[6 * 8], rates[8 * 8 + 2]
    assert at_six == pytest.approx(0.02, rel=0.2)
    assert at_eight == pytest.approx(0.0005, rel=0.4)
    shown = next(curve for curve in user.page.rate.curves if curve.name == "so far")
    np.testing.assert_allclose(shown.y, rates, rtol=1e-6)


def test_a_schedule_is_shown_before_it_comes(user):
    user.set("schedule", "one-cycle")
    user.settle()
    ahead = user.page.rate.curves[-1]
    assert ahead.y.max() == pytest.approx(0.003, rel=1e-3)
    assert ahead.y[0] < 0.0002
    assert 2 < ahead.x[ahead.y.argmax()] < 4


def test_a_cosine_begins_anew_as_often_as_one_likes(user):
    restarts = user.controls.settings.control("restarts")
    assert not restarts.isEnabled()
    user.set("schedule", "cosine")
    assert restarts.isEnabled()
    user.set("restarts", 2)
    user.settle()
    ahead = user.page.rate.curves[-1].y
    rises = np.flatnonzero(np.diff(ahead) > 0.001)
    assert len(rises) == 2


def test_settings_count_without_a_new_start(user):
    user.play_to(5)
    before = user.history.batches
    user.set("batch_size", 64)
    user.set("optimizer", "momentum")
    user.settle()
    assert "begins without a memory" in user.bar.said.text()
    user.bar.batch_button.click()
    user.settle()
    assert user.history.batches == before + 1
    assert len(user.history.changes) == 2


def test_another_network_waits_for_a_new_start_once_something_was_learnt(user):
    user.play_to(3)
    training_session = user.run.training_session
    user.choose(user.controls.model, "softmax")
    user.settle()
    assert "Begin anew" in user.controls.chosen_words.text()
    assert user.run.training_session is training_session
    user.press("n")
    assert user.run.frame.step == 0
    assert user.run.frame.title == "Softmax regression on digits"
    assert user.run.frame.parameters == 650
    assert not user.controls.chosen_words.text()


def test_a_training_that_explodes_is_taken_back_and_goes_on_with_half_the_rate(user):
    user.set("optimizer", "sgd")
    user.workspace.set_rate(10.0)
    user.set("batch_size", 1)
    user.bar.end_button.click()
    user.settle()
    frame = user.run.frame
    assert frame.offered.value == 5.0
    assert user.bar.offer_words.text() == frame.said
    assert "too large" in frame.said
    assert user.bar.offer_button.text() == "Go on with 5"
    assert all(np.isfinite(v.numpy()).all() for v in user.training.model.trainable_variables)
    user.bar.offer_button.click()
    user.until(lambda: user.page.dial.rate == 5.0)
    user.settle()
    assert user.training.settings.learning_rate == 5.0
    assert "went back" in " ".join(change.words for change in user.history.changes)


def test_too_little_memory_offers_a_smaller_batch(user, monkeypatch):
    step = user.training._step
    real = step.on_indices

    def small(indices, *args):
        if len(indices) > 20:
            raise MemoryError
        return real(indices, *args)

    monkeypatch.setattr(step, "on_indices", small)
    user.set("epochs", 2)
    user.bar.go_button.click()
    user.settle()
    assert user.run.state is RunState.PAUSED
    assert "not enough memory for 32 pictures" in user.bar.offer_words.text()
    assert user.bar.offer_button.text() == "Go on with batches of 16"
    user.bar.offer_button.click()
    user.until(lambda: user.run.state is RunState.DONE)
    assert user.training.settings.batch_size == 16
    assert user.controls.train_settings.batch_size == 16
    assert user.history.batches == 30


def test_smoothing_and_a_logarithmic_axis(user):
    user.play_to(30)
    raw = user.history.column("loss")
    user.page.smoothing.setValue(0)
    user.settle()
    np.testing.assert_allclose(user.page.loss.curves[0].y, raw)
    user.page.smoothing.setValue(95)
    user.settle()
    smooth = user.page.loss.curves[0].y
    assert np.abs(np.diff(smooth)).sum() < np.abs(np.diff(raw)).sum()
    user.page.log.click()
    user.page.loss.grab()
    shown = user.page.loss.getViewBox().viewRange()[1]
    assert shown[0] < np.log10(smooth.min()) < np.log10(smooth.max()) < shown[1]


def test_a_class_from_the_camera(user):
    user.choose(user.controls.data, "own")
    assert user.bar.status.toolTip()  # the training of before is still there
    first, second = user.controls.own.rows
    assert "two classes" in user.controls.chosen_words.text()
    first.name.setText("cup")
    second.name.setText("hand")
    user.session.start_live(film)
    user.until(lambda: user.session.live and user.session.specimen is not None)
    for row in (first, second):
        count = len(row.pictures)
        user.qtbot.mousePress(row.take, Qt.MouseButton.LeftButton)
        user.until(lambda row=row, count=count: len(row.pictures) >= count + 6)
        user.qtbot.mouseRelease(row.take, Qt.MouseButton.LeftButton)
    user.session.stop_live()
    user.settle()
    assert int(first.count.text()) >= 6
    assert user.run.frame.classes == ("cup", "hand")
    assert user.run.frame.size == (32, 32, 3)
    user.bar.epoch_button.click()
    user.settle()
    assert user.run.frame.epoch == 1
    user.bar.explore_button.click()
    user.settle()
    assert user.session.network.classes == ("cup", "hand")
    user.session.start_live(film)
    network = user.session.network
    user.until(lambda: user.session.activations is not None)
    user.until(lambda: user.session.activations.probabilities.shape == (2,))
    assert user.session.network is network
    user.session.stop_live()
    user.settle()


def test_a_training_on_pictures_of_the_camera_goes_on_after_a_restart(user, qtbot):
    user.choose(user.controls.data, "own")
    user.choose(user.controls.side, 48)
    rng = np.random.default_rng(0)
    for row, name in zip(user.controls.own.rows, ("cup", "hand"), strict=True):
        row.name.setText(name)
        for _ in range(4):
            row.add(rng.integers(0, 255, (224, 224, 3), np.uint8))
    user.controls.own.changed.emit()
    user.settle()
    user.bar.epoch_button.click()
    user.settle()
    user.workspace.hide()
    other = Trainer(qtbot, user.session)
    assert "on my own pictures, after 1 epochs" in other.bar.offer_words.text()
    other.bar.offer_button.click()
    other.settle()
    assert other.run.frame.classes == ("cup", "hand")
    assert other.run.frame.step == user.run.frame.step
    assert [row.title for row in other.controls.own.rows] == ["cup", "hand"]
    assert other.controls.side.currentData() == 48
    for each in (user, other):
        each.bar.batch_button.click()
        each.settle()
    for a, b in zip(user.training.model.weights, other.training.model.weights, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
    taken = other.controls.own.pictures
    np.testing.assert_array_equal(taken["cup"], user.controls.own.pictures["cup"])


def test_each_class_is_looked_at_before_it_is_trained(user, tmp_path):
    import cv2

    rng = np.random.default_rng(0)
    for name, count in (("cats", 10), ("dogs", 2)):
        (tmp_path / name).mkdir()
        for index in range(count):
            picture = rng.integers(0, 255, (40, 50, 3), np.uint8)
            cv2.imwrite(str(tmp_path / name / f"{index}.png"), picture)
    user.controls.set_folder(str(tmp_path))
    user.settle()
    user.bar.tabs["data"].click()
    user.settle()
    page = user.workspace.data
    assert [(t.words, t.number) for t in page.classes.tiles] == [
        ("cats", "8 + 2"),
        ("dogs", "1 + 1"),
    ]
    assert all(not tile.image.isNull() for tile in page.classes.tiles)
    assert "only 2: the network will guess the first too often" in page.warning.text()
    assert page.summary.text() == "2 classes: 9 pictures to train on, 3 to validate"
    user.choose(user.controls.data, "digits")
    user.settle()
    assert len(page.classes.tiles) == 10
    assert not page.warning.isVisible()


def test_pictures_of_the_tray(user, colours):
    user.choose(user.controls.data, "own")
    rows = user.controls.own.rows
    for specimen, row in zip(colours, (*rows, rows[0]), strict=True):
        user.session.add(specimen)
        user.qtbot.mouseClick(row.take, Qt.MouseButton.LeftButton)
    user.settle()
    assert [len(row.pictures) for row in rows] == [2, 1]
    assert "Take two pictures" in user.controls.chosen_words.text()


def test_a_folder_of_folders_names_what_is_broken(user, tmp_path):
    import cv2

    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for index in range(5):
            picture = rng.integers(0, 255, (40, 50, 3), np.uint8)
            cv2.imwrite(str(tmp_path / name / f"{index}.png"), picture)
    (tmp_path / "cats" / "broken.png").write_bytes(b"no picture")
    user.controls.set_folder(str(tmp_path))
    user.settle()
    assert user.run.frame.classes == ("cats", "dogs")
    assert "“broken.png”" in user.bar.said.text()
    assert sum(user.run.frame.pictures) == 10


def test_a_folder_with_one_class_is_refused_in_a_sentence(user, tmp_path):
    import cv2

    (tmp_path / "cats").mkdir()
    for index in range(3):
        cv2.imwrite(str(tmp_path / "cats" / f"{index}.png"), np.full((20, 20, 3), 70 * index))
    user.controls.set_folder(str(tmp_path))
    user.settle()
    assert user.run.state is RunState.FAILED
    assert "only one class (cats)" in user.bar.error.text()
    user.choose(user.controls.data, "digits")
    user.settle()
    assert user.run.state is RunState.PAUSED
    assert not user.bar.error.isVisible()


def test_training_goes_on_while_another_workspace_is_shown(user):
    user.set("epochs", 10_000)
    user.bar.go_button.click()
    user.until(lambda: user.run.frame.step >= 3)
    user.workspace.hide()
    user.until(lambda: user.run.frame.step >= 20)
    shown = len(user.page.loss.curves[0].x)
    user.workspace.show()
    user.until(lambda: len(user.page.loss.curves[0].x) > shown)
    user.bar.go_button.click()
    user.settle()
