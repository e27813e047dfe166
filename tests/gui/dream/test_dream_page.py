"""What a dream starts from, and what it climbs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.gui.dream.conftest import QUICK
from tests.gui.jobs import Gate
from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.ascent.guide import named_picture
from visualizer.engine.objective import Target
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.dream.dream_page import NOISE_STEPS


def test_a_whole_dream_is_what_the_technique_makes(dreamer):
    from visualizer.engine.technique import techniques

    page = dreamer.workspace.page
    page.start()
    dreamer.settle()
    *_, last = techniques()["dream"](dreamer.session.network, dreamer.grain, page.settings)
    np.testing.assert_allclose(page.run.frame.picture / 255, last.picture, atol=0.51 / 255)
    assert page.run.frame.step == last.step == last.total
    shown, *_ = dreamer.workspace.figure()
    assert shown.title == dreamer.workspace.explanation().title
    assert shown.tiles[0].image.size() == page.run_view.view.image.size()
    assert shown.tiles[0].caption.startswith(f"done: step {last.total} of {last.total}")
    made = page.run.step.specimen()
    assert made.provenance.source == "technique"
    assert made.provenance.settings == page.settings.to_dict()


def test_white_noise_and_a_guide_are_starts_too(dreamer):
    page = dreamer.workspace.page
    page.start_from.setCurrentIndex(1)
    best = int(dreamer.session.activations.probabilities.argmax())
    assert page.targets.targets == (Target("output", (best,)),)  # a stage makes little of noise
    assert dreamer.session.network.label(best) in dreamer.workspace.explanation().title
    page.start_from.setCurrentIndex(0)
    assert page.targets.targets == (Target("conv2"),)
    assert page.settings.steps == 3  # as it was chosen
    page.form.set_settings(replace(QUICK, steps=10))
    page.start_from.setCurrentIndex(1)
    assert page.settings.steps == NOISE_STEPS
    page.form.set_settings(DreamSettings())
    page.start_from.setCurrentIndex(0)
    page.start_from.setCurrentIndex(1)
    assert (page.settings.steps, page.settings.side) == (NOISE_STEPS, 4 * 24)  # a small network
    page.start_from.setCurrentIndex(0)
    assert page.settings == replace(DreamSettings(), target="conv2")
    page.form.set_settings(QUICK)
    page.start_from.setCurrentIndex(1)
    page.targets.set_targets([Target("conv2")])
    page.guide.choose(dreamer.waves)
    page.start()
    dreamer.settle()
    assert page.run.state == "done"
    made = page.run.step.specimen()
    assert made.title.startswith("white noise dreams")
    assert made.provenance.settings["start"] == "noise"
    assert made.provenance.settings["guide"] == "waves"
    assert dreamer.waves.id in made.provenance.parents
    assert "Waves" in dreamer.workspace.explanation().body


def test_a_recipe_names_its_guide_so_that_it_is_read_again(dreamer, plate):
    page, session = dreamer.workspace.page, dreamer.session
    mine = plate("My own", source="paste")
    session.add(mine)
    dreamer.settle()
    page.guide.choose(mine)
    np.testing.assert_allclose(named_picture(page.settings.guide), mine.picture, atol=0.51 / 255)


def test_a_picture_too_small_is_said_in_a_sentence(dreamer):
    page = dreamer.workspace.page
    thin = Specimen(np.full((4, 200, 3), 0.5, np.float32), "Thin", Provenance("sample thin"))
    dreamer.session.add(thin)
    page.start()
    dreamer.settle()
    assert page.run.state == "failed"
    assert "too small" in page.run_view.error.text()
    assert page.run_view.error.isVisible()
    assert dreamer.session.sentences == []  # said where the picture would be, and only there


def test_what_fails_while_nobody_looks_is_said_where_it_is_seen(dreamer, monkeypatch):
    from visualizer.engine.ascent import deep_dream
    from visualizer.engine.errors import UserError

    page, gate = dreamer.workspace.page, Gate()

    def broken(*_, **__):
        gate()
        raise UserError("The picture is too small.")
        yield

    monkeypatch.setattr(deep_dream, "dream_frames", broken)
    page.start()
    dreamer.qtbot.waitUntil(gate.entered.is_set)
    dreamer.workspace.hide()
    gate.open.set()
    dreamer.settle()
    assert page.run.state == "failed"
    assert dreamer.session.sentences == [("The picture is too small.", "error")]


def test_several_targets_are_weighed_and_wrong_ones_are_said(dreamer):
    targets = dreamer.workspace.page.targets
    targets.add.click()
    first, second = targets.rows
    second.stage.setCurrentText("output")
    second.units.setText("do")  # a part of a class's name
    second.units.editingFinished.emit()
    second.weight.setValue(-0.5)
    assert targets.targets == (Target("conv2"), Target("output", (3,), None, -0.5))
    assert targets.text == "conv2 + -0.5*output:3"
    first.units.setText("99")
    first.units.editingFinished.emit()
    assert "no channel 99" in targets.error.text()
    assert targets.targets[0] == Target("conv2")  # the last that could be
    first.units.setText("1@0,2")
    first.units.editingFinished.emit()
    assert targets.targets[0] == Target("conv2", (1,), (0, 2))
    assert targets.error.text() == "" or not targets.error.isVisible()
    second.remove.click()
    assert targets.text == "conv2:1@0,2"
