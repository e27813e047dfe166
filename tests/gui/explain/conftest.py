"""A user of the Explain workspace for every test."""

from __future__ import annotations

import pytest

from tests.gui.explain.user import QUICK, ExplainUser


@pytest.fixture
def meet(qtbot, session, catalogue, plain):
    """A function that brings a user who compares these methods on this network."""

    def meet(methods=QUICK, network=plain) -> ExplainUser:
        catalogue[network.name] = network
        return ExplainUser(qtbot, session, network, methods)

    return meet


@pytest.fixture
def user(meet):
    """A user who has opened a network and a picture."""
    return meet().open()
