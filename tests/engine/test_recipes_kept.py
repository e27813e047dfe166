"""Every recipe that is read can be written, whatever numbers and characters are in it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.test_specimen import png_with, recipe_text
from visualizer.engine.specimen import Provenance, open_specimen

NUMBERS = st.sampled_from(["1e999", "-1e999", "1e308", "9" * 400, "NaN", "Infinity", "-0.0", "7"])
WORDS = st.sampled_from(["a", "é" * 9_000, "\\ud800x", "\\u2028", "\\u0000", "\\udce9.png"])


@settings(deadline=None)
@given(number=NUMBERS, word=WORDS, times=st.integers(1, 60), seed=NUMBERS)
def test_all_that_can_be_read_can_be_written(number, word, times, seed):
    pairs = ", ".join(f'"{word}{i}": {number}, "w{i}": "{word}"' for i in range(times))
    text = (
        f'{{"version": 1, "title": "{word}", "scale": 1, "provenance": '
        f'{{"source": "{word}", "settings": {{{pairs}}}, "seed": {seed}}}}}'
    )
    opened = open_specimen(png_with(text))
    again = open_specimen(opened.png(scale=2))
    assert again.provenance.settings == opened.provenance.settings
    assert again.provenance.seed == opened.provenance.seed
    np.testing.assert_array_equal(again.picture, opened.picture)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "1" + "0" * 5000])
def test_a_recipe_with_no_number_is_none_and_its_picture_is_kept(number):
    text = recipe_text().replace("0.1", number)
    opened = open_specimen(png_with(text))
    assert opened.provenance == Provenance(source="bytes")
    assert open_specimen(opened.png()).provenance == opened.provenance
