"""What the Evolve workspace writes as files: it asks for a name, the compute thread writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QFileDialog, QWidget

from visualizer.gui.core.requests import Latest
from visualizer.gui.evolve.champion import large_picture

if TYPE_CHECKING:
    from visualizer.engine.evolution.cppn import Genome
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.compute import MakeGenerator
    from visualizer.gui.core.session import Session
    from visualizer.gui.evolve.evolving import Evolving

PICTURE = (("Picture", "png"),)
FILMS = (("Film", "mp4"), ("Animation", "gif"))
ALL = (
    ("All champions on a sheet", "png"),
    ("All champions on pages", "pdf"),
    ("The wall as a film", "mp4"),
    ("The wall as an animation", "gif"),
)
"""What can be chosen in words, and the suffix of each."""


class Saving:
    """Saves pictures, sheets, pages and films.

    Args:
        session: told when a file is there.
        parent: of the dialogs.
    """

    def __init__(self, session: Session, parent: QWidget) -> None:
        self._session, self._parent = session, parent
        self._latest = Latest(session.compute, "Saving", parent, background=True)

    def large(self, specimen: Specimen, genome: Genome, side: int) -> None:
        """A formula drawn with a longer side of so many pixels."""
        make = partial(large_picture, genome, specimen, side)
        self._ask("Save it large", f"{specimen.title} {side}", PICTURE, make)

    def all(self, evolving: Evolving) -> None:
        """All champions, on a sheet or on pages, or the wall as a film."""
        self._ask("Save all champions", "evolved pictures", ALL, evolving.export)

    def line(self, evolving: Evolving, cell: int, label: str) -> None:
        """The line of a champion as a film."""
        self._ask("Save its line as a film", label, FILMS, partial(evolving.film, cell))

    def write(self, make: MakeGenerator, path: Path) -> None:
        """Write a file, and say so."""
        self._latest.ask(make, on_done=lambda _: self._session.say(f"“{path}” is saved."))

    def _ask(
        self,
        title: str,
        name: str,
        kinds: tuple[tuple[str, str], ...],
        make: Callable[[Path], Any],
    ) -> None:
        suffixes = {f"{what} (*.{suffix})": suffix for what, suffix in kinds}
        dialog = QFileDialog(self._parent, title)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(list(suffixes))
        dialog.setDefaultSuffix(kinds[0][1])
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(suffixes[kind]))
        dialog.selectFile(re.sub(r"[^\w\s()-]", "", name))  # the suffix comes with the kind
        dialog.fileSelected.connect(lambda path: self.write(partial(make, Path(path)), Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
