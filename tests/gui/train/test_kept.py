"""What comes of a training: a file, a table; adversarial training; a new head."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox

from visualizer.gui.networks.picker import NetworkPicker
from visualizer.models import loader, own_networks


def opened(path):
    steps = loader.opening(path)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_it_is_saved_into_the_catalogue_and_opens_by_its_name(user):
    user.bar.epoch_button.click()
    user.settle()
    user.press("s")
    dialog = user.workspace.findChild(QInputDialog)
    assert dialog.textValue() == "Multilayer perceptron on digits"
    dialog.setTextValue("My first network")
    dialog.accept()
    user.settle()
    assert "“My first network” is in the catalogue" in user.session.sentences[-1][0]
    picker = NetworkPicker()
    user.qtbot.addWidget(picker)
    picker.search.setText("my first network")
    assert picker.shown() == ["my-first-network"]
    measured = user.history.epochs[-1].validation_accuracy
    assert picker.entry.top1 == pytest.approx(measured)
    network = opened(own_networks.path_of(picker.entry.name))
    assert network.title == "My first network"
    assert network.card["training"]["recipe"]["model"] == "mlp"
    assert user.controls.model.findData("transfer:my-first-network") >= 0
    assert picker.remove_button.isVisibleTo(picker)
    picker.remove_button.click()
    box = picker.findChild(QMessageBox)
    assert "Delete “My first network” for good?" in box.text()
    next(each for each in box.buttons() if each.text() == "Delete").click()
    assert "my-first-network" not in picker.shown()
    assert own_networks.path_of("my-first-network") is None
    assert not picker.remove_button.isVisibleTo(picker)


def test_it_is_saved_as_a_file_that_opens_without_a_question(user, tmp_path):
    user.bar.epoch_button.click()
    user.settle()
    user.workspace.exports()[0].trigger()
    dialog = user.workspace.findChild(QFileDialog)
    path = tmp_path / "mine.keras"
    dialog.fileSelected.emit(str(path))
    dialog.close()
    user.settle()
    assert "“mine.keras” is saved" in user.session.sentences[-1][0]
    network = opened(path)
    assert network.classes == tuple("0123456789")
    picture = user.training.data.validation.pictures[0]
    colours = np.repeat(picture, 3, axis=2).astype(np.float32) / 255
    found = network.forward(colours[None])["output"][0]
    logits = user.training.logits(picture[None])[0]
    np.testing.assert_allclose(found, np.exp(logits) / np.exp(logits).sum(), atol=1e-5)


def test_the_table_has_a_row_an_epoch(user):
    for _ in range(2):
        user.bar.epoch_button.click()
        user.settle()
    header, rows = user.workspace.table_for_export()
    assert header[:3] == ["epoch", "validation loss", "validation accuracy"]
    assert [row[0] for row in rows] == [1.0, 2.0]
    assert rows[1][2] == user.history.epochs[1].validation_accuracy


def test_adversarial_training_has_a_curve_of_its_own(user):
    from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox

    control = user.controls.settings.control("adversarial")
    control.findChild(QDoubleSpinBox).setValue(16)
    control.findChild(QCheckBox).click()
    user.settle()
    assert user.training.settings.adversarial == pytest.approx(16 / 255)
    user.bar.epoch_button.click()
    user.settle()
    curves = {curve.name: curve for curve in user.page.accuracy.curves}
    assert set(curves) == {"training", "validation", "adversarial"}
    measured = user.history.epochs[0]
    assert curves["adversarial"].y[-1] == pytest.approx(100 * measured.adversarial_accuracy)


def test_a_new_head_for_a_network_of_the_catalogue(user, catalogue, plain):
    catalogue["lenet"] = plain
    user.choose(user.controls.model, "transfer:lenet")
    user.settle()
    assert user.run.frame.title.startswith("A new head for")
    assert user.controls.stage.isVisible()
    assert not user.bar.error.isVisible(), user.bar.error.text()
    user.bar.epoch_button.click()
    user.settle()
    assert user.history.batches == 8
    features = user.training.data.validation.pictures[:1]
    logits = user.training.logits(features)[0]
    chance = (np.exp(logits) / np.exp(logits).sum()).max()
    assert user.page.watched.text().endswith(f": {100 * chance:.0f}%")
    assert [each.name for each in user.page.strip.stages] == ["data"]
    user.bar.explore_button.click()
    user.settle()
    network = user.session.network
    assert network.title.startswith("A new head for")
    assert network.classes == tuple("0123456789")


def test_stages_are_unfrozen_and_learn_from_pictures(user, catalogue, plain):
    catalogue["lenet"] = plain
    user.choose(user.controls.model, "transfer:lenet")
    user.settle()
    assert user.controls.train_settings.optimizer == "momentum"  # what a new head learns well with
    assert not user.controls.settings.control("augmentation").isEnabled()
    user.controls.unfrozen.setValue(1)
    user.settle()
    assert "begins with a new head" in user.controls.unfrozen_words.text()
    assert not user.bar.error.isVisible(), user.bar.error.text()
    assert "The new head alone is right in" in user.bar.said.text()
    assert user.controls.settings.control("augmentation").isEnabled()
    user.bar.explore_button.click()
    user.settle()
    network = user.session.network
    assert network is user.run.training_session.network  # the network of now
    free = {id(v): v.numpy() for v in network.model.trainable_variables}
    frozen = [(v, v.numpy()) for v in network.model.variables if id(v) not in free]
    user.bar.tabs["inside"].click()
    user.settle()
    user.bar.batch_button.click()
    user.settle()
    assert user.workspace.inside.table.rowCount() == 2
    assert user.workspace.inside.table.item(1, 0).text() == "output"
    assert all((v.numpy() != free[id(v)]).any() for v in network.model.trainable_variables)
    assert all((v.numpy() == before).all() for v, before in frozen)
    user.workspace.choose_page("step")
    user.workspace.step_page.trace_button.click()
    user.settle()
    assert "of " in user.workspace.step_page.title.text()
    user.controls.unfrozen.setValue(99)
    user.press("n")
    assert "stages to unfreeze, not 99" in user.bar.error.text()


def test_a_stage_that_is_not_there_is_said(user, catalogue, plain):
    catalogue["lenet"] = plain
    user.choose(user.controls.model, "transfer:lenet")
    user.settle()
    user.controls.stage.setText("conv99")
    user.controls.stage.editingFinished.emit()
    user.settle()
    assert "no stage 'conv99'" in user.bar.error.text()


def test_an_event_file_for_tensorboard(user, tmp_path):
    user.bar.epoch_button.click()
    user.settle()
    action = user.workspace.exports()[1]
    action.trigger()
    dialog = user.workspace.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    user.settle()
    files = list(tmp_path.rglob("events.out.tfevents*"))
    assert len(files) == 1
    assert files[0].stat().st_size > 8 * 20
    assert "tensorboard" in user.session.sentences[-1][0]
