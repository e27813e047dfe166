"""The `visualizer` command: the window by default, every technique headless.

Exit status: 0; 2 with one line on stderr after an error; 130 after Ctrl+C; 141 after a closed pipe.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl+C ended."""


def main(arguments: Sequence[str] | None = None, *, in_window: bool = False) -> int:
    """Run one command and return its exit status; `arguments` default to the process's own.

    Where nobody looks at a terminal, what goes wrong is to be told `in_window`.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    try:
        if list(arguments) == ["--read-for-another"]:
            from visualizer.engine import child_process

            child_process.serve()
            return 0
        from visualizer.cli import app, terminal

        terminal.set_up(in_window=in_window)
        return app.run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def window() -> int:
    """Open the window: what a double-click starts."""
    return main(in_window=True)
