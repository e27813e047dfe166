"""Results of methods and tables of sanity checks, as a window shows them."""

from itertools import pairwise

import numpy as np
import pytest

from visualizer.engine.attribution.method import VIEWS, shown
from visualizer.engine.attribution.results import attribution_results
from visualizer.engine.attribution.sanity import TRAINED
from visualizer.engine.attribution.sanity_table import SanityCell, SanityTable, sanity_table
from visualizer.engine.errors import UserError
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.engine.technique import techniques


@pytest.fixture
def specimen(photo):
    return Specimen(photo, "Waves", Provenance("sample"))


def test_a_result_is_shown_in_every_view_and_can_be_made_again(plain, specimen):
    technique = techniques()["saliency"]
    (result,) = attribution_results(plain, specimen, "saliency", technique.settings(target="dog"))
    assert result.done
    assert result.seconds > 0
    assert result.title == "Waves, Saliency: dog"
    for view in VIEWS[1:]:
        np.testing.assert_array_equal(result.views[view], shown(result.frame, view, 0.0))
    made = result.specimen("overlay", 0.3)
    recipe = made.provenance
    assert recipe.parents == (specimen.id,)
    settings = technique.settings.from_dict(recipe.settings)
    (again,) = technique(plain, specimen, settings)
    np.testing.assert_allclose(again.picture / 255, made.picture, atol=1e-6)


def test_a_slow_method_gives_a_result_for_each_step(plain, specimen):
    settings = techniques()["occlusion"].settings(stride=0.3)
    results = list(attribution_results(plain, specimen, "occlusion", settings))
    steps = [result.step for result in results]
    assert steps == sorted(steps)
    assert [result.done for result in results] == [False] * (len(results) - 1) + [True]
    assert results[0].seconds < results[-1].seconds


def test_what_a_method_cannot_explain_is_an_error(plain, specimen):
    settings = techniques()["grad-cam"].settings(target="conv1:0")
    with pytest.raises(UserError, match="Grad-CAM"):
        list(attribution_results(plain, specimen, "grad-cam", settings))


def test_every_table_of_a_sanity_check_holds_all_maps_so_far(plain, specimen):
    names = "saliency", "grad-cam"
    chosen = {name: techniques()[name].settings() for name in names}
    tables = list(sanity_table(plain, specimen, chosen))
    last = tables[-1]
    assert last.methods == names
    assert last.stages == (TRAINED, "output", "conv2", "conv1")
    assert (last.step, last.total, last.columns) == (8, 8, 4)
    assert last.label in plain.classes
    assert last.cell("saliency", TRAINED).rank == pytest.approx(1)
    assert last.cell("saliency", "pool1") is None
    for before, now in pairwise(tables):
        assert now.cells[: len(before.cells)] == before.cells


def test_a_method_notices_by_the_mean_of_its_lost_stages():
    picture = np.zeros((2, 2, 3), np.uint8)
    table = SanityTable((SanityCell("saliency", TRAINED, picture, 1.0, 1.0),))
    assert table.mean_rank("saliency") is None
    assert table.notices("saliency") is None
    ranks = {"saliency": (0.2, 0.4), "deconvnet": (0.9, 0.5)}
    cells = tuple(
        SanityCell(name, f"conv{place}", picture, rank, 0.0)
        for name, two in ranks.items()
        for place, rank in enumerate(two)
    )
    table = SanityTable(table.cells + cells)
    assert table.mean_rank("saliency") == pytest.approx(0.3)
    assert table.notices("saliency")
    assert not table.notices("deconvnet")
