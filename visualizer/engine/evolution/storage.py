"""An evolution on disk: all that it takes to go on as if it had never stopped.

One JSON file, compressed in blocks (gzip's members), that is replaced whole: a process killed at
any moment leaves the state of the last save. Pixels of the direct encoding are in it as text; only
champions keep theirs.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from visualizer.engine.errors import UserError
from visualizer.engine.evolution.archive import Archive, Individual
from visualizer.engine.evolution.evolution import Evolution
from visualizer.engine.evolution.history import History
from visualizer.engine.files import NotAFileError, read_file, writing

FILE = "evolution.json.gz"
VERSION = 1
MAX_BYTES = 1024**3
"""Of the file, and of what is in it."""
PIECE = 2**21
"""Bytes that go to the disk in a slice."""
MAX_INDIVIDUALS = 1_000_000
MAX_VALUES = 30_000_000
"""Values of its JSON, each of which takes some 50 bytes of memory."""
WRITTEN_AT_ONCE, PIXELS_AT_ONCE = 64, 4
"""Individuals in a slice while it is saved, and of the direct encoding."""


class EvolutionFileError(UserError):
    """A folder without an evolution, or with one that cannot be gone on with."""


def save(evolution: Evolution, folder: Path, settings: dict[str, Any]) -> None:
    """Do `saving` at once."""
    for _ in saving(evolution, folder, settings):
        pass


def saving(evolution: Evolution, folder: Path, settings: dict[str, Any]) -> Iterator[None]:
    """Write the state of an evolution, in slices.

    It is the state when this is begun: that before the generation that is being taken, if any, and
    how far that has come.

    Raises:
        UserError: the folder cannot be written to or the disk is full; what was saved before stays.
    """
    archive, network = evolution.archive, evolution.scores.network
    champions, individuals = set(archive.champions.tolist()), [*archive.individuals.values()]
    state = {
        "version": VERSION,
        "settings": settings,
        "network": network.name,
        "network_sha256": network.sha256,
        "classes": evolution.classes.tolist(),
        "screens": evolution.scores.screens,
        "generation": evolution.generation,
        "random": evolution.random_state,
        "evaluations": archive.evaluations,
        "scores": [None if score == -np.inf else score for score in archive.scores.tolist()],
        "champions": archive.champions.tolist(),
        "since": archive.since.tolist(),
        "history": evolution.history.rows,
        "rows": [_packed_row(row) for row in evolution.rows],
    }
    every = evolution.encoding.keeps_ancestors
    size, level = (WRITTEN_AT_ONCE, 1) if every else (PIXELS_AT_ONCE, 0)  # noise stays as it is
    known, blocks = _blocks.get(archive, {}), {}
    parts = [_compressed(json.dumps(state, separators=(",", ":"))[:-1] + ',"individuals":[')]
    for start in range(0, len(individuals), size):
        some = individuals[start : start + size]
        key = tuple((each.number, not every and each.number in champions) for each in some)
        block = known.get(key)
        if block is None:
            texts = (_written(evolution, *each) for each in zip(some, key, strict=True))
            block = _compressed(",".join(texts), level)
            yield
        blocks[key] = block
        parts += [_COMMA, block] if start else [block]
    _blocks[archive] = blocks
    parts.append(_compressed("]}"))
    yield from writing(folder / FILE, _joined(parts))


def _joined(parts: list[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of `PIECE` or a little more."""
    piece: list[bytes] = []
    for part in parts:
        piece.append(part)
        if sum(map(len, piece)) >= PIECE:
            yield b"".join(piece)
            piece = []
    yield b"".join(piece)


def _compressed(text: str, level: int = 1) -> bytes:
    return gzip.compress(text.encode(), level, mtime=0)


_COMMA = _compressed(",")
_blocks: WeakKeyDictionary[Archive, dict[tuple[tuple[int, bool], ...], bytes]] = WeakKeyDictionary()
"""Of each archive that was saved its individuals, a block at a time: they never change, and most of
a file is as it was."""


def _written(evolution: Evolution, individual: Individual, key: tuple[int, bool]) -> str:
    """An individual as JSON."""
    number, champion = key
    genome = evolution.encoding.packed(individual.genome, champion)
    parents, won = list(individual.parents), list(individual.won)
    return json.dumps([number, parents, individual.generation, won, genome], separators=(",", ":"))


def _packed_row(row: np.ndarray) -> str:
    return base64.b85encode(np.ascontiguousarray(row, np.float32).tobytes()).decode("ascii")


def read(folder: Path) -> dict[str, Any]:
    """Read what `save` wrote: the settings and the state for `restore`.

    Raises:
        EvolutionFileError: there is none, or it is damaged or too large.
    """
    path = folder / FILE
    try:
        if not path.is_file() or path.stat().st_size > MAX_BYTES:
            raise EvolutionFileError(
                f"There is no evolution in “{folder}” to go on with; give the folder that "
                "“visualizer evolve -o” wrote to."
            )
        with gzip.open(path) as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES or sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
            raise ValueError("it is too large")
        state = json.loads(data)
        if not isinstance(state, dict) or state.get("version") != VERSION:
            raise ValueError("it is of another version")
        return state
    except (OSError, EOFError, ValueError, zlib.error, RecursionError) as error:
        raise EvolutionFileError(
            f"The evolution in “{folder}” is damaged ({error}); begin a new one in another folder."
        ) from None


def saved_evaluations(folder: Path, sha256: str) -> int | None:
    """How many pictures the evolution in a folder has seen; None where there is none to go on with.

    Only the beginning of the file is read.
    """
    try:
        packed = read_file(folder / FILE, 2**16)
        head = zlib.decompressobj(wbits=31).decompress(packed, 2**16).decode("ascii", "replace")
    except (OSError, NotAFileError, zlib.error):
        return None
    number = re.search(r'"evaluations":(\d{1,15}),', head)
    if number is None or f'"network_sha256":"{sha256}"' not in head:
        return None
    return int(number[1])


def restore(evolution: Evolution, state: dict[str, Any], folder: Path) -> None:
    """Bring a new evolution of the same settings to a saved state.

    Raises:
        EvolutionFileError: it is of another network or other classes, or damaged.
    """
    network = evolution.scores.network
    if state.get("network_sha256") != network.sha256:
        raise EvolutionFileError(
            f"The evolution in “{folder}” is of the network {str(state.get('network'))[:100]}, not "
            f"of {network.title}; choose that network, or another folder."
        )
    try:
        _restore(evolution, state)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, UserError) as error:
        raise EvolutionFileError(
            f"The evolution in “{folder}” is damaged ({str(error)[:200]}); begin a new one in "
            "another folder."
        ) from None


def _restore(evolution: Evolution, state: dict[str, Any]) -> None:
    cells = len(evolution.classes)
    if state["classes"] != evolution.classes.tolist():
        raise ValueError("it is of other classes")
    archive = Archive(cells, evolution.encoding.keeps_ancestors)
    scores = [-np.inf if score is None else float(score) for score in state["scores"]]
    archive.scores[:] = scores
    archive.champions[:] = state["champions"]
    archive.since[:] = state["since"]
    archive.evaluations = _whole(state["evaluations"])
    if not (archive.scores < np.inf).all() or len(state["individuals"]) > MAX_INDIVIDUALS:
        raise ValueError("its numbers are out of range")
    for number, parents, generation, won, genome in state["individuals"]:
        # Parents come before their children: else a line of ancestors might have no end.
        archive.individuals[_whole(number, archive.evaluations)] = Individual(
            number,
            evolution.encoding.unpacked(genome),
            tuple(_whole(each, number) for each in parents),
            _whole(generation),
            tuple(_whole(each, cells) for each in won),
        )
    filled = archive.champions >= 0
    if (filled != (archive.scores > -np.inf)).any() or any(
        archive.individuals[number].genome is None for number in archive.champions[filled].tolist()
    ):
        raise ValueError("a champion is missing")
    rows = [
        np.frombuffer(base64.b85decode(row), np.float32).reshape(-1, cells)
        for row in state.get("rows", ())
    ]
    random = np.random.default_rng()
    random.bit_generator.state = state["random"]
    evolution.archive, evolution.rng, evolution.rows = archive, random, rows
    evolution.history = History.restored(state.get("history", []))
    evolution.random_state = random.bit_generator.state
    evolution.generation = _whole(state["generation"])


def _whole(value: Any, below: int = 2**53) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        raise ValueError("a whole number is missing")
    return value
