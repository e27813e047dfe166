from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine import technique as registry
from visualizer.engine.errors import UserError
from visualizer.engine.technique import (
    Frame,
    Settings,
    SettingsError,
    describe,
    setting,
    technique,
    techniques,
)


@dataclass(frozen=True)
class Knobs(Settings):
    """One of each kind of setting."""

    steps: int = setting(10, low=1, high=500, step=1, unit="steps", help="How many.")
    step_size: float = setting(0.5, low=0.0, high=2.0, step=0.1, unit="pixels")
    epsilon: float = setting(8 / 255, low=0.0, high=1.0, unit="/255")
    targeted: bool = setting(False)
    norm: str = setting("linf", choices=("linf", "l2"))
    octaves: int = setting(4, choices=(1, 2, 4))
    note: str = setting("")
    seed: int | None = setting(None, low=0)


VALID = {
    "steps": st.integers(1, 500),
    "step_size": st.floats(0, 2),
    "epsilon": st.floats(0, 1),
    "targeted": st.booleans(),
    "norm": st.sampled_from(["linf", "l2"]),
    "octaves": st.sampled_from([1, 2, 4]),
    "note": st.text(),
    "seed": st.none() | st.integers(0, 2**80),
}


@pytest.fixture
def empty_registry(monkeypatch):
    monkeypatch.setattr(registry, "_registry", {})
    monkeypatch.setattr(registry, "HOMES", ())


@given(st.fixed_dictionaries({}, optional=VALID))
def test_valid_settings_survive_json(values):
    knobs = Knobs.from_dict(values)
    assert Knobs.from_dict(json.loads(json.dumps(knobs.to_dict()))) == knobs
    for name, value in values.items():
        assert getattr(knobs, name) == value


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"steps": 0}, "steps is 0; it must be a whole number from 1 to 500 steps."),
        ({"steps": 501}, "steps is 501; it must be a whole number from 1 to 500 steps."),
        ({"steps": 2.5}, "steps is 2.5; it must be a whole number from 1 to 500 steps."),
        ({"steps": True}, "steps is True; it must be a whole number from 1 to 500 steps."),
        ({"step_size": -1}, "step size is -1; it must be a number from 0 to 2 pixels."),
        ({"step_size": math.nan}, "step size is nan; it must be a number from 0 to 2 pixels."),
        ({"step_size": "far"}, "step size is “far”; it must be a number from 0 to 2 pixels."),
        ({"epsilon": 2.0}, "epsilon is 2.0; it must be a number from 0/255 to 255/255."),
        ({"targeted": 1}, "targeted is 1; it must be yes or no."),
        ({"norm": "l1"}, "norm is “l1”; it must be one of linf, l2."),
        ({"octaves": 3}, "octaves is 3; it must be one of 1, 2, 4."),
        ({"octaves": True}, "octaves is True; it must be one of 1, 2, 4."),
        ({"note": 7}, "note is 7; it must be text."),
        ({"seed": -1}, "seed is -1; it must be a whole number, 0 or more, or none."),
        ({"stpes": 3}, "There is no setting “stpes”; there are steps, step_size"),
    ],
)
def test_a_wrong_setting_is_said_in_a_sentence(values, sentence):
    with pytest.raises(SettingsError) as caught:
        Knobs.from_dict(values)
    assert str(caught.value).startswith(sentence)
    assert isinstance(caught.value, UserError)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*VALID, "unknown"]), anything))
def test_hostile_settings_are_valid_or_refused_in_words(values):
    try:
        knobs = Knobs.from_dict(values)
    except SettingsError as error:
        sentence = str(error)
    else:
        sentence = ""
        assert Knobs.from_dict(knobs.to_dict()) == knobs
    assert len(sentence) < 300


@pytest.mark.parametrize("given_values", [None, [], "steps", 3])
def test_settings_that_are_no_mapping_are_refused(given_values):
    with pytest.raises(SettingsError, match="names with values"):
        Knobs.from_dict(given_values)


def test_numpy_numbers_become_plain_ones():
    knobs = Knobs(steps=np.int64(3), step_size=np.float32(0.5), targeted=np.True_)
    assert [type(v) for v in (knobs.steps, knobs.step_size, knobs.targeted)] == [int, float, bool]
    assert json.dumps(knobs.to_dict())


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Knobs().steps = 3


def test_fields_tell_all_that_a_form_needs():
    fields = {item.name: item for item in describe(Knobs)}
    assert list(fields) == list(VALID)
    steps = fields["steps"]
    assert (steps.type, steps.default, steps.low, steps.high) == (int, 10, 1, 500)
    assert (steps.step, steps.unit, steps.help) == (1, "steps", "How many.")
    assert fields["step_size"].label == "step size"
    assert fields["step_size"].option == "--step-size"
    assert fields["norm"].choices == ("linf", "l2")
    assert fields["seed"].optional
    assert not fields["steps"].optional


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", " 7 ", 7),
        ("step_size", "1e-1", 0.1),
        ("epsilon", "8/255", 8 / 255),
        ("epsilon", "0.25", 0.25),
        ("targeted", "Yes", True),
        ("targeted", "off", False),
        ("norm", "l2", "l2"),
        ("octaves", "2", 2),
        ("note", " kept as it is ", " kept as it is "),
        ("seed", "none", None),
        ("seed", "12345678901234567890", 12345678901234567890),
    ],
)
def test_text_is_parsed(name, text, value):
    field = {item.name: item for item in describe(Knobs)}[name]
    assert field.parse(text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("steps", "ten"),
        ("steps", "9" * 5000),
        ("epsilon", "1/0"),
        ("epsilon", "1/2/3"),
        ("step_size", "inf"),
        ("targeted", "maybe"),
        ("octaves", "3"),
    ],
)
def test_text_that_is_no_value_is_refused(name, text):
    field = {item.name: item for item in describe(Knobs)}[name]
    with pytest.raises(SettingsError):
        field.parse(text)


@given(st.integers(0, 255))
def test_fractions_are_shown_and_read_back(k):
    field = {item.name: item for item in describe(Knobs)}["epsilon"]
    assert field.format(k / 255) == f"{k}/255"
    assert field.parse(field.format(k / 255)) == k / 255


def test_a_setting_of_another_type_is_a_mistake_of_the_author():
    @dataclass(frozen=True)
    class Wrong(Settings):
        names: list = setting(None)  # noqa: RUF009

    with pytest.raises(TypeError, match="names"):
        describe(Wrong)


def test_a_default_out_of_range_is_found_at_registration(empty_registry):
    @dataclass(frozen=True)
    class Wrong(Settings):
        steps: int = setting(0, low=1, high=5)

    with pytest.raises(SettingsError, match="steps is 0"):

        @technique(name="wrong", title="", paper="", explanation="", settings=Wrong)
        def wrong(network, specimen, settings):
            yield Frame(0, None)


def test_a_technique_runs_from_the_registry(empty_registry):
    @technique(name="count", title="Count", paper="", explanation="Counts.", settings=Knobs)
    def count(network, specimen, settings):
        for step in range(settings.steps):
            yield Frame(step + 1, settings.steps, numbers={"left": settings.steps - step - 1})

    found = techniques()["count"]
    assert (found.title, found.explanation) == ("Count", "Counts.")
    assert [item.name for item in found.fields] == list(VALID)
    frames = list(found(None, None, Knobs(steps=3)))
    assert [(frame.step, frame.total, frame.numbers["left"]) for frame in frames] == [
        (1, 3, 2),
        (2, 3, 1),
        (3, 3, 0),
    ]
    assert len(list(found(None, None))) == 10
    with pytest.raises(TypeError, match="Knobs"):
        found(None, None, Settings())


def test_two_techniques_of_one_name_are_refused(empty_registry):
    def other(network, specimen, settings):
        yield Frame(0, None)

    register = technique(name="same", title="", paper="", explanation="", settings=Settings)
    register(other)

    def third(network, specimen, settings):
        yield Frame(0, None)

    third.__module__ = "somewhere.else"
    with pytest.raises(ValueError, match="same"):
        register(third)


def test_a_frame_owns_its_picture():
    picture = np.zeros((2, 2, 3), np.uint8)
    frame = Frame(1, 2, picture, {"loss": np.float32(0.5)})
    picture[:] = 9
    assert frame.picture.max() == 0
    assert not frame.picture.flags.writeable
    assert frame.numbers == {"loss": 0.5}
    assert type(frame.numbers["loss"]) is float


def test_a_frame_spares_the_copy_of_what_nobody_can_change():
    picture = np.zeros((2, 2, 3), np.float32)
    picture.setflags(write=False)
    assert Frame(1, None, picture).picture is picture
    window = np.zeros((4, 4, 3), np.float32)
    view = window[:2]
    view.setflags(write=False)
    frame = Frame(1, None, view)
    window[:] = 1
    assert frame.picture.max() == 0


@pytest.mark.parametrize(
    "arguments",
    [
        {"step": -1, "total": None},
        {"step": 3, "total": 2},
        {"step": 1, "total": 1, "picture": np.zeros((2, 2), np.uint8)},
        {"step": 1, "total": 1, "picture": np.zeros((2, 2, 3), np.float64)},
    ],
)
def test_an_impossible_frame_is_refused(arguments):
    with pytest.raises(ValueError, match=r"step|picture"):
        Frame(**arguments)
