"""Fooling images by evolution: pictures that mean nothing to people and everything to a network.

Nguyen, Yosinski & Clune 2015, "Deep neural networks are easily fooled: high confidence predictions
for unrecognizable images", CVPR (arXiv:1412.1897).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.ascent.grid import grid
from visualizer.engine.evolution import cppn, direct, storage
from visualizer.engine.evolution.breeding import genome_text
from visualizer.engine.evolution.evolution import Encoding, Evolution, Generation
from visualizer.engine.evolution.immunise import is_immunised
from visualizer.engine.evolution.indirect import CPPNEncoding
from visualizer.engine.evolution.scoring import ClassScores
from visualizer.engine.grey import sees_grey
from visualizer.engine.rendering import from_bytes
from visualizer.engine.technique import Frame, Settings, setting, technique

if TYPE_CHECKING:
    from pathlib import Path

    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

SHOWN = 36
"""Champions on the sheet that a frame carries."""
SHEET_EVERY = 10
"""Generations between two sheets."""


@dataclass(frozen=True)
class EvolveSettings(Settings):
    """How pictures are written down, how many there are, and for how long."""

    encoding: str = setting(
        "cppn",
        choices=("cppn", "direct"),
        help="cppn: a formula of the pixels' places, which gives patterns; direct: every pixel by "
        "itself, which gives noise.",
    )
    rates: str = setting(
        "default",
        choices=("default", "paper"),
        help="How much children differ: our own rates, or those of the paper.",
    )
    generations: int = setting(200, low=1, high=1_000_000, help="How many generations.")
    population: int = setting(200, low=1, high=10_000, step=50, help="Children a generation.")
    random_starts: int = setting(
        1000, low=1, high=100_000, step=100, help="Pictures out of nothing at the beginning."
    )
    robust: bool = setting(
        False,
        help="Count the least sure of a picture, of it moved by 2 pixels and of it as JPEG, so "
        "that champions survive both; takes three times as long.",
    )
    seed: int = setting(0, low=0, high=2**31 - 1, help="Decides everything that is random.")


def encoding_of(network: Network, settings: EvolveSettings) -> Encoding:
    """The encoding that these settings choose for a network; grey for one that sees grey."""
    grey = sees_grey(network)
    if settings.encoding == "direct":
        rates = direct.PAPER_RATES if settings.rates == "paper" else direct.DirectRates()
        return direct.DirectEncoding(*network.size, grey, rates)
    return CPPNEncoding(grey, cppn.PAPER_RATES if settings.rates == "paper" else None)


def new_evolution(
    network: Network,
    settings: EvolveSettings,
    classes: Sequence[int] | None = None,
    screen: bool | None = None,
) -> Evolution:
    """An evolution that has not begun.

    Args:
        network: a classifier.
        settings: how.
        classes: the indices of the classes with a cell; None for all but that of fooling pictures.
        screen: whether pictures are screened in bfloat16; None to find out whether that is faster.

    Raises:
        UserError: the network is no classifier.
    """
    scores = ClassScores(network, screen)
    if classes is None and is_immunised(network):
        classes = range(scores.classes - 1)
    return Evolution(
        scores,
        encoding_of(network, settings),
        settings.population,
        settings.random_starts,
        settings.seed,
        classes,
        settings.robust,
    )


def resumed(network: Network, folder: Path) -> tuple[Evolution, EvolveSettings]:
    """The evolution that was saved in a folder, and its settings.

    Raises:
        UserError: there is none, it is of another network, or damaged.
    """
    state = storage.read(folder)
    try:
        settings = EvolveSettings.from_dict(state["settings"])
        classes = [int(each) for each in state["classes"]]
        if not classes or min(classes) < 0 or max(classes) >= max(2, network.stages[-1].units):
            raise ValueError("other classes")
    except (KeyError, TypeError, ValueError) as error:
        raise storage.EvolutionFileError(
            f"The evolution in “{folder}” is damaged ({str(error)[:200]}); begin a new one in "
            "another folder."
        ) from None
    evolution = new_evolution(network, settings, classes, bool(state.get("screens")))
    storage.restore(evolution, state, folder)
    return evolution, settings


def champion_picture(evolution: Evolution, cell: int) -> np.ndarray | None:
    """The picture of a cell's champion at the network's size: uint8 H x W x 3; None if empty."""
    champion = evolution.archive.champion(cell)
    if champion is None:
        return None
    return evolution.encoding.picture(champion.genome, *evolution.scores.network.size)


def champion_specimen(evolution: Evolution, cell: int, settings: EvolveSettings) -> Specimen | None:
    """A cell's champion with its recipe and, of a CPPN, its genome; None if the cell is empty."""
    from visualizer.engine.specimen import Provenance, Specimen

    champion, picture = evolution.archive.champion(cell), champion_picture(evolution, cell)
    if champion is None or picture is None:
        return None
    network = evolution.scores.network
    label = network.label(int(evolution.classes[cell]))
    genome = genome_text(champion.genome) if evolution.encoding.name == "cppn" else ""
    recipe = Provenance(
        source=f"evolved for {label}, generation {champion.generation}",
        technique="evolve",
        settings=settings.to_dict(),
        seed=settings.seed,
        network=network.name,
        network_sha256=network.sha256,
        genome=genome,
    )
    return Specimen(picture, f"evolved {label}", recipe)


def sheet(evolution: Evolution, count: int = SHOWN) -> np.ndarray | None:
    """The surest champions side by side, the surest first: float32; None before the first."""
    order = np.argsort(-evolution.archive.scores, kind="stable")[:count]
    pictures = [champion_picture(evolution, int(cell)) for cell in order]
    shown = [picture for picture in pictures if picture is not None]
    return grid(from_bytes(np.stack(shown))) if shown else None


@technique(
    name="evolve",
    title="Evolved fooling images",
    paper="Nguyen, Yosinski & Clune 2015, Deep Neural Networks are Easily Fooled",
    explanation="Pictures are bred like flowers: of every class the one that the network is surest "
    "of has children. After some hundred generations it swears that patterns are starfish.",
    settings=EvolveSettings,
)
def evolve(
    network: Network,
    specimen: Specimen,  # noqa: ARG001
    settings: EvolveSettings,
) -> Generator[Frame, None, None]:
    """Evolve a picture for every class; a frame a generation, and empty ones between."""
    evolution = new_evolution(network, settings)
    total = settings.generations
    while evolution.generation < total:
        for news in evolution.step():
            if not isinstance(news, Generation):
                yield Frame(evolution.generation, total)
        last = evolution.generation == total
        picture = sheet(evolution) if last or evolution.generation % SHEET_EVERY == 1 else None
        numbers = evolution.summary()
        yield Frame(evolution.generation, total, picture, numbers)
