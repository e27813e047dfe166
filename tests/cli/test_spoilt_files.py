"""Model files that are spoilt, or bring code: a command says so in one line, and ends with 2."""

import json
import shutil
from pathlib import Path

import h5py
import keras
import pytest
from keras import layers

from tests.models.editing import edit, save
from tests.models.editing import layers as entries
from tests.models.refusals import small

SAVED_MODEL = Path(__file__).parents[1] / "models" / "files" / "transfer_savedmodel"


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A folder of good model files."""
    folder = tmp_path_factory.mktemp("good")
    for end in (".keras", ".h5"):
        save(small(), folder / f"net{end}")
    code = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Lambda(lambda x: x * 2, name="twice"), layers.Flatten()]
    )
    save(code, folder / "code.keras")
    return folder


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def turned(path):
    path.write_bytes(path.read_bytes()[::-1])


def emptied(path):
    path.write_bytes(b"")


def edited(kind, **settings):
    def spoil(path):
        edit(path, lambda config: entries(config, kind)[0]["config"].update(settings))

    return spoil


def renamed(path):
    edit(path, lambda config: entries(config, "Flatten")[0].update(class_name="Mine", module=None))


def fed_by_nothing(path):
    def change(config):
        inside = config["config"]["layers"]
        ends = {"input_layers": [["a", 0, 0]], "output_layers": [["conv", 0, 0]]}
        config |= {"class_name": "Functional", "config": {"layers": inside, "name": "n"} | ends}

    edit(path, change)


@pytest.mark.parametrize("end", [".keras", ".h5"])
@pytest.mark.parametrize(
    "spoil",
    [
        *(cut, turned, emptied, renamed, fed_by_nothing),
        edited("Dense", units=10**12),
        edited("Dense", units="many"),
        edited("Conv2D", activation="my own"),
        edited("InputLayer", batch_shape=[None, 10**6, 10**6, 3]),
    ],
)
def test_a_spoilt_file_is_one_line(visualizer, coffee, good, tmp_path, spoil, end):
    path = shutil.copy(good / f"net{end}", tmp_path)
    spoil(Path(path))
    assert "net" in visualizer("classify", coffee, "--network", path).refused()


def test_data_in_another_file_is_one_line(visualizer, coffee, good, tmp_path):
    path = shutil.copy(good / "net.h5", tmp_path)
    with h5py.File(path, "r+") as file:
        file["elsewhere"] = h5py.ExternalLink("/etc/passwd", "/x")
    assert "outside itself" in visualizer("classify", coffee, "--network", path).refused()


@pytest.mark.parametrize("part", ["keras_metadata.pb", "variables/variables.index"])
def test_a_spoilt_folder_is_one_line(visualizer, coffee, tmp_path, part):
    folder = shutil.copytree(SAVED_MODEL, tmp_path / "saved")
    cut(folder / part)
    assert "saved" in visualizer("classify", coffee, "--network", folder).refused()


def test_code_runs_with_trust_only(visualizer, coffee, good):
    asked = ["classify", coffee, "--network", good / "code.keras", "--json"]
    assert "--trust" in visualizer(*asked).refused()
    ended = visualizer(*asked, "--trust")
    assert ended.status == 0
    assert json.loads(ended.out)[0]["top"]
