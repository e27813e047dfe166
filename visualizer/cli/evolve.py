"""`visualizer evolve`: a folder of pictures that mean nothing to us and everything to a network."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from filelock import FileLock, Timeout

from visualizer.cli import terminal
from visualizer.cli.badges import show
from visualizer.cli.evolve_exports import NO_EXPORTS, Exports, file_name, indices
from visualizer.cli.options import USUAL, JsonOption, NetworkOptions, OutputError, make_folder
from visualizer.cli.settings import Given, read, with_settings
from visualizer.engine.technique import Technique

if TYPE_CHECKING:
    from visualizer.engine.evolution.evolution import Evolution
    from visualizer.engine.evolution.fooling import EvolveSettings
    from visualizer.engine.evolution.immunise import Immunity
    from visualizer.engine.evolution.natural_photos import Photos
    from visualizer.engine.network import Network

MOST_ROUNDS = 100


@Parameter(name="*")
@dataclass(frozen=True)
class ImmuniseOptions:
    """Whether the network is immunised against the pictures, and evolution tries again."""

    immunise: Annotated[
        int,
        Parameter(
            help="So many times, train the network's last layer to know these pictures as a class "
            "of their own, and evolve again.",
            show_default=False,
        ),
    ] = 0
    photos: Annotated[
        Path | None,
        Parameter(
            help="For --immunise: a folder of photos, in subfolders named after their classes or "
            "by WordNet (n01443537), or with MNIST's files; if not given, digits or samples that "
            "come with the program.",
            show_default=False,
        ),
    ] = None

    def checked(self) -> int:
        """How many rounds.

        Raises:
            OutputError: too many, or photos for none.
        """
        if not 0 <= self.immunise <= MOST_ROUNDS or (self.photos and not self.immunise):
            raise OutputError(
                f"--immunise is a number of rounds up to {MOST_ROUNDS}, and --photos are for it."
            )
        return self.immunise


NEVER = ImmuniseOptions()


def evolve(technique: Technique) -> Callable[..., None]:
    """`visualizer evolve -o DIR`, or `--resume DIR`."""

    @with_settings(technique.settings)
    def run(  # noqa: PLR0913  # the options of a command
        *,
        output: Annotated[
            Path | None,
            Parameter(name=["--output", "-o"], help="The folder to write to; made if need be."),
        ] = None,
        resume: Annotated[
            Path | None,
            Parameter(help="Go on with the evolution in this folder.", show_default=False),
        ] = None,
        classes: Annotated[
            str | None,
            Parameter(
                help="Classes with a picture each: names, unique parts of them, or indices, with "
                "commas between; all if not given.",
                show_default=False,
            ),
        ] = None,
        minutes: Annotated[
            float | None,
            Parameter(help="Stop after so many minutes instead.", show_default=False),
        ] = None,
        evaluations: Annotated[
            int | None,
            Parameter(help="Stop after so many pictures instead.", show_default=False),
        ] = None,
        again: ImmuniseOptions = NEVER,
        exports: Exports = NO_EXPORTS,
        given: Given,
        where: NetworkOptions = USUAL,
        json: JsonOption = False,
    ) -> None:
        from visualizer.engine.evolution.badges import nguyen

        if (output is None) == (resume is None):
            raise OutputError("Give the folder to write to with -o, or the one to --resume.")
        if (minutes is not None and not minutes > 0) or (
            evaluations is not None and evaluations < 1
        ):
            raise OutputError("--minutes and --evaluations are numbers above 0.")
        immunise = again.checked()
        network = where.open()
        sound = _photos(network, again.photos) if immunise else None
        if output is not None:
            folder = _new_folder(output)
            settings: Any = read(technique.settings, given)
            evolution = _begun(network, settings, classes)
        else:
            assert resume is not None
            folder = resume
            settings, evolution = _resumed(technique, network, folder, given, classes)
        exports.check(evolution)
        ends = partial(_stop, settings=settings, minutes=minutes, evaluations=evaluations)
        with _alone_in(folder):
            report = _run(evolution, settings, folder, ends(evolution))
            _write_pictures(evolution, settings, folder)
            exports.write(evolution, settings, folder)
            if sound is not None:
                rounds = Rounds(evolution, settings, folder, sound, ends)
                report["photos"] = sound.source
                report["rounds"] = [_round(0, report), *map(rounds.take, range(1, immunise + 1))]
        found = nguyen(evolution)
        if json:
            badges = [asdict(badge) | {"reproduced": badge.reproduced} for badge in found]
            terminal.print_json(report | {"badges": badges})
            return
        print(
            f"{folder}: {report['evaluations']:,} pictures seen, half of the "
            f"{len(evolution.classes)} classes surer than {report['median_confidence']:.1%}, "
            f"{report['cells_over_0_99']} of them over 99%."
        )
        for each in report.get("rounds", [])[1:]:
            right = "right on" if each["labelled"] else "of the same answer for"
            print(
                f"Immunised {each['round']} ×: {right} {each['accuracy_after']:.1%} of "
                f"{each['photos']:,} photos (before: {each['accuracy_before']:.1%}), and half of "
                f"the classes surer than {each['median_confidence']:.1%}."
            )
        if found:
            show(found)

    run.__doc__ = f"{technique.title}.\n\n{technique.explanation}"
    return run


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keep a second run out of the folder while this one writes there."""
    lock = FileLock(folder / ".running", blocking=False)
    try:
        with lock:
            yield
    except Timeout:
        raise OutputError(
            f"Another run writes to “{folder}” now; wait for its end, or choose another folder."
        ) from None
    with contextlib.suppress(OSError):
        Path(lock.lock_file).unlink()


def _new_folder(output: Path) -> Path:
    from visualizer.engine.evolution.storage import FILE

    folder = make_folder(output)
    if (folder / FILE).exists():
        raise OutputError(
            f"There is an evolution in “{folder}” already; go on with it by --resume, or choose "
            "another folder."
        )
    return folder


def _begun(network: Network, settings: EvolveSettings, classes: str | None) -> Evolution:
    from visualizer.engine.evolution.fooling import new_evolution

    if classes is None:
        return new_evolution(network, settings)
    return new_evolution(network, settings, indices(network, classes))


def _resumed(
    technique: Technique, network: Network, folder: Path, given: Given, classes: str | None
) -> tuple[EvolveSettings, Evolution]:
    from visualizer.engine.evolution.fooling import resumed

    if classes is not None or any(name != "generations" for name in given):
        raise OutputError(
            "An evolution goes on as it began; with --resume only --generations, --minutes and "
            "--evaluations can be given."
        )
    evolution, settings = resumed(network, folder)
    if given:
        asked: Any = read(technique.settings, given)
        settings = replace(settings, generations=asked.generations)
    return settings, evolution


def _stop(
    evolution: Evolution, settings: EvolveSettings, minutes: float | None, evaluations: int | None
) -> Callable[[], bool]:
    """Whether it is over: by time or pictures where those are given, else by generations."""
    end = None if minutes is None else time.monotonic() + 60 * minutes

    def over() -> bool:
        if end is not None and time.monotonic() >= end:
            return True
        if evaluations is not None:
            return evolution.archive.evaluations >= evaluations
        return end is None and evolution.generation >= settings.generations

    return over


def _run(
    evolution: Evolution, settings: EvolveSettings, folder: Path, over: Callable[[], bool]
) -> dict[str, Any]:
    from visualizer.engine.evolution import storage
    from visualizer.engine.evolution.loop import EvolutionLoop

    began, first = time.monotonic(), evolution.archive.evaluations

    def saving() -> Iterator[None]:
        return storage.saving(evolution, folder, settings.to_dict())

    storage.save(evolution, folder, settings.to_dict())
    loop = EvolutionLoop(evolution, saving)
    with terminal.progress() as progress, contextlib.closing(loop.run(over)) as steps:
        task = progress.add_task("Evolving", total=None)
        for news in steps:
            if news is None:
                continue
            median = evolution.summary()["median_confidence"]
            words = f"Evolving: median {median:.1%}"
            total = None if evolution.generation > settings.generations else settings.generations
            progress.update(task, description=words, completed=evolution.generation, total=total)
    seconds = time.monotonic() - began
    done = evolution.archive.evaluations - first
    return {
        **evolution.summary(),
        "evaluations_per_second": done / seconds if seconds else 0.0,
        "seconds": seconds,
    }


NUMBERS = ("median_confidence", "cells_over_0_90", "cells_over_0_99", "worst_confidence")
"""Of `Evolution.summary`, for every round."""


def _round(number: int, report: dict[str, Any]) -> dict[str, Any]:
    return {"round": number, **{name: report[name] for name in NUMBERS}}


def _photos(network: Network, folder: Path | None) -> Photos:
    from visualizer.engine.evolution.natural_photos import own_photos, photos_in
    from visualizer.models.labels import identifiers_of

    if folder is None:
        return own_photos(network)
    return photos_in(folder, network, identifiers_of(network.classes))


class Rounds:
    """Immunises a network and evolves again, each time in a folder of its own.

    A folder in which a round was begun before goes on with it.
    """

    def __init__(
        self,
        evolution: Evolution,
        settings: EvolveSettings,
        folder: Path,
        photos: Photos,
        ends: Callable[[Evolution], Callable[[], bool]],
    ) -> None:
        from visualizer.engine.evolution.immunise import Immunisation

        self._evolution, self._settings, self._folder = evolution, settings, folder
        self._photos, self._ends = photos, ends
        self._immunisation = Immunisation(evolution.scores.network)

    def take(self, number: int) -> dict[str, Any]:
        """Immunise against all pictures so far and evolve again; the numbers of this round."""
        from visualizer.engine.evolution import storage
        from visualizer.engine.evolution.fooling import new_evolution, resumed
        from visualizer.models.catalog import open_network
        from visualizer.models.trained import save_network

        immunised, worth = self._immunised()
        for sentence in self._photos.problems:
            terminal.print_error(sentence)
        self._photos.problems.clear()
        folder = make_folder(self._folder / f"round {number}")
        with _alone_in(folder):
            path = folder / "immunised.keras"
            if not path.is_file():
                save_network(immunised, path)
            network = open_network(path)
            if (folder / storage.FILE).exists():
                evolution, _ = resumed(network, folder)
            else:
                classes = self._evolution.classes.tolist()
                evolution = new_evolution(network, self._settings, classes)
            report = _run(evolution, self._settings, folder, self._ends(evolution))
            _write_pictures(evolution, self._settings, folder)
        self._evolution = evolution
        return {**_round(number, report), **asdict(worth)}

    def _immunised(self) -> tuple[Network, Immunity]:
        from visualizer.engine.evolution.immunise import immunising

        steps = immunising(self._immunisation, self._photos, self._evolution)
        with terminal.progress() as progress:
            task = progress.add_task("", total=None)
            while True:
                try:
                    words, count, total = next(steps)
                except StopIteration as end:
                    return end.value
                progress.update(task, description=words, completed=count, total=total)


def _write_pictures(evolution: Evolution, settings: EvolveSettings, folder: Path) -> None:
    """One PNG a class with its recipe and genome, and all of them on a sheet."""
    from visualizer.engine.evolution.fooling import champion_specimen
    from visualizer.engine.evolution.gallery import save_gallery
    from visualizer.engine.files import write_file

    for cell, index in enumerate(evolution.classes):
        specimen = champion_specimen(evolution, cell, settings)
        if specimen is not None:
            name = f"{int(index):04d} {file_name(evolution, cell)}.png"
            write_file(folder / name, specimen.png())
    if len(evolution.archive.filled):
        for _ in save_gallery(evolution, folder / "gallery.png"):
            pass
