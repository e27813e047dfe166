"""Options that are generated from settings classes."""

import re
from dataclasses import dataclass

import pytest
from cyclopts import App

from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.settings import Settings, SettingsError, setting


@dataclass(frozen=True)
class Slow(Settings):
    steps: int = setting(10, low=1, high=99, unit="steps", help="How many.")
    size: float = setting(8 / 255, low=0.0, high=1.0, unit="/255", help="How far.")


@dataclass(frozen=True)
class Quick(Settings):
    size: float = setting(8 / 255, low=0.0, high=1.0, unit="/255", help="How far.")
    steps: int = setting(3, low=1, high=9, help="Few.")
    careful: bool = setting(True, help="With care.")


def given_by(arguments, *settings, **options):
    """What a command with such settings is given by a command line."""
    program, found = App(), []

    @with_settings(*settings, **options)
    def command(*, given: Given, other: str = "") -> None:
        """Do it."""
        found.append((given, other))

    program.default(command)
    program(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    return found[0]


def test_only_what_is_given_reaches_the_command_and_each_field_reads_its_own():
    assert given_by([], Slow) == ({}, "")
    given, other = given_by(["--size", "16/255", "--other", "x"], Slow)
    assert (given, other) == ({"size": "16/255"}, "x")
    assert read(Slow, given) == Slow(size=16 / 255)


def test_a_switch_can_be_turned_off():
    assert given_by(["--no-careful"], Quick) == ({"careful": False}, "")
    assert read(Quick, {"careful": False}) == Quick(careful=False)


def test_methods_share_an_option_whose_help_says_where_they_differ(capsys):
    program = App()

    @with_settings(methods={"slow": Slow, "quick": Quick}, without=("careful",))
    def command(*, given: Given) -> None:
        """Do it."""

    program.default(command)
    program(["--help"], exit_on_error=False, result_action="return_value")
    words = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "--size STR How far. (a number from 0/255 to 255/255; default 8/255)" in words
    assert "slow: How many. (a whole number from 1 to 99 steps; default 10) quick: Few." in words
    assert "careful" not in words


def test_a_setting_may_stand_without_its_name():
    assert given_by(["5"], Slow, positional=("steps",))[0] == {"steps": "5"}
    assert given_by(["--steps", "5"], Slow, positional=("steps",))[0] == {"steps": "5"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"careful": True}, "The method slow has no setting --careful; it has --steps, --size."),
        ({"steps": "100"}, "steps is 100; it must be a whole number from 1 to 99 steps."),
        ({"size": "far"}, "size is “far”"),
    ],
)
def test_what_cannot_be_is_refused(given, said):
    with pytest.raises(SettingsError, match=re.escape(said)):
        read(Slow, given, "The method slow")
