"""A technique that nobody wrote a page for has one in the window."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox

from tests.plugins import install, of_the_guide
from visualizer.engine.technique import techniques
from visualizer.gui.shell.workspaces import MORE, OURS, table
from visualizer.gui.technique.workspace import NONE, MoreWorkspace, without_page

SNOW = of_the_guide()[0]
PATIENCE = 60_000
MODULE = "snow_for_the_window"


@pytest.fixture
def plug_in(monkeypatch, tmp_path):
    """A function that installs a package with this code, as pip would."""
    folder = tmp_path / "packages"
    folder.mkdir()
    yield lambda code: install(folder, monkeypatch, MODULE, code)
    sys.modules.pop(MODULE, None)


@pytest.fixture
def snow(plug_in):
    """The technique of the guide."""
    plug_in(SNOW)


@pytest.fixture
def make(qtbot, open_session):
    def build():
        workspace = MORE.build(open_session)
        assert isinstance(workspace, MoreWorkspace)
        qtbot.addWidget(workspace)
        qtbot.addWidget(workspace.side_panel())
        for widget, size in ((workspace, (900, 700)), (workspace.side_panel(), (340, 700))):
            widget.resize(*size)
            widget.show()
        workspace.activateWindow()
        qtbot.waitUntil(workspace.isActiveWindow)
        return workspace

    return build


@pytest.fixture
def more(snow, make, open_session, plate, settle):
    open_session.add(plate("Red"))
    workspace = make()
    settle(open_session.compute)
    return workspace


def test_all_of_this_repository_have_pages_of_their_own():
    assert without_page() == {}, "name the technique, or its module, in OWN_PAGES"
    assert table() == OURS


def test_without_a_plug_in_a_sentence_says_how_to_add_one(make):
    workspace = make()
    assert workspace.about.text() == NONE
    assert "adding-a-technique.md" in workspace.explanation().body
    for press in (workspace.start, workspace.toggle, workspace.stop):
        press()
    workspace.step_stage(1)
    assert not workspace.run.running


def test_a_plug_in_brings_the_workspace_and_its_form(more):
    assert table() == (*OURS, MORE)
    assert list(more.techniques) == ["snow"]
    assert more.chooser.currentText() == "Snow"
    assert "sure the network stays" in more.about.text()
    form = more.forms["snow"]
    steps, amount = form.control("steps"), form.control("amount")
    assert isinstance(steps, QSpinBox)
    assert (steps.value(), steps.maximum(), steps.suffix()) == (10, 1000, " steps")
    assert isinstance(amount, QDoubleSpinBox)
    assert (amount.value(), amount.suffix()) == (128, " /255")
    assert steps.isVisible()
    assert "ICLR 2019" in more.explanation().paper


def test_it_runs_to_its_end_and_goes_to_the_tray_with_its_recipe(more, settle):
    session, transport = more.session, more.run_view.transport
    red = session.specimen
    more.forms["snow"].control("steps").setValue(4)
    more.forms["snow"].control("seed").setText("7")
    transport.start_button.click()
    settle(session.compute, timeout=PATIENCE)
    assert more.run.state == "done"
    frames = list(techniques()["snow"](session.network, red, more.settings))
    np.testing.assert_allclose(more.run.frame.picture / 255, frames[-1].picture, atol=0.51 / 255)
    assert list(more.run_view.curves) == ["noise", "probability"]
    np.testing.assert_allclose(
        more.run_view.curves["probability"].values, [f.numbers["probability"] for f in frames]
    )
    assert more.run_view.view.image is not None
    assert more.run_view.status.text().startswith(f"done: step 4 of 4: {frames[-1].label}")
    assert more.table_for_export()[0] == ["step", "noise", "probability"]
    assert dict(more.explanation().facts)["Noise"] == "0.502"
    transport.tray_button.click()
    settle(session.compute)
    made = session.specimens[-1]
    assert made.title == "Red: Snow"
    assert made.provenance == techniques()["snow"].provenance(session.network, red, more.settings)
    assert made.provenance.seed == 7


def test_it_pauses_is_cancelled_and_says_how_far_it_came(more, settle, qtbot):
    session, transport = more.session, more.run_view.transport
    more.forms["snow"].control("steps").setValue(1000)
    transport.start_button.click()
    qtbot.waitUntil(lambda: more.run.frame is not None, timeout=PATIENCE)
    (job,) = [job for job in session.compute.jobs() if job.title]
    assert (job.title, job.total) == ("Snow", 1000)
    transport.go_button.click()
    settle(session.compute)
    assert more.run.state == "paused"
    step = more.run.frame.step
    assert more.run_view.status.text().startswith(f"paused at step {step} of 1000")
    transport.step_button.click()
    settle(session.compute)
    assert more.run.frame.step == step + 1
    transport.undo_button.click()
    assert more.run.frame.step == step
    transport.go_button.click()
    qtbot.waitUntil(lambda: more.run.frame.step > step + 2, timeout=PATIENCE)
    (job,) = [job for job in session.compute.jobs() if job.title]
    session.compute.cancel(job.job)  # the button in the jobs bar
    settle(session.compute)
    assert more.run.state == "paused"
    transport.tray_button.click()
    settle(session.compute)
    source = session.specimens[-1].provenance.source
    assert source == f"technique, stopped at step {more.run.frame.step} of 1000"


def test_its_keys(more, settle):
    more.forms["snow"].control("steps").setValue(2)
    QTest.keyClick(more, Qt.Key.Key_N)
    settle(more.session.compute, timeout=PATIENCE)
    assert more.run.state == "done"
    wanted = []
    more.workspace_wanted.connect(wanted.append)
    QTest.keyClick(more, Qt.Key.Key_L)
    settle(more.session.compute)
    assert wanted == ["layers"]
    assert more.session.specimen.provenance.technique == "snow"


def test_two_techniques_and_an_error_in_one_of_them(plug_in, make, open_session, plate, settle):
    hail = SNOW.replace('name="snow"', 'name="hail"').replace('title="Snow"', 'title="Hail"')
    raises = "from visualizer.engine.errors import UserError; raise UserError('It is too warm.')"
    plug_in(SNOW + hail.replace("    clean = ", f"    {raises}\n    clean = "))
    open_session.add(plate("Red"))
    more = make()
    assert list(more.techniques) == ["snow", "hail"]
    more.chooser.setCurrentIndex(more.chooser.findText("Hail"))
    more.start()
    settle(open_session.compute, timeout=PATIENCE)
    assert more.run.state == "failed"
    assert more.run_view.error.text() == "It is too warm."
    more.chooser.setCurrentIndex(more.chooser.findText("Snow"))
    assert more.run.state == "empty"
    assert more.forms["snow"].isVisible()
    assert not more.forms["hail"].isVisible()
    assert not more.run_view.error.isVisible()


def test_a_plug_in_that_does_not_load_is_told_there(plug_in, make):
    plug_in(SNOW + "\n1 / 0\n")
    workspace = make()
    assert table() == (*OURS, MORE)
    assert "update or uninstall that package" in workspace.problems.text()
    assert workspace.problems.isVisible()


def test_another_technique_first_keeps_what_was_made(plug_in, make, open_session, plate, settle):
    plug_in(SNOW + SNOW.replace('name="snow"', 'name="hail"'))
    open_session.add(plate("Red"))
    more = make()
    more.forms["snow"].control("steps").setValue(2)
    more.start()
    settle(more.session.compute, timeout=PATIENCE)
    before = len(more.session.specimens)
    QTest.keyClick(more, Qt.Key.Key_M)
    settle(more.session.compute)
    assert more.technique.name == "hail"
    assert len(more.session.specimens) == before + 1
    assert more.run.state == "empty"
