"""A form made from settings: every control in its range, its unit and its help, and back again."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QLabel, QLineEdit, QSpinBox

from visualizer.engine.technique import Settings, SettingsError, setting
from visualizer.gui.widgets.settings_form import SettingsForm


@dataclass(frozen=True)
class Example(Settings):
    steps: int = setting(20, low=1, high=500, unit="steps", help="How many steps to take.")
    epsilon: float = setting(8 / 255, low=0.0, high=1.0, step=1 / 255, unit="/255", help="How far.")
    rate: float = setting(0.05, low=0.0, high=1.0, step=0.01, help="How fast.")
    seed: int = setting(7, low=0, high=2**53, help="What chance starts from.")
    mirror: bool = setting(False, help="Left becomes right.")
    norm: str = setting("Linf", choices=("Linf", "L2"), help="How distance is measured.")
    target: int | None = setting(None, low=0, high=999, help="A class, or none.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mirror and self.steps > 100:
            raise SettingsError("With mirror there are at most 100 steps; choose fewer.")


@pytest.fixture
def form(qtbot):
    form = SettingsForm(Example)
    qtbot.addWidget(form)
    form.show()
    return form


def said(form):
    return [label.text() for label in form.findChildren(QLabel) if label.isVisibleTo(form)]


def test_every_field_has_its_control_name_and_help(form):
    kinds = {
        "steps": QSpinBox,
        "epsilon": QDoubleSpinBox,
        "rate": QDoubleSpinBox,
        "seed": QLineEdit,
        "mirror": QCheckBox,
        "norm": QComboBox,
    }
    for name, kind in kinds.items():
        assert isinstance(form.control(name), kind)
        assert form.control(name).accessibleName() == name
    assert form.control("steps").suffix() == " steps"
    assert "How many steps to take." in form.control("steps").toolTip()
    assert "a whole number from 1 to 500 steps" in form.control("steps").toolTip()
    assert form.control("epsilon").text() == "8 /255"
    assert form.control("rate").text() == "0.05"
    assert {"Steps", "Epsilon", "Rate", "Seed", "Mirror", "Norm", "Target"} <= set(said(form))


def test_it_starts_with_the_usual_settings_exactly(form):
    assert form.settings == Example()
    assert form.control("epsilon").value() == 8


def test_typing_changes_the_settings(form, qtbot):
    heard = []
    form.changed.connect(heard.append)
    steps = form.control("steps")
    steps.selectAll()
    qtbot.keyClicks(steps, "64")
    assert form.settings.steps == 64
    qtbot.keyClick(steps, Qt.Key.Key_Up)
    assert form.settings.steps == 65
    qtbot.mouseClick(form.control("mirror"), Qt.MouseButton.LeftButton)
    assert form.settings.mirror
    form.control("norm").setCurrentText("L2")
    assert heard[-1] == Example(steps=65, mirror=True, norm="L2")


def test_one_press_of_the_arrow_is_one_255th(form, qtbot):
    qtbot.keyClick(form.control("epsilon"), Qt.Key.Key_Up)
    assert form.settings.epsilon == pytest.approx(9 / 255)


def test_a_value_out_of_range_cannot_be_typed_into_a_spin_box(form, qtbot):
    steps = form.control("steps")
    steps.selectAll()
    qtbot.keyClicks(steps, "99999")
    assert 1 <= form.settings.steps <= 500


def test_what_cannot_be_is_said_and_the_last_good_settings_stay(form, qtbot):
    seed = form.control("seed")
    seed.selectAll()
    qtbot.keyClicks(seed, "many")
    assert any("seed is “many”" in text for text in said(form))
    assert form.settings.seed == 7
    seed.selectAll()
    qtbot.keyClicks(seed, "9007199254740992")
    assert form.settings.seed == 2**53
    assert not form.error.isVisible()


def test_fields_that_do_not_go_together_are_said(form):
    form.control("steps").setValue(200)
    form.control("mirror").setChecked(True)
    assert "at most 100 steps" in form.error.text()
    assert form.settings == Example(steps=200)
    form.control("steps").setValue(50)
    assert form.settings == Example(steps=50, mirror=True)


def test_an_optional_value_is_ticked(form, qtbot):
    tick = form.control("target").findChild(QCheckBox)
    number = form.control("target").findChild(QSpinBox)
    assert not number.isEnabled()
    tick.click()
    number.setValue(281)
    assert form.settings.target == 281
    tick.click()
    assert form.settings.target is None


def test_back_to_the_usual_settings(form, qtbot):
    form.set_settings(Example(steps=3, target=5, norm="L2"))
    qtbot.mouseClick(form.reset, Qt.MouseButton.LeftButton)
    assert form.settings == Example()


def test_settings_of_another_technique_are_refused(form):
    @dataclass(frozen=True)
    class Other(Settings):
        pass

    with pytest.raises(TypeError, match="for Example, not Other"):
        form.set_settings(Other())


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.builds(
        Example,
        steps=st.integers(1, 100),
        epsilon=st.floats(0, 1),
        rate=st.floats(0, 1),
        seed=st.integers(0, 2**53),
        mirror=st.booleans(),
        norm=st.sampled_from(["Linf", "L2"]),
        target=st.none() | st.integers(0, 999),
    )
)
def test_whatever_is_shown_comes_back_as_it_was(form, values):
    form.set_settings(values)
    assert form.settings == values
