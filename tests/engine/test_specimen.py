from __future__ import annotations

import io
import json
import os
import weakref
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from visualizer.engine import files, png, specimen
from visualizer.engine.errors import UserError
from visualizer.engine.files import SaveError, write_file
from visualizer.engine.specimen import Provenance, Specimen, open_specimen

RECIPE = Provenance(
    source="technique",
    technique="deep_dream",
    settings={"steps": 20, "rate": 0.1, "layer": "conv3 – ä", "jitter": True, "seed": None},
    seed=7,
    network="alexnet",
    network_sha256="ab" * 32,
    parents=("0123456789abcdef",),
)


@pytest.fixture
def dream():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    return Specimen(pixels, "Träume", RECIPE)


def png_with(text, pixels=None):
    """A picture with this text where the recipe would be."""
    buffer = io.BytesIO()
    if pixels is None:
        pixels = np.full((3, 4, 3), 51, np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return png.with_text(buffer.getvalue(), specimen.KEYWORD, text)


def recipe_text(**changes):
    recipe = {"version": 1, "title": "T", "scale": 1, "provenance": RECIPE.to_dict()}
    return json.dumps(recipe | changes)


# What it is


def test_a_specimen_owns_its_picture(dream):
    assert dream.picture.dtype == np.float32
    assert not dream.picture.flags.writeable
    mine = np.zeros((2, 2, 3), np.float32)
    kept = Specimen(mine, "", Provenance("test"))
    mine[:] = 1
    assert kept.picture.max() == 0


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4)),
        np.zeros((4, 4, 4)),
        np.zeros((0, 4, 3)),
        np.full((2, 2, 3), 1.5),
        np.full((2, 2, 3), -0.1),
        np.full((2, 2, 3), np.nan),
    ],
)
def test_what_is_no_picture_is_refused(picture):
    with pytest.raises(UserError, match="pictures are"):
        Specimen(picture, "", Provenance("test"))


def test_the_same_pixels_have_the_same_id(dream):
    again = Specimen(dream.picture.copy(), "another title", Provenance("elsewhere"))
    changed = dream.picture.copy()
    changed[3, 4, 1] = 0.12345
    assert again.id == dream.id
    assert Specimen(changed, "", RECIPE).id != dream.id
    assert Specimen(dream.picture.reshape(30, 20, 3), "", RECIPE).id != dream.id
    assert len(dream.id) == 16
    assert int(dream.id, 16) >= 0


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_levels_of_8_bits_take_a_byte_each_and_are_the_same_picture(kind):
    levels = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)
    floats = np.divide(levels, np.float32(255), dtype=np.float32)
    whole = Specimen(floats, "", RECIPE)
    small = Specimen(levels if kind is np.uint8 else floats.copy(), "", RECIPE)
    small.compact()
    assert small.pixels.dtype == np.uint8
    assert (small.id, small.size) == (whole.id, (20, 30))
    lent = small.picture
    np.testing.assert_array_equal(lent, floats)
    assert not lent.flags.writeable
    assert small.picture is lent
    assert small.png() == whole.png()
    np.testing.assert_array_equal(small.thumbnail(8), whole.thumbnail(8))
    gone = weakref.ref(lent)
    del lent
    assert gone() is None


def test_what_is_finer_than_8_bits_stays_so():
    fine = np.linspace(0, 1, 900, dtype=np.float32).reshape(20, 15, 3)
    specimen = Specimen(fine, "", RECIPE)
    specimen.compact()
    np.testing.assert_array_equal(specimen.picture, fine)


@pytest.mark.parametrize("shape", [(20, 30), (300, 30), (30, 300), (1, 1)])
def test_a_thumbnail_is_the_middle_square(shape):
    picture = np.zeros((*shape, 3), np.uint8)
    edge = min(shape)
    top, left = (shape[0] - edge) // 2, (shape[1] - edge) // 2
    picture[top : top + edge, left : left + edge] = (200, 100, 50)
    made = Specimen(picture, "", Provenance("test")).thumbnail(16)
    assert made.shape == (16, 16, 3)
    assert not made.flags.writeable
    np.testing.assert_array_equal(made, np.broadcast_to(np.uint8([200, 100, 50]), (16, 16, 3)))


# Saving and opening


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_it_opens_as_it_was_saved(dream, scale, tmp_path):
    path = dream.save(tmp_path / "dream.png", scale)
    with Image.open(path) as image:
        assert image.size == (30 * scale, 20 * scale)
    for source in (path, str(path), path.read_bytes()):
        opened = open_specimen(source)
        np.testing.assert_array_equal(opened.picture, dream.picture)
        assert opened.id == dream.id
        assert opened.title == "Träume"
        assert opened.provenance == RECIPE


@settings(deadline=None)
@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))),
    st.integers(1, 4),
    st.text(max_size=30),
)
def test_every_8_bit_picture_comes_back_pixel_for_pixel(pixels, scale, title):
    data = Specimen(pixels, title, Provenance("test")).png(scale)
    np.testing.assert_array_equal(
        np.asarray(Image.open(io.BytesIO(data))), pixels.repeat(scale, 0).repeat(scale, 1)
    )
    opened = open_specimen(data)
    np.testing.assert_array_equal(np.rint(opened.picture * 255), pixels)
    assert opened.title == title or not title


def test_other_programs_read_the_recipe_too(dream):
    image = Image.open(io.BytesIO(dream.png()))
    assert json.loads(image.text["Convnet Visualizer"])["provenance"]["technique"] == "deep_dream"


def test_a_picture_edited_after_saving_keeps_its_size(dream):
    image = Image.open(io.BytesIO(dream.png(2)))
    text = image.text[specimen.KEYWORD]
    edited = np.asarray(image).copy()
    edited[5, 5] = 255 - edited[5, 5]
    assert open_specimen(png_with(text, edited)).picture.shape == (40, 60, 3)


def test_a_file_without_recipe_opens_with_its_name(tmp_path):
    path = tmp_path / "holiday.jpg"
    Image.new("RGB", (8, 6), "teal").save(path)
    opened = open_specimen(path)
    assert opened.title == "holiday"
    assert opened.provenance == Provenance(source=str(path))
    assert open_specimen(path.read_bytes(), title="From the web").title == "From the web"


def test_a_very_large_photograph_is_reduced_but_our_own_pictures_are_not(tmp_path):
    path = tmp_path / "large.png"
    Image.new("RGB", (4096, 1024), (10, 200, 30)).save(path)
    opened = open_specimen(path)
    assert opened.picture.shape == (512, 2048, 3)
    np.testing.assert_allclose(opened.picture[0, 0] * 255, (10, 200, 30), atol=0.01)
    ours = Specimen(np.zeros((1, 3000, 3), np.float32), "", RECIPE)
    assert open_specimen(ours.png()).picture.shape == (1, 3000, 3)


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "expected"),
    [
        ("RGB", (10, 200, 30), "JPEG", (10, 200, 30)),
        ("RGB", (10, 200, 30), "PNG", (10, 200, 30)),
        ("L", 99, "PNG", (99, 99, 99)),
        ("RGBA", (255, 0, 0, 0), "PNG", (255, 255, 255)),
        ("CMYK", (0, 0, 0, 255), "JPEG", (0, 0, 0)),
        ("P", 0, "PNG", (0, 0, 0)),
        ("I;16", 65535, "PNG", (255, 255, 255)),
    ],
)
def test_very_large_photographs_of_every_mode_keep_colour_and_proportions(
    mode, colour, kind, expected
):
    buffer = io.BytesIO()
    Image.new(mode, (6144, 3072), colour).save(buffer, kind)
    picture = open_specimen(buffer.getvalue()).picture
    assert picture.shape == (1024, 2048, 3)
    np.testing.assert_allclose(picture[::511, ::511] * 255, np.full((3, 5, 3), expected), atol=3)


def test_a_name_without_suffix_gets_one_and_others_are_refused(dream, tmp_path):
    assert dream.save(tmp_path / "dream").name == "dream.png"
    with pytest.raises(UserError, match=r"“\.jpg”.*PNG"):
        dream.save(tmp_path / "dream.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["dream.png"]


@pytest.mark.parametrize("scale", [0, 5, -1, 1.5, True, "2"])
def test_a_scale_out_of_range_is_refused(dream, scale):
    with pytest.raises(UserError, match="must be 1, 2, 3 or 4"):
        dream.png(scale)


# Hostile recipes: the picture opens, without a recipe


HOSTILE = [
    "",
    "nonsense",
    "[]",
    "null",
    "{}",
    '{"version": 2}',
    "[" * 100_000,
    recipe_text(version="1"),
    recipe_text(scale=0),
    recipe_text(scale=True),
    recipe_text(scale=[1]),
    recipe_text(scale={}),
    recipe_text(title=7),
    recipe_text(title="x" * 20_000),
    recipe_text(provenance=None),
    recipe_text(provenance=[1, 2]),
    recipe_text(provenance={"settings": [1]}),
    recipe_text(provenance={"settings": {"steps": {"deep": 1}}}),
    recipe_text(provenance={"settings": {"steps": float("inf")}}),
    recipe_text(provenance={"settings": {str(i): i for i in range(2000)}}),
    recipe_text(provenance={"seed": "seven"}),
    recipe_text(provenance={"seed": 1.5}),
    recipe_text(provenance={"source": 3}),
    recipe_text(provenance={"technique": ["rm"]}),
    recipe_text(provenance={"parents": "abc"}),
    recipe_text(provenance={"parents": [1]}),
    '{"version": 1, "provenance": {"seed": ' + "9" * 10_000 + "}}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_recipe_is_ignored(text):
    opened = open_specimen(png_with(text), title="picture")
    assert opened.picture.shape == (3, 4, 3)
    assert opened.title == "picture"
    assert opened.provenance == Provenance(source="bytes")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = ["source", "technique", "settings", "seed", "network", "network_sha256", "parents"]


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {"version": st.just(1)},
        optional={
            "title": json_values,
            "scale": json_values,
            "provenance": st.dictionaries(st.sampled_from(KEYS), json_values) | json_values,
        },
    )
)
def test_any_recipe_opens_and_saves_again(recipe):
    opened = open_specimen(png_with(json.dumps(recipe)))
    again = open_specimen(opened.png())
    assert again.provenance == opened.provenance
    np.testing.assert_array_equal(again.picture, opened.picture)


def test_a_text_bomb_does_not_hide_the_picture():
    keyword = specimen.KEYWORD.encode()
    bomb = keyword + b"\0\1\0\0\0" + zlib.compress(b"[" * 50_000_000)
    good = png_with(recipe_text())
    chunk = b"iTXt" + bomb
    data = good[:33] + len(bomb).to_bytes(4, "big") + chunk
    data += zlib.crc32(chunk).to_bytes(4, "big") + good[33:]
    opened = open_specimen(data)
    assert opened.picture.shape == (3, 4, 3)
    assert opened.provenance == RECIPE  # of the next text, which is sound


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40), st.booleans())
def test_any_text_chunk_is_survived(content, named):
    content = (specimen.KEYWORD.encode() if named else b"") + content
    base = png_with("{}")
    chunk = b"iTXt" + content
    data = base[:33] + len(content).to_bytes(4, "big") + chunk
    data += zlib.crc32(chunk).to_bytes(4, "big") + base[33:]
    assert open_specimen(data).provenance == Provenance(source="bytes")


@given(st.binary(max_size=200))
def test_chunks_of_anything_end(data):
    for start in (b"", png.SIGNATURE):
        whole = start + data
        places = [(first, last) for _, first, last in png.chunks(whole)]
        assert all(first < last <= len(whole) for first, last in places)
        assert png.text(start + data, "x") is None or isinstance(png.text(start + data, "x"), str)
        assert len(png.pixels_only(start + data)) <= len(start + data)


# Failures of the disk


def test_a_missing_folder_is_said(dream, tmp_path):
    with pytest.raises(SaveError, match=r"no folder.*choose one that exists"):
        dream.save(tmp_path / "gone" / "dream.png")


def test_a_folder_in_the_way_is_said(dream, tmp_path):
    (tmp_path / "dream.png").mkdir()
    with pytest.raises(SaveError, match="it is a folder"):
        dream.save(tmp_path / "dream.png")


def test_a_name_that_is_too_long_is_said(dream, tmp_path):
    with pytest.raises(SaveError, match="too long"):
        dream.save(tmp_path / ("x" * 300 + ".png"))


@pytest.mark.parametrize(
    ("number", "reason"), [(28, "the disk is full"), (13, "may not write"), (5, "the system says")]
)
def test_a_disk_that_fails_leaves_what_was_there(dream, tmp_path, monkeypatch, number, reason):
    path = dream.save(tmp_path / "dream.png")
    before = path.read_bytes()

    def fail(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", fail)
    other = Specimen(np.zeros((5, 5, 3), np.uint8), "", RECIPE)
    with pytest.raises(SaveError, match=reason):
        other.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_protected_file_is_not_replaced(tmp_path, monkeypatch):
    path = write_file(tmp_path / "a.txt", b"old")
    path.chmod(0o444)
    monkeypatch.setattr(files.os, "access", lambda place, mode: False)  # the superuser may
    with pytest.raises(SaveError, match="may not write"):
        write_file(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_link_stays_a_link(tmp_path):
    path = write_file(tmp_path / "a.txt", b"old")
    link = tmp_path / "link.txt"
    link.symlink_to(path)
    write_file(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"
