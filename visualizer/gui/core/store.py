"""Persistence: settings, the pictures of the tray, and the folder of the logs.

Everything is under the user's own folders (platformdirs), or under `VISUALIZER_HOME` where that is
set.
"""

import contextlib
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from PySide6.QtCore import QByteArray, QSettings

from visualizer.engine.errors import UserError
from visualizer.engine.folders import APP, data_folder

if TYPE_CHECKING:
    from visualizer.engine.specimen import Specimen


class StoreError(UserError):
    """A picture of the tray could not be kept on disk."""


def log_folder() -> Path:
    """Where logs are kept."""
    home = os.environ.get("VISUALIZER_HOME")
    return Path(home) / "log" if home else Path(platformdirs.user_log_dir(APP, appauthor=False))


class Store:
    """Settings by name (text, numbers, lists of numbers, window states), and the kept pictures of
    the tray.
    """

    def __init__(self) -> None:
        self.folder = data_folder()
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._settings = QSettings(str(self.folder / "window.ini"), QSettings.Format.IniFormat)

    # Settings

    def text(self, name: str, default: str = "") -> str:
        """A remembered text."""
        value = self._settings.value(name, default)
        return value if isinstance(value, str) else default

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """A remembered number, `default` if there is none in `low`..`high` (someone may have edited
        the file).
        """
        try:
            value = float(self._settings.value(name, default))  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            return default
        return value if low <= value <= high else default

    def flag(self, name: str, default: bool = False) -> bool:
        """A remembered yes or no."""
        return self.text(name, "yes" if default else "no") == "yes"

    def state(self, name: str) -> QByteArray:
        """A remembered window or splitter state, empty if there is none."""
        value = self._settings.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def remember(self, name: str, value: Any) -> None:
        """Remember a value under a name; written to disk soon, and at `save`."""
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, int) and value.bit_length() > 63:
            value = float(value)  # Qt's numbers end there
        self._settings.setValue(name, value)

    def save(self) -> bool:
        """Write the settings now; False if the disk refuses (nothing else is lost by it)."""
        self._settings.sync()
        return self._settings.status() is QSettings.Status.NoError

    # The tray

    @property
    def tray_folder(self) -> Path:
        """Where the pictures of the tray are."""
        return self.folder / "tray"

    def keep(self, specimen: "Specimen") -> Path:
        """Write a picture of the tray with its recipe, whole or not at all, and have it take less
        memory.

        Raises:
            StoreError: the disk is full or read-only.
        """
        specimen.compact()
        known = self.file_of(specimen.id)
        if known is not None:
            return known
        # Ordered by name as the tray is; the id finds it again.
        file = self.tray_folder / f"{time.time_ns():020d}-{specimen.id}.png"
        try:
            self.tray_folder.mkdir(parents=True, exist_ok=True)
            return specimen.save(file)
        except (OSError, UserError) as error:
            raise StoreError(
                f"“{specimen.title}” is in the tray but cannot be kept for the next start: {error}"
            ) from error

    def forget(self, identity: str) -> None:
        """Remove a picture from disk; a file that is gone already is fine."""
        file = self.file_of(identity)
        if file is not None:
            with contextlib.suppress(OSError):
                file.unlink()

    def kept(self) -> list[Path]:
        """The files of the pictures kept, in the order they were added."""
        try:
            return sorted(self.tray_folder.glob("[0-9]*-*.png"))
        except OSError:
            return []

    def read_kept(self, file: Path) -> "Specimen":
        """Read a kept picture again; raises UserError where the file is damaged."""
        from visualizer.engine.specimen import open_specimen

        specimen = open_specimen(file)
        specimen.compact()
        order, _, identity = file.stem.partition("-")
        if specimen.id != identity:  # it was finer than the 8 bits of a PNG
            with contextlib.suppress(OSError):
                file.rename(file.with_name(f"{order}-{specimen.id}.png"))
        return specimen

    def file_of(self, identity: str) -> Path | None:
        """Where the picture with this id is kept, if it is."""
        return next((file for file in self.kept() if file.stem.endswith(f"-{identity}")), None)
