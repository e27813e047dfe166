"""One picture painted as another is."""

from __future__ import annotations

from tests.gui.dream.conftest import STYLE
from tests.gui.waiting import PATIENCE
from visualizer.engine.ascent.style import StyleSettings


def test_style_takes_content_and_style_from_the_tray(user):
    page = user.page(STYLE)
    assert page.style_stages.text == "conv1 + conv2"
    page.form.set_settings(StyleSettings(steps=3, side=32))
    page.content_stages.rows[0].stage.setCurrentText("conv1")
    page.style_stages.rows[1].weight.setValue(0.5)
    page.style_from.choose(user.waves)
    page.start()
    user.settle()
    assert page.run.state == "done"
    assert page.run.frame.step == 3
    made = page.run.step.specimen()
    assert made.title == "Grain in the style of Waves"
    assert made.provenance.parents == (user.grain.id, user.waves.id)
    assert made.provenance.settings["style"] == "waves"
    assert made.provenance.settings["content_stages"] == "conv1"
    assert made.provenance.settings["style_stages"] == "conv1 + 0.5*conv2"
    assert len(page.run_view.curves["objective"].values) == 3


def test_only_maps_can_be_chosen_and_the_style_can_have_more_of_them(user):
    page = user.page(STYLE)
    page.style_stages.add.click()
    stages = page.style_stages.rows[-1].stage
    offered = [stages.itemText(place) for place in range(stages.count())]
    assert offered == ["data", "conv1", "pool1", "conv2"]
    stages.setCurrentText("pool1")
    assert page.settings.style_stages == "conv1 + conv2 + pool1"
    page.style_stages.rows[0].remove.click()
    assert page.settings.style_stages == "conv2 + pool1"


def test_a_change_while_it_paints_begins_anew_and_undo_goes_back(user):
    page = user.page(STYLE)
    page.form.set_settings(StyleSettings(steps=5000, side=32))
    page.style_from.choose(user.waves)
    page.start()
    user.qtbot.waitUntil(lambda: len(page.run.values("objective")) > 2, timeout=PATIENCE)
    page.form.set_settings(StyleSettings(steps=4, side=32, strength=5.0))
    user.settle()
    assert page.run.state == "done"
    assert page.recipe.settings.strength == 5.0
    last = page.run.frame.picture
    page.run_view.transport.undo_button.click()
    assert page.run.frame.step == 3
    page.toggle()
    user.settle()
    assert (page.run.frame.picture == last).all()
    assert page.run.step.specimen().provenance.source == "technique"
