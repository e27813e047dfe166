"""What all techniques promise, by one table: a row a technique, with settings for a fast run."""

from __future__ import annotations

import inspect
import re

import numpy as np
import pytest

from tests.plugins import install, of_the_guide
from visualizer.engine.specimen import Provenance, Specimen, open_specimen
from visualizer.engine.technique import Frame, Technique, techniques

QUICK: dict[str, dict] = {
    "layers": {},
    "bim": {"steps": 3},
    "deepfool": {"steps": 3, "candidates": 3},
    "fgsm": {},
    "lbfgs": {"searches": 2, "iterations": 6},
    "mim": {"steps": 3},
    "noise": {},
    "pgd": {"steps": 3},
    "dream": {"target": "conv2", "steps": 2, "octaves": 2, "side": 60},
    "saliency": {},
    "smoothgrad": {"copies": 4},
    "guided-backprop": {},
    "deconvnet": {"target": "conv2:1"},
    "grad-cam": {"view": "heat map"},
    "integrated-gradients": {"steps": 12, "baseline": "blurred"},
    "occlusion": {"patch": 0.3, "stride": 0.2, "view": "masked picture"},
    "sanity-check": {"method": "grad-cam"},
    "stimulus": {"target": "conv2:1", "steps": 3, "count": 2, "diversity": 1.0},
    "regularised": {"target": "conv2:1", "steps": 5, "preset": "blur and norm"},
    "style": {"steps": 2, "side": 48, "content_stages": "conv2", "style_stages": "conv1 + conv2"},
    "wall": {"stage": "conv2", "units": 3, "steps": 2},
    "evolve": {"population": 20, "random_starts": 20, "generations": 2},
    "zoom": {"target": "conv2", "frames": 2, "steps": 2, "side": 40},
}


@pytest.fixture(scope="module")
def specimen(photo):
    return Specimen(photo, "Photo", Provenance("test"))


@pytest.fixture(params=list(QUICK))
def row(request):
    found = techniques()[request.param]
    return found, found.settings(**QUICK[request.param])


def test_every_technique_has_a_row():
    assert set(techniques()) == set(QUICK), "add a row to QUICK for each technique"


def test_it_is_explained(row):
    found, _ = row
    assert found.title
    assert found.explanation.endswith(".")
    assert re.search(r"(19|20)\d\d", found.paper)
    assert found.function.__doc__
    for field in found.fields:
        assert field.help.endswith("."), f"{found.name}: {field.name} has no help"
        if field.type in (int, float):
            assert field.low is not None, f"{found.name}: {field.name} has no lower end"


def test_its_settings_go_through_text_and_json(row):
    found, settings = row
    assert found.settings.from_dict(settings.to_dict()) == settings
    for field in found.fields:
        assert field.check(field.default) == field.default
        assert field.expected()
        again = field.parse(field.format(field.default))
        assert again == (pytest.approx(field.default) if field.type is float else field.default)


def test_its_frames_are_sound_and_the_same_each_time(row, plain, specimen):
    found, settings = row
    assert inspect.isgeneratorfunction(found.function)
    before = specimen.picture.copy()
    frames = list(found(plain, specimen, settings))
    assert_sound(frames)
    again = list(found(plain, specimen, settings))
    assert len(again) == len(frames)
    for one, other in zip(frames, again, strict=True):
        assert one.label == other.label
        if one.picture is not None:
            np.testing.assert_array_equal(one.picture, other.picture)
    np.testing.assert_array_equal(specimen.picture, before)


def assert_sound(frames: list[Frame]) -> None:
    assert frames
    steps = [frame.step for frame in frames]
    assert steps == sorted(steps)
    assert frames[-1].total is None or frames[-1].step == frames[-1].total
    assert any(frame.picture is not None for frame in frames)
    for frame in frames:
        if frame.picture is not None:
            assert not frame.picture.flags.writeable
            high = 255 if frame.picture.dtype == np.uint8 else 1
            assert 0 <= frame.picture.min() <= frame.picture.max() <= high


def test_it_can_be_cancelled_after_any_frame(row, plain, specimen):
    found, settings = row
    frames = found(plain, specimen, settings)
    next(frames)
    frames.close()
    with pytest.raises(StopIteration):
        next(frames)


def test_its_picture_reopens_with_all_it_takes_to_make_it_again(row, plain, specimen, tmp_path):
    found, settings = row
    *_, last = (f for f in found(plain, specimen, settings) if f.picture is not None)
    recipe = found.provenance(plain, specimen, settings)
    path = Specimen(last.picture, found.title, recipe).save(tmp_path / "made.png")
    reopened = open_specimen(path).provenance
    assert reopened == recipe
    assert techniques()[reopened.technique].settings.from_dict(reopened.settings) == settings


def test_the_guide_to_adding_a_technique_works(plain, specimen, monkeypatch, tmp_path):
    code, row, use = of_the_guide()
    install(tmp_path, monkeypatch, "snow_in_the_engine", code)
    table: dict = {}
    exec(row, table)
    found = techniques()["snow"]
    assert isinstance(found, Technique)
    frames = list(found(plain, specimen, found.settings(**table["QUICK"]["snow"])))
    assert_sound(frames)
    assert [frame.numbers["noise"] for frame in frames] == sorted(
        frame.numbers["noise"] for frame in frames
    )
    monkeypatch.chdir(tmp_path)
    exec(use, {})
    assert open_specimen("snowed.png").provenance.technique == "snow"
