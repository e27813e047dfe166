from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from visualizer.engine.attribution import methods
from visualizer.engine.attribution.method import METHODS
from visualizer.engine.camera import SyntheticCamera
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.engine.technique import techniques
from visualizer.gui.explain_jobs import METHOD_JOB, SLOW
from visualizer.gui.widgets.explain_target import UNIT
from visualizer.gui.workspaces.explain import TOO_SLOW, ExplainWorkspace

QUICK = "saliency grad-cam"


@pytest.fixture(scope="module")
def small():
    """A random classifier of 12 x 12 photos: two convolutions and a softmax."""
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    keras.utils.set_random_seed(5)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((12, 12, 3)),
            layers.Conv2D(6, 3, activation="relu", name="conv1"),
            layers.Conv2D(6, 3, strides=2, activation="relu", name="conv2"),
            layers.Flatten(),
            layers.Dense(4, activation="softmax", name="scores"),
        ]
    )
    return Network(
        model,
        name="small",
        title="Small",
        classes=["ant", "bee", "cat", "dog"],
        preprocessing=Preprocessing(scale=4.0, offset=-2.0),
        sha256="small",
    )


class User:
    """Someone in front of the workspace, with a small network and a picture."""

    def __init__(self, qtbot, session, network, methods):
        self.qtbot, self.session, self.network = qtbot, session, network
        session.store.remember("explain methods", methods)
        self.workspace = ExplainWorkspace(session)
        self.controls = self.workspace.side_panel()
        for widget, size in ((self.workspace, (1000, 640)), (self.controls, (320, 700))):
            qtbot.addWidget(widget)
            widget.resize(*size)
            widget.show()
        self.workspace.activateWindow()
        noise = np.random.default_rng(1).uniform(0.1, 0.9, (12, 12, 3)).astype(np.float32)
        self.photo = Specimen(noise, "Grain", Provenance("sample"))

    def open(self):
        self.session.open_network("small")
        self.session.add(self.photo)
        self.settle()
        return self

    def settle(self):
        """Wait until everything asked for, also after a rest, is on the screen."""
        idle = self.session.compute.is_idle
        self.qtbot.waitUntil(
            lambda: idle() and not self.workspace._rest.isActive(), timeout=120_000
        )
        self.qtbot.waitUntil(idle, timeout=120_000)

    def press(self, key):
        self.qtbot.keyClick(self.workspace.body, key)
        self.settle()

    def card(self, method):
        return self.workspace.cards[method]

    def shown(self):
        """The methods whose cards are on the screen, in order."""
        return [name for name in METHODS if self.card(name).isVisible()]

    def heat(self, method):
        return self.workspace.looks[method].result.heat


@pytest.fixture
def meet(qtbot, session, small, monkeypatch):
    def opening(*_, **__):
        return small
        yield

    monkeypatch.setattr("visualizer.models.catalog.opening", opening)
    return lambda methods=QUICK: User(qtbot, session, small, methods)


@pytest.fixture
def user(meet):
    return meet().open()


def pixels(image):
    """A QImage as an array, H x W x 3."""
    data = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return data[..., 2::-1].copy()


def test_before_a_network_there_are_hints_and_nothing_breaks(meet):
    user = meet()
    assert user.workspace.table_for_export() is None
    assert user.workspace.picture.view.image is None
    user.workspace.toggle()
    user.controls.to_tray.click()
    assert "no map" in user.session.sentences[-1][0]


def test_every_method_stands_beside_the_picture(meet):
    user = meet(" ".join(METHODS)).open()
    assert user.shown() == list(METHODS)
    answer = user.network.top(user.session.activations.probabilities, 1)[0]
    assert answer.label in user.workspace.header.title.text()
    assert answer.label in user.workspace.header.words.text()
    for name in METHODS:
        card = user.card(name)
        look = user.workspace.looks[name]
        assert look.done
        assert card.title.text() == methods()[name].title
        np.testing.assert_array_equal(pixels(card.view.image), pixels(look.seen))
        assert card.view.box is None
    assert "completeness error" in user.card("integrated-gradients").words.text()
    header, rows = user.workspace.table_for_export()
    assert header[0] == "method"
    assert [row[0] for row in rows] == list(METHODS)
    assert rows[METHODS.index("integrated-gradients")][3] < 0.05


def test_the_keys_tick_methods_and_cards_come_and_go(user):
    assert user.shown() == QUICK.split()
    user.press(Qt.Key.Key_1)
    assert user.shown() == ["grad-cam"]
    user.press(Qt.Key.Key_3)
    assert user.shown() == ["guided-backprop", "grad-cam"]
    assert "guided-backprop" in user.workspace.looks
    assert user.session.store.text("explain methods") == "guided-backprop grad-cam"


def test_views_and_opacity_are_changed_by_key(user):
    view = user.card("saliency").view
    look = user.workspace.looks["saliency"]
    opacity = user.workspace.header.chosen_opacity
    user.press(Qt.Key.Key_BracketRight)
    assert user.workspace.header.chosen_opacity == pytest.approx(opacity + 0.1)
    user.press(Qt.Key.Key_V)
    np.testing.assert_array_equal(pixels(view.image), pixels(look.heat))
    assert not user.workspace.header.opacity.isEnabled()
    user.press(Qt.Key.Key_V)
    np.testing.assert_array_equal(pixels(view.image), pixels(look.masked))


def test_a_class_is_found_by_typing_and_explained(user):
    before = user.heat("saliency").copy()
    answer = user.network.top(user.session.activations.probabilities, 4)
    other = answer[-1].label
    user.press(Qt.Key.Key_T)
    user.controls.target.setEditText(other[1:])
    user.controls.target.lineEdit().editingFinished.emit()
    user.settle()
    assert user.workspace.header.title.text() == f"Why {other}?"
    assert not np.array_equal(user.heat("saliency"), before)


def test_the_chosen_unit_is_explained_and_followed(user):
    user.session.select_stage("conv2")
    user.press(Qt.Key.Key_U)
    assert user.controls.target.target == UNIT
    assert "conv2" in user.controls.target.currentText()
    assert user.workspace.header.title.text() == "Why conv2:0?"
    before = user.heat("grad-cam").copy()
    user.workspace.step_unit(1)
    user.settle()
    assert user.session.unit == 1
    assert user.workspace.header.title.text() == "Why conv2:1?"
    assert not np.array_equal(user.heat("grad-cam"), before)
    user.press(Qt.Key.Key_U)
    assert user.controls.target.target == ""


def test_what_cannot_be_explained_is_said_in_its_own_card(user):
    user.session.select_stage("conv1")
    user.press(Qt.Key.Key_U)
    assert "Grad-CAM" in user.card("grad-cam").view._hint
    assert user.card("grad-cam").view.image is None
    assert "saliency" in user.workspace.looks


def test_settings_of_the_chosen_method_are_used(meet):
    user = meet("smoothgrad").open()
    user.controls.choose("smoothgrad")
    form = user.controls._forms["smoothgrad"]
    assert form.isVisible()
    assert not form.control("target").isVisible()
    before = user.heat("smoothgrad").copy()
    form.control("copies").setValue(3)
    user.settle()
    assert user.workspace.looks["smoothgrad"].settings.copies == 3
    assert not np.array_equal(user.heat("smoothgrad"), before)


def test_the_patch_is_seen_moving(meet):
    user = meet("occlusion")
    boxes = []
    user.workspace.jobs.look_made.connect(
        lambda look: boxes.append(user.card("occlusion").view.box) if not look.done else None
    )
    user.open()
    user.controls._forms["occlusion"].control("stride").setValue(0.08)
    user.settle()
    assert boxes
    assert all(box is not None and box.width() == box.height() for box in boxes)
    assert user.card("occlusion").view.box is None


def test_a_click_or_the_arrows_choose_the_method_that_is_explained(user):
    view = user.card("grad-cam").view
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPointF(20, 20).toPoint())
    assert user.controls.method == "grad-cam"
    assert user.card("grad-cam").selected
    said = user.workspace.explanation()
    assert "Grad-CAM" in said.title
    assert "cannot tell" in said.body
    user.workspace.step_unit(-1)
    assert user.controls.method == "saliency"
    assert dict(user.workspace.explanation().facts)["explains"] in user.network.classes


@pytest.mark.parametrize("name", [*METHODS, "sanity-check"])
def test_every_method_is_explained_in_full(name):
    from visualizer.gui.explain_words import explanation

    said = explanation(name, None)
    assert said.title
    assert said.formula
    assert "20" in said.paper
    assert "look for" in said.body


def test_the_result_goes_to_the_tray_with_its_recipe(user):
    user.controls.choose("grad-cam")
    user.press(Qt.Key.Key_Return)
    made = user.session.specimens[-1]
    assert "Grad-CAM" in made.title
    recipe = made.provenance
    technique = techniques()[recipe.technique]
    settings = technique.settings.from_dict(recipe.settings)
    *_, last = technique(user.network, user.photo, settings)
    np.testing.assert_allclose(last.picture / 255, made.picture, atol=1e-6)
    assert recipe.parents == (user.photo.id,)


def test_another_picture_is_explained_anew(user):
    before = user.heat("saliency").copy()
    user.session.add(Specimen(user.photo.picture[::-1].copy(), "Flipped", Provenance("sample")))
    user.settle()
    assert not np.array_equal(user.heat("saliency"), before)


def test_the_sanity_check_shows_each_map_as_the_weights_are_shuffled(user):
    weights = [w.copy() for w in user.network.model.get_weights()]
    user.press(Qt.Key.Key_Y)
    grid = user.workspace.sanity
    assert grid.isVisible()
    assert grid.rows == tuple(QUICK.split())
    assert grid.columns == ("trained", "output", "conv2", "conv1")
    assert len(grid.cells) == 8
    for name in grid.rows:
        assert grid.cells[name, "trained"].rank == pytest.approx(1)
        assert grid.cells[name, "conv1"].rank < 0.95
        assert "notices" in grid.verdict(name)
    grid.setFocus()
    user.qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert "output" in user.workspace.sanity_words.text()
    header, rows = user.workspace.table_for_export()
    assert header[2:] == ["rank correlation", "SSIM"]
    assert len(rows) == 8
    assert "shuffled" in user.workspace.explanation().formula
    for before, now in zip(weights, user.network.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, now)
    user.press(Qt.Key.Key_Y)
    assert user.workspace.grid.isVisible()


def test_a_camera_is_explained_frame_by_frame(meet):
    user = meet("saliency grad-cam occlusion").open()
    heats = []
    user.workspace.jobs.look_made.connect(
        lambda look: heats.append(look.result.heat) if look.method == "saliency" else None
    )
    user.session.start_live(SyntheticCamera())
    user.qtbot.waitUntil(lambda: len(heats) > 3, timeout=60_000)
    assert any(not np.array_equal(heats[0], heat) for heat in heats[1:])
    assert "occlusion" in SLOW
    assert user.card("occlusion").view._hint == TOO_SLOW
    user.session.toggle_live()
    user.qtbot.waitUntil(lambda: "occlusion" in user.workspace.looks, timeout=60_000)
    user.session.stop_live()
    user.settle()
    assert user.workspace.looks["saliency"].specimen is user.photo


def test_nothing_is_computed_while_nobody_looks(user):
    user.workspace.hide()
    user.session.add(Specimen(user.photo.picture[::-1].copy(), "Flipped", Provenance("sample")))
    user.settle()
    assert user.workspace.looks == {}
    user.workspace.show()
    user.settle()
    assert set(user.workspace.looks) == set(QUICK.split())


def test_space_holds_and_goes_on_and_escape_stops(meet):
    user = meet("occlusion").open()
    user.controls._forms["occlusion"].control("stride").setValue(0.08)
    user.qtbot.waitUntil(user.workspace.jobs.running, timeout=60_000)
    user.workspace.toggle()
    held = [job for job in user.session.compute.jobs() if job.key == METHOD_JOB + "occlusion"]
    assert all(job.paused for job in held)
    user.workspace.toggle()
    user.settle()
    assert user.workspace.looks["occlusion"].done
    user.workspace.stop()
    assert not user.workspace.jobs.running()
