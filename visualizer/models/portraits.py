"""Portraits: the stages of each network of the catalogue in short, for the picker's drawings.

A network is drawn as columns from pixels to scores, one a depth; stages side by side in the graph
(the branches of Inception) share a column. `resources/portraits.json` holds them, so that the list
is there before Keras is; `python -m visualizer.models.portraits` writes it anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from visualizer.engine.resources import MissingFileError, resource

if TYPE_CHECKING:
    import keras

    from visualizer.engine.network import Network
    from visualizer.engine.stage import Stage

FILE = "portraits.json"


class Block(NamedTuple):
    """One stage as it is drawn: its kind, the height of its maps (1 for a list), its units."""

    kind: str
    side: int
    units: int


Portrait = tuple[tuple[Block, ...], ...]


def portrait(stages: Sequence[Stage]) -> Portrait:
    """Return the columns of a network: its stages by their depth in the graph, in order."""
    depths: dict[str, int] = {}
    columns: list[list[Block]] = []
    for stage in stages:
        depth = 1 + max((depths[name] for name in stage.inputs), default=-1)
        depths[stage.name] = depth
        columns.extend([] for _ in range(depth + 1 - len(columns)))
        side = stage.shape[0] if stage.spatial else 1
        columns[depth].append(Block(stage.kind, side, stage.units))
    return tuple(map(tuple, columns))


@cache
def portraits() -> dict[str, Portrait]:
    """Return the portrait of every network of the catalogue, by name; none if the file is gone."""
    try:
        kept = json.loads(resource(FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, MissingFileError):
        return {}
    return {
        name: tuple(tuple(Block(*block) for block in column) for column in columns)
        for name, columns in kept.items()
    }


def _networks() -> list[Network]:
    """Every network of the catalogue: those that are shipped, the others without their weights."""
    from visualizer.engine.network import Network
    from visualizer.engine.preprocessing import Preprocessing
    from visualizer.models import efficientnet_lite, torchvision_nets
    from visualizer.models.applications import APPLICATIONS
    from visualizer.models.catalog import open_network

    def bare(model: keras.Model, name: str) -> Network:
        pixels = Preprocessing(channels=model.input_shape[-1])
        return Network(model, name=name, title=name, classes=(), preprocessing=pixels, sha256="")

    found = [
        open_network("alexnet"),
        open_network("lenet"),
        bare(efficientnet_lite.build(), efficientnet_lite.NAME),
        bare(torchvision_nets.build_alexnet(), "alexnet-imagenet"),
        bare(torchvision_nets.build_googlenet(), "googlenet"),
    ]
    return found + [application.open(application.build()) for application in APPLICATIONS]


def _main() -> None:
    rows = [f"{json.dumps(n.name)}: {json.dumps(portrait(n.stages))}" for n in _networks()]
    (resource("labels").parent / FILE).write_text(
        "{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8"
    )
    sys.stdout.write(f"{len(rows)} portraits\n")


if __name__ == "__main__":
    _main()
