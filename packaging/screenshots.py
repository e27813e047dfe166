"""Pictures of the real window at the sizes people have, light, dark and at presenter's scale.

After the tour of one network and the first sample, the workspaces of the techniques are drawn with
other pictures: dreams and explanations of `SUBJECTS`, attacks on every photo and on two networks.
Then every scene of the bundled shows, as an audience sees it.

Usage: python packaging/screenshots.py FOLDER [--network NAME] [--only tour|subjects|shows]
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

SIZES = ((1280, 800), (1920, 1080))
SUBJECTS = ("cat", "coffee", "white noise")
IMAGENET = "efficientnet-lite0"
PRESENTED = (1024, 768), (1280, 720), (1920, 1080), (3840, 2160)
"""Of the screens that an audience looks at."""


def main() -> None:
    """Draw all of it into a folder."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--network", default="alexnet")
    options.add_argument("--only", choices=("tour", "subjects", "shows"))
    chosen = options.parse_args()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if chosen.only in (None, "tour"):
        draw_tour(chosen.folder, chosen.network)
    if chosen.only in (None, "subjects"):
        draw_subjects(chosen.folder, chosen.network)
    if chosen.only in (None, "shows"):
        draw_shows(chosen.folder)


@contextmanager
def new_home() -> Iterator[None]:
    """Folders of a user who has never opened the window."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        os.environ["VISUALIZER_HOME"] = home
        yield


def tour(*arguments: Any, **options: Any) -> Iterator[Any]:
    """The stops of a window that was never opened before."""
    with new_home():
        from visualizer.gui.tour import take_tour

        yield from take_tour(*arguments, **options)


def draw_shows(folder: Path) -> None:
    """Every scene of every bundled show, on every screen and in both themes."""
    from visualizer.engine.shows.bundled import bundled_shows
    from visualizer.gui.show_pages import presented, stand_all

    looks = [(theme, size) for size in PRESENTED for theme in ("light", "dark")]
    appearances = [presented(*look) for look in looks]
    for show in bundled_shows():
        with new_home():
            for scene in stand_all(show.path, appearances, sharpness=1.0):
                print(f"{show.name} {scene.index + 1}: {scene.problem or scene.title}", flush=True)
                for (theme, (width, height)), page in zip(looks, scene.pages, strict=False):
                    place = folder / "shows" / f"{width}x{height}-{theme}"
                    place.mkdir(parents=True, exist_ok=True)
                    page.image.save(str(place / f"{show.name}-{scene.index + 1:02}.png"))


def draw_tour(folder: Path, network: str) -> None:
    """Every stop at every size, theme and scale."""
    from visualizer.gui.tour import Appearance

    sizes = {False: SIZES, True: PRESENTED}
    appearances = [
        Appearance(theme, size, presenting)
        for presenting in (False, True)
        for size in sizes[presenting]
        for theme in ("light", "dark")
    ]
    for shot in tour(network, appearances=appearances):
        width, height = shot.appearance.size
        scale = "-presenter" if shot.appearance.presenting else ""
        write(folder / f"{width}x{height}-{shot.appearance.theme}{scale}", shot)


def draw_subjects(folder: Path, network: str) -> None:
    """Dreams and explanations of a few pictures, and attacks on all photos, once each."""
    from visualizer.gui.tour import Appearance

    photos = {name: picture for name, picture in pictures().items() if name != "white noise"}
    visits = [(network, name, pictures()[name], ("dream", "explain")) for name in SUBJECTS]
    visits += [
        (each, name, picture, ("attack",))
        for each in (network, IMAGENET)
        for name, picture in photos.items()
    ]
    for opened, name, picture, workspaces in visits:
        appearances = [Appearance("dark", SIZES[0])]
        for shot in tour(opened, [picture], appearances=appearances, workspaces=workspaces):
            write(folder / f"{opened} {name}", shot)


def pictures() -> dict[str, Any]:
    """The photos that come along, and noise, as specimens by name."""
    from visualizer.engine.pictures import samples
    from visualizer.engine.specimen import Provenance, Specimen

    found = {
        sample.name: Specimen(sample.load(), sample.title, Provenance(f"sample {sample.name}"))
        for sample in samples()
        if "digit" not in sample.name
    }
    noise = np.random.default_rng(0).uniform(0.3, 0.7, (240, 320, 3)).astype(np.float32)
    return found | {"white noise": Specimen(noise, "White noise", Provenance("white noise"))}


def write(folder: Path, shot: Any) -> None:
    """Keep a picture of the window."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{shot.name}.png"
    file.write_bytes(shot.png)
    print(file, flush=True)


if __name__ == "__main__":
    main()
