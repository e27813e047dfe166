"""Files of other people in the window: refusals, trust, several outputs and the doctor's page."""

import shutil
import zipfile

import keras
import numpy as np
import pytest
import shiboken6
from keras import layers
from PySide6.QtWidgets import QInputDialog, QMessageBox, QPushButton

from tests.models.editing import edit, save
from tests.models.editing import layers as entries
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.compute import Compute
from visualizer.gui.core.session import Session
from visualizer.gui.core.store import Store
from visualizer.gui.core.theme import Theme
from visualizer.gui.networks.scaling_page import ScalingPage
from visualizer.gui.shell.main_window import MainWindow
from visualizer.models import bundled, catalog, download, loader, remembered_scaling

PATIENCE = 120_000


def sequential(*middle):
    return keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            *middle,
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def two_outputs():
    pixels = keras.Input((16, 16, 3))
    flat = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(pixels))
    side = layers.Dense(2, name="age")(flat)
    return keras.Model(pixels, [side, layers.Dense(4, activation="softmax", name="breed")(flat)])


def two_inputs():
    inputs = [keras.Input((16, 16, 3), name=name) for name in ("left", "right")]
    means = [layers.GlobalAveragePooling2D()(each) for each in inputs]
    scores = layers.Dense(3, activation="softmax", name="scores")(layers.Concatenate()(means))
    return keras.Model(inputs, scores)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    keras.utils.set_random_seed(3)
    good = save(sequential(), folder / "good.keras")
    save(sequential(layers.Lambda(lambda x: x * 2, name="twice")), folder / "code.keras")
    own = save(sequential(layers.Identity()), folder / "custom.keras")
    edit(
        own, lambda config: entries(config, "Identity")[0].update(class_name="Double", module=None)
    )
    save(two_outputs(), folder / "pair.keras")
    save(two_inputs(), folder / "twins.keras")
    save(sequential(), folder / "new.keras")
    (folder / "broken.h5").write_bytes(good.read_bytes()[:2000][::-1])
    (folder / "cut.keras").write_bytes(good.read_bytes()[:3000])
    (folder / "text.keras").write_text("this is no model")
    with zipfile.ZipFile(folder / "bomb.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", b"0" * (65 << 20))
    return folder


@pytest.fixture(scope="module")
def desk(qapp, files, tmp_path_factory):
    """A window with two pictures and the network of good.keras, whose pixels are known."""
    patch = pytest.MonkeyPatch()
    patch.setenv("VISUALIZER_HOME", str(tmp_path_factory.mktemp("home")))
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    store = Store()
    theme, compute = Theme(qapp, store), Compute()
    session = Session(compute, store)
    window = MainWindow(session, theme)
    window.show()
    yield window
    window.close()
    assert compute.stop(timeout=30)
    shiboken6.delete(window)
    shiboken6.delete(theme)
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
    patch.undo()


@pytest.fixture
def window(desk, files, settle):
    session = desk.session
    if session.network is None:
        good = files / "good.keras"
        way = loader.open_file(good).preprocessing
        remembered_scaling.remember(loader.fingerprint(good), way)
        for seed, title in enumerate(("Rex", "Tom")):
            picture = np.random.default_rng(seed).random((20, 20, 3), np.float32)
            session.add(Specimen(picture, title, Provenance(source="test")))
    session.open_network(str(files / "good.keras"))
    settle(session.compute, PATIENCE)
    while desk.notices.close_newest():
        pass
    yield desk
    for dialog in desk.findChildren(ScalingPage):
        dialog.close()


def press(window, words):
    (button,) = [b for b in window.findChildren(QPushButton) if b.text() == words]
    button.click()


def asked_for_output(window):
    """Close what lies over the offer to choose another output, and take it."""
    for page in window.findChildren(ScalingPage):
        page.close()
    while window.notices.button.text() != "Choose…":  # the newest sentence is in front of it
        assert window.notices.close_newest()
    press(window.notices, "Choose…")
    return the(window, QInputDialog)


def the(window, kind):
    (dialog,) = [d for d in window.findChildren(kind) if d.isVisible()]
    return dialog


def refused(window, settle, name, words):
    """Open something that is refused: one sentence, and everything else is as it was."""
    session = window.session
    network, tray, chosen = session.network, session.specimens, session.specimen
    session.open_network(str(name))
    settle(session.compute, PATIENCE)
    (sentence,) = window.notices.texts()
    assert words in sentence
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    assert window.notices.isVisible()
    assert session.network is network
    assert session.specimens == tray
    assert session.specimen is chosen
    assert session.busy == ""
    assert window.top.network.currentText() == network.title
    other = next(s for s in tray if s is not chosen)  # the program goes on
    session.select(other.id)
    settle(session.compute, PATIENCE)
    assert session.activations is not None
    return sentence


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("broken.h5", "broken.h5"),
        ("cut.keras", "cut.keras"),
        ("text.keras", "text.keras"),
        ("bomb.keras", "config.json"),
        ("custom.keras", "put the Python code of it as custom_objects.py beside the file"),
        ("nowhere.keras", "There is no file"),
    ],
)
def test_a_file_that_does_not_open_is_one_sentence(window, settle, files, name, words):
    refused(window, settle, files / name, words)


def test_a_bundled_file_that_is_not_its_cards(window, settle, tmp_path, monkeypatch):
    shutil.copytree(bundled.pretrained() / "lenet", tmp_path / "lenet")
    with (tmp_path / "lenet" / "lenet.keras").open("r+b") as file:
        file.seek(5000)
        file.write(b"something else")
    monkeypatch.setattr(bundled, "pretrained", lambda: tmp_path)
    refused(window, settle, "lenet", "is not the file its card describes")


def test_a_download_with_a_wrong_hash(window, settle, tmp_path, monkeypatch):
    (tmp_path / "far.h5").write_bytes(b"not what was published")
    monkeypatch.setenv(download.MIRROR, str(tmp_path))
    row = catalog.Entry("far", "Far", "", (28, 28, 1), 10, 1, 2.1, None, "", "", "download")
    file = download.RemoteFile("http://127.0.0.1:1/far.h5", f"sha256:{'0' * 64}")
    published = download.Published(row, file, lambda path: pytest.fail("it was opened"))
    monkeypatch.setattr(catalog, "_published", lambda: (published,))
    refused(window, settle, "far", "far.h5 is not the published file")


def test_code_in_a_file_runs_only_after_a_warning_and_a_yes(window, settle, files):
    sentence = refused(window, settle, files / "code.keras", "code of its own in 1 layer (twice)")
    assert "--trust" not in sentence  # a way out for the terminal
    good = window.session.network
    press(window.notices, "Open with trust…")
    box = the(window, QMessageBox)
    assert "could do anything" in box.text()
    assert "delete your files" in box.informativeText()
    assert box.defaultButton().text() == "Do not open"
    box.defaultButton().click()
    settle(window.session.compute, PATIENCE)
    assert window.session.network is good

    window.model_files.ask_trust(str(files / "code.keras"), "code.keras carries code")
    box = the(window, QMessageBox)
    next(b for b in box.buttons() if b.text() == "Open with trust").click()
    settle(window.session.compute, PATIENCE)
    assert window.session.network.name == "code"
    assert any("was opened with trust" in text for text in window.notices.texts())


def test_another_of_several_outputs_can_be_chosen(window, settle, files):
    session = window.session
    session.open_network(str(files / "pair.keras"))
    settle(session.compute, PATIENCE)
    assert session.network.stage("output").units == 4
    assert any("(age, breed); shown is breed" in text for text in window.notices.texts())
    assert window.actions_["outputs"].isEnabled()
    dialog = asked_for_output(window)
    assert dialog.textValue() == "breed"
    dialog.setTextValue("age")
    dialog.accept()
    settle(session.compute, PATIENCE)
    assert session.network.stage("output").units == 2
    assert catalog.name_of(session.network) == f"{files / 'pair.keras'}:age"
    assert session.store.text("network") == f"{files / 'pair.keras'}:age"


def test_one_of_several_inputs_can_be_chosen(window, settle, files):
    session = window.session
    session.open_network(str(files / "twins.keras"))
    settle(session.compute, PATIENCE)
    dialog = asked_for_output(window)
    assert dialog.comboBoxItems() == ["scores", "left>scores", "right>scores"]
    dialog.setTextValue("right>scores")
    dialog.accept()
    settle(session.compute, PATIENCE)
    assert catalog.name_of(session.network) == f"{files / 'twins.keras'}:right>scores"


def test_the_doctor_asks_the_first_time_and_again_when_told_to(window, settle, files, qtbot):
    session = window.session
    assert not [p for p in window.findChildren(ScalingPage) if p.isVisible()]
    session.open_network(str(files / "new.keras"))
    settle(session.compute, PATIENCE)
    page = the(window, ScalingPage)
    qtbot.waitUntil(lambda: bool(page.cards), timeout=PATIENCE)
    page.use.click()
    settle(session.compute, PATIENCE)
    assert not session.network.card["guessed"]
    assert remembered_scaling.remembered(session.network.sha256) == session.network.preprocessing
    assert not [p for p in window.findChildren(ScalingPage) if p.isVisible()]
    session.open_network(str(files / "new.keras"))
    settle(session.compute, PATIENCE)
    assert not [p for p in window.findChildren(ScalingPage) if p.isVisible()]
    assert window.actions_["pixels"].isEnabled()
    window.actions_["pixels"].trigger()
    page = the(window, ScalingPage)
    qtbot.waitUntil(lambda: bool(page.cards), timeout=PATIENCE)


def test_a_question_left_open_is_told_and_can_be_taken_up_again(window, settle, files, qtbot):
    window.session.open_network(str(files / "twins.keras"))
    settle(window.session.compute, PATIENCE)
    the(window, ScalingPage).reject()
    assert any("takes its pixels is a guess: pixels from" in t for t in window.notices.texts())
    press(window.notices, "Look…")
    the(window, ScalingPage)


def test_what_was_mended_is_told(window, settle, tmp_path):
    path = save(sequential(), tmp_path / "mended.keras")
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    window.session.open_network(str(path))
    settle(window.session.compute, PATIENCE)
    told = "“mended.keras”: labels.txt has 2 names, the network 3 outputs."
    assert told in window.notices.texts()
    assert the(window, ScalingPage).notes.text() in told


def test_a_saved_model_that_is_only_a_graph_offers_trust(window, settle, tmp_path):
    (tmp_path / "graph").mkdir()
    (tmp_path / "graph" / "saved_model.pb").write_bytes(b"\x08\x01")
    window.inputs.open_paths([tmp_path / "graph"])
    settle(window.session.compute, PATIENCE)
    assert any("only TensorFlow's graph" in text for text in window.notices.texts())
    press(window.notices, "Open with trust…")
    the(window, QMessageBox).reject()


def archive(files, folder):
    """Teachable Machine's export, as it is downloaded."""
    path = folder / "converted_keras.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.write(save(sequential(), folder / "keras_model.h5"), "keras_model.h5")
        file.writestr("labels.txt", "0 Cat\n1 Dog\n2 Hamster\n")
    (folder / "keras_model.h5").unlink()
    return path


def unzipped(files, folder):
    with zipfile.ZipFile(archive(files, folder)) as file:
        file.extractall(folder / "teachable")
    return folder / "teachable"


def described(files, folder):
    model = sequential()
    model.save_weights(folder / "model.weights.h5")
    (folder / "model.json").write_text(model.to_json())
    return folder / "model.json"


@pytest.mark.parametrize("make", [archive, unzipped, described])
def test_everything_the_loader_opens_can_be_dropped(make, window, settle, files, tmp_path):
    path = make(files, tmp_path)
    window.inputs.open_paths([path])
    settle(window.session.compute, PATIENCE)
    assert window.session.network.card["source"] == str(path)
    assert len(window.session.network.classes) == (0 if make is described else 3)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("net.pth", "PyTorch"), ("net.onnx", "ONNX"), ("net.tflite", "TensorFlow Lite")],
)
def test_models_of_other_programs_are_named_as_such(name, kind, window, settle, tmp_path):
    (tmp_path / name).write_bytes(b"\x08\x07 something")
    window.inputs.open_paths([tmp_path / name])
    settle(window.session.compute, PATIENCE)
    (sentence,) = window.notices.texts()
    assert f"{kind} model, not a Keras model" in sentence


def test_networks_of_the_catalogue_have_nothing_to_ask(window, settle):
    window.session.open_network("lenet")
    settle(window.session.compute, PATIENCE)
    assert window.session.network.name == "lenet"
    assert not window.actions_["pixels"].isEnabled()
    assert not window.actions_["outputs"].isEnabled()
    assert window.notices.texts() == []
