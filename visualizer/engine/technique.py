"""A technique is a generator of frames, registered with its settings, paper and explanation.

The window, the command line, the tests and the benchmarks all run the same generator. To add one,
write a file under ``engine/``::

    @dataclass(frozen=True)
    class BlurSettings(Settings):
        radius: float = setting(2.0, low=0.5, high=20.0, step=0.5, unit="pixels", help="How far.")

    @technique(name="blur", title="Blur", paper="", explanation="...", settings=BlurSettings)
    def blur(network, specimen, settings):
        for step in range(10):
            ...
            yield Frame(step + 1, 10, picture, {"sharpness": 0.3})

and name its module in `HOMES`; a package of somebody else names it as an entry point of the group
``visualizer.techniques``. It then has a form, a progress bar, a cancel button, a command and an
export. ``docs/adding-a-technique.md`` walks through it.
"""

from __future__ import annotations

import functools
import importlib
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.arrays import frozen
from visualizer.engine.settings import (
    Field,
    Settings,
    SettingsError,
    describe,
    setting,
)

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Provenance, Specimen

__all__ = [
    "ENTRY_POINTS",
    "HOMES",
    "OBJECTIVE",
    "RESERVED",
    "Field",
    "Frame",
    "Settings",
    "SettingsError",
    "Technique",
    "describe",
    "plugin_errors",
    "setting",
    "technique",
    "techniques",
]

HOMES = (
    "visualizer.engine.layers",
    "visualizer.engine.adversarial",
    "visualizer.engine.ascent",
    "visualizer.engine.attribution",
    "visualizer.engine.evolution",
)
"""The modules and packages whose import registers techniques. None of them imports Keras."""

OBJECTIVE = "objective"
"""The name, among the numbers of a frame, of what a technique optimises: drawn as its curve."""

ENTRY_POINTS = "visualizer.techniques"
"""The group of entry points that name such modules in other installed packages."""

RESERVED = frozenset(("picture", "output", "network", "backend", "json", "trust", "labels", "help"))
"""Names that no setting may have: they are options of every command.

A setting `scaling` becomes the option --map-scaling, as --scaling is how pixels go in.
"""


@dataclass(frozen=True, eq=False)
class Frame:
    """What a technique shows at one moment; one at least every 100 ms.

    Attributes:
        step: how many of the steps are done, from 0.
        total: how many there will be, or None where nobody knows.
        picture: H x W x 3, uint8 or float32 in [0, 1]; owned and read-only (copied if it is not).
        numbers: named measurements of this step.
        label: what this step is, such as a stage's name.
    """

    step: int
    total: int | None
    picture: np.ndarray | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    label: str = ""

    def __post_init__(self) -> None:
        if self.step < 0 or (self.total is not None and self.step > self.total):
            raise ValueError(f"step {self.step} of {self.total} is not between 0 and the total")
        if self.picture is not None:
            if self.picture.ndim != 3 or self.picture.shape[2] != 3:
                raise ValueError(f"a frame's picture is H x W x 3, not {self.picture.shape}")
            if self.picture.dtype not in (np.uint8, np.float32):
                raise ValueError(f"a frame's picture is uint8 or float32, not {self.picture.dtype}")
            object.__setattr__(self, "picture", frozen(self.picture))
        numbers = {str(name): float(value) for name, value in self.numbers.items()}
        object.__setattr__(self, "numbers", MappingProxyType(numbers))

    @property
    def so_far(self) -> str:
        """What a recipe says of the picture of an intermediate frame; "" for the last frame."""
        if self.total is None:
            return f", at step {self.step}"
        if self.step < self.total:
            return f", stopped at step {self.step} of {self.total}"
        return ""


TechniqueFunction = Callable[["Network", "Specimen", Any], Iterator[Frame]]


@dataclass(frozen=True)
class Technique:
    """A registered technique: call it with a network, a specimen and settings to get its frames."""

    name: str
    title: str
    paper: str
    explanation: str
    settings: type[Settings]
    function: TechniqueFunction

    @property
    def fields(self) -> list[Field]:
        """What can be set, in order: all that a form or a command line needs to know."""
        return describe(self.settings)

    def __call__(
        self, network: Network, specimen: Specimen, settings: Settings | None = None
    ) -> Iterator[Frame]:
        """The frames, as a generator that does nothing until its first `next`.

        Raises:
            TypeError: the settings are those of another technique.
        """
        if settings is None:
            settings = self.settings()
        if not isinstance(settings, self.settings):
            raise TypeError(
                f"{self.name} takes {self.settings.__name__}, not {type(settings).__name__}"
            )
        return self.function(network, specimen, settings)

    def provenance(self, network: Network, specimen: Specimen, settings: Settings) -> Provenance:
        """The recipe of a picture that this technique made: all it takes to make it again."""
        from visualizer.engine.specimen import Provenance

        chosen = settings.to_dict()
        seed = chosen.get("seed")
        return Provenance(
            source="technique",
            technique=self.name,
            settings=chosen,
            seed=seed if isinstance(seed, int) else None,
            network=network.name,
            network_sha256=network.sha256,
            parents=(specimen.id,),
        )


_registry: dict[str, Technique] = {}
_plugins: dict[EntryPoint, str] = {}
"""The plug-ins that were loaded, each with the sentence on why it could not be, or ""."""
_lock = threading.RLock()


def technique(
    *, name: str, title: str, paper: str, explanation: str, settings: type[Settings]
) -> Callable[[TechniqueFunction], TechniqueFunction]:
    """Register the decorated generator function as a technique; the function stays as it was.

    Raises:
        ValueError: the name is taken or is no word of small letters, digits and hyphens, or the
            settings' own defaults are not valid or their names are `RESERVED`.
    """

    def register(function: TechniqueFunction) -> TechniqueFunction:
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
            raise ValueError(f"a technique's name is a word such as deep-dream, not “{name}”")
        for item in describe(settings):
            if item.name in RESERVED:
                raise ValueError(f"“{item.name}” is an option of every command; rename the setting")
        known = _registry.get(name)
        if known is not None and known.function.__module__ != function.__module__:
            raise ValueError(
                f"{function.__module__} and {known.function.__module__} both name a "
                f"technique “{name}”; rename one"
            )
        settings()  # a default out of its own range is found here, not by a user
        _registry[name] = Technique(name, title, paper, explanation, settings, function)
        return function

    return register


def techniques() -> dict[str, Technique]:
    """Every technique by its name, in the order of `HOMES`; those of plug-ins come last."""
    _load()

    def place(found: Technique) -> int:
        module = found.function.__module__
        homes = [i for i, home in enumerate(HOMES) if f"{module}.".startswith(f"{home}.")]
        return homes[0] if homes else len(HOMES)

    return {found.name: found for found in sorted(_registry.values(), key=place)}


def plugin_errors() -> tuple[str, ...]:
    """One sentence for each plug-in that could not be loaded; its techniques are left out."""
    _load()
    return tuple(sentence for sentence in _plugins.values() if sentence)


def _load() -> None:
    """Import the modules that register techniques, each once."""
    for home in HOMES:
        importlib.import_module(home)
    with _lock:
        for plugin in _entry_points():
            if plugin not in _plugins:
                _plugins[plugin] = ""  # before it is loaded: it may ask for `techniques` itself
                _plugins[plugin] = _load_plugin(plugin)


@functools.cache
def _entry_points() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=ENTRY_POINTS))


def _load_plugin(plugin: EntryPoint) -> str:
    """Import a plug-in; where it fails, undo what it registered and say why in a sentence."""
    before = dict(_registry)
    try:
        plugin.load()
    except (Exception, SystemExit) as error:
        _registry.clear()
        _registry.update(before)
        package = plugin.dist.name if plugin.dist is not None else plugin.value
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return (
            f"The plug-in “{plugin.name}” of the package {package} does not load ({reason}); "
            "update or uninstall that package."
        )
    return ""
