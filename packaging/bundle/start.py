"""What the program of the bundle runs: `visualizer`, or the window by its other name."""

import sys
from pathlib import Path

from visualizer.cli import main, window
from visualizer.cli.frozen import leave_bundle_behind

if __name__ == "__main__":
    leave_bundle_behind()
    sys.exit(window() if Path(sys.argv[0]).stem == "visualizer-window" else main())
