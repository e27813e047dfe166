"""The `visualizer` command: the window by default, every technique without one.

It ends with 0, or with 2 and one line on stderr that says what was wrong, or with 130 after Ctrl+C,
or with 141 where nobody reads what it says to its end.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl+C ended."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; `arguments` default to the process's own."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if list(arguments) == ["--copy-hdf5"]:  # see models/hdf5_process.py
            from visualizer.models import hdf5_copy

            hdf5_copy.serve()
            return 0
        from visualizer.cli import app, terminal

        terminal.set_up()
        return app.run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def window() -> int:
    """Open the window: what a double-click starts."""
    return main()
