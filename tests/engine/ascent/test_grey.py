"""What a network without colours climbs has none, and is climbed all the same."""

from dataclasses import replace

import numpy as np
import pytest

from visualizer.engine.ascent.deep_dream import DreamSettings, deep_dream
from visualizer.engine.ascent.objective_gradient import END, START, ObjectiveGradient
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings, stimulus
from visualizer.engine.ascent.regularised import RegularisedSettings, regularised
from visualizer.engine.ascent.style import StyleSettings, style
from visualizer.engine.objective import Target
from visualizer.engine.specimen import Provenance, Specimen


def colour_of(picture):
    """How far the channels of a picture are apart at most."""
    return float(np.ptp(picture, axis=-1).max())


@pytest.fixture
def grey_specimen():
    picture = np.random.default_rng(5).uniform(0.2, 0.8, (24, 24, 1)).repeat(3, -1)
    return Specimen(picture.astype(np.float32), "Grey", Provenance("test"))


@pytest.mark.parametrize(
    ("climb", "settings"),
    [
        (deep_dream, DreamSettings("conv1", side=48, octaves=1, steps=12)),
        (deep_dream, DreamSettings("conv1", side=48, octaves=1, steps=12, start="noise")),
        (stimulus, StimulusSettings("output:1", steps=16)),
        (regularised, RegularisedSettings("output:1")),
    ],
)
def test_it_rises_without_colours(grey_hill, grey_specimen, climb, settings):
    *_, last = climb(grey_hill, grey_specimen, settings)
    assert colour_of(last.picture) < 1e-6
    assert last.numbers[END] > last.numbers[START]


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("start", ["content", "noise"])
def test_painting_is_grey_too(grey_hill, grey_specimen, tmp_path, optimiser, start):
    file = tmp_path / "style.png"
    replace(grey_specimen, pixels=grey_specimen.picture[::-1] ** 2).save(file)
    how = StyleSettings(
        style=str(file),
        content_stages="conv1",
        style_stages="conv1",
        side=32,
        steps=6,
        start=start,
        optimiser=optimiser,
    )
    *_, last = style(grey_hill, grey_specimen, how)
    assert colour_of(last.picture) < 1e-6
    assert last.numbers[END] < last.numbers[START]


def test_a_photo_keeps_its_colours(grey_hill, photo):
    specimen = Specimen(photo, "Waves", Provenance("test"))
    *_, last = deep_dream(grey_hill, specimen, DreamSettings("conv1", side=48, octaves=1, steps=3))
    assert colour_of(last.picture) > 0.5


def test_the_slope_is_the_part_along_grey(grey_hill, grey_specimen):
    picture = grey_specimen.picture
    objective = ObjectiveGradient(grey_hill, [Target("output", (1,))])
    (value,), (gradient,) = objective.at(picture[None])
    direction = np.random.default_rng(0).normal(0, 1, (24, 24, 1)).astype(np.float32).repeat(3, -1)
    up, down = (objective.value(picture + s * 1e-4 * direction) for s in (1, -1))
    assert np.vdot(gradient, direction) == pytest.approx((up - down) / 2e-4, rel=0.02)
    assert np.isfinite(value)
