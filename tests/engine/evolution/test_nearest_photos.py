"""A picture beside photos, inside a network; and the layers that it excites."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.engine.evolution import nearest_photos as photos_module
from visualizer.engine.evolution.excited_layers import excited_layers
from visualizer.engine.evolution.nearest_photos import (
    PhotoResponses,
    compare,
    cosine,
    photos_of,
    response,
)
from visualizer.engine.specimen import Provenance, Specimen


@pytest.fixture
def photos():
    rng = np.random.default_rng(0)
    return [
        Specimen(rng.random((30, 40, 3), np.float32), f"photo {n}", Provenance("test"))
        for n in range(6)
    ]


def seen(network, specimen):
    picture = network.fit(specimen.picture)
    maps = {name: each[0] for name, each in network.forward(picture[None]).items()}
    return picture, maps, response(network, maps)


def compared(network, own, index, photos):
    *breaths, found = compare(network, own, index, photos, "crop")
    assert breaths == [None] * len(breaths)
    return found, len(breaths)


def test_a_photo_is_like_itself_and_the_nearest(plain, photos):
    _, _, own = seen(plain, photos[2])
    found, computed = compared(plain, own, own.index, photos)
    assert computed == 6
    assert found.photos == 6
    assert found.stage == plain.stages[-2].name
    assert found.nearest[0].specimen is photos[2]
    assert found.nearest[0].likeness == pytest.approx(1)
    likeness = [each.likeness for each in found.nearest]
    assert likeness == sorted(likeness, reverse=True)
    indices = [int(plain.forward(plain.fit(p.picture)[None])["output"].argmax()) for p in photos]
    same = [p for p, index in zip(photos, indices, strict=True) if index == own.index]
    assert found.of_class == len(same)
    assert {each.specimen for each in found.nearest} == set(same)
    assert compared(plain, own, own.index, photos)[1] == 0  # all are known by now


def test_where_no_photo_is_of_the_class_the_nearest_of_all_are_told(plain, photos):
    _, _, own = seen(plain, photos[0])
    answers = {each.response.index for each in compared(plain, own, own.index, photos)[0].nearest}
    indices = {seen(plain, each)[2].index for each in photos} | answers
    other = next(index for index in range(5) if index not in indices)
    found, _ = compared(plain, own, other, photos)
    assert found.of_class == 0
    assert found.among is None
    assert len(found.nearest) == len(photos)


def test_how_alike_the_photos_of_a_class_are(plain, photos):
    twins = [photos[0], Specimen(photos[0].pixels.copy() * np.float32(0.999), "t", Provenance("x"))]
    _, _, own = seen(plain, photos[0])
    found, _ = compared(plain, own, own.index, twins)
    assert found.of_class == 2
    assert found.among == pytest.approx(1, abs=1e-3)
    assert compared(plain, own, own.index, twins[:1])[0].among is None


def test_without_photos_there_is_nothing_to_compare(plain, photos):
    _, _, own = seen(plain, photos[0])
    found, computed = compared(plain, own, own.index, [])
    assert (computed, found.photos, found.nearest, found.typical) == (0, 0, (), {})


def test_only_so_many_are_remembered(plain, photos, monkeypatch):
    monkeypatch.setattr(photos_module, "KEPT", 3)
    responses = PhotoResponses(plain, 3)
    assert [responses.to(each, "crop")[1] for each in photos] == [True] * 6
    assert [responses.to(each, "crop")[1] for each in photos[3:]] == [False] * 3
    assert responses.to(photos[0], "crop")[1]
    _, _, own = seen(plain, photos[0])
    assert compared(plain, own, 0, photos)[0].photos == 3


def test_pictures_that_a_technique_made_are_no_photos(photos):
    made = Specimen(photos[0].pixels, "dream", Provenance("test", technique="deep-dream"))
    assert photos_of([*photos, made]) == photos


vectors = st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3).map(np.array)


@given(vectors, vectors)
def test_the_cosine_is_within_its_bounds_and_of_no_order(a, b):
    assert cosine(a, b) == pytest.approx(cosine(b, a))
    assert -1 - 1e-9 <= cosine(a, b) <= 1 + 1e-9
    assert cosine(a, np.zeros(3)) == 0


def test_the_unit_that_stands_out_and_how_strong_its_layer_is(plain, photos):
    picture, maps, own = seen(plain, photos[0])
    typical = {name: 0.5 * each for name, each in own.means.items()}
    layers = excited_layers(plain, picture, maps, own, typical)
    assert [each.stage for each in layers] == ["conv1", "conv2"]
    for each in layers:
        assert each.times == pytest.approx(2)
        assert each.unit == int(own.means[each.stage].argmax())
        assert each.picture.shape == (24, 24, 3)
        assert each.picture.dtype == np.uint8
    typical["conv1"] = own.means["conv1"] + np.array([0, 0, -0.1, 0], np.float32)
    assert excited_layers(plain, picture, maps, own, typical)[0].unit == 2
    assert [each.times for each in excited_layers(plain, picture, maps, own, {})] == [None, None]
