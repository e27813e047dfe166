"""The networks that come with the program: `pretrained/<name>/{<name>.keras, card.json}`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from visualizer.engine.errors import UserError
from visualizer.engine.resources import pretrained
from visualizer.models.checksums import sha256_of
from visualizer.models.labels import labels

if TYPE_CHECKING:
    from visualizer.engine.network import Network

FIRST = ("alexnet", "lenet")
"""The order of the catalogue; other folders follow by name."""

REINSTALL = "install the program again or copy the folder from the project's page"


class BundledNetworkError(UserError):
    """A network that comes with the program is missing or is not the one its card describes."""


@dataclass(frozen=True)
class Bundled:
    """A folder of `pretrained/` and what its card says."""

    folder: Path
    card: dict[str, Any]

    @property
    def name(self) -> str:
        """The name of the folder, which is also the name of the file in it."""
        return self.folder.name

    @property
    def weights(self) -> Path:
        """The Keras file."""
        return self.folder / f"{self.name}.keras"


def read(name: str) -> Bundled:
    """Read the card of a bundled network.

    Raises:
        BundledNetworkError: there is no such card, or it is damaged.
    """
    folder = pretrained() / name
    path = folder / "card.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
        missing = {"title", "input", "classes", "sha256"} - card.keys()
    except FileNotFoundError:
        raise BundledNetworkError(
            f"The network {name!r} comes with the program, but {path} is missing; {REINSTALL}."
        ) from None
    except (OSError, ValueError, AttributeError):
        raise BundledNetworkError(f"The model card {path} is damaged; {REINSTALL}.") from None
    if missing:
        raise BundledNetworkError(
            f"The model card {path} lacks {', '.join(sorted(missing))}; {REINSTALL}."
        )
    return Bundled(folder, card)


def names() -> tuple[str, ...]:
    """Return the names of the folders of `pretrained/` that hold a card of a network.

    Beside them are the tables of numbers that lessons read, `<name>.npz`.
    """
    folders = [path.parent for path in pretrained().glob("*/card.json")]
    found = {folder.name for folder in folders if not (folder / f"{folder.name}.npz").is_file()}
    return (*[n for n in FIRST if n in found], *sorted(found - set(FIRST)))


def load(name: str) -> Network:
    """Open a bundled network, after checking that its file is the one its card describes.

    Raises:
        BundledNetworkError: the file is missing, or its SHA-256 is not the card's.
    """
    bundled = read(name)
    check(bundled)
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing

    card = bundled.card
    return Network(
        keras.models.load_model(bundled.weights, compile=False),
        name=name,
        title=card["title"],
        classes=labels(card["labels"]) if "labels" in card else (),
        preprocessing=Preprocessing.from_dict(card.get("preprocessing", {})),
        sha256=card["sha256"],
        card=card,
    )


def check(bundled: Bundled) -> None:
    """Compare the file with the SHA-256 on its card.

    Raises:
        BundledNetworkError: they differ, or there is no file.
    """
    if not bundled.weights.is_file():
        raise BundledNetworkError(
            f"The network {bundled.name!r} comes with the program, but {bundled.weights} is "
            f"missing; {REINSTALL}."
        )
    found, expected = sha256_of(bundled.weights), bundled.card["sha256"]
    if found != expected:
        raise BundledNetworkError(
            f"{bundled.weights} is not the file its card describes (its SHA-256 begins with "
            f"{found[:8]}, the card says {str(expected)[:8]}); {REINSTALL}."
        )
