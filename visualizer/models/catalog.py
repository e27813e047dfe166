"""The catalogue of named networks, and `open_network`, which opens any network.

Reading this list is quick and needs no Keras; opening a network imports it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.engine.errors import UserError
from visualizer.models import (
    applications,
    bundled,
    download,
    efficientnet_lite,
    own_networks,
    torchvision_nets,
)
from visualizer.models.checksums import noted
from visualizer.models.entry import Entry
from visualizer.models.own_networks import remove

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.models.doctor import Trial

    Opening = Generator[download.Progress | Trial | None, None, Network]

__all__ = [
    "Entry",
    "UnknownNetworkError",
    "add",
    "entries",
    "name_of",
    "open_network",
    "opening",
    "pack",
    "packed",
    "path_to_keep",
    "remove",
    "title_of",
]


class UnknownNetworkError(UserError):
    """The name is neither in the catalogue nor a file."""


class OptionError(UserError):
    """Something that is for files was asked of a network of the catalogue."""


def entries() -> tuple[Entry, ...]:
    """Return the catalogue: bundled networks, those in packages, the user's own, and those to
    download.
    """
    downloads = [replace(p.entry, available=download.is_here(p.file)) for p in _published()]
    others = (*_bundled_entries(), efficientnet_lite.entry(), *downloads)
    taken = {entry.name for entry in others}
    own = [entry for entry in own_networks.entries() if entry.name not in taken]
    first = len(others) - len(downloads)
    return (*others[:first], *own, *others[first:])


def path_to_keep(title: str) -> Path:
    """A file in the user's part of the catalogue, for a new network of that title.

    Raises:
        SaveError: the folder cannot be made.
    """
    return own_networks.new_path(title, _taken())


def add(file: Path) -> Entry:
    """Copy a network that was saved by this program into the user's part of the catalogue.

    Raises:
        UserError: the file is not there, is another's, or cannot be copied.
    """
    try:
        return own_networks.add(file, _taken())
    except OSError as error:
        raise UnknownNetworkError(
            f"“{file}” cannot be read ({error.strerror}); check the path."
        ) from None


def opening(
    name_or_path: str | Path,
    *,
    trust: bool = False,
    labels: Path | None = None,
    scaling: str | None = None,
) -> Opening:
    """Open a network as `open_network` does, yielding how far it is.

    For the compute thread: no slice waits for the internet, and closing it cancels. The network is
    what the generator returns.
    """
    name = str(name_or_path)
    published = {p.entry.name: p for p in _published()}.get(name)
    known = published is not None or _is_here(name)
    path, output = _output_of(name)
    if not known and (own := own_networks.path_of(name)) is not None:
        path, output = own, None
    if name and not known and _exists(path):
        from visualizer.models import loader

        return (
            yield from loader.opening(
                path, trust=trust, output=output, labels=labels, preprocessing=scaling
            )
        )
    if known and (labels is not None or scaling is not None):
        raise OptionError(
            f"The class names and the scaling of {name} are known; --labels and --scaling "
            "are for model files of your own."
        )
    if published is not None:
        path = yield from download.fetch(published.file, published.entry.title)
        network = published.load(path)
        network.card = published.entry.card
        return network
    return _open(name)


def open_network(
    name_or_path: str | Path,
    *,
    trust: bool = False,
    labels: Path | None = None,
    scaling: str | None = None,
    progress: Callable[[download.Progress], None] = lambda _: None,
) -> Network:
    """Open a network of the catalogue by name, or any Keras model by path.

    Imports Keras: call it on the compute thread.

    Args:
        name_or_path: a name of `entries()`, or the path of a file or SavedModel folder; for one of
            several outputs `PATH:OUTPUT`, by name or number from 0, and of several inputs
            `PATH:INPUT>OUTPUT`.
        trust: let a file bring its own code (Lambda layers, custom objects).
        labels: of a file: another file with its class names.
        scaling: of a file: how it takes its pixels, one of `doctor.SCALINGS`.
        progress: told ten times a second how much of a download is here.

    Raises:
        UserError: one sentence on why it does not open and what to do.
    """
    steps = opening(name_or_path, trust=trust, labels=labels, scaling=scaling)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        if isinstance(step, download.Progress):
            progress(step)


def name_of(network: Network) -> str:
    """Return what `open_network` takes to open a network again, as it is open now."""
    card = network.card or {}
    if "guessed" not in card:  # not a file of someone's
        return network.name
    if "output" in card:
        return f"{card['source']}:{card['output']}"
    return own_networks.name_of(Path(card["source"])) or str(card["source"])


def title_of(name: str) -> str:
    """What to call a network before it is open: its title here, or the name of its file."""
    return next((entry.title for entry in entries() if entry.name == name), Path(name).name)


def pack(folder: Path, names: Iterable[str] = ()) -> Iterator[download.Progress]:
    """Fill a folder with the weights of the networks to download, for `VISUALIZER_MIRROR`.

    Args:
        folder: made if need be.
        names: which of them; all unless told.

    Raises:
        UserError: a name is none of theirs, or a file cannot be fetched.
    """
    published = {p.entry.name: p for p in _published()}
    names = list(names)
    for name in names:
        if name not in published:
            raise UnknownNetworkError(
                f"{name!r} is no network to download; those are {', '.join(published)}."
            )
    chosen = [published[name] for name in names] or list(published.values())
    return download.pack(folder, [(p.file, p.entry.title) for p in chosen])


def packed(folder: Path) -> list[dict[str, str | int]]:
    """Return what a folder for `VISUALIZER_MIRROR` holds: network, file, bytes and SHA-256."""
    found: list[dict[str, str | int]] = []
    for published in _published():
        path = folder / published.file.name
        if path.is_file():
            sha256 = published.file.hash if "sha256:" in published.file.hash else noted(path) or ""
            found.append(
                {
                    "network": published.entry.name,
                    "file": path.name,
                    "bytes": path.stat().st_size,
                    "sha256": sha256.removeprefix("sha256:"),
                }
            )
    return found


def _published() -> tuple[download.Published, ...]:
    return (*torchvision_nets.published(), *applications.published())


def _taken() -> tuple[str, ...]:
    """The names of the catalogue that are not the user's."""
    return tuple(entry.name for entry in entries() if entry.where != "yours")


def _is_here(name: str) -> bool:
    """Whether a network comes with the program, or should."""
    return name == efficientnet_lite.NAME or name in bundled.names() or name in bundled.FIRST


def _open(name: str) -> Network:
    if name == efficientnet_lite.NAME:
        network = efficientnet_lite.load()
        network.card = efficientnet_lite.entry().card
        return network
    if _is_here(name):
        return bundled.load(name)
    raise UnknownNetworkError(_unknown(name))


def _output_of(name: str) -> tuple[Path, str | None]:
    """Take the output off a name such as `pets.keras:breed`; a file of the whole name is itself."""
    head, _, output = name.rpartition(":")
    if head and output and not _exists(Path(name)) and _exists(Path(head)):
        return Path(head), output
    return Path(name), None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or with a NUL in it
        return False


def _unknown(name: str) -> str:
    known = [entry.name for entry in entries()]
    if "/" in name or "\\" in name or Path(name).suffix:
        return f"There is no file {name}; check the path, or name one of {', '.join(known)}."
    close = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {close[0]!r}? The catalogue has" if close else "name a file, or one of"
    return f"There is no network called {name!r}; {hint} {', '.join(known)}."


def _bundled_entries() -> list[Entry]:
    found = []
    for name in bundled.names():
        try:
            network = bundled.read(name)
            found.append(_from_card(network))
        except (UserError, AttributeError, TypeError, ValueError):
            continue  # a damaged card says so when its network is opened
    return found


def _from_card(network: bundled.Bundled) -> Entry:
    card, there = network.card, network.weights.is_file()
    accuracy = card.get("accuracy") or {}
    height, width, channels = card["input"]
    return Entry(
        name=network.name,
        title=card["title"],
        data=card.get("data", ""),
        input=(height, width, channels),
        classes=int(card["classes"]),
        parameters=card.get("parameters"),
        megabytes=network.weights.stat().st_size / 1e6 if there else 0.0,
        top1=accuracy.get("top1"),
        licence=card.get("licence", ""),
        source=card.get("source", ""),
        where="bundled",
        available=there,
    )
