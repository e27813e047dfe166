"""The page of softmax and loss: its questions by mouse and keys, and a network's own logits."""

import pytest

from tests.gui.learn.test_convolution import write
from visualizer.engine.lessons.softmax import NETWORK, TABLE, VALUES


@pytest.fixture
def user(pupil):
    return pupil.learn("softmax")


def test_a_temperature_is_found(user):
    assert user.view.result.text() == (
        "The shares add up to 0.636 + 0.234 + 0.086 + 0.032 + 0.012 = 1.000."
    )
    user.step()
    assert user.view.said.text() == "class 1: 148.4 of 233.2 is a share of 0.636."
    user.view.temperature.setValue(4)
    user.settle()
    assert user.page.run.settings.temperature == 0.4
    assert user.solved == [True, False, False]
    user.step(5)
    assert user.view.said.text().startswith("If class 1 is right the loss is −log 0.9")
    write(user, user.view.given, 0, 4, "9")
    assert user.page.run.state.given[0].tolist() == [5, 4, 3, 2, 9]


def test_the_loss_of_the_table_and_of_a_sure_mistake(user):
    user.set(of=TABLE)
    user.step()
    assert user.view.said.text() == "It is a cat, and that had p = 0.71: −log 0.71 = 0.34."
    user.step(2)
    assert user.view.result.text() == "The loss so far: 0.34 + 0.02 + 0.71 = 1.07 (exactly 1.076)."
    assert user.solved == [False, True, False]
    write(user, user.view.given, 1, 2, "0")
    assert user.solved == [False, True, True]
    assert "= ∞" in user.view.result.text()
    write(user, user.view.given, 1, 2, "2")
    text = "A probability lies between 0 and 1; write one like 0.2."
    assert user.session.sentences == [(text, "warning")]


def test_squared_errors(user):
    user.set(of=VALUES)
    user.step(3)
    assert user.view.said.text() == "(4 − 2)² = 4."
    assert user.view.result.text() == (
        "The mean squared error so far: (0.25 + 0.25 + 4) / 3 = 1.5."
    )


def test_the_network_s_own_logits(user, catalogue, plain, plate):
    user.set(of=NETWORK)
    assert user.view.said.text() == "Choose a network at the top first."
    user.session.add(plate("one"))
    user.open("plain")
    assert "from the network's own probabilities by" in user.view.result.text()
    rows = user.workspace.table_for_export()[1]
    theirs = sorted(user.session.activations.probabilities.tolist(), reverse=True)
    assert [row[3] for row in rows] == pytest.approx(theirs, abs=1e-6)
    user.step(2)
    user.view.temperature.setValue(50)
    user.settle()
    assert user.page.run.steps == 2
    assert user.workspace.table_for_export()[1][0][3] < theirs[0]


def test_a_network_s_logits_come_back_as_a_scene(user, catalogue, plain, plate):
    user.session.add(plate("one"))
    user.open("plain")
    user.set(of=NETWORK)
    user.step(6)
    assert user.view.said.text().startswith("If ")
    state, rows = user.workspace.state(), user.workspace.table_for_export()[1]
    user.set(of=TABLE)
    assert user.workspace.restore(state) == []
    user.settle()
    assert user.page.run.state.at == 5
    assert user.workspace.table_for_export()[1] == rows
