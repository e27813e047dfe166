"""What the pages ask the engine for: plans of frames, and the specimens that come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from visualizer.engine.technique import Frame, Settings, techniques
from visualizer.gui.runs.history import Plan

if TYPE_CHECKING:
    from visualizer.engine.ascent.deep_dream import DreamSettings
    from visualizer.engine.network import Network
    from visualizer.engine.specimen import Specimen
    from visualizer.gui.core.store import Store

GREY = np.full((8, 8, 3), 0.5, np.float32)
CAMERA_SIDE, CAMERA_STEPS, CAMERA_OCTAVES = 320, 2, 2
"""At most, of a camera dream: more is slower than the eye likes."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """Who makes what of which specimens with which settings.

    Attributes:
        technique: its name.
        title: what the picture is called.
        network: who looks.
        specimen: the picture it begins with, None where it begins with nothing.
        settings: those of the technique.
        others: what else it is made from: the guide, the style.
        source: where it comes from: "technique", or "camera".
        steered: whether it was sent another way by hand, so that nobody can make it again.
    """

    technique: str
    title: str
    network: Network
    specimen: Specimen | None
    settings: Settings
    others: tuple[Specimen, ...] = ()
    source: str = "technique"
    steered: bool = False

    def specimen_of(self, frame: Frame) -> Specimen:
        """The picture of a frame with all that it takes to make it again.

        Where it was steered by hand, or stopped early, the recipe says so.
        """
        from visualizer.engine.specimen import Provenance, Specimen

        chosen = self.settings.to_dict()
        parents = (*((self.specimen,) if self.specimen is not None else ()), *self.others)
        by_hand = f", steered by hand, at step {frame.step}"
        source = self.source + (by_hand if self.steered else frame.so_far)
        assert frame.picture is not None
        made = Specimen(
            frame.picture,
            self.title,
            Provenance(
                source=source,
                technique=self.technique,
                settings=chosen,
                seed=int(chosen.get("seed", 0)),
                network=self.network.name,
                network_sha256=self.network.sha256,
                parents=tuple(parent.id for parent in parents),
            ),
        )
        assert made.id  # worked out here, not on the window thread
        return made


def named(specimen: Specimen, store: Store) -> str:
    """How settings name a picture so that it can be read again: a sample, or a file."""
    source = specimen.provenance.source
    if source.startswith("sample "):
        return source.removeprefix("sample ")
    file = store.file_of(specimen.id)
    return str(file) if file is not None else source


def technique_plan(recipe: Recipe) -> Plan:
    """The frames of a technique, as they are; it cannot be sent another way."""

    def begin(_frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.specimen import Provenance, Specimen

        specimen = recipe.specimen or Specimen(GREY, "grey", Provenance("nothing"))
        return techniques()[recipe.technique](recipe.network, specimen, recipe.settings)

    return Plan(recipe, begin)


def dream_plan(recipe: Recipe, guide: Specimen | None = None, endless: bool = False) -> Plan:
    """Deep dream, from its start or from any picture on the way.

    Its frames are all of the size of the dream: what an octave has added is carried up. With
    `endless` one dream begins where the last ended.
    """
    settings: Any = recipe.settings

    def begin(frame: Frame | None) -> Iterator[Frame]:
        if frame is None:
            frame = Frame(0, None, _dream_start(recipe))
            yield frame
        while True:
            for frame in _dream(recipe.network, frame, settings, guide, endless):  # noqa: B020
                yield frame
            if not endless:
                return

    return Plan(replace(recipe, steered=recipe.steered or endless), begin)


def camera_plan(
    recipe: Recipe, read: Callable[[], np.ndarray], guide: Specimen | None = None
) -> Plan:
    """A little dream on each picture that `read` gives, without end."""
    settings: Any = recipe.settings

    def begin(frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.ascent.zoom import camera_dream
        from visualizer.engine.objective import parse_targets

        targets = parse_targets(settings.target)
        picture = None if guide is None else guide.picture
        dreams = camera_dream(recipe.network, read, targets, settings, picture)
        first = 1 if frame is None else frame.step + 1
        for step, (current, value) in enumerate(dreams, start=first):
            yield Frame(step, None, current, {"objective": value}, settings.target)

    return Plan(recipe, begin)


def for_camera(settings: DreamSettings) -> DreamSettings:
    """The settings as far as they keep up with a camera."""
    return replace(
        settings,
        side=min(settings.side, CAMERA_SIDE),
        steps=min(settings.steps, CAMERA_STEPS),
        octaves=min(settings.octaves, CAMERA_OCTAVES),
    )


def _dream_start(recipe: Recipe) -> np.ndarray:
    from visualizer.engine.ascent.deep_dream import start_from, starting_picture, white_noise

    settings: Any = recipe.settings
    if recipe.specimen is None:
        start = starting_picture(GREY, settings.side)
    else:
        start = start_from(recipe.specimen, settings.side)
    if settings.start == "noise" or recipe.specimen is None:
        height, width = start.shape[:2]
        start = white_noise(recipe.network, height, width, settings)
    return start


def _dream(
    network: Network, before: Frame, settings: DreamSettings, guide: Specimen | None, endless: bool
) -> Iterator[Frame]:
    """One dream from the picture of a frame; its steps are counted on from there."""
    from visualizer.engine.ascent.deep_dream import (
        dream_slices,
        octave_numbers,
        octave_sizes,
        resized,
        starting_picture,
    )
    from visualizer.engine.ascent.objective_gradient import ObjectiveGradient
    from visualizer.engine.objective import parse_targets
    from visualizer.engine.rendering import from_bytes, to_bytes

    assert before.picture is not None
    targets = parse_targets(settings.target)
    start = before.picture
    start = from_bytes(start) if start.dtype == np.uint8 else start
    if max(start.shape[:2]) != settings.side:
        start = starting_picture(start, settings.side)
    height, width = size = start.shape[:2]
    least = ObjectiveGradient(network, targets).least_size()
    octaves = len(octave_sizes(height, width, settings.octaves, settings.octave_scale, least))
    total = None if endless else before.step + octaves * settings.steps
    seeded = replace(settings, seed=(settings.seed + before.step) % 2**31)
    picture = None if guide is None else guide.picture
    number = before.step
    for step in dream_slices(network, start, targets, seeded, picture):
        if step is None:
            yield Frame(number, total, label=settings.target)
            continue
        number += 1
        current = step.picture
        if current.shape[:2] != size:
            detail = resized(current - resized(start, current.shape[:2]), size)
            current = np.add(detail, start, out=detail)
        numbers = {"objective": step.value, **octave_numbers(octaves, settings)}
        yield Frame(number, total, to_bytes(current), numbers, settings.target)


def style_plan(recipe: Recipe, style: Specimen) -> Plan:
    """Style transfer from two specimens."""
    settings: Any = recipe.settings

    def begin(_frame: Frame | None) -> Iterator[Frame]:
        from visualizer.engine.ascent.deep_dream import start_from, starting_picture
        from visualizer.engine.ascent.style import style_steps

        assert recipe.specimen is not None
        content = start_from(recipe.specimen, settings.side)
        painted = starting_picture(style.picture, settings.side)
        yield Frame(0, settings.steps, content)
        steps = style_steps(recipe.network, content, painted, settings)
        for step, (picture, numbers) in enumerate(steps, start=1):
            yield Frame(step, settings.steps, picture, numbers, "style")

    return Plan(recipe, begin)
