"""When the parts of a start came, on stderr where `VISUALIZER_VERBOSE` is set."""

from __future__ import annotations

import os
import sys
import time


def note(what: str) -> None:
    """Print how long after the start of the process something was there."""
    if os.environ.get("VISUALIZER_VERBOSE") and sys.stderr is not None:
        import psutil  # a start need not wait for it

        seconds = time.time() - psutil.Process().create_time()
        print(f"{what} after {seconds:.2f} s", file=sys.stderr, flush=True)
