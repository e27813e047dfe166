"""Settings of a technique: a frozen dataclass that knows its ranges, units and help.

The window's form, the command line's options, the provenance in a saved picture and the validation
errors all come from the same class, through `describe`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import numbers
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from visualizer.engine.errors import UserError

_METADATA = "visualizer.setting"


class SettingsError(UserError):
    """A setting has a value that it cannot have."""


def setting(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    unit: str = "",
    help: str = "",
    choices: tuple[Any, ...] | None = None,
) -> Any:
    """A field of a `Settings` class.

    Args:
        default: its value when nothing is said.
        low: the smallest allowed value, inclusive.
        high: the largest allowed value, inclusive.
        step: how far one press of a spin box's arrow goes; not enforced.
        unit: what it is counted in, such as ``"pixels"``. A unit ``"/255"`` shows the value as a
            fraction, 8/255, and takes it so.
        help: one sentence on what it does.
        choices: the values it can have, where they can be counted.
    """
    details = {
        "low": low,
        "high": high,
        "step": step,
        "unit": unit,
        "help": help,
        "choices": None if choices is None else tuple(choices),
    }
    return dataclasses.field(default=default, metadata={_METADATA: details})


S = typing.TypeVar("S", bound="Settings")


@dataclass(frozen=True)
class Field:
    """One setting, described: what a form draws and a command line parses."""

    name: str
    type: type  # int, float, bool or str
    default: Any
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[Any, ...] | None = None
    optional: bool = False  # None is a value it can have

    @property
    def label(self) -> str:
        """The name in words: ``step_size`` is "step size"."""
        return self.name.replace("_", " ")

    @property
    def option(self) -> str:
        """The command line's name of it: ``step_size`` is ``--step-size``."""
        return "--" + self.name.replace("_", "-")

    @property
    def denominator(self) -> int | None:
        """255 where the value is shown as k/255, else None."""
        digits = self.unit[1:]
        return int(digits) if self.unit.startswith("/") and digits.isdecimal() else None

    def format(self, value: Any) -> str:
        """The value as people write it: ``8/255``, ``yes``, ``0.25``; `parse` reads it back."""
        if value is None:
            return "none"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if self.denominator is not None:
            k = value * self.denominator
            return f"{round(k, 6):g}/{self.denominator}"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def parse(self, text: str) -> Any:
        """The value that the text names, checked.

        Raises:
            SettingsError: it names none, or one out of range.
        """
        word = text.strip()
        if self.optional and word.lower() in ("none", ""):
            return None
        if self.choices is not None:
            named = {self.format(choice): choice for choice in self.choices}
            return named[word] if word in named else self.check(word)
        if self.type is bool:
            truth = {"yes": True, "true": True, "on": True, "1": True}
            truth |= {"no": False, "false": False, "off": False, "0": False}
            return truth[word.lower()] if word.lower() in truth else self.check(word)
        if self.type in (int, float):
            return self.check(_number(word))
        return self.check(text)

    def check(self, value: Any) -> Any:
        """The value in the field's own type.

        Raises:
            SettingsError: it has another type, is not finite, or is out of range; the sentence
                names the field, the value, the range and the unit.
        """
        if value is None and self.optional:
            return None
        if self.choices is not None:
            for choice in self.choices:
                if type(choice) is type(value) and choice == value:
                    return choice
            raise self._error(value)
        if self.type is bool:
            if isinstance(value, bool):
                return value
            if type(value).__name__ in ("bool", "bool_"):  # NumPy's
                return bool(value)
            raise self._error(value)
        if self.type is str:
            if isinstance(value, str):
                return value
            raise self._error(value)
        return self._check_number(value)

    def _check_number(self, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise self._error(value)
        try:
            number = float(value)
        except OverflowError:
            raise self._error(value) from None
        if not math.isfinite(number):
            raise self._error(value)
        if self.type is int:
            if not number.is_integer():
                raise self._error(value)
            number = int(typing.cast(float, value))  # from the value: a float drops digits
        if (self.low is not None and number < self.low) or (
            self.high is not None and number > self.high
        ):
            raise self._error(value)
        return number

    def expected(self) -> str:
        """What it can be, in words: "a whole number from 1 to 500 steps"."""
        if self.choices is not None:
            text = "one of " + ", ".join(self.format(choice) for choice in self.choices)
        elif self.type is bool:
            text = "yes or no"
        elif self.type is str:
            text = "text"
        else:
            text = "a whole number" if self.type is int else "a number"
            if self.low is not None and self.high is not None:
                text += f" from {self._bound(self.low)} to {self._bound(self.high)}"
            elif self.low is not None:
                text += f", {self._bound(self.low)} or more"
            elif self.high is not None:
                text += f", {self._bound(self.high)} or less"
            if self.unit and self.denominator is None:
                text += f" {self.unit}"
        return text + (", or none" if self.optional else "")

    def _bound(self, value: float) -> str:
        return self.format(float(value) if self.type is float else value)

    def _error(self, value: Any) -> SettingsError:
        given = f"“{_shortened(value)}”" if isinstance(value, str) else _shortened(repr(value))
        return SettingsError(f"{self.label} is {given}; it must be {self.expected()}.")


@dataclass(frozen=True)
class Settings:
    """Base of the settings of techniques; subclasses are frozen dataclasses of `setting` fields."""

    def __post_init__(self) -> None:
        for item in describe(type(self)):
            value = item.check(getattr(self, item.name))
            object.__setattr__(self, item.name, value)

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values that JSON can hold."""
        return {item.name: getattr(self, item.name) for item in describe(type(self))}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Settings from such a mapping; what it does not name keeps its default.

        Raises:
            SettingsError: a name is unknown or a value is not allowed.
        """
        if not isinstance(values, Mapping):
            raise SettingsError(
                f"Settings are names with values, not {_shortened(repr(values))}; "
                "give them as name: value."
            )
        known = [item.name for item in describe(cls)]
        for name in values:
            if name not in known:
                raise SettingsError(
                    f"There is no setting “{_shortened(str(name))}”; "
                    + (f"there are {', '.join(known)}." if known else "there are none.")
                )
        return cls(**{str(name): value for name, value in values.items()})


def understood(kind: type[S], values: Any) -> tuple[S, list[str]]:
    """Return settings from values of another version, and the names of those left out.

    Args:
        kind: of the settings; what is not named keeps its default.
        values: by name; what is unknown or no longer allowed is left out.
    """
    if not isinstance(values, Mapping):
        return kind(), []
    known = {item.name: item for item in describe(kind)}
    settings, left_out = kind(), []
    for name, value in values.items():
        try:
            changed = {str(name): known[name].check(value)}
            settings = dataclasses.replace(settings, **changed)
        except (KeyError, SettingsError):
            left_out.append(str(name).replace("_", " "))
    return settings, left_out


@functools.cache
def _hints(settings: type) -> dict[str, Any]:
    return typing.get_type_hints(settings)


def describe(settings: type[Settings]) -> list[Field]:
    """The fields of a settings class in order, each with type, default, range, unit and help."""
    key: Any = settings  # mypy takes it for one that cannot be hashed
    hints = _hints(key)
    described = []
    for item in dataclasses.fields(settings):
        kind, optional = _plain_type(hints[item.name])
        if kind not in (int, float, bool, str):
            raise TypeError(
                f"{settings.__name__}.{item.name} is {hints[item.name]}; "
                "a setting is int, float, bool or str, or one of these or None"
            )
        details = item.metadata.get(_METADATA, {})
        described.append(Field(item.name, kind, item.default, optional=optional, **details))
    return described


def _plain_type(hint: Any) -> tuple[Any, bool]:
    """(int, True) for ``int | None``."""
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        members = [member for member in typing.get_args(hint) if member is not type(None)]
        if len(members) == 1:
            return members[0], True
    return hint, False


def _number(text: str) -> Any:
    """An int, or a float (``8/255`` too), or the text itself where it is neither."""
    if len(text) > 40:
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        if "/" in text:
            above, below = text.split("/")
            return float(above) / float(below)
        return float(text)
    except (ValueError, ZeroDivisionError):
        return text


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
