"""What every lesson has: steps, Back, Reset, seeds, numbers, questions, scenes and progress."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from visualizer.engine.lessons.course import COURSE
from visualizer.engine.resources import resource
from visualizer.engine.shows.show import State
from visualizer.gui.learn.workspace import NAMES, LearnWorkspace

Key = Qt.Key


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_steps_back_and_resets(pupil, name):
    """One table for all: stepping and going back leads to the very same state."""
    user = pupil.learn(name)
    run = user.page.run
    assert user.workspace.lesson == name
    assert user.told[0] == run.lesson.tasks[0].question
    first = run.state
    user.step(2)
    steps = run.steps
    assert steps
    for _ in range(steps):
        user.workspace.step_stage(-1)
    user.settle()
    assert run.state is first
    user.step()
    user.workspace.first_unit()
    user.settle()
    assert run.steps == 0
    header, rows = user.workspace.table_for_export()
    assert rows
    assert all(len(row) == len(header) for row in rows)
    user.press(Key.Key_N)
    assert user.page.table.isVisible()
    assert user.page.table.rowCount() == min(len(rows), 500)


@pytest.mark.parametrize("name", NAMES)
def test_every_lesson_comes_back_as_a_scene(pupil, name):
    user = pupil.learn(name)
    user.step(3)
    user.workspace.step_unit(1)
    state, numbers = user.workspace.state(), user.workspace.table_for_export()
    user.page.bar.dice.click()
    user.settle()
    user.workspace.show_contents()
    assert user.workspace.restore(state) == []
    user.settle()
    assert user.workspace.lesson == name
    assert user.page.strip.index == 1
    assert user.page.run.seed == 1
    assert repr(user.workspace.table_for_export()) == repr(numbers)


def test_every_lesson_has_words_and_three_tasks():
    for place, each in enumerate(COURSE):
        words = resource(f"lessons/{each.name}.md").read_text(encoding="utf-8")
        assert 80 < len(words.split()) < 400, each.name
        assert len(each.tasks) == 3
        assert set(each.after) <= set(NAMES[:place]), "what it builds on comes before"
        for task in each.tasks:
            assert task.question
            assert task.hint
            assert task.answer
        assert each.paper
        assert each.summary.endswith(".")


def test_hostile_scenes_are_told_and_left_out(pupil):
    assert pupil.workspace.restore(State({"lesson": "none"})) == ["the lesson none"]
    name = NAMES[0]
    wrong = {"settings": 3, "seed": "x", "steps": -4, "values": {"points": 1}, "question": 99}
    told = pupil.workspace.restore(State({"lesson": name, name: wrong}))
    assert told == ["what was on show in the lesson"]
    pupil.settle()
    assert pupil.page.run.steps == 0


def test_the_same_seed_gives_the_same_run_and_another_another(pupil):
    user = pupil.learn("perceptron")
    first = user.page.run.state.points.tolist()
    user.press(Key.Key_R)
    assert user.page.bar.seed.value() == 2
    assert user.page.run.state.points.tolist() != first
    user.page.bar.seed.setValue(1)
    user.settle()
    assert user.page.run.state.points.tolist() == first


def test_hints_are_shown_when_they_are_asked_for(pupil):
    user = pupil.learn("perceptron")
    user.press(Key.Key_H)
    assert user.told[1].startswith("Press Space.")
    user.workspace.step_unit(1)
    assert user.told[0].startswith("Choose XOR")
    assert user.told[1] == ""


def test_a_hidden_lesson_stops(pupil):
    user = pupil.learn("perceptron")
    user.set(points="XOR")
    user.workspace.toggle()
    assert user.page.playing
    user.workspace.hide()
    assert not user.page.playing
    user.settle()


def test_the_contents_are_walked_by_keys_and_esc_leads_back(pupil):
    workspace = pupil.workspace
    assert workspace.lesson == ""
    assert not workspace.back()
    workspace.last_unit()
    assert workspace.contents.chosen == len(NAMES) - 1
    workspace.first_unit()
    workspace.toggle()
    pupil.settle()
    assert workspace.lesson == NAMES[0]
    assert workspace.back()
    assert workspace.lesson == ""
    assert workspace.contents.chosen == 0


def test_a_clicker_goes_from_question_to_question_and_lesson_to_lesson(pupil):
    workspace = pupil.workspace
    workspace.step_on_stage(1)
    pupil.settle()
    walked = [(workspace.lesson, workspace.page.strip.index)]
    for _ in range(3 * len(NAMES) - 1):
        workspace.step_on_stage(1)
        pupil.settle()
        walked.append((workspace.lesson, workspace.page.strip.index))
    assert walked == [(name, question) for name in NAMES for question in range(3)]
    workspace.step_on_stage(1)
    workspace.step_on_stage(-1)
    assert (workspace.lesson, workspace.page.strip.index) == (NAMES[-1], 1)


def test_progress_is_remembered_until_the_course_is_begun_anew(pupil, session, qtbot):
    user = pupil.learn("perceptron")
    user.page.step(1000)
    user.settle()
    assert user.solved[0]
    user.workspace.show_contents()
    contents = user.workspace.contents
    assert contents.told.text() == f"1 of {3 * len(NAMES)} questions solved"
    assert "✓○○" in contents.cards[0].state.text()
    again = LearnWorkspace(session)
    qtbot.addWidget(again)
    assert "✓○○" in again.contents.cards[0].state.text()
    qtbot.mouseClick(contents.anew, Qt.MouseButton.LeftButton)
    (box,) = contents.findChildren(QMessageBox)
    yes = next(each for each in box.findChildren(QPushButton) if each.text() == "Begin anew")
    qtbot.mouseClick(yes, Qt.MouseButton.LeftButton)
    assert contents.told.text() == f"0 of {3 * len(NAMES)} questions solved"
    assert not user.page.run.solved[0] if user.workspace.lesson else True
    assert "○○○" in contents.cards[0].state.text()


def test_a_lesson_leads_to_the_network_and_back(pupil, session, catalogue, plain, settle):
    """To the first stage of the open network that does the same, in the workspace Layers."""
    user = pupil.learn("perceptron")
    assert not user.page.stage_link.isVisible()
    catalogue[plain.name] = plain
    session.open_network(plain.name)
    user.settle()
    wanted = []
    user.workspace.workspace_wanted.connect(wanted.append)
    user.qtbot.mouseClick(user.page.stage_link, Qt.MouseButton.LeftButton)
    assert wanted == ["layers"]
    stage = next(each for each in plain.stages if each.kind == "dense")
    assert session.stage == stage.name
    assert stage.name in user.page.stage_link.text()


def test_a_worksheet_is_saved_from_the_window(pupil, tmp_path):
    contents = pupil.workspace.contents
    contents.save_sheet(contents.cards[0].lesson, tmp_path / "sheet.pdf")
    pupil.settle()
    assert (tmp_path / "sheet.pdf").read_bytes().count(b"/Type /Page\n") == 2
    assert pupil.session.sentences == [("The worksheet is saved as “sheet.pdf”.", "info")]
