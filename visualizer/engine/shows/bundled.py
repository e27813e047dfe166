"""The shows that come with the program."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from visualizer.engine.errors import UserError
from visualizer.engine.resources import MissingFileError, resource
from visualizer.engine.shows.show import SUFFIX


@dataclass(frozen=True)
class BundledShow:
    """A show of `resources/shows`.

    Attributes:
        name: by which the command line knows it.
        title: of the talk.
        words: a sentence on what it is about.
    """

    name: str
    title: str
    words: str

    @property
    def path(self) -> Path:
        """Of its file.

        Raises:
            MissingFileError: it is not there.
        """
        return resource(f"shows/{self.name}{SUFFIX}")


SHOWS = (
    BundledShow(
        "hood",
        "What is going on under the hood",
        "A dog and a cup on their way through the layers: what units see, and what they look for.",
    ),
    BundledShow(
        "fool",
        "Fool me once",
        "A change that nobody sees, and the network sees an ostrich: how large it is, why noise "
        "of the same size does nothing, and what survives.",
    ),
    BundledShow(
        "evolve",
        "Fool me twice",
        "Pictures that mean nothing to us are bred until the network is sure of them.",
    ),
    BundledShow(
        "dreams",
        "Dreams",
        "From edges to objects: what units want to see, a dream out of noise, and style.",
    ),
    BundledShow(
        "training",
        "Training",
        "One picture through a network that learns; learning rates that crawl, learn and explode.",
    ),
    BundledShow(
        "lesson",
        "A first lesson",
        "A line that learns, XOR, a layer in between, convolution, pooling and softmax, played.",
    ),
)


def bundled_shows() -> tuple[BundledShow, ...]:
    """Those whose file is there, in the order in which they are told."""
    return tuple(show for show in SHOWS if _is_there(show))


def _is_there(show: BundledShow) -> bool:
    try:
        return show.path.is_file()
    except MissingFileError:
        return False


def find_show(name: str) -> Path:
    """The file of a show by its name here, or by its path.

    Raises:
        UserError: there is no such show.
    """
    if name in [show.name for show in SHOWS]:
        return resource(f"shows/{name}{SUFFIX}")
    path = Path(name)
    if not path.is_file():
        known = ", ".join(show.name for show in SHOWS)
        raise UserError(f"There is no show “{name}”; give a {SUFFIX} file, or one of {known}.")
    return path


def is_show(path: Path) -> bool:
    """Whether a file is meant as a show: it is known by its ending."""
    return path.suffix.lower() == SUFFIX
