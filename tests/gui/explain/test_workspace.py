"""The Explain workspace on one picture, as a user works with it."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from tests.gui.explain.user import QUICK, pixels
from tests.live import film
from visualizer.engine.attribution import methods
from visualizer.engine.attribution.method import METHODS, VIEWS
from visualizer.engine.technique import techniques
from visualizer.gui.core.session import Change
from visualizer.gui.explain.workspace import ExplainWorkspace
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.gui.widgets.image_view import image_of


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
        result = user.workspace.results[name]
        assert result.done
        assert card.title.text() == methods()[name].title
        np.testing.assert_array_equal(pixels(card.view.image), pixels(image_of(result.frame.seen)))
        assert card.view.box is None
    assert "adds up within" in user.card("integrated-gradients").words.text()
    (maps,) = user.workspace.figure()
    assert maps.title == user.title()
    titles = [methods()[name].title for name in METHODS]
    assert [tile.caption for tile in maps.tiles] == ["Picture", *titles]
    seen, *over = (pixels(tile.image) for tile in maps.tiles)
    assert all(map(np.any, (each != seen for each in over)))  # the map lies over the picture
    header, rows = user.workspace.table_for_export()
    assert header[0] == "method"
    assert [row[0] for row in rows] == list(METHODS)
    assert rows[METHODS.index("integrated-gradients")][3] <= 0.01


def test_the_keys_tick_methods_and_cards_come_and_go(user):
    assert user.shown() == QUICK.split()
    user.press(Qt.Key.Key_1)
    assert user.shown() == ["grad-cam"]
    user.press(Qt.Key.Key_3)
    assert user.shown() == ["guided-backprop", "grad-cam"]
    assert "guided-backprop" in user.workspace.results
    assert user.session.store.text("explain methods") == "guided-backprop grad-cam"


def test_views_and_opacity_are_changed_by_key(user):
    view = user.card("saliency").view
    result = user.workspace.results["saliency"]
    opacity = user.workspace.header.chosen_opacity
    user.press(Qt.Key.Key_BracketRight)
    assert user.workspace.header.chosen_opacity == pytest.approx(opacity + 0.1)
    user.press(Qt.Key.Key_V)
    np.testing.assert_array_equal(pixels(view.image), pixels(image_of(result.views["heat map"])))
    assert not user.workspace.header.opacity.isEnabled()
    for name in VIEWS[2:]:
        user.press(Qt.Key.Key_V)
        assert user.workspace.header.chosen_view == name
        np.testing.assert_array_equal(pixels(view.image), pixels(image_of(result.views[name])))
    assert not np.array_equal(result.views["in colour"], result.views["heat map"])


def test_what_cannot_be_explained_is_said_in_its_own_card(user):
    user.session.select_stage("conv1")
    user.press(Qt.Key.Key_U)
    assert "Grad-CAM" in user.card("grad-cam").view._hint
    assert user.card("grad-cam").view.image is None
    assert "saliency" in user.workspace.results


def test_settings_of_the_chosen_method_are_used(meet):
    user = meet("smoothgrad").open()
    user.controls.choose("smoothgrad")
    form = user.controls.forms["smoothgrad"]
    assert form.isVisible()
    assert not form.control("target").isVisible()
    before = user.heat("smoothgrad").copy()
    form.control("copies").setValue(3)
    user.settle()
    assert user.workspace.results["smoothgrad"].settings.copies == 3
    assert not np.array_equal(user.heat("smoothgrad"), before)


def test_the_patch_is_seen_moving(meet):
    user = meet("occlusion").open()
    user.controls.choose("occlusion")
    boxes = []
    user.workspace.explanation_changed.connect(
        lambda: [
            boxes.append(user.card("occlusion").view.box)
            for result in user.workspace.results.values()
            if not result.done
        ]
    )
    user.slow_down()
    user.settle()
    assert boxes
    assert all(box is not None and box.width() == box.height() for box in boxes)
    assert user.card("occlusion").view.box is None
    assert user.workspace.picture.view.box is None


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
    assert any(f"**{name}**" in user.workspace.explanation().body for name in user.network.classes)


@pytest.mark.parametrize("name", [*METHODS, "sanity-check"])
def test_every_method_is_explained_in_full(name):
    from visualizer.gui.explain.text import explanation

    said = explanation(name, None)
    assert said.title
    assert said.formula
    assert "20" in said.paper
    assert "compare with its figure" in said.paper
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
    user.another_picture()
    assert not np.array_equal(user.heat("saliency"), before)


def test_nothing_is_computed_while_nobody_looks(user):
    before = user.workspace.results["saliency"]
    user.workspace.hide()
    user.another_picture()
    assert user.workspace.results["saliency"] is before
    user.workspace.show()
    assert user.workspace.results == {}
    user.settle()
    assert set(user.workspace.results) == set(QUICK.split())
    assert user.workspace.results["saliency"] is not before


def test_space_holds_and_goes_on_and_escape_stops(meet):
    user = meet("occlusion").open()
    user.slow_down()
    user.until(lambda: user.workspace.running)
    user.workspace.toggle()
    (held,) = user.session.compute.jobs()
    assert held.paused
    user.workspace.toggle()
    user.settle()
    assert user.workspace.results["occlusion"].done
    user.workspace.toggle()  # nothing is left to do
    assert not user.workspace.running
    user.workspace.controls.forms["occlusion"].control("stride").setValue(0.07)
    user.until(lambda: user.workspace.running)
    user.workspace.stop()
    assert not user.workspace.running
    user.settle()
    assert user.workspace.results == {}


def test_maps_of_a_network_are_never_beside_the_name_of_another(user, residual):
    told = []

    def on_change(change):
        if Change.NETWORK in change:
            told.append(user.session.network.name)
            assert user.workspace.results == {}
            assert all(card.view.image is None for card in user.workspace.cards.values())
            assert "Why" not in user.title()
            assert user.workspace.header.words.text() == ""
            assert user.controls.target.target == ""

    user.controls.target.set_target("#2")
    user.session.changed.connect(on_change)
    for live in (False, True):
        if live:
            user.session.start_live(film)
            user.until(lambda: user.workspace.results)
        name = "plain" if live else "residual"
        user.session.open_network(name)
        user.until(lambda name=name: told[-1:] == [name] and len(user.workspace.results) == 2)
        user.until(lambda: user.session.activations is not None)
        for result in user.workspace.results.values():
            assert result.recipe.network == name
        answer = user.session.network.top(user.session.activations.probabilities, 1)[0]
        assert answer.label in user.workspace.header.words.text()
    user.session.stop_live()
    user.settle()


def test_after_a_restart_in_explain_it_fills_itself(make_desk, settle, plate):
    desk = make_desk()
    desk.session.open_network("plain")
    desk.session.add(plate("red"))
    desk.window.choose_workspace(WORKSPACES.index("explain"))
    settle(desk.compute)
    desk.close()
    desk = make_desk()
    desk.session.start()
    settle(desk.compute)
    workspace = desk.window.workspace
    assert isinstance(workspace, ExplainWorkspace)
    assert set(workspace.results) == set(METHODS)
    assert {each.recipe.parents for each in workspace.results.values()} == {
        (desk.session.specimen.id,)
    }
    assert workspace.header.title.text().startswith("Why ")
    assert not workspace.picture.view.image.isNull()
