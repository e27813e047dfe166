"""A small round of the fuzzer; `python -m tests.checks.fuzz KIND --count 10000` is a large one."""

import pytest

from tests.checks.fuzz import run


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("pictures", 150),
        ("labels", 30),
        ("recipes", 80),
        ("models", 25),
        ("folders", 10),
        ("trainings", 25),
    ],
)
def test_whatever_is_in_a_file_it_opens_or_is_refused(kind, count):
    said = []
    assert run(kind, count, seed=0, say=said.append) == 0, "\n".join(said)
