from __future__ import annotations

import time
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.live import film
from visualizer.engine import film_source
from visualizer.engine.camera import CameraError
from visualizer.engine.film_names import is_film, is_stream, title_of
from visualizer.engine.film_source import Film, sample_film
from visualizer.engine.resources import resource

GREYS = (20, 120, 220)


def pictures(source, count):
    """So many pictures of a film."""
    read = []
    while len(read) < count:
        picture = source.read()
        if picture is not None:
            read.append(picture)
    return read


@pytest.fixture
def gif(tmp_path):
    """A moving GIF of three greys."""
    path = tmp_path / "greys.gif"
    frames = [Image.new("L", (30, 20), grey) for grey in GREYS]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=40, loop=0)
    return path


def test_the_sample_film_moves_and_begins_anew():
    with film() as source:
        shown = pictures(source, 125)  # it has 120
    for picture in shown:
        assert picture.shape == (240, 320, 3)
        assert picture.dtype == np.float32
        assert not picture.flags.writeable
        assert 0 <= picture.min() <= picture.max() <= 1
    changes = [float(np.abs(a - b).mean()) for a, b in pairwise(shown)]
    assert min(changes) > 0
    assert max(changes) < 0.2
    for first, again in zip(shown[:5], shown[120:], strict=True):
        np.testing.assert_array_equal(first, again)


def test_a_gif_plays_again_and_again(gif):
    with Film(gif, rate=1000) as source:
        means = [255 * float(picture.mean()) for picture in pictures(source, 7)]
    assert source.title == "greys.gif"
    np.testing.assert_allclose(means, (GREYS * 3)[:7], atol=3)


def test_a_film_keeps_its_own_time():
    with sample_film() as source:
        pictures(source, 1)
        began = time.monotonic()
        pictures(source, 15)
        took = time.monotonic() - began
    assert took > 0.8  # 15 pictures a second; how much longer depends on what else runs


def test_a_large_film_is_shrunk(tmp_path):
    path = tmp_path / "large.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25, (1280, 720))
    for _ in range(3):
        writer.write(np.full((720, 1280, 3), (10, 20, 240), np.uint8))
    writer.release()
    with Film(path) as source:
        (picture,) = pictures(source, 1)
    assert picture.shape == (360, 640, 3)
    np.testing.assert_allclose(255 * picture.mean((0, 1)), (240, 20, 10), atol=6)


def test_what_is_closed_gives_no_more():
    source = film()
    pictures(source, 1)
    source.close()
    source.close()
    with pytest.raises(CameraError, match="closed"):
        source.read()


def test_a_film_goes_on_where_it_was_held(monkeypatch):
    with film(rate=200) as source:
        first = pictures(source, 3)[-1]
        time.sleep(0.7)  # as while its picture is held
        after = pictures(source, 2)[-1]
    assert float(np.abs(first - after).mean()) < 0.05


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("list.mp4", b"#EXTM3U\n/etc/passwd\n", "is no film"),
        ("text.avi", b"ffconcat version 1.0\nfile /etc/passwd\n", "is no film"),
        ("empty.mp4", b"", "is no film"),
        ("cut.mp4", b"\0\0\0\x20ftypisom" + bytes(64), "cannot be played: it is damaged"),
        ("head.gif", b"GIF89a\xff\xff\xff\xff\0\0\0", "cannot be played|more than 36|no picture"),
    ],
)
def test_what_is_no_film_ends_in_a_sentence(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CameraError, match=f"“{name}” .*({sentence}).*"):
        pictures(Film(path), 1)


def test_a_film_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CameraError, match=r"“gone\.mp4” cannot be read"):
        Film(tmp_path / "gone.mp4")
    with pytest.raises(CameraError, match="is a folder"):
        Film(tmp_path)


def test_a_film_that_gives_nothing_is_given_up(monkeypatch, tmp_path):
    monkeypatch.setattr(film_source, "PATIENCE", 0.1)
    source = film(rate=1e-9)  # its first picture is not due before the end of the world
    with pytest.raises(CameraError, match="no picture for 0 seconds; check that it plays"):
        pictures(source, 1)


def test_a_process_that_takes_too_much_is_ended(monkeypatch):
    monkeypatch.setattr(film_source, "MEMORY", 1)
    with pytest.raises(CameraError, match="too much time or memory"):
        pictures(film(), 1)


@given(places=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 255)), max_size=40))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_damaged_films_play_or_end_in_one_sentence(tmp_path, places):
    data = bytearray(resource("sample-film.mp4").read_bytes()[:200_000])
    for share, value in places:
        data[16 + share * (len(data) - 17) // 99] = value
    path = tmp_path / "damaged.mp4"
    path.write_bytes(bytes(data))
    told = []
    with Film(path, rate=1000) as source:
        try:
            pictures(source, 2)
        except CameraError as error:
            told.append(str(error))
    assert all("\n" not in sentence and sentence.endswith(".") for sentence in told)


def test_films_and_streams_are_told_by_their_names(tmp_path, gif):
    still = tmp_path / "still.gif"
    Image.new("L", (4, 4)).save(still)
    assert is_film(gif)
    assert not is_film(still)
    assert is_film(tmp_path / "WALK.MP4")
    assert not is_film(tmp_path / "photo.jpg")
    assert is_stream("rtsp://camera.local/live")
    assert not is_stream("file:///etc/passwd")
    assert not is_stream("concat:a|b")
    assert title_of("rtsp://me:secret@camera.local:554/live") == "camera.local:554"
