"""A network that knows digits only says so before a photo, and offers a digit of the tray."""

from types import SimpleNamespace

import numpy as np
import pytest

from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.widgets.digit_hint import DIGITS, DigitHint


@pytest.fixture
def hint(qtbot, session, settle):
    session.network = SimpleNamespace(title="LeNet-5", classes=list(DIGITS))
    hint = DigitHint(session)
    qtbot.addWidget(hint)
    hint.settle = lambda: settle(session.compute)
    return hint


def look(hint):
    hint.follow()
    hint.settle()


def digit() -> Specimen:
    return Specimen(np.full((8, 8, 3), 0.5, np.float32), "Handwritten two", Provenance("sample"))


def test_a_photo_before_a_network_of_digits(hint, session, plate, monkeypatch):
    monkeypatch.setattr(session, "_compute_activations", lambda: None)
    session.add(plate("Coffee cup"))
    look(hint)
    assert hint.isVisibleTo(None)
    assert hint.text() == "LeNet-5 knows handwritten digits only."  # there is none to offer
    session.add(digit(), select=False)
    look(hint)
    assert "Show it one" in hint.text()
    hint.linkActivated.emit("digit")
    assert session.specimen.title == "Handwritten two"
    look(hint)
    assert hint.isHidden()


def test_nothing_is_said_of_other_networks_or_drawings(hint, session, plate):
    session.specimen = digit()
    look(hint)
    assert hint.isHidden()
    session.specimen = plate("Coffee cup")
    session.network.classes = ["ant", "bee"]
    look(hint)
    assert hint.isHidden()
    session.network = None
    look(hint)
    assert hint.isHidden()
    session.specimen = None
