"""The table of `make bench`: its verdicts, and how it is kept in the docs."""

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks import timing
from tests.benchmarks.rows import Row


@pytest.mark.parametrize(
    ("row", "good", "bound"),
    [
        (Row("a", 1.2, "×", at_most=1.25), True, "≤ 1.25 ×"),
        (Row("a", 1.3, "×", at_most=1.25), False, "≤ 1.25 ×"),
        (Row("a", 29.0, "fps", at_least=30), False, "≥ 30 fps"),
        (Row("a", 31.0, "fps", at_least=30), True, "≥ 30 fps"),
        (Row("a", 5.0, "ms"), True, ""),
        (Row("a", float("nan"), "ms", at_most=3), False, "≤ 3 ms"),
    ],
)
def test_a_row_knows_whether_it_keeps_within_its_bound(row, good, bound):
    assert row.good is good
    assert row.bound == bound


def test_the_page_keeps_its_words_and_gets_the_new_rows(tmp_path):
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Before\n{bench.BEGIN}\nold\n{bench.END}\nAfter.\n", encoding="utf-8")
    for value in (1.1, 1.4):
        bench.write([("Topic", Row("this / that", value, "×", at_most=1.25))], page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Before\n")
    assert text.endswith("\nAfter.\n")
    assert "old" not in text
    assert text.count("this / that") == 1
    assert "| Topic: this / that | 1.40 × | ≤ 1.25 × | missed |" in text


def test_the_docs_have_a_place_for_the_rows():
    text = bench.PAGE.read_text(encoding="utf-8")
    assert text.index(bench.BEGIN) < text.index(bench.END)


def test_two_things_take_turns():
    calls = []
    timing.ratio(lambda: calls.append("a"), lambda: calls.append("b"), repeats=5)
    assert "".join(calls) == "ab" * 6


def test_percentiles():
    values = list(map(float, range(100)))
    assert timing.percentile(values, 99) == 99
    assert timing.percentile(values, 50) == 50
    assert timing.percentile([3.0], 99) == 3


@pytest.mark.parametrize("topic", bench.TOPICS)
def test_every_topic_has_a_file(topic):
    assert (bench.PAGE.parents[1] / "tests" / "benchmarks" / f"{topic}.py").is_file()
