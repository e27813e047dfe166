"""The pictures of the catalogue are those of the networks themselves."""

import json

import pytest

from visualizer.engine.network import Network
from visualizer.engine.preprocessing import Preprocessing
from visualizer.models import portraits, torchvision_nets
from visualizer.models.catalog import open_network


def opened(model):
    pixels = Preprocessing(channels=model.input_shape[-1])
    return Network(model, name="n", title="N", classes=(), preprocessing=pixels, sha256="")


@pytest.mark.parametrize("name", ["lenet", "alexnet"])
def test_the_kept_portrait_is_that_of_the_shipped_network(name):
    assert portraits.portraits()[name] == portraits.portrait(open_network(name).stages)


def test_the_kept_portrait_is_the_one_that_is_built():
    built = opened(torchvision_nets.build_googlenet())
    assert portraits.portraits()["googlenet"] == portraits.portrait(built.stages)


def test_branches_share_a_column_and_depth_goes_right(residual):
    columns = portraits.portrait(residual.stages)
    assert columns[0] == (portraits.Block("input", 20, 3),)
    assert sum(map(len, columns)) == len(residual.stages)
    assert columns[-1][0].units == 7
    assert columns[-1][0].side == 1


@pytest.mark.parametrize("content", ["", "[", None])
def test_without_the_file_there_are_no_pictures_and_no_error(content, tmp_path, monkeypatch):
    file = tmp_path / "portraits.json"
    if content is not None:
        file.write_text(content)

    def resource(name):
        if not file.exists():
            raise portraits.MissingFileError(f"{name} is missing.")
        return file

    monkeypatch.setattr(portraits, "resource", resource)
    assert portraits.portraits.__wrapped__() == {}


def test_the_file_is_small():
    file = portraits.resource(portraits.FILE)
    assert file.stat().st_size < 100_000
    assert json.loads(file.read_text(encoding="utf-8"))
