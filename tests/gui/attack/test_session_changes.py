"""Cameras, other pictures and networks, slow attacks that are stopped, hidden workspaces."""

import re
import time

import pytest

from tests.live import film
from visualizer.gui.core.session import Change


def test_the_camera_is_attacked_frame_by_frame(user):
    seen = set()
    user.workspace.shown.connect(lambda drawn: seen.add(drawn.result.request.specimen.id))
    user.session.start_live(lambda: film(rate=50))
    user.qtbot.waitUntil(lambda: len(seen) >= 4, timeout=120_000)
    assert user.attacked.method == "fgsm"
    assert "stands in" not in user.side.verdict.text()
    user.session.stop_live()
    user.settle()
    assert user.workspace.result.request.specimen is user.photo


def test_nothing_is_computed_while_nobody_looks(user):
    user.workspace.hide()
    before = user.workspace.result
    user.turn(11)
    assert user.workspace.result is before
    user.workspace.show()
    user.settle()
    assert user.attacked.size.linf == pytest.approx(11 / 255, abs=1e-6)


def test_a_network_without_classes_says_why(newcomer):
    newcomer.open("one")
    assert newcomer.workspace.result is None
    assert any("two classes" in text for text, _ in newcomer.session.sentences)
    assert "two classes" in newcomer.triptych.views[0]._hint
    said = len(newcomer.session.sentences)
    frames = []
    newcomer.session.changed.connect(
        lambda what: Change.ACTIVATIONS in what and frames.append(newcomer.session.live)
    )
    newcomer.session.start_live(lambda: film(rate=50))
    newcomer.qtbot.waitUntil(lambda: sum(frames) >= 10, timeout=120_000)
    newcomer.session.stop_live()
    newcomer.settle()
    # Once when the camera starts, and twice when it stops and the picture from before is back.
    assert len(newcomer.session.sentences) <= said + 3


def test_another_network_takes_away_what_the_one_before_was_shown_to_do(user):
    workspace, seen = user.workspace, []
    assert workspace.divergence.adversarial
    user.session.changed.connect(
        lambda change: (
            Change.NETWORK in change
            and seen.append((dict(workspace.divergence.adversarial), workspace.curve.curves))
        )
    )
    user.session.open_network("lenet")
    user.settle()
    assert seen == [({}, ())]
    assert workspace.divergence.adversarial


def test_another_picture_takes_the_answers_of_the_last_one_away(user):
    user.turn(20)
    robustness = user.side.robustness
    user.ask_other("lenet")
    assert robustness.transfer.text()
    user.turn(21)
    assert robustness.transfer.text() == ""
    user.session.start_live(lambda: film(rate=50))
    assert user.workspace.curve.curves == ()
    assert {answer.text() for answer in robustness.answers.values()} == {""}
    user.session.stop_live()
    user.settle()
    assert user.workspace.curve.curves


def test_in_the_window_its_bars_are_the_only_ones(qtbot, qapp, session):
    from visualizer.gui.core.theme import Theme
    from visualizer.gui.shell.main_window import MainWindow

    window = MainWindow(session, Theme(qapp, session.store))
    qtbot.addWidget(window)
    window.show()
    titles = [workspace.title for workspace in window.workspaces]
    window.choose_workspace(titles.index("Attack"))
    assert not window.predictions.isVisible()
    window.choose_workspace(titles.index("Layers"))
    assert window.predictions.isVisible()


def test_on_the_camera_noise_keeps_up(user, monkeypatch):
    from visualizer.engine.adversarial import noise

    perturb = noise.perturb

    def slowly(*arguments):
        for changed in perturb(*arguments):
            time.sleep(0.03)  # as long as a picture of the camera, and the next one comes meanwhile
            yield changed

    monkeypatch.setattr(noise, "perturb", slowly)
    user.side.methods.setCurrentIndex(user.side.methods.findData("noise"))
    user.settle()
    asked, seen = [], []
    user.session.changed.connect(
        lambda what: Change.ACTIVATIONS in what and asked.append(user.session.specimen)
    )
    user.workspace.shown.connect(lambda drawn: seen.append(drawn.result.request.specimen))
    user.session.start_live(lambda: film(rate=200))
    user.qtbot.waitUntil(lambda: len(asked) >= 40, timeout=120_000)
    assert len(seen) >= 10
    assert user.attacked.method == "noise"
    user.session.stop_live()
    user.settle()


def test_on_the_camera_a_slow_method_is_said_to_be_another(user):
    user.side.methods.setCurrentIndex(user.side.methods.findData("deepfool"))
    user.settle()
    user.session.start_live(lambda: film(rate=50))
    user.qtbot.waitUntil(
        lambda: "Fast gradient sign stands in for DeepFool" in user.side.verdict.text(),
        timeout=120_000,
    )
    assert user.attacked.method == "fgsm"
    assert user.side.dial.isEnabled()  # which DeepFool has no use for
    assert user.workspace.curve.levels == user.side.dial.levels
    assert user.workspace.explanation().title == "Attack: Fast gradient sign"
    assert not user.side.search.isEnabled()
    user.session.toggle_live()  # the picture is held: there is time for it now
    user.qtbot.waitUntil(lambda: user.attacked.method == "deepfool", timeout=120_000)
    assert user.side.search.isEnabled()
    assert not user.side.dial.isEnabled()
    user.session.stop_live()
    user.settle()


def test_on_the_camera_the_curve_follows_with_its_flipping_point(user, monkeypatch):
    curve, shown = user.workspace.curve, []
    show = curve.show_curve
    monkeypatch.setattr(curve, "show_curve", lambda *x: show(*x) or shown.append(x[1]))
    user.session.start_live(lambda: film(rate=50))
    user.qtbot.waitUntil(lambda: sum(map(bool, shown)) >= 3, timeout=120_000)
    levels = curve.curves[0].x
    assert (levels[0], levels[-1]) == (-32, 32)
    assert len(levels) < 30
    assert curve.flips.words.startswith("flips at") == curve.flips.isVisible()
    user.session.stop_live()
    user.settle()
    assert len(curve.curves[0].x) == 65


def test_a_slow_attack_that_is_stopped_leaves_the_last_one_on_show(user):
    user.turn(5)
    before = user.triptych.views[2].image.copy()
    lbfgs = user.side.methods.findData("lbfgs")
    user.side.methods.setCurrentIndex(lbfgs)
    hint = user.triptych.hints[2]
    user.qtbot.waitUntil(lambda: hint.text().startswith("step"), timeout=60_000)
    user.session.compute.cancel_all()
    user.settle()
    assert user.attacked.method == "fgsm"
    assert user.triptych.views[2].image == before
    assert not hint.text().startswith("step")
    assert "Stopped" in user.side.verdict.text()


def counted(user, monkeypatch):
    """A list that grows by one whenever the network is asked for gradients."""
    from visualizer.engine.adversarial.differentiable_model import DifferentiableModel

    oracle, asked = DifferentiableModel.of(user.networks["small"]), []
    for name in ("_cross_entropy", "_weighted_sum"):
        original = getattr(oracle, name)
        monkeypatch.setattr(
            oracle, name, lambda *x, original=original: asked.append(1) or original(*x)
        )
    return asked


def test_an_attack_that_is_only_drawn_anew_is_not_made_again(user, monkeypatch):
    asked = counted(user, monkeypatch)
    user.side.methods.setCurrentIndex(user.side.methods.findData("pgd"))
    user.settle()
    assert asked
    attacked, before = user.attacked, user.triptych.views[1].image.copy()
    user.ask_other("lenet")
    asked.clear()
    user.side.factor.setValue(40)
    user.settle()
    assert user.triptych.views[1].image != before
    assert user.triptych.titles[1].text() == "difference × 40"
    user.workspace.toggle()
    user.settle()
    assert user.triptych.titles[2].text() == "random twin"
    user.workspace.hide()
    user.workspace.show()
    user.settle()
    assert user.attacked is attacked
    assert user.side.robustness.transfer.text()  # it is about the attack, not about the drawing
    assert not asked
    user.turn(user.side.dial.levels + 1)
    assert asked


def test_an_attack_goes_on_while_it_is_drawn_in_another_way(user, monkeypatch):
    from visualizer.engine.adversarial import PERTURB, pgd

    begun = []
    perturb = pgd.perturb
    monkeypatch.setattr(pgd, "perturb", lambda *x: begun.append(1) or perturb(*x))
    assert PERTURB["pgd"] is perturb
    user.side.methods.setCurrentIndex(user.side.methods.findData("pgd"))
    user.side._forms["pgd"].control("steps").setValue(200)
    hint = user.triptych.hints[2]
    # Past the steps that it takes by default: this is the attack with the new setting.
    steps = re.compile(r"step (\d{2,})")
    user.qtbot.waitUntil(
        lambda: (found := steps.match(hint.text())) is not None and int(found[1]) > 45,
        timeout=60_000,
    )
    begun.clear()
    user.side.factor.setValue(33)
    user.workspace.toggle()
    user.settle()
    assert begun == []
    assert user.attacked.method == "pgd"
    assert user.triptych.titles[1].text() == "difference × 33"
    assert user.triptych.titles[2].text() == "random twin"


def test_its_walk_opens_the_layers_of_the_window(qtbot, qapp, session, networks, monkeypatch):
    from visualizer.gui.core.theme import Theme
    from visualizer.gui.shell.main_window import MainWindow

    window = MainWindow(session, Theme(qapp, session.store))
    qtbot.addWidget(window)
    titles = [workspace.title for workspace in window.workspaces]
    window.choose_workspace(titles.index("Attack"))
    window.workspace.workspace_wanted.emit("layers")
    assert window.workspace.title == "Layers"
