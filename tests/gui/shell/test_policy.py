"""What the policy of a classroom changes in the window."""

import pytest
from PySide6.QtWidgets import QPushButton

from tests.gui.desk import visible_texts
from visualizer.gui import app
from visualizer.gui.shell.workspaces import WORKSPACES
from visualizer.models import catalog
from visualizer.models.safety import CodeRefusedError


def test_each_start_begins_with_the_workspace_that_is_set(set_policy, make_desk):
    set_policy('workspace = "attack"')
    first = make_desk()
    assert WORKSPACES[first.window.workspace_index] == "attack"
    first.window.choose_workspace(WORKSPACES.index("layers"))
    first.close()
    assert WORKSPACES[make_desk().window.workspace_index] == "attack"


def test_the_text_size_is_that_of_those_who_have_chosen_none(set_policy, make_desk):
    set_policy("text_size = 1.5")
    first = make_desk()
    assert first.theme.scale == 1.5
    first.theme.set_scale(1.0)
    first.window.session.store.save()
    first.close()
    assert make_desk().theme.scale == 1.0


def test_a_camera_that_is_not_allowed_says_so(set_policy, desk, settle):
    set_policy("cameras = false")
    desk.window.inputs.toggle_camera()
    settle(desk.compute)
    (sentence,) = desk.window.notices.texts()
    assert "Cameras are not allowed on this computer" in sentence
    assert not desk.session.live


@pytest.mark.parametrize("allowed", [True, False])
def test_trust_is_offered_only_where_it_is_allowed(set_policy, desk, settle, catalogue, allowed):
    def refused():
        yield
        raise CodeRefusedError("There is code of its own in “twice”", "open it with trust.")

    set_policy(f"trust = {str(allowed).lower()}")
    catalogue["strange"] = refused
    desk.session.open_network("strange")
    settle(desk.compute)
    (sentence,) = desk.window.notices.texts()
    assert "code of its own" in sentence
    offers = [b for b in desk.window.notices.findChildren(QPushButton) if b.isVisible()]
    assert ("Open with trust…" in [b.text() for b in offers]) == allowed


def test_a_policy_that_is_not_understood_is_told_in_the_window(
    set_policy, qapp, tmp_path, monkeypatch
):
    set_policy("camera = false")
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(app, "preload", lambda: None)
    monkeypatch.setattr(catalog, "opening", lambda *_, **__: iter(()))
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    told = []

    def look(*_):
        (window,) = [w for w in qapp.topLevelWidgets() if isinstance(w, app.MainWindow)]
        for _ in range(2000):
            qapp.processEvents()
            if window.notices.texts():
                break
        told.extend(window.notices.texts())
        told.extend(visible_texts(window.notices))
        window.close()
        return 0

    monkeypatch.setattr(qapp.__class__, "exec", look)
    assert app.run() == 0
    assert any("there is no setting 'camera'" in text for text in told)
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
