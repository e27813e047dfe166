"""The Dream workspace before and between its pages."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest


def test_before_a_network_there_are_hints_and_nothing_breaks(newcomer):
    for index in range(4):
        newcomer.workspace.choose_page(index)
        page = newcomer.workspace.page
        assert newcomer.workspace.explanation().body
        for press in (page.toggle, page.stop, lambda p=page: p.step_stage(1)):
            press()
        page.step_unit(1)
        assert not newcomer.workspace.grab().isNull()
    assert newcomer.session.compute.is_idle()


def test_the_keys_of_the_workspace_choose_its_pages(user):
    user.workspace.choose_page(0)
    user.workspace.activateWindow()
    user.qtbot.waitUntil(user.workspace.isActiveWindow)
    for place, title in enumerate(("Dream", "Stimulus", "Wall", "Style"), start=1):
        QTest.keyClick(user.workspace, f"{place}", Qt.KeyboardModifier.AltModifier)
        assert user.workspace.page.title == title
        user.workspace.page.stop()
    user.settle()


def test_a_tall_picture_asks_for_no_more_room_than_there_is(user, plate):
    page = user.page(0)
    before = page.minimumSizeHint().height()
    user.session.add(plate("Tower", size=(400, 20)))
    user.settle()
    assert page.run_view.view.image.height() == 400
    assert not page.run_view.hasHeightForWidth()
    assert page.minimumSizeHint().height() == before


def test_nothing_behind_a_hidden_page_holds_a_network_that_was_closed(user):
    for index in range(4):
        user.page(index)
        user.workspace.page.stop()
    user.settle()
    user.workspace.hide()
    user.session.open_network("residual")
    user.settle()
    dream, stimulus, wall, style = user.workspace.pages
    assert [page.run.history for page in (dream, stimulus, style)] == [None] * 3
    lists = (dream.targets, style.content_stages, style.style_stages)
    assert [each.rows for each in lists] == [[], [], []]  # a row knows its network
    assert wall.tiles == {}
    user.workspace.show()
    user.workspace.choose_page(0)
    assert user.workspace.page.targets.targets[0].stage in [
        stage.name for stage in user.session.network.stages
    ]
    user.settle()
