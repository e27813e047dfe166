"""A show, its scenes, and what of a workspace a scene keeps.

All of it is plain data: pictures with their recipes, values that JSON can hold, and the bytes of
results that took long to make.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.errors import UserError

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen

SUFFIX = ".show"
"""Of the files of shows."""
MAX_SCENES = 500
MAX_TEXT = 10_000
"""Characters of the notes of a scene, or of any other text in it."""
MAX_TITLE = 200
MAX_VALUES = 20_000
"""Values in the settings of a scene."""
MAX_DEPTH = 12
"""Of lists and tables inside each other."""
MAX_BITS = 64
"""Of a whole number."""


class ShowError(UserError):
    """A show that is damaged, or holds what no show needs."""


@dataclass(frozen=True, eq=False)
class State:
    """What is on show in a workspace.

    Attributes:
        settings: everything that can be chosen there, as values that JSON can hold.
        pictures: by name: other pictures that it uses, and results that are pictures.
        files: by name: results that took long, in a format of the workspace's own.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, Specimen] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Animation:
    """Something that moves in a scene.

    Attributes:
        name: of one of the animations that the workspace has.
        settings: of that animation, by name.
        at_once: whether it begins when the scene is entered; else at the next click.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    at_once: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """What is on the stage at one moment of a talk.

    Attributes:
        workspace: its name, such as "layers".
        title: one line for the audience; "" for none.
        notes: for the speaker.
        network: what opens it: a name of the catalogue, or the path of a file.
        sha256: of the network's file, "" where it is not known.
        picture: that is looked at; None for none.
        compared: the one to compare with; None for none.
        fit_mode: "crop" or "fit": how a picture that is not square becomes the input.
        stage, unit: the chosen ones.
        state: of the workspace.
        animation: what moves; None for nothing.
        thumbnail: how it looked, uint8 H x W x 3; None where nobody has looked yet.
    """

    workspace: str
    title: str = ""
    notes: str = ""
    network: str = ""
    sha256: str = ""
    picture: Specimen | None = None
    compared: Specimen | None = None
    fit_mode: str = "crop"
    stage: str = ""
    unit: int = 0
    state: State = State()
    animation: Animation | None = None
    thumbnail: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Show:
    """An ordered list of scenes.

    Attributes:
        title: of the talk.
        scenes: in order.
        minutes: that the talk is planned to take; 0 where nothing is planned.
        networks: files of one's own networks that travel with the show, by their SHA-256.
    """

    title: str = "Untitled"
    scenes: tuple[Scene, ...] = ()
    minutes: int = 0
    networks: Mapping[str, bytes] = field(default_factory=dict)

    def inserted(self, place: int, scene: Scene) -> Show:
        """Return the show with one more scene, at this place.

        Raises:
            ShowError: there are `MAX_SCENES` already.
        """
        if len(self.scenes) >= MAX_SCENES:
            raise ShowError(f"A show has at most {MAX_SCENES} scenes; begin another show.")
        return replace(self, scenes=(*self.scenes[:place], scene, *self.scenes[place:]))

    def removed(self, place: int) -> Show:
        """Return the show without one of its scenes."""
        return replace(self, scenes=(*self.scenes[:place], *self.scenes[place + 1 :]))

    def moved(self, place: int, to: int) -> Show:
        """Return the show with a scene at another place."""
        return self.removed(place).inserted(to, self.scenes[place])

    def changed(self, place: int, **fields: Any) -> Show:
        """Return the show with one of its scenes changed."""
        scene = replace(self.scenes[place], **fields)
        return replace(self, scenes=(*self.scenes[:place], scene, *self.scenes[place + 1 :]))


def plain(value: Any) -> Any:
    """Return a value if JSON can hold it and it is no larger than settings are.

    Raises:
        ValueError: it is none, too deep, too long, infinite, or of another type.
    """
    left = MAX_VALUES

    def check(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0 or depth > MAX_DEPTH:
            raise ValueError("settings are fewer and less deep")
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int) and value.bit_length() <= MAX_BITS:
            return value
        if isinstance(value, float) and math.isfinite(value):
            return value
        if isinstance(value, str):
            return short(value, MAX_TEXT)
        if isinstance(value, list | tuple):
            return [check(each, depth + 1) for each in value]
        if isinstance(value, Mapping):
            return {short(name, MAX_TITLE): check(each, depth + 1) for name, each in value.items()}
        raise ValueError(f"{type(value).__name__} is no plain value")

    return check(value, 0)


def short(value: Any, most: int) -> str:
    """Return a text of at most `most` characters, whole ones.

    Raises:
        ValueError: it is none, or longer.
    """
    if not isinstance(value, str) or len(value) > most:
        raise ValueError("not a short text")
    return value.encode("utf-8", "replace").decode()
