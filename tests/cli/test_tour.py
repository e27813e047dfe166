"""`visualizer tour` draws the real window and makes a page of it."""

import json
import os
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from visualizer.cli.tour_page import page


@pytest.fixture(scope="module")
def tour(tmp_path_factory, coffee):
    """The folder of a tour with LeNet, and what was printed of it."""
    from visualizer.cli import main

    folder = tmp_path_factory.mktemp("tour")
    before = dict(os.environ)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    try:
        chosen = ["--workspace", "layers", "--workspace", "attack"]
        assert main(["tour", "-o", str(folder), "--network", "lenet", *chosen]) == 0
    finally:
        os.environ.clear()
        os.environ.update(before)
    return folder


class Pictures(HTMLParser):
    """The addresses of a page's pictures and links, and its words."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.words = set(), ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.addresses |= {v for k, v in attributes if k in ("src", "srcset", "href")}

    def handle_data(self, data):
        self.words += data


def test_every_stop_is_drawn_light_and_dark(tour):
    for stop in ("layers-conv1", "layers-conv2", "layers-output", "compare", "attack"):
        light, dark = (
            np.asarray(Image.open(tour / f"{stop}-{theme}.png").convert("L"), float)
            for theme in ("light", "dark")
        )
        assert light.shape == dark.shape == (900, 1440)
        assert light.mean() > dark.mean() + 40
        assert dark.std() > 20  # not an empty window


def test_the_page_shows_every_picture_and_needs_nothing_else(tour):
    shown = Pictures((tour / "index.html").read_text(encoding="utf-8"))
    assert shown.addresses == {path.name for path in tour.glob("*.png")}
    assert "conv1" in shown.words
    assert "LeNet-5" in shown.words


def test_an_unknown_network_ends_the_tour(visualizer, tmp_path):
    sentence = visualizer("tour", "-o", tmp_path, "--network", "lennet").refused()
    assert "lennet" in sentence


def test_without_a_display_it_is_drawn_whatever_qt_was_told(tmp_path):
    told = {**os.environ, "QT_QPA_PLATFORM": "xcb", "VISUALIZER_HOME": str(tmp_path)}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        told.pop(name, None)
    command = [sys.executable, "-m", "visualizer", "tour", "-o", tmp_path, "--network", "lennet"]
    ended = subprocess.run(
        command, env=told, capture_output=True, text=True, timeout=120, check=False
    )
    # The window was opened, or it could not have said which network it lacks; Qt aborts else.
    assert ended.returncode == 2
    assert "did you mean 'lenet'?" in ended.stderr


def test_names_cannot_break_the_page():
    text = page(
        [{"file": "a.png", "title": "<b>&", "text": "</section>", "theme": "dark"}], "<script>"
    )
    assert "<script>" not in text
    assert "&lt;b&gt;&amp;" in text
    assert text.count("</section>") == 1


def test_json_lists_the_pictures(visualizer, tmp_path, coffee):
    arguments = ["-o", tmp_path, "--network", "lenet", "--picture", coffee, "--json"]
    ended = visualizer("tour", *arguments, "--workspace", "attack")
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert {row["file"].split("-")[0] for row in report["pictures"]} == {"attack"}
    assert {row["file"] for row in report["pictures"]} == {p.name for p in tmp_path.glob("*.png")}
    assert report["page"] == str(tmp_path / "index.html")
