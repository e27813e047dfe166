"""Techniques of other packages: found by their entry point; a broken one harms nothing else."""

import pytest

from tests.plugins import install, of_the_guide
from visualizer.engine.technique import plugin_errors, techniques


def test_a_plug_in_adds_its_technique_after_ours(monkeypatch, tmp_path):
    ours = list(techniques())
    install(tmp_path, monkeypatch, "snow_plugin", of_the_guide()[0])
    assert list(techniques()) == [*ours, "snow"]
    assert plugin_errors() == ()
    assert techniques()["snow"].title == "Snow"


SNOW = of_the_guide()[0]


@pytest.mark.parametrize(
    ("name", "code", "entry", "why"),
    [
        ("raises", SNOW + "\n1 / 0\n", "", "ZeroDivisionError"),
        ("exits", SNOW + "\nraise SystemExit(3)\n", "", "SystemExit"),
        ("misspelt", "def snow(:\n", "", "SyntaxError"),
        ("missing", SNOW, "nowhere", "nowhere"),
        ("taken", SNOW.replace('name="snow"', 'name="fgsm"'), "", "both name a technique"),
        ("spaced", SNOW.replace('name="snow"', 'name="Snow fall"'), "", "is a word"),
        ("reserved", SNOW.replace("amount:", "network:"), "", "option of every command"),
        ("impossible", SNOW.replace("setting(10,", "setting(0,"), "", "steps is 0"),
    ],
)
def test_a_broken_plug_in_is_one_sentence(monkeypatch, tmp_path, name, code, entry, why):
    ours = techniques()
    install(tmp_path, monkeypatch, f"broken_{name}", code, entry)
    assert techniques() == ours
    (sentence,) = plugin_errors()
    assert f"visualizer-broken_{name}" in sentence
    assert why in sentence
    assert sentence.endswith("update or uninstall that package.")
    assert "\n" not in sentence


def test_a_plug_in_may_ask_for_all_techniques_while_it_is_loaded(monkeypatch, tmp_path):
    asks = "from visualizer.engine.technique import techniques\nFOUND = list(techniques())\n"
    install(tmp_path, monkeypatch, "asking_plugin", asks + SNOW)
    assert "snow" in techniques()
    assert plugin_errors() == ()
