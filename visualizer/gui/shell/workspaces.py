"""The workspaces in the order of the rail and of Ctrl+1, Ctrl+2, ...: a folder and a row each.

The code of a workspace is read when it is built, so that the window does not wait for those that
are not on show.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from visualizer.engine.technique import techniques
from visualizer.gui.core.own_pages import others_expected
from visualizer.gui.tour_stop import Stop

if TYPE_CHECKING:
    from visualizer.gui.core.session import Session
    from visualizer.gui.workspace import Workspace


@dataclass(frozen=True)
class Entry:
    """A row of the table.

    Attributes:
        name: of the folder under `gui/`, whose `workspace.py` has the class `<Title>Workspace`.
        title: on the rail.
        icon: its name in resources/icons.
    """

    name: str
    title: str
    icon: str

    @property
    def is_read(self) -> bool:
        """Whether its code is read."""
        return self._module in sys.modules

    def read(self) -> None:
        """Read its code and that of the techniques; on any thread."""
        import_module(self._module)
        techniques()

    def build(self, session: Session) -> Workspace:
        """Return a new workspace around a session."""
        module = import_module(self._module)
        workspace: Workspace = getattr(module, f"{self.title}Workspace")(session)
        return workspace

    @property
    def _module(self) -> str:
        return f"visualizer.gui.{self.name}.workspace"

    def stops(self, workspace: Workspace) -> Sequence[Stop]:
        """The stops of the tour there; its network is open and a picture is chosen."""
        module = f"visualizer.gui.{self.name}.tour"
        if find_spec(module) is None:
            text = f"The workspace {self.title}, as it is when it is opened first."
            return [Stop(self.name, self.title, text, lambda wait: wait(None))]
        stops: Sequence[Stop] = import_module(module).stops(workspace)
        return stops


OURS = (
    Entry("layers", "Layers", "layers"),
    Entry("dream", "Dream", "dream"),
    Entry("explain", "Explain", "explain"),
    Entry("attack", "Attack", "attack"),
    Entry("evolve", "Evolve", "evolve"),
    Entry("train", "Train", "train"),
    Entry("map", "Map", "map"),
    Entry("learn", "Learn", "learn"),
)
MORE = Entry("technique", "More", "more")
"""For techniques without a page; left out where none can exist."""


def table() -> tuple[Entry, ...]:
    """Return the rows; none of their code and no plug-in is imported for it."""
    return (*OURS, MORE) if others_expected() else OURS


TABLE = table()
WORKSPACES = tuple(entry.name for entry in TABLE)


def entry(name: str) -> Entry:
    """The row of a name."""
    return next(each for each in TABLE if each.name == name)
