"""Pages of pictures: as many as are needed, with words that stay words."""

from __future__ import annotations

import re
import zlib

import numpy as np
import pytest

from visualizer.engine.files import SaveError
from visualizer.gui.widgets.picture_pages import save_pages

pytestmark = pytest.mark.usefixtures("qapp")


def plates(count):
    rng = np.random.default_rng(0)
    for number in range(count):
        yield rng.integers(0, 256, (40, 30, 3), np.uint8), f"class {number}", "99.50%"


def pages_of(data):
    return len(re.findall(rb"/Type /Page\b(?!s)", data))


def test_pictures_go_on_on_the_next_page(tmp_path):
    path = tmp_path / "pages.pdf"
    breaths = list(save_pages(path, "A title", ["One line.", "Another."], plates(40)))
    assert len(breaths) == 40
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert pages_of(data) == 3  # 16 below the title, then 20
    assert data.count(b"/Subtype /Image") == 40
    text = b"".join(
        zlib.decompress(each)
        for each in re.findall(rb"/FlateDecode\s*>>\s*stream\r?\n(.*?)\r?\nendstream", data, re.S)
    )
    assert text.count(b" Tj") + text.count(b" TJ") >= 2 * 40 + 3  # letters, not pictures of them


def test_given_up_it_leaves_no_file(tmp_path):
    path = tmp_path / "pages.pdf"
    steps = save_pages(path, "A title", [], plates(5))
    next(steps)
    steps.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_missing_is_said(tmp_path):
    with pytest.raises(SaveError, match="there is no folder"):
        list(save_pages(tmp_path / "gone" / "pages.pdf", "A title", [], plates(1)))
