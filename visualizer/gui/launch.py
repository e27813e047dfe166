"""The first half second of a start: the first instance is asked, a splash is shown.

Reads little, so that a second double-click is answered at once and the splash stands while the code
of the window is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from visualizer.gui.core.application import make_application
from visualizer.gui.core.first_instance import FirstInstance
from visualizer.gui.core.splash import show_splash
from visualizer.gui.core.stopwatch import note


def run(
    paths: Sequence[Path] = (),
    *,
    network: str | None = None,
    camera: str | None = None,
    **said: Any,
) -> int:
    """Open the window, as `app.run` does, unless this user has one: that opens the files then.

    A start that asks for more than files has a window of its own.
    """
    application = make_application()
    first = FirstInstance(application)
    if network is None and camera is None and not said and first.hand_over(paths):
        return 0
    splash = show_splash(application)
    note("splash")
    first.claim()
    try:
        from visualizer.gui import app

        return app.run(paths, network=network, camera=camera, first=first, splash=splash, **said)
    finally:
        splash.close()
        first.close()
