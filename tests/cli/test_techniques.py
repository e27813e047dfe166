"""Every technique is a command, with the options its settings describe."""

import json
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from tests.plugins import install, of_the_guide
from visualizer.cli import app
from visualizer.cli.techniques import command, with_a_command
from visualizer.engine import technique as registry
from visualizer.engine.adversarial import attacks
from visualizer.engine.attribution import methods
from visualizer.engine.specimen import open_specimen
from visualizer.engine.technique import Frame, Settings, Technique, setting, techniques
from visualizer.models.catalog import open_network


@pytest.fixture(scope="module")
def folder(tmp_path_factory, coffee):
    """What `visualizer layers` leaves behind."""
    from visualizer.cli import main

    folder = tmp_path_factory.mktemp("out") / "new" / "layers"
    assert main(["layers", str(coffee), "-o", str(folder), "--network", "lenet"]) == 0
    return folder


def test_layers_writes_one_mosaic_a_stage_in_order(folder):
    network = open_network("lenet")
    report = json.loads((folder / "layers.json").read_text())
    assert report["network"] == "lenet"
    assert report["network_sha256"] == network.sha256
    assert [row["name"] for row in report["stages"]] == [stage.name for stage in network.stages]
    files = {row["file"] for row in report["stages"]}
    assert files == {path.name for path in folder.glob("*.png")}
    for name in files:
        assert Image.open(folder / name).size > (8, 8)


def test_layers_tells_what_is_known_of_each_stage(folder):
    network = open_network("lenet")
    rows = {row["name"]: row for row in json.loads((folder / "layers.json").read_text())["stages"]}
    for stage in network.stages:
        row = rows[stage.name]
        assert row["kind"] == stage.kind
        assert row["shape"] == list(stage.shape)
        assert row["parameters"] == stage.parameters
        assert row["multiply_adds"] == stage.multiply_adds
        assert {"mean", "max", "zeros"} <= row.keys()
        assert 0 <= row["zeros"] <= 1
    conv1 = rows["conv1"]
    assert conv1["receptive_field"]["size"] == [5, 5]
    assert rows["data"]["receptive_field"]["size"] == [1, 1]
    assert rows["output"]["mean"] == pytest.approx(0.1, abs=1e-5)  # ten probabilities


def test_a_mosaic_carries_its_recipe(folder, coffee):
    provenance = open_specimen(folder / "conv1.png").provenance
    assert provenance.technique == "layers"
    assert provenance.network == "lenet"
    assert provenance.parents == (open_specimen(coffee).id,)


def test_json_prints_what_the_file_holds(visualizer, coffee, tmp_path):
    ended = visualizer("layers", coffee, "-o", tmp_path, "--network", "lenet", "--json")
    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out) == json.loads((tmp_path / "layers.json").read_text())


@pytest.mark.parametrize("name", [technique.name for technique in with_a_command()])
def test_help_names_every_setting_with_its_default(visualizer, name):
    ended = visualizer(name, "--help")
    assert ended.status == 0
    words = " ".join(ended.out.replace("│", " ").split())
    for field in techniques()[name].fields:
        assert field.option in words
        assert f"default {field.format(field.default)}" in words


@dataclass(frozen=True)
class TintSettings(Settings):
    amount: float = setting(8 / 255, low=0, high=32 / 255, unit="/255", help="How much.")
    channel: str = setting("red", choices=("red", "green"), help="Which channel.")
    invert: bool = setting(False, help="Turn dark and light round.")


def tint(network, specimen, settings):
    picture = specimen.picture.copy()
    picture[..., ("red", "green").index(settings.channel)] += settings.amount
    picture = np.clip(1 - picture if settings.invert else picture, 0, 1)
    yield Frame(1, 2, specimen.picture)
    yield Frame(2, 2, picture, {"amount": settings.amount, "odd": float("nan")})


@pytest.fixture
def with_tint(monkeypatch):
    """A technique of somebody else's, registered like ours."""
    made = Technique("tint", "Tint", "", "A little colour.", TintSettings, tint)
    techniques()
    monkeypatch.setitem(registry._registry, "tint", made)


def test_a_new_technique_is_a_command_with_its_settings(visualizer, with_tint, tmp_path):
    Image.fromarray(np.full((20, 30, 3), 100, np.uint8)).save(tmp_path / "grey.png")
    arguments = ["tint", tmp_path / "grey.png", "-o", tmp_path / "out", "--network", "lenet"]
    ended = visualizer(*arguments, "--amount", "16/255", "--channel", "green", "--json")
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert report["settings"] == {
        "amount": pytest.approx(16 / 255),
        "channel": "green",
        "invert": False,
    }
    assert report["pictures"][0]["odd"] is None
    assert np.asarray(Image.open(tmp_path / "out" / "tint.png"))[0, 0].tolist() == [100, 116, 100]

    visualizer(*arguments, "--invert")
    assert np.asarray(Image.open(tmp_path / "out" / "tint.png"))[0, 0].tolist() == [147, 155, 155]


@pytest.mark.parametrize(
    ("option", "value"), [("--amount", "64/255"), ("--amount", "lots"), ("--channel", "blue")]
)
def test_a_setting_out_of_range_is_refused_in_its_own_words(
    visualizer, with_tint, coffee, tmp_path, option, value
):
    sentence = visualizer("tint", coffee, "-o", tmp_path / "out", option, value).refused()
    assert "must be" in sentence
    assert not (tmp_path / "out").exists()


def test_a_command_is_made_for_every_technique():
    names = {technique.name for technique in with_a_command()}
    assert {"networks", "classify", "tour", "attack", *names} <= set(app.build())
    assert set(techniques()) - names == set(attacks()) | set(methods())
    for technique in with_a_command():
        assert technique.title in command(technique).__doc__


def test_the_snow_of_the_guide_is_a_command(visualizer, coffee, monkeypatch, tmp_path):
    """A technique of another package: its options, its report, its pictures with their recipe."""
    (packages := tmp_path / "packages").mkdir()
    install(packages, monkeypatch, "snow_command", of_the_guide()[0])
    words = ["--steps", "3", "--amount", "64/255", "--network", "lenet", "--json"]
    ended = visualizer("snow", coffee, "-o", tmp_path / "out", *words)
    assert (ended.status, ended.err) == (0, "")
    report = json.loads(ended.out)
    assert report["settings"] == {"steps": 3, "amount": pytest.approx(64 / 255), "seed": 0}
    (row,) = report["pictures"]
    assert row["noise"] == pytest.approx(64 / 255)
    assert 0 <= row["probability"] <= 1
    assert open_specimen(tmp_path / "out" / row["file"]).provenance.technique == "snow"
    assert "snow" in visualizer("--help").out
    assert "steps is 0" in visualizer("snow", coffee, "-o", tmp_path, "--steps", "0").refused()


def test_a_broken_plug_in_is_told_and_commands_work_on(visualizer, coffee, monkeypatch, tmp_path):
    install(tmp_path, monkeypatch, "broken_command", "import no_such_library")
    ended = visualizer("classify", coffee, "--network", "lenet")
    assert ended.status == 0
    assert ended.err.count("\n") == 1
    assert "visualizer-broken_command" in ended.err


def test_a_plug_in_named_like_a_command_takes_nothing_from_it(visualizer, monkeypatch, tmp_path):
    code = of_the_guide()[0].replace('name="snow"', 'name="classify"')
    install(tmp_path, monkeypatch, "classify_plugin", code)
    assert "How many names to show" in visualizer("classify", "--help").out
