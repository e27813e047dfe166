"""Pictures of the real window at the sizes people have, light, dark and at presenter's scale.

Usage: python packaging/screenshots.py FOLDER [--network NAME]
"""

import argparse
import os
import tempfile
from pathlib import Path

SIZES = ((1280, 800), (1920, 1080))


def main() -> None:
    """Write every stop of the tour at every size, theme and scale into a folder."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--network", default="alexnet")
    chosen = options.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with tempfile.TemporaryDirectory() as home:
        os.environ["VISUALIZER_HOME"] = home
        from visualizer.gui.tour import Look, take_tour

        looks = [
            Look(theme, size, presenting)
            for size in SIZES
            for presenting in (False, True)
            for theme in ("light", "dark")
        ]
        for shot in take_tour(chosen.network, looks=looks):
            width, height = shot.look.size
            scale = "-presenter" if shot.look.presenting else ""
            folder = chosen.folder / f"{width}x{height}-{shot.look.theme}{scale}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{shot.name}.png").write_bytes(shot.png)
            print(folder / f"{shot.name}.png")


if __name__ == "__main__":
    main()
