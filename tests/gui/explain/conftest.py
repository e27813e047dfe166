"""A user of the Explain workspace for every test."""

from __future__ import annotations

import pytest

from tests.gui.explain.user import QUICK, User, classifier


@pytest.fixture(scope="session")
def animals():
    """Four classes."""
    return classifier(["ant", "bee", "cat", "dog"], 4, "softmax")


@pytest.fixture
def meet(qtbot, session, animals, monkeypatch):
    """A function that brings a user who compares these methods on this network."""

    def meet(methods=QUICK, network=animals) -> User:
        def opening(*_, **__):
            return network
            yield

        monkeypatch.setattr("visualizer.models.catalog.opening", opening)
        return User(qtbot, session, network, methods)

    return meet


@pytest.fixture
def user(meet):
    """A user who has opened a network and a picture."""
    return meet().open()
