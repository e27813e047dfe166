"""Where the program keeps what it made for the user."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APP = "convnet-visualizer"


def data_folder() -> Path:
    """The user's own folder of this program, or that under `VISUALIZER_HOME`."""
    home = os.environ.get("VISUALIZER_HOME")
    return Path(home) / "data" if home else Path(platformdirs.user_data_dir(APP, appauthor=False))
