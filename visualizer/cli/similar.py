"""`visualizer similar`: which pictures of a folder are alike to a network, as tables and a map."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import Parameter

from visualizer.cli import terminal
from visualizer.cli.options import (
    USUAL,
    JsonOption,
    NetworkOptions,
    OutputError,
    OutputOption,
    make_folder,
)
from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.settings import setting
from visualizer.engine.similarity.map_settings import AUTO, MapSettings

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.similarity.features import Features
    from visualizer.engine.similarity.journey import StageMap

State = TypeVar("State")
Result = TypeVar("Result")
NEAREST = 10
"""Neighbours of each picture in distances.csv."""


@dataclass(frozen=True)
class SimilarSettings(MapSettings):
    """The settings of the map, and what else is written."""

    journey: bool = setting(
        False, help="Also map every stage from the picture to the output, and film the way."
    )


@with_settings(SimilarSettings)
def similar(
    folder: Annotated[
        Path, Parameter(help="Pictures, or subfolders of pictures, which are their classes.")
    ],
    /,
    *,
    output: OutputOption,
    query: Annotated[
        list[Path] | None,
        Parameter(
            help="A picture whose nearest ones are wanted; may be given again.",
            negative="",
            show_default=False,
        ),
    ] = None,
    given: Given,
    where: NetworkOptions = USUAL,
    json: JsonOption = False,
) -> int:
    """Compute what a network makes of each picture of a folder, and which are alike to it.

    Writes features.npz, distances.csv, stages.csv, map.png and map.svg, and with --journey
    journey.mp4. Features are kept: cut off and started again, it goes on where it was. Files that
    cannot be read are told and left out.
    """
    from visualizer.engine.generators import run_to_end
    from visualizer.engine.similarity.collection import find_pictures
    from visualizer.engine.similarity.features import extracting, journey_stages
    from visualizer.engine.similarity.journey import laying_out_stages, scoring

    settings = read(SimilarSettings, given)
    if output.resolve().is_relative_to(folder.resolve()):
        raise OutputError(
            f"The folder “{output}” is among the pictures, where the map would be taken for one of "
            "them; choose a folder outside."
        )
    target = make_folder(output)
    collection = find_pictures(folder)
    opened = where.open()
    stage = opened.stages[-2].name if settings.stage == AUTO else settings.stage
    opened.stage(stage)
    stages = journey_stages(opened)
    with terminal.progress() as progress:
        task = progress.add_task("Looking at the pictures", total=len(collection.items))
        features = _run(
            extracting(opened, collection, [*stages, stage], settings.features, settings.mode),
            lambda state: progress.update(task, completed=state.step),
        )
        names = features.stages if settings.journey else (stage,)
        task = progress.add_task("Laying out the map", total=len(names))
        maps = _run(
            laying_out_stages(features, names, settings.layout, settings.metric, settings.seed),
            lambda state: progress.update(task, completed=state.step),
        )
        scores = {each.stage: each.score for each in maps}
        for name in features.stages:
            if name not in scores:
                scores[name] = run_to_end(scoring(features, name, settings.metric))
        if settings.journey:
            film(target / "journey.mp4", features, maps)
    for sentence in (*features.broken.values(), *features.problems):
        terminal.print_error(sentence)
    chosen = next(each for each in maps if each.stage == stage)
    queries, between = queried(opened, features, chosen, query or (), settings)
    report = {
        "folder": str(folder.resolve()),
        "network": opened.name,
        "network_sha256": opened.sha256,
        **settings.to_dict(),
        "stage": stage,
        "pictures": len(features.items),
        "left_out": collection.left_out,
        "classes": list(features.classes),
        "broken": features.broken,
        "stages": [
            {
                "stage": name,
                "precision_at_5": _number(scores[name].precision),
                "knn_accuracy": _number(scores[name].accuracy),
            }
            for name in features.stages
        ],
        "queries": queries,
        "between_queries": between,
    }
    write(target, features, chosen, report)
    if json:
        terminal.print_json(report)
    else:
        show(report, target)
    return 2 if features.broken else 0


def _run(work: Generator[State, None, Result], said: Callable[[State], None]) -> Result:
    """Run work to its end, telling how far it is."""
    while True:
        try:
            said(next(work))
        except StopIteration as end:
            return end.value


def film(path: Path, features: Features, maps: Sequence[StageMap]) -> None:
    """Write the way from the first map to the last."""
    from visualizer.engine.ascent.film import filmed
    from visualizer.engine.similarity.map_picture import journey_film

    for _ in filmed(journey_film(features, maps), path):
        pass


def queried(
    network: Network,
    features: Features,
    chosen: StageMap,
    queries: Sequence[Path],
    settings: SimilarSettings,
) -> tuple[list[dict[str, Any]], list[list[float]]]:
    """The pictures nearest to each query, where it lies on the map, and how far from each other."""
    import numpy as np

    from visualizer.engine.pictures import read_picture
    from visualizer.engine.similarity.features import vectors_of
    from visualizer.engine.similarity.neighbours import distances, nearest_to

    vectors, found, own = features.of(chosen.stage), [], []
    for path in queries:
        picture = read_picture(path, longest=2 * max(network.size))
        of = vectors_of(network, picture, [chosen.stage], features.pooling, settings.mode)
        vector = of[chosen.stage]
        own.append(vector)
        near = nearest_to(vector, vectors, NEAREST, settings.metric)
        place = chosen.place(vector[None])[0]
        found.append(
            {
                "query": str(path),
                "place": [float(number) for number in place],
                "nearest": [
                    {
                        "picture": features.items[at].name,
                        "class": class_name(features, at),
                        "distance": float(apart),
                    }
                    for at, apart in zip(near.indices[0], near.distances[0], strict=True)
                ],
            }
        )
    apart = distances(np.stack(own), np.stack(own), settings.metric) if len(own) > 1 else None
    return found, [] if apart is None else apart.tolist()


def class_name(features: Features, at: int) -> str:
    """The class of a picture; "" if it is not known."""
    label = features.items[at].label
    return "" if label is None else features.classes[label]


def write(folder: Path, features: Features, chosen: StageMap, report: dict[str, Any]) -> None:
    """Write the features, the tables and the map.

    Raises:
        SaveError: the folder may not be written to, or the disk is full.
    """
    import numpy as np

    from visualizer.engine.files import write_file
    from visualizer.engine.similarity.map_picture import drawn, png, svg

    names = [item.name for item in features.items]
    data = io.BytesIO()
    np.savez_compressed(
        data,
        features=features.of(chosen.stage),
        names=np.array(names),
        labels=features.labels,
        classes=np.array(features.classes),
        map=chosen.xy,
    )
    title = f"{features.network.title} at {chosen.stage}: {len(names):,} pictures"
    near = chosen.score.neighbours
    rows = [
        (names[at], names[other], class_name(features, at), class_name(features, other), apart)
        for at in range(len(names))
        for other, apart in zip(
            near.indices[at, :NEAREST], near.distances[at, :NEAREST].tolist(), strict=True
        )
    ]
    stages = [tuple(each.values()) for each in report["stages"]]
    write_file(folder / "features.npz", data.getvalue())
    heading = ("picture", "neighbour", "class", "class of the neighbour", report["metric"])
    write_file(folder / "distances.csv", table(heading, rows))
    write_file(folder / "stages.csv", table(("stage", "precision at 5", "k-NN accuracy"), stages))
    write_file(folder / "map.png", png(drawn(features, chosen.xy, title)))
    write_file(folder / "map.svg", svg(features, chosen.xy, title).encode())


def table(heading: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """A CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def show(report: dict[str, Any], folder: Path) -> None:
    """Print the curve over the stages, and the pictures nearest to each query."""
    from rich.table import Table

    if report["classes"]:
        shown = Table(box=None, header_style="bold", pad_edge=False)
        shown.add_column("Stage")
        shown.add_column("Precision at 5", justify="right")
        shown.add_column("k-NN accuracy", justify="right")
        for each in report["stages"]:
            numbers = (each["precision_at_5"], each["knn_accuracy"])
            shown.add_row(each["stage"], *("" if x is None else f"{x:.1%}" for x in numbers))
        terminal.console().print(shown)
    if report["between_queries"]:
        print(f"Distances between the queries ({report['metric']}):")
        for query, row in zip(report["queries"], report["between_queries"], strict=True):
            print("  " + "  ".join(f"{apart:8.4g}" for apart in row) + f"  {query['query']}")
    for query in report["queries"]:
        print(f"Nearest to {query['query']}:")
        for each in query["nearest"]:
            kind = f"  ({each['class']})" if each["class"] else ""
            print(f"  {each['distance']:.4g}  {each['picture']}{kind}")
    print(f"features.npz, distances.csv, stages.csv, map.png and map.svg are in {folder}")


def _number(value: float) -> float | None:
    """For JSON, which knows no NaN."""
    return None if math.isnan(value) else round(value, 4)
