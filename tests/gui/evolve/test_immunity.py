"""Immunise and try again, as a user does it; what is kept of the rounds."""

from __future__ import annotations

import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from visualizer.gui.evolve import text as words
from visualizer.gui.evolve.evolving import saved_folder
from visualizer.gui.evolve.immunity import ROUNDS, Round, _file_name, rounds_of
from visualizer.models import loader

ROUND = Round("Plain", 200, 0.74, 3, 20, False, 1.0, 0.95, 0.99)


@pytest.fixture
def openable(catalogue, plain):
    """The network that is written opens as any file does."""
    path = saved_folder(plain) / "Plain, immunised.keras"

    def opened():
        return (yield from loader.opening(path))

    catalogue[str(path)] = opened
    return path


@pytest.mark.usefixtures("kept")
def test_the_network_learns_what_fooled_it_and_is_tried_again(user, openable):
    assert not user.controls.immunise.isEnabled()
    user.evolve(4)
    median = user.run.evolving.evolution.summary()["median_confidence"]
    seen, settings = user.run.frame.evaluations, user.controls.settings.settings
    user.qtbot.keyClick(user.workspace, Qt.Key.Key_I)
    user.until(lambda: user.session.network.title == "Plain, immunised.keras")
    user.until(lambda: user.run.frame is not None and user.run.frame.step >= 2)
    user.run.pause()
    user.settle()
    assert user.controls.settings.settings == settings
    assert len(user.run.frame.classes) == 5  # none for the fooling pictures
    (kept,) = rounds_of(user.session.network)
    assert (kept.title, kept.evaluations) == ("Plain", seen)
    assert kept.median == pytest.approx(median)
    assert 0 <= kept.recognised <= 1
    assert user.wall.rounds.isVisible()
    said = user.wall.rounds.toolTip()
    assert "immunised 1 ×" in said
    assert f"before: {words.share(median)}" in said
    assert any("Immunised: it knows" in sentence for sentence, _ in user.session.sentences)
    user.session.open_network("plain")
    user.settle()
    assert not user.wall.rounds.isVisible()


def test_a_network_without_a_file_is_said(user):
    user.evolve(1)
    user.controls.immunise.click()
    user.settle()
    assert "has no file" in user.session.sentences[-1][0]


@pytest.mark.parametrize(
    ("title", "rounds", "name"),
    [
        ("AlexNet", 1, "AlexNet, immunised.keras"),
        ("AlexNet, immunised.keras", 2, "AlexNet, immunised 2 times.keras"),
        ("AlexNet, immunised 2 times.keras", 3, "AlexNet, immunised 3 times.keras"),
        ("my/net.keras", 1, "my_net, immunised.keras"),
    ],
)
def test_a_network_is_called_by_how_often_it_was_immunised(title, rounds, name):
    assert _file_name(title, rounds) == name


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
names = st.sampled_from([*Round.__dataclass_fields__, "more"])


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """A network in a file of the right name, and the file of rounds beside it."""
    folder = tmp_path_factory.mktemp("strange")
    card = {"guessed": False, "source": str(folder / "strange.keras")}
    return SimpleNamespace(name="strange", card=card), folder / ROUNDS


@given(told=values | st.lists(values | st.dictionaries(names, values), max_size=3))
def test_rounds_of_strangers_are_read_within_bounds(stranger, told):
    network, file = stranger
    file.write_text(json.dumps([asdict(ROUND)]))
    assert rounds_of(network) == (ROUND,)
    file.write_text(json.dumps(told))
    assert all(isinstance(each, Round) for each in rounds_of(network))
    file.write_bytes(b"[" * 100_000)
    assert rounds_of(network) == ()
    file.unlink()
    assert rounds_of(network) == ()
