"""Zooms, films that are whole or not there, and dreaming on a camera."""

import tracemalloc

import cv2
import numpy as np
import pytest
from PIL import Image

from visualizer.engine.ascent.deep_dream import DreamSettings
from visualizer.engine.ascent.film import FilmError, filmed
from visualizer.engine.ascent.zoom import ZoomSettings, camera_dream, zoom, zoomed
from visualizer.engine.objective import parse_targets
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.engine.technique import Frame


def frames(count=5, size=(41, 60), breaks=False):
    for number in range(count):
        if breaks and number == 3:
            raise RuntimeError("the network is gone")
        picture = np.full((*size, 3), 40 * number, np.uint8)
        picture[:, : 10 * number] = (250, 0, 0)
        yield Frame(number + 1, count, picture)


def test_an_mp4_has_every_picture(tmp_path):
    path = tmp_path / "film.mp4"
    seen = list(filmed(frames(), path, rate=10))
    assert [frame.step for frame in seen if frame.picture is not None] == [1, 2, 3, 4, 5]
    assert len(seen) > 5  # it can be stopped while the file is finished
    film = cv2.VideoCapture(str(path))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 5
    assert film.get(cv2.CAP_PROP_FPS) == pytest.approx(10)
    pictures = [film.read()[1] for _ in range(5)]
    film.release()
    assert pictures[4].shape == (40, 60, 3)
    blue, green, red = pictures[4][20, 20]
    assert red > 200
    assert max(green, blue) < 60
    assert list(tmp_path.iterdir()) == [path]


def test_a_gif_has_every_picture_and_goes_round(tmp_path):
    path = tmp_path / "film.gif"
    list(filmed(frames(), path, rate=20))
    with Image.open(path) as film:
        assert (film.n_frames, film.size, film.info["loop"]) == (5, (60, 41), 0)
        assert film.info["duration"] == 50
        film.seek(3)
        pixel = np.asarray(film.convert("RGB"))[0, 50].astype(int)
    assert np.abs(pixel - 120).max() < 12


@pytest.mark.parametrize("name", ["film.mp4", "film.gif"])
def test_a_cancelled_film_leaves_what_was_there(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"the film before")
    running = filmed(frames(), path)
    next(running), next(running)
    running.close()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"the film before"


def test_a_film_that_is_stopped_while_it_is_finished_leaves_nothing(tmp_path):
    running = filmed(frames(), tmp_path / "film.mp4")
    while next(running).picture is not None:
        pass
    running.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["film.mp4", "film.gif"])
def test_a_failed_film_leaves_nothing(tmp_path, name):
    with pytest.raises(RuntimeError, match="gone"):
        list(filmed(frames(breaks=True), tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_film_is_said(tmp_path):
    with pytest.raises(FilmError, match=r"\.mp4 or \.gif"):
        next(filmed(frames(), tmp_path / "film.avi"))
    with pytest.raises(FilmError, match="no folder"):
        next(filmed(frames(), tmp_path / "nowhere" / "film.mp4"))
    with pytest.raises(FilmError, match="not one picture"):
        list(filmed(iter([Frame(1, 1)]), tmp_path / "film.gif"))


def test_a_film_that_was_cut_off_is_said(tmp_path, monkeypatch):
    """A full disk: OpenCV drops pictures without a word."""

    class Full:
        fourcc = staticmethod(cv2.VideoWriter.fourcc)

        def __init__(self, *arguments):
            self.film, self.left = real_writer(*arguments), 2
            self.isOpened, self.release = self.film.isOpened, self.film.release

        def write(self, picture):
            self.left -= 1
            if self.left >= 0:
                self.film.write(picture)

    real_writer = cv2.VideoWriter
    monkeypatch.setattr(cv2, "VideoWriter", Full)
    with pytest.raises(FilmError, match="Only 2 of 5 pictures"):
        list(filmed(frames(), tmp_path / "film.mp4"))
    assert list(tmp_path.iterdir()) == []


def test_a_long_gif_is_not_held_in_memory(tmp_path):
    """Each is written as it comes; 60 of them would be 2.5 MB."""
    noise = np.random.default_rng(0).integers(0, 255, (150, 200, 3), np.uint8)
    many = (Frame(n + 1, 60, np.roll(noise, n, axis=1)) for n in range(60))
    tracemalloc.start()
    for _ in filmed(many, tmp_path / "film.gif"):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1e6
    with Image.open(tmp_path / "film.gif") as film:
        assert film.n_frames == 60


def test_zooming_enlarges_the_middle():
    ramp = np.tile(np.linspace(0, 1, 41, dtype=np.float32)[None, :, None], (31, 1, 3))
    near = zoomed(ramp, 0.25)
    assert near.shape == ramp.shape
    np.testing.assert_allclose(near[15, 20], 0.5, atol=1e-5)
    np.testing.assert_allclose(np.diff(near[15, 5:36, 0]), 1 / 40 / 1.25, rtol=1e-3)
    np.testing.assert_allclose(zoomed(ramp, 0.0), ramp, atol=1e-6)


def test_a_flight_is_filmed_as_it_is_dreamt(hill, noise, tmp_path):
    how = ZoomSettings(target="conv2", frames=3, steps=2, side=40, jitter=2)
    specimen = Specimen(noise, "Noise", Provenance("test"))
    path = tmp_path / "flight.mp4"
    seen = list(filmed(zoom(hill, specimen, how), path))
    assert list(dict.fromkeys(frame.step for frame in seen)) == [1, 2, 3, 4, 5, 6]
    pictures = [frame.picture for frame in seen if frame.picture is not None]
    assert len(pictures) == 3
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT) == 3
    ahead = np.abs(pictures[1] - zoomed(pictures[0], how.zoom)).mean()
    assert ahead == pytest.approx(2 * how.step_size, rel=0.6)


def test_a_camera_that_holds_still_dreams_deeper(hill, noise):
    how = DreamSettings(octaves=1, target="conv2", steps=2, side=40, jitter=2)
    dreams = camera_dream(hill, lambda: noise, parse_targets("conv2"), how)
    seen = [next(dreams) for _ in range(5)]
    dreams.close()
    assert seen[-1][1] > seen[0][1]
    assert np.abs(seen[4][0] - seen[3][0]).mean() < 3 * how.step_size


def test_a_camera_may_change_its_size(hill, noise):
    pictures = iter([noise, noise[:30]])
    dreams = camera_dream(
        hill,
        lambda: next(pictures),
        parse_targets("conv2"),
        DreamSettings(octaves=1, side=40, steps=1),
    )
    assert next(dreams)[0].shape != next(dreams)[0].shape


def test_a_camera_dream_has_octaves_and_a_guide(hill, noise):
    def first(guide=None, **how):
        settings = DreamSettings(side=60, steps=1, jitter=0, **how)
        dreams = camera_dream(hill, lambda: noise, parse_targets("conv2"), settings, guide)
        return next(dreams)[0]

    plain, coarse = first(octaves=1), first(octaves=2, octave_scale=2)
    guided = first(guide=noise[::-1], octaves=1)
    assert plain.shape == coarse.shape == guided.shape
    assert np.abs(plain - coarse).mean() > 0.5 * DreamSettings().step_size
    assert np.abs(plain - guided).mean() > 0.1 * DreamSettings().step_size
