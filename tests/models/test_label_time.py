"""Reading class names takes a time that grows with the file, whatever is in it."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.models.label_files import MAX_BYTES, LabelFileError, parse, read_labels

RUNS = st.lists(
    st.tuples(
        st.sampled_from([*" \t0'\",;-=>:|()#n\n\r[{", "n01440764 ", "a", "é", "\u2028", " -"]),
        st.integers(1, 4000),
    ),
    min_size=1,
    max_size=6,
)
SUFFIXES = st.sampled_from([".txt", ".csv", ".tsv", ".json"])


def seconds(text: str, suffix: str) -> float:
    """What it computes, however busy the computer is otherwise."""
    began = time.process_time()
    try:
        names = parse(text, suffix)
    except (ValueError, RecursionError):
        names = ()
    assert all(isinstance(name, str) for name in names)
    return time.process_time() - began


@settings(max_examples=150, deadline=None)
@given(RUNS, SUFFIXES)
def test_long_runs_of_anything(runs, suffix):
    text = "".join(piece * count for piece, count in runs)
    # Quadratic work on so much text takes seconds.
    assert seconds(text, suffix) < 1


LINE = {"spaces": "a{}b", "spaces before a number": "a{}0", "behind a number": "0{}-", "all": "{}"}


@pytest.mark.parametrize("form", LINE)
@pytest.mark.parametrize("filler", [" ", "\t", "0", '"', "-", ",", " -", "- "])
def test_the_longest_line_there_can_be(form, filler):
    text = LINE[form].format(filler * (MAX_BYTES // len(filler)))[:MAX_BYTES]
    for suffix in (".txt", ".csv"):
        assert seconds(text, suffix) < 1  # 32 kB of spaces took 28


def test_the_numbers_of_numbered_names_are_still_found():
    spaced = "\n".join(f"cat {name}{' ' * 300}, {i}" for i, name in enumerate("abc"))
    assert parse(spaced) == ("cat a", "cat b", "cat c")
    assert parse("a -> 1\nb -> 0") == ("b", "a")
    assert parse("a - 1\nb - 0") == ("b", "a")
    assert parse("0 .\n1 -\n2 x") == (".", "-", "x")


def test_as_many_names_as_imagenet_has_and_no_end_of_them(tmp_path):
    names = [f"class {i}, with a few words" for i in range(21_843)]
    assert parse("\n".join(names)) == tuple(names)
    assert parse(json.dumps(names, indent=1)) == tuple(names)
    path = tmp_path / "labels.txt"
    path.write_text("a\n" * 200_000)
    with pytest.raises(LabelFileError, match="no class names"):
        read_labels(path)
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(LabelFileError, match="larger than any list"):
        read_labels(path)
