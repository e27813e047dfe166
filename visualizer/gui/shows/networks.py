"""The networks of a show: found by name or by their file's SHA-256, opened once, and kept."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from visualizer.engine.errors import UserError
from visualizer.engine.files import write_file
from visualizer.gui.core.garbage import collect_all_soon
from visualizer.gui.core.requests import Latest
from visualizer.models import catalog
from visualizer.models.checksums import sha256_of

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.shows.show import Scene, Show
    from visualizer.gui.core.session import Session


class ShowNetworks(QObject):
    """Opens the networks that the scenes of a show look through.

    A show names a network of the catalogue, or a file by its name and SHA-256, never by a path: who
    wrote the show does not decide which files are read here.
    """

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._loaded: dict[tuple[str, str], Network] = {}
        self._opening = Latest(session.compute, parent=self)

    def forget(self) -> None:
        """Let go of all of them."""
        self._opening.drop()
        if self._loaded:
            self._loaded.clear()
            collect_all_soon()

    def named(self) -> tuple[str, str]:
        """The name and SHA-256 of the open network for a scene; ("", "") where it has no file."""
        network = self._session.network
        if network is None:
            return "", ""
        path = catalog.name_of(network)
        if any(entry.name == path for entry in catalog.entries()):
            return path, network.sha256
        if not network.sha256 or not _files(path):
            return "", ""
        self._session.store.remember(_key(network.sha256), path)
        return file_name(path), network.sha256

    def file_of(self, sha256: str) -> Path | None:
        """The file of an own network on this computer, if it is known."""
        path = _files(self._session.store.text(_key(sha256)))
        return path if path is not None and path.is_file() else None

    def ready(self, scene: Scene) -> Network | None:
        """The network of a scene, if it is open or was loaded."""
        network = self._session.network
        if not scene.network or (network is not None and self.named() == _wanted(scene)):
            return network
        return self._loaded.get(_wanted(scene))

    def load(
        self,
        show: Show,
        beside: Path | None,
        scene: Scene,
        on_done: Callable[[], object],
        on_failed: Callable[[str], object],
    ) -> None:
        """Load the network of a scene, in place of one that is being loaded.

        Args:
            show: that may bring the file along.
            beside: the folder of the show's file, where it may lie too.
            scene: whose network is wanted.
            on_done: called when it is `ready`.
            on_failed: called with a sentence.
        """

        def keep(network: Network) -> None:
            self._loaded[_wanted(scene)] = network
            on_done()

        def make() -> Generator[Any, None, Network]:
            return _opening(scene, show.networks, known, beside)

        known = self._session.store.text(_key(scene.sha256))
        self._opening.ask(
            make,
            title=f"Opening {scene.network}",
            on_done=keep,
            on_failed=on_failed,
            on_cancelled=partial(on_failed, f"“{scene.network}” was not opened."),
        )


def file_name(path: str) -> str:
    """The last part of a path of any system: a show names no folders."""
    return PureWindowsPath(PurePosixPath(path).name).name


def _key(sha256: str) -> str:
    return f"network {sha256 if sha256.isalnum() else ''}"


def _wanted(scene: Scene) -> tuple[str, str]:
    return scene.network, scene.sha256


def _files(path: str) -> Path | None:
    """The file in a name such as `pets.keras:breed`; None where there is none."""
    for each in (path, path.rpartition(":")[0]):
        with suppress(OSError, ValueError):
            if each and Path(each).is_file():
                return Path(each)
    return None


def _opening(
    scene: Scene, brought: Any, known: str, beside: Path | None
) -> Generator[Any, None, Network]:
    """Open the network of a scene, on the compute thread.

    Raises:
        UserError: it is not on this computer, or it does not open.
    """
    if any(entry.name == scene.network for entry in catalog.entries()):
        return (yield from catalog.opening(scene.network))
    name, _, output = scene.network.partition(":")
    path = _files(known)
    if path is None or sha256_of(path) != scene.sha256:
        path = None if beside is None else _files(str(beside / file_name(name)))
        if path is not None and sha256_of(path) != scene.sha256:
            path = None
    yield None
    if path is None and scene.sha256 in brought:
        from visualizer.engine.folders import data_folder

        folder = data_folder() / "show-networks"
        folder.mkdir(parents=True, exist_ok=True)
        path = write_file(folder / f"{scene.sha256}.keras", brought[scene.sha256])
        yield None
    if path is None:
        raise UserError(
            f"The network “{file_name(name)}” of this scene is not on this computer; put its file "
            "beside the show, or have it saved with the show."
        )
    return (yield from catalog.opening(f"{path}:{output}" if output else str(path)))
