"""Names of the classes a network tells apart, in plain words.

Each file of `resources/labels` has one class a line, in the order of the network's outputs:
its identifier (WordNet's, for ImageNet), a tab, and its readable name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.engine.errors import UserError
from visualizer.engine.resources import resource

if TYPE_CHECKING:
    from visualizer.engine.network import Network

SETS = ("imagenet-1000", "tiny-imagenet-200", "mnist")
"""The sets of names that come with the program."""


class LabelsError(UserError):
    """There is no set of class names called so."""


@cache
def labels(name: str) -> tuple[str, ...]:
    """Return the readable names of the classes of `name`, in the order of the outputs.

    >>> labels("mnist")[:3]
    ('0', '1', '2')

    Raises:
        LabelsError: `name` is none of `SETS`.
    """
    return tuple(readable for _, readable in _rows(name))


@cache
def identifiers(name: str) -> tuple[str, ...]:
    """Return the identifiers of the classes of `name` (WordNet's for ImageNet), same order.

    >>> identifiers("tiny-imagenet-200")[0]
    'n01443537'

    Raises:
        LabelsError: `name` is none of `SETS`.
    """
    return tuple(identifier for identifier, _ in _rows(name))


def identifiers_of(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the identifiers of classes that are one of `SETS`, same order; () where they are not.

    >>> identifiers_of(labels("tiny-imagenet-200"))[0]
    'n01443537'
    """
    for name in SETS:
        if tuple(classes) == labels(name):
            return identifiers(name)
    return ()


def _rows(name: str) -> list[tuple[str, str]]:
    if name not in SETS:
        raise LabelsError(
            f"There are no class names called {name!r}; the program has {', '.join(SETS)}."
        )
    text = resource(f"labels/{name}.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines()]
    return [(identifier, readable) for identifier, readable in rows]


def class_of_folder(network: Network, source: str) -> int | None:
    """The class after which the folder of a picture is named, by its name or by WordNet, if any.

    An index is none, unlike for `visualizer robustness`: folders are called 2024 for other reasons.

    Args:
        network: whose classes they are.
        source: where the picture comes from: a path, or a word such as "camera".
    """
    from visualizer.engine.adversarial.criterion import exact_class
    from visualizer.engine.class_folders import IMAGES

    folder = Path(source).parent
    name = (folder.parent if folder.name == IMAGES else folder).name.replace("_", " ")
    if not name:
        return None
    known = identifiers_of(network.classes)
    if name in known:
        return known.index(name)
    found = exact_class(network, name, len(network.classes))
    named = found is not None and network.label(found).casefold() == name.casefold()
    return found if named else None
