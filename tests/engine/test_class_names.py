"""Names of classes found by parts of them, and by what is nearly them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine.adversarial.criterion import find_class
from visualizer.engine.class_names import matching, near, plain
from visualizer.engine.errors import UserError

NAMES = [
    "golden retriever",
    "cat",
    "sea_lion",
    "catamaran",
    "sea urchin",
    "Egyptian cat",
    "espresso",
]


def found(places):
    return [NAMES[place] for place in places]


def test_the_name_itself_comes_first_then_names_that_begin_so():
    assert found(matching("cat", NAMES)) == ["cat", "catamaran", "Egyptian cat"]
    assert found(matching("SEA l", NAMES)) == ["sea_lion"]
    assert found(matching("ran", NAMES)) == ["catamaran"]
    assert matching("  ", NAMES) == matching("giraffe", NAMES) == []


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("expresso", "espresso"), ("retreiver", "golden retriever"), ("Sea urchn", "sea urchin")],
)
def test_near_misses_are_near_what_was_meant(typed, meant):
    assert found(near(typed, NAMES))[0] == meant


def test_nonsense_is_near_nothing():
    assert near("giraffe", NAMES) == near("", NAMES) == near("ct", NAMES) == []


@given(st.text(max_size=20), st.lists(st.text(max_size=12), max_size=8))
def test_any_text_gives_places_once_each(typed, names):
    for places in (matching(typed, names), near(typed, names)):
        assert len(set(places)) == len(places)
        assert all(0 <= place < len(names) for place in places)
    assert all(plain(typed) in plain(names[place]) for place in matching(typed, names))


def test_the_command_line_says_what_may_have_been_meant(request):
    network = request.getfixturevalue("plain")
    with pytest.raises(UserError, match="no class called “dogg”; did you mean “dog”"):
        find_class(network, "dogg", 5)
    with pytest.raises(UserError, match="give one of its 5 names"):
        find_class(network, "giraffe", 5)
