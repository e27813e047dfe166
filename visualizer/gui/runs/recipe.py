"""The recipe of a run's pictures, and the source of its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from visualizer.engine.technique import Frame, Settings, techniques

if TYPE_CHECKING:
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen

GREY = np.full((8, 8, 3), 0.5, np.float32)


@dataclass(frozen=True, eq=False)
class Recipe:
    """Everything needed to reproduce a picture, except the step at which the run was stopped.

    Attributes:
        technique: its name.
        title: of the pictures.
        network: the network it runs on.
        settings: those of the technique.
        specimen: the picture it begins with; None where it begins with nothing.
        others: other pictures that it uses, such as a guide or a style.
        source: of the provenance: "technique", or "camera".
        steered: whether something was changed on the way, so that it cannot be made again.
    """

    technique: str
    title: str
    network: Network
    settings: Settings
    specimen: Specimen | None = None
    others: tuple[Specimen, ...] = ()
    source: str = "technique"
    steered: bool = False

    def specimen_of(self, frame: Frame) -> Specimen:
        """Return the picture of a frame with its provenance.

        The source of the provenance says where the run was steered by hand or stopped early.
        """
        from visualizer.engine.specimen import Provenance, Specimen

        assert frame.picture is not None
        settings = self.settings.to_dict()
        seed = settings.get("seed")
        parents = (*((self.specimen,) if self.specimen is not None else ()), *self.others)
        by_hand = f", steered by hand, at step {frame.step}"
        return Specimen(
            frame.picture,
            self.title,
            Provenance(
                source=self.source + (by_hand if self.steered else frame.so_far),
                technique=self.technique,
                settings=settings,
                seed=seed if isinstance(seed, int) else None,
                network=self.network.name,
                network_sha256=self.network.sha256,
                parents=tuple(parent.id for parent in parents),
            ),
        )


@dataclass(frozen=True)
class FrameSource:
    """Where the frames of a run come from.

    Attributes:
        recipe: what its pictures are made by.
        begin: called on the compute thread; gives the frames that follow a frame, or all of them
            for None. Each ``next()`` is one slice of the compute thread.
        resumes: whether `begin` can go on from a frame. Without it a run cannot be redirected.
    """

    recipe: Recipe
    begin: Callable[[Frame | None], Iterator[Frame]]
    resumes: bool = True


def technique_source(recipe: Recipe) -> FrameSource:
    """Return the frames of a registered technique, always from the beginning."""

    def begin(_frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.specimen import Provenance, Specimen

        specimen = recipe.specimen or Specimen(GREY, "grey", Provenance("nothing"))
        return techniques()[recipe.technique](recipe.network, specimen, recipe.settings)

    return FrameSource(recipe, begin, resumes=False)
