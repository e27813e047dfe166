"""What of an evolution happens on the compute thread: generations, pictures, saving."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PySide6.QtCore import QLockFile
from PySide6.QtGui import QImage

from visualizer.engine.errors import UserError
from visualizer.engine.folders import data_folder
from visualizer.gui.widgets.image_view import image_of
from visualizer.gui.widgets.picture_pages import PIXELS, save_pages

if TYPE_CHECKING:
    from visualizer.engine.adversarial.badges import Badge
    from visualizer.engine.evolution.evolution import Evolution
    from visualizer.engine.evolution.fooling import EvolveSettings
    from visualizer.engine.evolution.loop import EvolutionLoop
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.engine.technique import Frame

DRAW_SECONDS = 0.4
"""Between two looks at the wall."""
THUMBNAIL = 160
"""Pixels of the longer side of a picture on the wall, at most."""


NO_FILE = "not kept for the next start: this network has no file"


def saved_folder(network: Network) -> Path | None:
    """Where the evolution of a network is kept; None for one without a fingerprint."""
    return data_folder() / "evolution" / network.sha256 if network.sha256.isalnum() else None


@dataclass(frozen=True, eq=False)
class WallFrame:
    """What the wall shows.

    Attributes:
        step: generations so far; `total` is None, since nobody knows how many there will be.
        evaluations: pictures seen by the network so far.
        classes: the index of each cell's class.
        confidence: of each cell's champion, from 0 to 1; 0 of an empty cell.
        since: the generation in which each champion came.
        champions: their numbers, -1 in an empty cell.
        images: their pictures, by cell.
        history: a row a generation; see `engine.evolution.history.COLUMNS`.
        per_second: pictures seen a second.
        unsaved: why it is not kept on disk, or "".
        badges: the paper's figures beside those of this evolution.
    """

    step: int
    evaluations: int
    classes: np.ndarray
    confidence: np.ndarray
    since: np.ndarray
    champions: np.ndarray
    images: Mapping[int, QImage]
    history: np.ndarray
    per_second: float
    unsaved: str
    badges: tuple[Badge, ...] = ()
    total: None = field(default=None)


class Evolving:
    """An evolution, the pictures of its wall, and its file.

    All methods are called on the compute thread.

    Args:
        make: begins or restores the evolution, with its settings; it may take seconds.
        folder: where it is kept; None for nowhere.
        unkept: why it is kept nowhere; "" where nobody needs to know.
    """

    def __init__(
        self,
        make: Callable[[], tuple[Evolution, EvolveSettings]],
        folder: Path | None,
        unkept: str = NO_FILE,
    ) -> None:
        self.evolution: Evolution | None = None
        self.settings: EvolveSettings | None = None
        self.unsaved = ""
        self._make, self._folder, self._unkept = make, folder, unkept
        self._lock: QLockFile | None = None
        self._images: dict[int, QImage] = {}
        self._drawn = np.zeros(0, np.int64)  # the champion of each cell that is drawn
        self._per_second = 0.0
        self._loop: EvolutionLoop | None = None

    def generations(self, count: int | None = None) -> Generator[WallFrame, None, WallFrame]:
        """Take so many generations, or go on for ever; closed, it saves what there is.

        A generation that was begun when it was closed is gone on with at the next call.
        """
        evolution, loop = self._begun()
        frame = self.frame()
        yield frame
        end = None if count is None else evolution.generation + count
        began = drawn = time.monotonic()
        before = evolution.archive.evaluations
        with closing(loop.run(lambda: end is not None and evolution.generation >= end)) as steps:
            for news in steps:
                if news is None:
                    yield frame
                    continue
                now = time.monotonic()
                self._note(news.evaluations - before, now - began)
                if now - drawn >= DRAW_SECONDS or evolution.generation == 1:
                    for _ in self._draw():
                        yield frame
                    frame, drawn = self.frame(), time.monotonic()
                    yield frame
                began, before = time.monotonic(), news.evaluations
        return (yield from self.whole_frame())

    def whole_frame(self) -> Generator[WallFrame, None, WallFrame]:
        """Draw what is not drawn yet, and return what there is."""
        frame = self.frame()
        yield frame
        for _ in self._draw():
            yield frame
        return self.frame()

    def frame(self) -> WallFrame:
        """What the wall shows now."""
        from visualizer.engine.evolution.badges import nguyen

        assert self.evolution is not None
        archive = self.evolution.archive
        return WallFrame(
            step=self.evolution.generation,
            evaluations=archive.evaluations,
            classes=self.evolution.classes,
            confidence=np.exp(archive.scores),
            since=archive.since.copy(),
            champions=self._drawn.copy(),
            images=dict(self._images),
            history=self.evolution.history.array(),
            per_second=self._per_second,
            unsaved=self.unsaved,
            badges=tuple(nguyen(self.evolution)),
        )

    def introduce(self, genome: object) -> Generator[WallFrame, None, WallFrame]:
        """Let a genome from elsewhere try every cell."""
        from visualizer.engine.evolution.cppn import Genome

        evolution, _ = self._begun()
        yield self.frame()
        outputs = getattr(evolution.encoding, "outputs", 0)
        if not isinstance(genome, Genome) or genome.outputs != outputs:
            raise UserError(
                "This picture's formula is for another encoding or other colours than this "
                "evolution's; begin one with the encoding cppn, or breed from it by hand."
            )
        evolution.introduce(genome)
        frame = self.frame()
        for _ in self.saving():
            yield frame
        return (yield from self.whole_frame())

    def specimen(self, cell: int) -> Specimen:
        """A cell's champion with its recipe and genome."""
        from visualizer.engine.evolution.fooling import champion_specimen

        assert self.evolution is not None
        assert self.settings is not None
        specimen = champion_specimen(self.evolution, cell, self.settings)
        if specimen is None:
            raise UserError("There is no picture of this class yet; let the evolution run.")
        return specimen

    def film(self, cell: int, path: Path) -> Iterator[Frame]:
        """Write the line of a cell's champion as a film, .mp4 or .gif."""
        from visualizer.engine.ascent.film import filmed
        from visualizer.engine.evolution.line_film import champion_frames

        assert self.evolution is not None
        yield from filmed(champion_frames(self.evolution, cell), path)

    def export(self, path: Path) -> Iterator[Frame | None]:
        """Write all champions on a .png sheet or .pdf pages, or the wall as a .mp4 or .gif film."""
        from visualizer.engine.ascent.film import filmed
        from visualizer.engine.evolution import exhibits
        from visualizer.engine.evolution.gallery import save_gallery
        from visualizer.engine.evolution.wall_film import wall_frames

        assert self.evolution is not None
        assert self.settings is not None
        if path.suffix.lower() == ".png":
            yield from save_gallery(self.evolution, path)
        elif path.suffix.lower() == ".pdf":
            title = f"What {self.evolution.scores.network.title} is sure of"
            lines = exhibits.described(self.evolution, self.settings)
            plates = exhibits.plates(self.evolution, PIXELS)
            yield from save_pages(path, title, lines, plates)
        else:
            yield from filmed(wall_frames(self.evolution), path)

    def saving(self) -> Iterator[None]:
        """Keep it on disk, in slices; what hinders that is in `unsaved`, and stops nothing."""
        from visualizer.engine.evolution import storage

        evolution = self.evolution
        if evolution is None or evolution.archive.evaluations == 0:
            return
        if self._folder is None:
            self.unsaved = self._unkept
            return
        assert self.settings is not None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if self._lock is None:
                lock = QLockFile(str(self._folder / "lock"))
                lock.setStaleLockTime(0)  # only what ended has let go
                if not lock.tryLock(0):
                    self.unsaved = "not kept for the next start: another window evolves it too"
                    return
                self._lock = lock
            yield from storage.saving(evolution, self._folder, self.settings.to_dict())
            self.unsaved = ""
        except UserError as error:
            self.unsaved = f"not kept for the next start: {error}"
        except OSError as error:
            self.unsaved = f"not kept for the next start: {error.strerror or error}"

    def packed(self) -> bytes:
        """All that it takes to go on with it elsewhere."""
        from visualizer.engine.evolution import storage

        assert self.evolution is not None
        assert self.settings is not None
        with TemporaryDirectory(prefix="visualizer-", ignore_cleanup_errors=True) as folder:
            storage.save(self.evolution, Path(folder), self.settings.to_dict())
            return (Path(folder) / storage.FILE).read_bytes()

    def close(self) -> None:
        """Let another window keep the next one."""
        if self._loop is not None:
            self._loop.close()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _begun(self) -> tuple[Evolution, EvolutionLoop]:
        from visualizer.engine.evolution.loop import EvolutionLoop

        if self.evolution is None or self._loop is None:
            self.evolution, self.settings = self._make()
            self._loop = EvolutionLoop(self.evolution, self.saving)
            self._drawn = np.full(len(self.evolution.classes), -1)
        return self.evolution, self._loop

    def _note(self, seen: int, seconds: float) -> None:
        assert self.evolution is not None
        rate = seen / max(seconds, 1e-6)
        self._per_second = rate if not self._per_second else 0.8 * self._per_second + 0.2 * rate

    def _draw(self) -> Iterator[None]:
        """Draw the champions that are new, each once."""
        assert self.evolution is not None
        archive = self.evolution.archive
        made: dict[int, QImage] = {}
        for cell in np.flatnonzero(archive.champions != self._drawn):
            champion = archive.champion(int(cell))
            assert champion is not None
            if champion.number not in made:
                height, width = self.evolution.scores.network.size
                made[champion.number] = thumbnail(
                    self.evolution.encoding.picture(champion.genome, height, width)
                )
                yield
            self._images[int(cell)] = made[champion.number]
            self._drawn[cell] = champion.number


def thumbnail(picture: np.ndarray) -> QImage:
    """A picture (uint8 H x W x 3) as small as the wall needs it."""
    height, width = picture.shape[:2]
    ratio = THUMBNAIL / max(height, width)
    if ratio < 1:
        size = max(1, round(width * ratio)), max(1, round(height * ratio))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return image_of(picture)
