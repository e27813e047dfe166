from __future__ import annotations

import pytest

from visualizer.engine import resources
from visualizer.engine.errors import UserError
from visualizer.engine.resources import pretrained, resource


def test_resources_of_the_checkout_are_found():
    assert resource("samples.md").read_text(encoding="utf-8").startswith("# ")
    assert (pretrained() / "lenet" / "card.json").is_file()


def test_an_installed_package_comes_before_a_checkout(tmp_path, monkeypatch):
    package = tmp_path / "visualizer"
    for place in (package, tmp_path):
        (place / "resources").mkdir(parents=True)
        (place / "resources" / "a.txt").write_text(place.name)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    assert resource("a.txt").read_text() == "visualizer"


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"“gone.txt” is missing.*install the program again"):
        resource("gone.txt")
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "a" / "b")
    with pytest.raises(UserError, match=r"“pretrained”.*install the program again"):
        pretrained()
