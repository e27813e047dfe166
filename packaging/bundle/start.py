"""What the program of the bundle runs: `visualizer`, or the window by its other name."""

import sys
from pathlib import Path

from visualizer.cli import main, window
from visualizer.cli.frozen import leave_bundle_behind

if __name__ == "__main__":
    leave_bundle_behind()
    # On macOS the application has one program, which a double-click starts without arguments.
    clicked = sys.platform == "darwin" and len(sys.argv) == 1
    named = Path(sys.argv[0]).stem == "visualizer-window"
    sys.exit(window() if clicked or named else main())
