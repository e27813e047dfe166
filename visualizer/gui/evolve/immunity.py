"""Immunise and try again: a network learns what fooled it; the score of each round is kept."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from visualizer.engine.errors import UserError
from visualizer.engine.files import read_file, write_file
from visualizer.gui.evolve.evolving import Evolving, saved_folder
from visualizer.models.catalog import name_of

if TYPE_CHECKING:
    from visualizer.engine.network import Network

ROUNDS = "rounds.json"
"""Lies beside the file of an immunised network."""
MOST_ROUNDS, MOST_BYTES = 100, 2**16


@dataclass(frozen=True)
class Round:
    """How far an evolution came before its network was immunised, and what that did to the network.

    Attributes:
        title: of the network that was fooled.
        evaluations: pictures that it had seen.
        median: confidence of its champions, from 0 to 1.
        over_90: how many of them it was surer of than 90%.
        photos: on which the immunised network was measured.
        labelled: whether their classes are known; if not, the old network's answers count.
        accuracy_before, accuracy_after: of the old and of the immunised network on them.
        recognised: the share of the fooling pictures that it knows by now.
    """

    title: str
    evaluations: int
    median: float
    over_90: int
    photos: int
    labelled: bool
    accuracy_before: float
    accuracy_after: float
    recognised: float


@dataclass(frozen=True)
class Immunised:
    """An immunised network: its file, all rounds so far, and which photos were left out."""

    path: Path
    rounds: tuple[Round, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Progress:
    """How far it is, for the jobs bar."""

    step: int
    total: int | None


def immunise(evolving: Evolving, photos: Path | None) -> Generator[Progress, None, Immunised]:
    """Immunise the network of an evolution against its champions; on the compute thread.

    Args:
        evolving: it may be paused, not running.
        photos: a folder; None for those that come with the program.

    Raises:
        UserError: the network has no head to train, there are no photos, or nothing can be written.
    """
    from visualizer.engine.evolution.immunise import Immunisation, immunising
    from visualizer.engine.evolution.natural_photos import own_photos, photos_in
    from visualizer.models.labels import identifiers_of
    from visualizer.models.trained import save_network

    evolution = evolving.evolution
    if evolution is None:
        raise UserError("There are no pictures yet to immunise against; let the evolution run.")
    network = evolution.scores.network
    folder = saved_folder(network)
    if folder is None:
        raise UserError(f"{network.title} has no file, so it cannot be kept; save it first.")
    chosen = (
        own_photos(network)
        if photos is None
        else photos_in(photos, network, identifiers_of(network.classes))
    )
    summary, before = evolution.summary(), rounds_of(network)
    steps = immunising(Immunisation(network), chosen, evolution)
    while True:
        try:
            _, count, total = next(steps)
        except StopIteration as end:
            immunised, worth = end.value
            break
        yield Progress(count, total)
    this = Round(
        network.title,
        int(summary["evaluations"]),
        summary["median_confidence"],
        int(summary["cells_over_0_90"]),
        **asdict(worth),
    )
    rounds = (*before, this)[-MOST_ROUNDS:]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / _file_name(network.title, len(rounds))
    save_network(immunised, path)
    told = json.dumps([asdict(each) for each in rounds], indent=1)
    write_file(folder / ROUNDS, told.encode())
    return Immunised(path, rounds, tuple(chosen.problems))


def rounds_of(network: Network) -> tuple[Round, ...]:
    """The rounds that made a network, the first first; none of one that was not immunised here."""
    path = Path(name_of(network))
    if path.suffix != ".keras":
        return ()
    try:
        told = json.loads(read_file(path.with_name(ROUNDS), MOST_BYTES)[:MOST_BYTES])
        return tuple(_round(each) for each in told[:MOST_ROUNDS])
    except (OSError, UserError, ValueError, TypeError, KeyError, RecursionError):
        return ()  # there is none, or it is someone else's


def _file_name(title: str, rounds: int) -> str:
    """What the network is called from now on: "AlexNet, immunised 2 times.keras"."""
    base = re.sub(r"(, immunised( \d+ times)?)?(\.keras)?$", "", title)
    times = "" if rounds == 1 else f" {rounds} times"
    base = re.sub(r"[^\w\s.()-]", "_", base)[:60]
    return f"{base}, immunised{times}.keras"


def _round(told: dict[str, object]) -> Round:
    kinds = {"str": str, "int": int, "float": (int, float), "bool": bool}
    found = {}
    for each in fields(Round):
        value = told[each.name]
        if not isinstance(value, kinds[str(each.type)]):  # type: ignore[arg-type]
            raise TypeError(each.name)
        found[each.name] = value
    return Round(**found)  # type: ignore[arg-type]
