from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest

from visualizer.engine.colour_maps import table
from visualizer.engine.layers import LayersSettings
from visualizer.engine.rendering import BACKGROUND, bars, to_bytes
from visualizer.engine.settings import SettingsError
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.engine.technique import techniques


@pytest.fixture(scope="module")
def specimen(photo):
    return Specimen(photo, "Photo", Provenance("test"))


def run(network, specimen, **settings):
    return list(techniques()["layers"](network, specimen, LayersSettings(**settings)))


@pytest.mark.parametrize("name", ["plain", "residual"])
def test_every_stage_gets_a_frame_in_order(name, specimen, request):
    network = request.getfixturevalue(name)
    frames = run(network, specimen)
    assert [frame.label for frame in frames] == [stage.name for stage in network.stages]
    assert [frame.step for frame in frames] == list(range(1, len(frames) + 1))
    for frame in frames:
        assert frame.total == len(frames)
        assert frame.picture.dtype == np.uint8
        assert not frame.picture.flags.writeable
        assert min(frame.picture.shape[:2]) >= 100
        assert frame.picture.std() > 1  # something can be seen
        assert set(frame.numbers) == {"mean", "max", "min", "zeros"}


def test_nothing_is_computed_before_the_first_frame_is_asked_for(plain, specimen):
    frames = techniques()["layers"](plain, specimen)
    assert inspect.getgeneratorstate(frames) == "GEN_CREATED"
    assert next(frames).label == "data"
    frames.close()


def test_the_numbers_are_those_of_the_network(plain, specimen):
    maps = plain.forward(plain.fit(specimen.picture)[None])
    for frame in run(plain, specimen):
        values = maps[frame.label]
        assert frame.numbers["mean"] == pytest.approx(values.mean(), rel=1e-4)
        assert frame.numbers["max"] == pytest.approx(values.max(), rel=1e-4)
        assert frame.numbers["zeros"] == pytest.approx((values == 0).mean())


def test_the_data_is_shown_as_the_network_sees_it(plain, specimen):
    seen = to_bytes(plain.fit(specimen.picture, "fit"))
    first = run(plain, specimen, mode="fit", cell=48)[0]
    np.testing.assert_array_equal(first.picture, seen.repeat(2, axis=0).repeat(2, axis=1))


def test_each_channel_has_the_cell_asked_for(plain, specimen):
    stage = plain.stage("conv1")
    frame = {f.label: f for f in run(plain, specimen, cell=11, colour_map="viridis")}["conv1"]
    assert stage.units == 4
    height, width = frame.picture.shape[:2]
    assert (height + 1) % 12 == (width + 1) % 12 == 0
    assert ((height + 1) // 12) * ((width + 1) // 12) >= 4
    colours = {tuple(colour) for colour in frame.picture.reshape(-1, 3)}
    assert colours <= {tuple(colour) for colour in table("viridis")} | {BACKGROUND}
    assert tuple(table("viridis")[255]) in colours  # the strongest of all


def test_the_strongest_channels_come_first_when_asked(plain, specimen):
    probabilities = plain.forward(plain.fit(specimen.picture)[None])["output"][0]
    frame = run(plain, specimen, order="strength")[-1]
    expected = bars(np.sort(probabilities)[::-1], width=960, height=240)
    np.testing.assert_allclose(frame.picture.astype(int), expected, atol=2)


def test_each_channel_by_its_own_range_reaches_the_last_colour(plain, specimen):
    frames = {f.label: f for f in run(plain, specimen, cell=11, scaling="channel")}
    maps = plain.forward(plain.fit(specimen.picture)[None])["conv1"][0]
    brightest = (frames["conv1"].picture == table("inferno")[255]).all(axis=2)
    cells = [brightest[:11, :11], brightest[:11, 12:23], brightest[12:23, :11]]
    for unit, cell in enumerate(cells):
        assert cell.any() == (maps[..., unit].max() > 0)


def test_an_unknown_colour_map_is_refused_in_words():
    with pytest.raises(SettingsError, match="colour map is “rainbow”; it must be one of inferno"):
        LayersSettings(colour_map="rainbow")


def test_the_recipe_of_a_picture_made_of_it_names_network_and_settings(plain, specimen):
    made = techniques()["layers"].provenance(plain, specimen, LayersSettings(cell=20))
    assert (made.technique, made.network, made.settings["cell"]) == ("layers", "plain", 20)
    assert made.parents == (specimen.id,)
    assert Provenance.from_dict(made.to_dict()) == made


def test_the_registry_is_read_without_keras():
    code = (
        "import sys; from visualizer.engine.technique import techniques; techniques();"
        "sys.exit('keras' in sys.modules or 'tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
