from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from visualizer.engine.camera import SyntheticCamera
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.workspaces.attack import AttackWorkspace

NAMES = ["ant", "bee", "cat", "sea cat"]


def small_network(name: str, units: int = 4, seed: int = 5):
    """A random classifier of 12 x 12 photos that is easily fooled."""
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    keras.utils.set_random_seed(seed)
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((12, 12, 3)),
            layers.Conv2D(8, 3, activation="relu", name="conv1"),
            layers.Conv2D(8, 3, strides=2, activation="relu", name="conv2"),
            layers.Flatten(),
            layers.Dense(units, activation="softmax" if units > 1 else "sigmoid", name="scores"),
        ]
    )
    return Network(
        model,
        name=name,
        title=name.capitalize(),
        classes=NAMES[:units],
        preprocessing=Preprocessing(scale=4.0, offset=-2.0),
        sha256=name,
    )


@pytest.fixture(scope="module")
def networks():
    return {
        "lenet": small_network("lenet", seed=9),  # a name of the catalogue: the other network
        "small": small_network("small"),
        "one": small_network("one", units=1),
    }


class User:
    """Someone in front of the workspace, with a small network and a picture."""

    def __init__(self, qtbot, session, networks):
        self.qtbot, self.session, self.networks = qtbot, session, networks
        self.workspace = AttackWorkspace(session)
        self.panel = self.workspace.side_panel()
        for widget, size in ((self.workspace, (1000, 700)), (self.panel, (340, 900))):
            qtbot.addWidget(widget)
            widget.resize(*size)
            widget.show()
        noise = np.random.default_rng(1).uniform(0.1, 0.9, (12, 12, 3)).astype(np.float32)
        self.photo = Specimen(noise, "Grain", Provenance("sample"))

    def open(self, name="small"):
        self.session.open_network(name)
        self.session.add(self.photo)
        self.settle()

    def settle(self):
        """Wait until everything asked for, also after a rest, is on the screen."""
        idle = self.session.compute.is_idle
        self.qtbot.waitUntil(
            lambda: idle() and not self.workspace._rest.isActive(), timeout=120_000
        )
        self.qtbot.waitUntil(idle, timeout=120_000)

    def turn(self, levels):
        self.panel.dial.set_levels(levels)
        self.settle()

    @property
    def attacked(self):
        return self.workspace.moment.attacked

    @property
    def triptych(self):
        return self.workspace.triptych


@pytest.fixture
def newcomer(qtbot, session, networks, monkeypatch):
    def opening(name, **_):
        return networks[name]
        yield

    monkeypatch.setattr("visualizer.models.catalog.opening", opening)
    return User(qtbot, session, networks)


@pytest.fixture
def user(newcomer):
    newcomer.open()
    return newcomer


def test_before_a_network_there_is_a_hint_and_nothing_breaks(newcomer):
    workspace = newcomer.workspace
    assert workspace.moment is None
    assert workspace.table_for_export() is None
    assert workspace.explanation().body
    workspace.step_stage(1)
    workspace.step_unit(1)
    workspace.toggle()
    workspace.stop()
    newcomer.panel.to_tray.click()
    newcomer.panel.reach_button.click()
    assert not workspace.grab().isNull()


def test_the_dial_moves_the_picture_by_exactly_what_it_says(user):
    for levels in (0, 3, 8):
        user.turn(levels)
        size = user.attacked.size
        assert size.linf == pytest.approx(levels / 255, abs=1e-6)
        change = np.rint((user.attacked.adversarial - user.attacked.original) * 255)
        assert set(np.unique(np.abs(change))) <= {0, levels}
        assert user.panel.dial.value_label.text() == f"{levels}/255"
        assert f"{levels}/255" in user.triptych.numbers.text()


def test_the_bars_are_those_of_the_picture_on_show(user):
    user.turn(12)
    network = user.networks["small"]
    for bars, picture in (
        (user.triptych.before, user.attacked.original),
        (user.triptych.after, user.attacked.adversarial),
    ):
        expected = network.top(network.forward(picture[None])["output"][0], 4)
        assert [share.label for share in bars.shares] == [each.label for each in expected]
        for share, each in zip(bars.shares, expected, strict=True):
            assert share.probability == pytest.approx(each.probability, abs=1e-4)


def test_the_arrow_keys_turn_the_dial_and_the_ends_stop_it(user):
    user.workspace.step_stage(-100)
    assert user.panel.dial.levels == 0
    user.workspace.step_stage(1)
    assert user.panel.dial.levels == 1
    user.workspace.last_unit()
    assert user.panel.dial.levels == 32
    user.workspace.first_unit()
    user.settle()
    assert user.attacked.size.linf == 0


def test_the_curve_shows_where_the_answer_flips(user):
    user.turn(0)
    lines = user.workspace.curve.lines
    assert list(lines.levels) == list(range(-32, 33))
    network = user.networks["small"]
    subject = user.workspace.moment.subject
    for levels in (-32, 0, 17):
        answer = network.forward(subject.ray.at(levels / 255)[None])["output"][0]
        for label, shares in zip(lines.labels, lines.shares, strict=True):
            at = shares[list(lines.levels).index(levels)]
            assert at == pytest.approx(answer[NAMES.index(label)], abs=1e-4)
    assert lines.flip is not None
    user.turn(int(lines.flip))
    assert user.attacked.success
    user.turn(int(lines.flip) - 1)
    assert not user.attacked.success


def test_dragging_the_curve_turns_the_dial(user):
    curve = user.workspace.curve
    at = QPointF(curve.place_of(9), curve.height() / 2).toPoint()
    QTest.mousePress(curve, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseRelease(curve, Qt.MouseButton.LeftButton, pos=at)
    assert user.panel.dial.levels == 9
    user.settle()
    assert curve.levels == 9


def test_a_target_is_found_by_typing_a_part_of_its_name(user):
    target = user.panel.target
    first = int(user.attacked.before.argmax())
    wanted = next(i for i in range(4) if i != first and i != 2)
    part = {0: "an", 1: "bE", 3: "sea"}[wanted]
    target.lineEdit().selectAll()
    QTest.keyClicks(target.lineEdit(), part)
    QTest.keyClick(target.lineEdit(), Qt.Key.Key_Return)
    user.settle()
    assert target.target == str(wanted)
    assert user.attacked.targeted
    assert user.attacked.label == wanted
    user.turn(6)
    before, after = user.attacked.before[wanted], user.attacked.after[wanted]
    assert after > before
    assert any(
        share.marked and share.label == NAMES[wanted] for share in user.triptych.after.shares
    )


def test_nonsense_typed_as_a_target_changes_nothing(user):
    target = user.panel.target
    target.lineEdit().selectAll()
    QTest.keyClicks(target.lineEdit(), "giraffe")
    QTest.keyClick(target.lineEdit(), Qt.Key.Key_Return)
    user.settle()
    assert target.target is None
    assert target.currentText() == "anything but this"
    assert not user.attacked.targeted


def test_a_target_that_cannot_be_reached_is_said_with_its_probability(user):
    user.panel.target.set_target("least likely")
    user.turn(0)
    assert not user.attacked.success
    assert "not reached" in user.panel.verdict.text()
    assert "%" in user.panel.verdict.text()


def test_what_survives_is_what_the_engine_finds(user):
    from visualizer.engine.adversarial.survival import CHANGES, outcomes

    user.turn(20)
    expected = outcomes(user.networks["small"], user.attacked, CHANGES)
    for name, answer in user.panel.survival.answers.items():
        found = expected["jpeg75" if name == "jpeg" else name]
        word = "yes" if found.survived else "no"
        assert answer.text() == f"{word}: {NAMES[found.index]} {found.probability:.0%}"
    user.panel.survival.quality.setValue(5)
    user.settle()
    from visualizer.engine.adversarial.survival import jpeg

    harsh = outcomes(user.networks["small"], user.attacked, {"jpeg": lambda p: jpeg(p, 5)})["jpeg"]
    word = "yes" if harsh.survived else "no"
    shown = user.panel.survival.answers["jpeg"].text()
    assert shown == f"{word}: {NAMES[harsh.index]} {harsh.probability:.0%}"


def test_what_does_not_fool_has_nothing_to_survive(user):
    user.turn(0)
    assert {answer.text() for answer in user.panel.survival.answers.values()} == {""}
    assert not user.panel.survival.note.isHidden()
    user.turn(20)
    assert user.attacked.success
    assert user.panel.survival.note.isHidden()
    assert user.panel.survival.answers["png8"].text().startswith("yes")


def test_another_network_is_asked(user):
    user.turn(20)
    survival = user.panel.survival
    survival.networks.setCurrentIndex(survival.networks.findData("lenet"))
    survival.try_button.click()
    user.settle()
    other = user.networks["lenet"]
    pair = np.stack([user.attacked.original, user.attacked.adversarial])
    before, after = other.forward(pair)["output"].argmax(axis=1)
    word = "yes" if before != after else "no"
    assert survival.transfer.text().startswith(f"{word}: {NAMES[after]}")


def test_the_twin_is_as_large_and_stands_in_the_middle_and_right(user):
    user.turn(6)
    attack_picture = user.triptych.views[2].image.copy()
    user.workspace.toggle()
    user.settle()
    assert user.triptych.titles[2].text() == "random twin"
    assert user.triptych.views[2].image != attack_picture
    walk = user.workspace.moment.walk
    size = np.linalg.norm(walk.twin - user.attacked.original)
    assert size == pytest.approx(user.attacked.size.l2, rel=1e-3)
    assert "noise of the same size" in user.triptych.twin.text()


def test_the_stages_say_where_it_goes_wrong(user):
    user.turn(10)
    bars = user.workspace.divergence
    assert list(bars.adversarial) == [s.name for s in user.networks["small"].stages]
    assert bars.adversarial["data"] == pytest.approx(bars.noise["data"], rel=1e-2)
    assert bars.adversarial["output"] > bars.adversarial["data"]
    assert bars.adversarial["output"] > bars.noise["output"]


def test_how_hard_each_class_is_fills_in_and_a_click_takes_the_target(user):
    user.panel.reach_button.click()
    user.settle()
    grid = user.panel.grid
    assert not np.isnan(grid.epsilons).any()
    first = int(user.attacked.before.argmax())
    assert grid.epsilons[first] == 0
    far = next(i for i in range(4) if i != first and np.isfinite(grid.epsilons[i]))
    assert NAMES[far] in grid.describe(far)
    grid.resize(200, 60)
    places = (QPointF(x, y) for x in range(2, 200) for y in range(2, 60))
    point = next(place for place in places if grid.index_at(place) == far)
    QTest.mousePress(grid, Qt.MouseButton.LeftButton, pos=point.toPoint())
    user.settle()
    assert user.panel.target.target == str(far)


@pytest.mark.parametrize("method", ["bim", "mim", "pgd", "noise"])
def test_other_methods_keep_within_the_dial(user, method):
    user.panel.methods.setCurrentIndex(user.panel.methods.findData(method))
    user.turn(5)
    assert user.attacked.method == method
    assert 0 < user.attacked.size.linf <= 5 / 255 + 1e-6
    assert user.workspace.explanation().paper


def test_deepfool_finds_its_own_size_and_its_settings_are_at_hand(user):
    user.panel.methods.setCurrentIndex(user.panel.methods.findData("deepfool"))
    user.settle()
    assert not user.panel.dial.isEnabled()
    assert user.attacked.success
    user.panel.more.click()
    form = user.panel._forms["deepfool"]
    assert form.isVisible()
    assert form.control("steps").isVisible()
    assert not form.control("target").isVisible()


def test_to_the_tray_with_the_recipe(user):
    user.turn(7)
    before = len(user.session.specimens)
    user.panel.to_tray.click()
    user.settle()
    made = user.session.specimens[-1]
    assert len(user.session.specimens) == before + 1
    assert user.session.specimen is user.photo
    np.testing.assert_array_equal(made.picture, user.attacked.adversarial)
    assert made.provenance.technique == "fgsm"
    assert made.provenance.settings["epsilon"] == pytest.approx(7 / 255)
    assert made.provenance.parents == (user.photo.id,)


def test_walking_through_the_layers_compares_the_two(user):
    user.panel.walk.click()
    user.settle()
    assert user.session.compared is user.session.specimens[-1]
    assert user.session.specimen is user.photo


def test_the_camera_is_attacked_frame_by_frame(user):
    seen = set()
    user.workspace.jobs.moment_made.connect(lambda moment: seen.add(moment.specimen.id))
    user.session.start_live(SyntheticCamera((16, 16), rate=50))
    user.qtbot.waitUntil(lambda: len(seen) >= 4, timeout=120_000)
    assert user.attacked.method == "fgsm"
    user.session.stop_live()
    user.settle()
    assert user.workspace.moment.specimen is user.photo


def test_nothing_is_computed_while_nobody_looks(user):
    user.workspace.hide()
    before = user.workspace.moment
    user.turn(11)
    assert user.workspace.moment is before
    user.workspace.show()
    user.settle()
    assert user.attacked.size.linf == pytest.approx(11 / 255, abs=1e-6)


def test_a_network_without_classes_says_why(newcomer):
    newcomer.open("one")
    assert newcomer.workspace.moment is None
    assert any("two classes" in text for text, _ in newcomer.session.sentences)
    assert "two classes" in newcomer.triptych.views[0]._hint
    said = len(newcomer.session.sentences)
    newcomer.session.start_live(SyntheticCamera((16, 16), rate=50))
    newcomer.qtbot.waitUntil(lambda: newcomer.session.live, timeout=120_000)
    newcomer.qtbot.wait(200)
    newcomer.session.stop_live()
    newcomer.settle()
    assert len(newcomer.session.sentences) <= said + 2  # not once a frame


def test_another_picture_takes_the_answers_of_the_last_one_away(user):
    user.turn(20)
    survival = user.panel.survival
    survival.try_button.click()
    user.settle()
    assert survival.transfer.text()
    user.turn(21)
    assert survival.transfer.text() == ""
    user.session.start_live(SyntheticCamera((16, 16), rate=50))
    user.qtbot.waitUntil(lambda: user.workspace.curve.lines is None, timeout=120_000)
    assert {answer.text() for answer in survival.answers.values()} == {""}
    user.session.stop_live()
    user.settle()
    assert user.workspace.curve.lines is not None


def test_numbers_can_be_exported(user):
    header, rows = user.workspace.table_for_export()
    assert header == ["epsilon (/255)", *NAMES]
    assert len(rows) == 65
    assert all(sum(row[1:]) == pytest.approx(1, abs=1e-4) for row in rows)


def test_in_the_window_its_bars_are_the_only_ones(qtbot, qapp, session):
    from visualizer.gui.main_window import MainWindow
    from visualizer.gui.theme import Theme

    window = MainWindow(session, Theme(qapp, session.store))
    qtbot.addWidget(window)
    window.show()
    titles = [workspace.title for workspace in window.workspaces]
    window.choose_workspace(titles.index("Attack"))
    assert not window.predictions.isVisible()
    window.choose_workspace(titles.index("Layers"))
    assert window.predictions.isVisible()
