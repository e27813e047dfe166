"""How little it takes to fool the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from visualizer.gui.tour_stop import Stop

if TYPE_CHECKING:
    from visualizer.gui.workspace import Workspace


def stops(_workspace: Workspace) -> Sequence[Stop]:
    """The picture, what is added to it, and their sum."""
    text = (
        "The photo, a faint pattern made for this network (shown much stronger), and both "
        "together: to us the same photo, to the network something else. Below, how far the "
        "answer moves with the size of the pattern, and at which stage it goes wrong."
    )
    return [Stop("attack", "A picture that fools", text, lambda wait: wait(None))]
