"""The dial, the curve, the bars and the stages: what a turn of the hand shows."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.attack.conftest import NAMES


def test_before_a_network_there_is_a_hint_and_nothing_breaks(newcomer):
    workspace = newcomer.workspace
    assert workspace.result is None
    assert workspace.table_for_export() is None
    assert workspace.figure() == []
    assert workspace.explanation().body
    workspace.step_stage(1)
    workspace.step_unit(1)
    workspace.toggle()
    workspace.stop()
    newcomer.side.to_tray.click()
    newcomer.side.search.click()
    assert not workspace.grab().isNull()


def test_the_dial_moves_the_picture_by_exactly_what_it_says(user):
    for levels in (0, 3, 8):
        user.turn(levels)
        size = user.attacked.size
        assert size.linf == pytest.approx(levels / 255, abs=1e-6)
        change = np.rint((user.attacked.adversarial - user.attacked.original) * 255)
        assert set(np.unique(np.abs(change))) <= {0, levels}
        assert user.side.dial.value_label.text() == f"{levels}/255"
        assert f"{levels}/255" in user.triptych.numbers.text()


def test_a_figure_has_the_three_pictures_both_answers_and_the_sizes(user):
    user.turn(12)
    pictures, before, after, sizes, curve, said = user.workspace.figure()
    assert len(curve.curves[0].x) > 8
    assert pictures.columns == 3
    assert [tile.caption.partition(":")[0] for tile in pictures.tiles] == [
        user.triptych.titles[place].text() for place in range(3)
    ]
    network = user.networks["small"]
    for bars, shares in ((before, user.attacked.before), (after, user.attacked.after)):
        assert bars.bars[0].name == network.label(int(shares.argmax()))
        assert bars.bars[0].number == f"{shares.max():.1%}"
    assert "12/255" in sizes.text
    assert said.text.startswith("Fast gradient sign. ")
    assert "**" not in said.text


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
    assert user.side.dial.levels == 0
    user.workspace.step_stage(1)
    assert user.side.dial.levels == 1
    user.workspace.last_unit()
    assert user.side.dial.levels == 32
    user.workspace.first_unit()
    user.settle()
    assert user.attacked.size.linf == 0


def test_the_curve_shows_where_the_answer_flips(user):
    user.turn(0)
    curve = user.workspace.curve
    network, context = user.networks["small"], user.workspace.result.context
    for each in curve.curves:
        assert list(each.x) == list(range(-32, 33))
    for levels in (-32, 0, 17):
        answer = network.forward(context.ray.at(levels / 255)[None])["output"][0]
        for each in curve.curves:
            at = each.y[list(each.x).index(levels)]
            assert at == pytest.approx(answer[NAMES.index(each.name)], abs=1e-4)
    flip = curve.flips.place
    assert curve.flips.words == f"flips at {flip:g}/255"
    user.turn(int(flip))
    assert user.attacked.success
    user.turn(int(flip) - 1)
    assert not user.attacked.success


def test_until_the_dial_is_turned_it_stands_where_the_picture_just_fools(user):
    panel, flips = user.side, user.workspace.curve.flips
    assert user.attacked.success
    assert panel.dial.levels == flips.place
    user.session.add(user.another())
    user.settle()
    assert user.attacked.success
    assert panel.dial.levels == flips.place
    user.turn(flips.place + 4)
    user.session.add(user.photo)
    user.settle()
    assert panel.dial.levels >= 5  # it stays where the user has put it
    assert panel.dial.levels != flips.place


def test_the_curve_moves_only_its_mark_with_the_dial(user):
    curve = user.workspace.curve
    user.turn(3)
    first, curves = curve.grab().toImage(), curve.curves
    user.turn(9)
    assert curve.curves is curves
    assert curve.dial.place == 9
    assert curve.grab().toImage() != first
    user.turn(3)
    assert curve.grab().toImage() == first
    user.side.target.set_target("least likely")
    user.settle()
    assert curve.grab().toImage() != first


def test_a_hand_quicker_than_the_screen_is_followed_to_where_it_stops(user, monkeypatch):
    asked, attack = [], user.workspace._attack
    monkeypatch.setattr(user.workspace, "_attack", lambda: (asked.append(0), attack()))
    for levels in range(1, 21):
        user.side.dial.set_levels(levels)
    assert len(asked) == 1
    user.settle()
    assert len(asked) == 2
    assert user.attacked.size.linf == pytest.approx(20 / 255, abs=1e-6)
    assert user.workspace.curve.dial.place == 20


def test_pressing_and_dragging_on_the_curve_turns_the_dial(user):
    curve, view = user.workspace.curve, user.workspace.curve.viewport()
    curve.resize(500, 300)
    user.turn(0)
    button = Qt.MouseButton.LeftButton
    QTest.mousePress(view, button, pos=curve.place_of(9).toPoint())
    assert user.side.dial.levels == 9
    for levels in (12, 18, 21):
        QTest.mouseMove(view, curve.place_of(levels).toPoint())
        QTest.qWait(20)
    QTest.mouseRelease(view, button, pos=curve.place_of(21).toPoint())
    assert user.side.dial.levels == 21
    user.settle()
    assert curve.dial.place == 21
    assert user.attacked.size.linf == pytest.approx(21 / 255, abs=1e-6)


def test_the_twin_is_as_large_and_stands_in_the_middle_and_right(user):
    user.turn(6)
    attack_picture = user.triptych.views[2].image.copy()
    user.workspace.toggle()
    user.settle()
    assert user.triptych.titles[2].text() == "random twin"
    assert user.triptych.views[2].image != attack_picture
    walk = user.workspace.result.passed
    size = np.linalg.norm(walk.noise - user.attacked.original)
    assert size == pytest.approx(user.attacked.size.l2, rel=1e-3)
    assert "noise of the same size" in user.triptych.noise.text()


def test_the_sizes_on_show_are_those_of_the_twin(user):
    from visualizer.engine.adversarial.norms import ssim

    user.turn(24)
    mine = user.attacked.size.ssim
    assert "what survives" not in user.side.verdict.text()
    user.workspace.toggle()
    user.settle()
    its = ssim(user.attacked.original, user.workspace.result.passed.noise)
    assert f"{its:.3f}" != f"{mine:.3f}"
    assert f"SSIM\N{NO-BREAK SPACE}{its:.3f}" in user.triptych.numbers.text()
    assert ("SSIM", f"{its:.4f}") in user.workspace.explanation().facts
    assert "said of the attack" in user.side.verdict.text()


def test_the_papers_numbers_say_where_ours_differ(user):
    facts = dict(user.workspace.explanation().facts)
    confident = facts["MNIST, small network: confidence in its errors"]
    assert confident.startswith("paper 97.6%, here 68.8%: differs (a LeNet-5 here")
    assert "differs" not in facts["MNIST, softmax regression: error at ε = .25"]


def test_the_stages_say_where_it_goes_wrong(user):
    user.turn(10)
    bars = user.workspace.divergence
    assert list(bars.adversarial) == [s.name for s in user.networks["small"].stages]
    assert bars.adversarial["data"] == pytest.approx(bars.noise["data"], rel=1e-2)
    assert bars.adversarial["output"] > bars.adversarial["data"]
    assert bars.adversarial["output"] > bars.noise["output"]


def test_numbers_can_be_exported(user):
    header, rows = user.workspace.table_for_export()
    assert header == ["epsilon (/255)", *NAMES]
    assert len(rows) == 65
    assert all(sum(row[1:]) == pytest.approx(1, abs=1e-4) for row in rows)


@pytest.mark.parametrize("method", ["bim", "mim", "pgd", "noise"])
def test_other_methods_keep_within_the_dial(user, method):
    user.side.methods.setCurrentIndex(user.side.methods.findData(method))
    user.turn(5)
    assert user.attacked.method == method
    assert 0 < user.attacked.size.linf <= 5 / 255 + 1e-6
    assert user.workspace.explanation().paper


def test_deepfool_finds_its_own_size_and_its_settings_are_at_hand(user):
    user.side.methods.setCurrentIndex(user.side.methods.findData("deepfool"))
    user.settle()
    assert not user.side.dial.isEnabled()
    assert user.attacked.success
    user.side.more.click()
    form = user.side._forms["deepfool"]
    assert form.isVisible()
    assert form.control("steps").isVisible()
    assert not form.control("target").isVisible()


def test_an_attack_of_a_length_has_a_dial_of_its_own(user):
    panel = user.side
    panel.methods.setCurrentIndex(panel.methods.findData("pgd"))
    assert panel.dial.isVisible()
    assert not panel.length.isVisible()
    norm = panel._forms["pgd"].control("norm")
    norm.setCurrentIndex(norm.findText("l2"))
    user.settle()
    assert not panel.dial.isVisible()
    assert panel.length.isVisible()
    assert user.workspace.curve.levels is None  # the curve has no such sizes
    user.workspace.first_unit()
    user.workspace.step_stage(3)
    user.settle()
    assert panel.length.value_label.text() == "L2 0.75"
    assert 0.5 < user.attacked.size.l2 <= 0.75 + 1e-6
    assert user.workspace.result.request.settings.l2_epsilon == 0.75
    user.workspace.last_unit()
    assert panel.length.length == 16
    panel.methods.setCurrentIndex(panel.methods.findData("bim"))
    user.settle()
    assert panel.dial.isVisible()
    assert user.workspace.curve.levels == panel.dial.levels


def test_one_number_for_two_classes_is_attacked_as_two(newcomer):
    newcomer.open("pair")
    newcomer.turn(24)
    network = newcomer.networks["pair"]
    answer = network.forward(newcomer.attacked.adversarial[None])["output"][0, 0]
    assert newcomer.attacked.after == pytest.approx([1 - answer, answer], abs=1e-4)
    assert {share.label for share in newcomer.triptych.after.shares} == {"cat", "dog"}
    assert newcomer.attacked.success
    newcomer.side.target.set_target("#0")
    newcomer.settle()
    assert newcomer.attacked.label == 0
