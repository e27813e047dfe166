"""`visualizer self-test`: a line for each thing tried, and an exit status that can be relied on."""

import json

from visualizer.cli import self_test
from visualizer.engine.errors import UserError
from visualizer.engine.technique import techniques


def test_everything_works_here(visualizer, qapp):
    ended = visualizer("self-test")
    lines = ended.out.splitlines()
    assert ended.status == 0, ended.out
    assert all(line.startswith("ok ") for line in lines), ended.out
    for technique in techniques().values():
        assert any(f" {technique.title}: " in line for line in lines)
    assert any("espresso" in line for line in lines)
    assert any("GPU" in line for line in lines)


def test_what_fails_is_named_and_the_rest_is_tried(visualizer, monkeypatch):
    def broken():
        raise UserError("The moon is missing; look for it.")

    def crashed():
        raise ZeroDivisionError("division by zero")

    def some(_folder):
        yield "moon", broken
        yield "sums", crashed
        yield "policy", self_test.rules

    monkeypatch.setattr(self_test, "checks", some)
    ended = visualizer("self-test")
    assert ended.status == 2
    moon, sums, policy = ended.out.splitlines()
    assert moon.startswith("FAILED  moon: UserError: The moon is missing; look for it.")
    assert sums.startswith("FAILED  sums: ZeroDivisionError: division by zero")
    assert policy.startswith("ok ")
    ended = visualizer("self-test", "--json")
    rows = json.loads(ended.out)
    assert [row["passed"] for row in rows] == [False, False, True]
    assert rows[0]["check"] == "moon"


def test_a_policy_that_is_not_understood_fails(visualizer, monkeypatch, set_policy):
    set_policy("camera = false")
    monkeypatch.setattr(self_test, "checks", lambda _: iter([("policy", self_test.rules)]))
    ended = visualizer("self-test")
    assert ended.status == 2
    assert "there is no setting 'camera'" in ended.out
