"""The program as one folder with Python inside: what its own start has set is taken back."""

from __future__ import annotations

import os


def leave_bundle_behind() -> None:
    """Give programs that this one starts the system's libraries, not those of the bundle."""
    for name in ("LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH"):
        kept = os.environ.pop(f"{name}_ORIG", None)
        os.environ.pop(name, None)
        if kept is not None:
            os.environ[name] = kept
