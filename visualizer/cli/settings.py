"""Settings on the command line: a command's options are generated from settings classes.

Whatever a `Settings` field says of itself (type, range, unit, default, help) is what its option
takes, checks and prints; no command declares a setting a second time.
"""

from __future__ import annotations

import functools
import inspect
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, TypeVar, get_type_hints

from cyclopts import Parameter

from visualizer.engine.settings import Field, Settings, SettingsError, describe

Given = dict[str, Any]
"""The settings that the user gave as options, by name: texts, and booleans of switches."""

Some = TypeVar("Some", bound=Settings)

OPTIONS = {"--scaling": "--map-scaling"}
"""Settings whose own names are taken by an option that every command has."""

PREFIX = "setting_"
"""Of the Python parameters of options, so that a setting may have any name."""


def with_settings(
    *settings: type[Settings],
    methods: Mapping[str, type[Settings]] | None = None,
    without: Collection[str] = (),
    positional: Collection[str] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator of commands: their parameter `given` becomes one option for each field.

    Args:
        settings: classes whose fields become options.
        methods: further classes, each by the name of the method whose settings it holds. Fields of
            one name share an option, whose help says how the methods differ.
        without: names of fields that get no option.
        positional: names of fields whose values need no option's name, in order.
    """
    owners: dict[str, list[tuple[str, Field]]] = defaultdict(list)
    for method, each in [*(("", each) for each in settings), *(methods or {}).items()]:
        for field in describe(each):
            if field.name not in without:
                owners[field.name].append((method, field))
    options = [_option(name, fields, len(methods or ())) for name, fields in owners.items()]
    places = [
        _option(name, owners[name], 0).replace(kind=inspect.Parameter.POSITIONAL_OR_KEYWORD)
        for name in positional
    ]
    options = [each for each in options if each.name.removeprefix(PREFIX) not in positional]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(function, include_extras=True)
        own = inspect.signature(function).parameters.values()
        count = sum(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in own)
        parameters: list[inspect.Parameter] = []
        for parameter in own:
            if parameter.name == "given":
                parameters += options
            else:
                parameters.append(parameter.replace(annotation=hints[parameter.name]))
        parameters[count:count] = places

        @functools.wraps(function)
        def command(*arguments: Any, **keywords: Any) -> Any:
            keywords |= {
                place.name: value for place, value in zip(places, arguments[count:], strict=False)
            }
            names = [name for name in keywords if name.startswith(PREFIX)]
            given = {name.removeprefix(PREFIX): keywords.pop(name) for name in names}
            given = {name: value for name, value in given.items() if value is not None}
            return function(*arguments[:count], given=given, **keywords)

        del command.__wrapped__
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def option(field: Field, text: str = "") -> Any:
    """How cyclopts reads a setting: as text, for the field itself to parse; a switch for a bool."""
    kind: Any = bool if field.type is bool else str
    details = Parameter(
        name=OPTIONS.get(field.option, field.option),
        help=text or _words(field),
        show_default=False,
    )
    return Annotated[kind | None, details]


def read(settings: type[Some], given: Mapping[str, Any], what: str = "") -> Some:
    """The settings that options name, each read by its own field; the others have their defaults.

    Args:
        settings: their class.
        given: texts or values by name.
        what: whose settings these are, in words for the error: "The attack fgsm".

    Raises:
        SettingsError: there is no such setting, or it cannot have that value.
    """
    fields = {field.name: field for field in describe(settings)}
    for name in given:
        if name not in fields:
            option = "--" + name.replace("_", "-")
            has = ", ".join(field.option for field in fields.values()) or "none"
            raise SettingsError(f"{what} has no setting {option}; it has {has}.")
    return settings(
        **{
            name: fields[name].parse(value) if isinstance(value, str) else value
            for name, value in given.items()
        }
    )


def known(settings: type[Settings], given: Mapping[str, Any]) -> Given:
    """Those of the given options that `settings` has."""
    names = {field.name for field in describe(settings)}
    return {name: value for name, value in given.items() if name in names}


def _option(name: str, fields: list[tuple[str, Field]], methods: int) -> inspect.Parameter:
    """The option of the fields of one name, each with the method it belongs to, if any."""
    owners: dict[str, list[str]] = defaultdict(list)
    for method, field in fields:
        owners[_words(field)].append(method)
    shared = len(owners) == 1 and (len(fields) == methods or not fields[0][0])
    text = " ".join(
        words if shared else f"{', '.join(names)}: {words}" for words, names in owners.items()
    )
    annotation = option(fields[0][1], text)
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(PREFIX + name, kind, annotation=annotation, default=None)


def _words(field: Field) -> str:
    return f"{field.help} ({field.expected()}; default {field.format(field.default)})".lstrip()
