"""Whether a network sees each class's optimal stimulus as that class, and still does afterwards.

`python -m tests.checks.stimuli [--network alexnet] [--classes 0,5,9] [--steps 200] [--keep FILE]`

With `--keep` the outcome of each batch is written to a file at once, and a run that was stopped
goes on where it was; a file of other weights or settings is refused.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from visualizer.engine.ascent.optimal_stimulus import StimulusSettings, climb
from visualizer.engine.network import Network
from visualizer.engine.objective import Target, objective
from visualizer.engine.rendering import from_bytes, to_bytes

SURE = 0.9
BATCH = 8
SHIFT = 8
QUALITY = 75


@dataclass(frozen=True)
class Found:
    """How probable the class is on its stimulus, and after a shift and a JPEG."""

    index: int
    plain: float
    treated: float


def check(network: Network, classes: Sequence[int], settings: StimulusSettings) -> Iterator[Found]:
    """Climb the classes in batches and judge the 8-bit pictures."""
    name = network.stages[-1].name
    for first in range(0, len(classes), BATCH):
        batch = classes[first : first + BATCH]
        targets = [Target(name, (index,)) for index in batch]
        climbed = objective(network, targets[:1])
        weights = [np.concatenate([climbed.weights([target])[0] for target in targets])]
        for step in climb(network, (targets[0],), settings, weights):
            pictures = step[0]
        seen = np.stack([from_bytes(to_bytes(picture)) for picture in pictures])
        plain = network.forward(seen)[name]
        treated = network.forward(np.stack([shifted_jpeg(picture) for picture in seen]))[name]
        for row, index in enumerate(batch):
            yield Found(index, float(plain[row, index]), float(treated[row, index]))


def kept(file: Path, about: dict[str, object]) -> list[Found]:
    """What an earlier run has found, from a file of JSON lines whose first says what about.

    The file is begun if it is not there; a last line that was cut off does not count.

    Raises:
        SystemExit: it is about other weights or settings.
    """
    if not file.exists():
        file.write_text(json.dumps(about) + "\n")
    first, *lines = file.read_text().split("\n")
    if json.loads(first) != about:
        raise SystemExit(f"{file} is about {first}, not {json.dumps(about)}; name another file.")
    if lines and lines[-1]:
        file.write_text("\n".join([first, *lines[:-1], ""]))
    return [Found(**json.loads(line)) for line in lines[:-1]]


def shifted_jpeg(picture: np.ndarray) -> np.ndarray:
    """The picture moved 8 pixels down and to the right, as a JPEG of quality 75 keeps it."""
    moved = np.pad(picture, ((SHIFT, 0), (SHIFT, 0), (0, 0)), mode="edge")[:-SHIFT, :-SHIFT]
    file = io.BytesIO()
    Image.fromarray(to_bytes(moved)).save(file, "JPEG", quality=QUALITY)
    return from_bytes(np.asarray(Image.open(file)))


def main() -> int:
    """Print a row a class and the two counts; 0 if they keep what is promised."""
    from visualizer.models.catalog import open_network

    options = argparse.ArgumentParser(prog="python -m tests.checks.stimuli", description=__doc__)
    options.add_argument("--network", default="alexnet")
    options.add_argument("--classes", help="indices, comma-separated; all unless told")
    options.add_argument("--steps", type=int, default=200)
    options.add_argument("--keep", type=Path, metavar="FILE", help="go on from this file")
    chosen = options.parse_args()
    network = open_network(chosen.network)
    every = range(network.stages[-1].units)
    classes = [int(n) for n in chosen.classes.split(",")] if chosen.classes else list(every)
    settings = StimulusSettings(steps=chosen.steps)
    about = {"sha256": network.sha256, "settings": settings.to_dict()}
    found = kept(chosen.keep, about) if chosen.keep else []
    done = {each.index for each in found}
    for each in check(network, [index for index in classes if index not in done], settings):
        found.append(each)
        print(f"{network.label(each.index):32} {each.plain:6.1%} {each.treated:6.1%}", flush=True)
        if chosen.keep:
            with chosen.keep.open("a") as file:
                file.write(json.dumps(asdict(each)) + "\n")
    found = [each for each in found if each.index in set(classes)]
    sure = sum(each.plain >= SURE for each in found)
    still = sum(each.treated >= SURE for each in found)
    print(
        f"{sure} of {len(found)} are seen as their class with p >= {SURE}; "
        f"{still} still are after a shift by {SHIFT} pixels and a JPEG of quality {QUALITY}."
    )
    return 0 if sure >= 0.95 * len(found) and still >= 0.8 * len(found) else 1


if __name__ == "__main__":
    raise SystemExit(main())
