"""Networks of one's own in the catalogue: kept, listed, opened by name, deleted."""

import json
import zipfile

import keras
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visualizer.engine.errors import UserError
from visualizer.engine.preprocessing import Preprocessing
from visualizer.models import catalog, own_networks
from visualizer.models.trained import save_network, save_trained


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.layers.Input((12, 10, 3)),
            keras.layers.Flatten(),
            keras.layers.Dense(3, name="output"),
        ]
    )


def kept(model, title, **card):
    path = catalog.path_to_keep(title)
    told = {"title": title, "data": "Pets", "validation_accuracy": 0.75, **card}
    return save_trained(path, model, ("ant", "bee", "cat"), Preprocessing(), told).stem


def own():
    return [entry for entry in catalog.entries() if entry.where == "yours"]


def test_what_is_kept_is_listed_opened_by_its_name_and_deleted(model):
    assert own() == []
    name = kept(model, "My Pets, größer!")
    assert name == "my-pets-groer"
    (entry,) = own()
    assert (entry.name, entry.title, entry.place) == (name, "My Pets, größer!", "Yours")
    assert (entry.input, entry.classes, entry.top1) == ((12, 10, 3), 3, 0.75)
    assert entry.parameters == model.count_params()
    assert entry.available
    assert catalog.title_of(name) == entry.title
    network = catalog.open_network(name)
    assert (network.name, network.title, network.classes[2]) == (name, entry.title, "cat")
    assert catalog.name_of(network) == name
    catalog.remove(name)
    assert own() == []
    with pytest.raises(UserError, match="no network called 'my-pets-groer'"):
        catalog.open_network(name)
    with pytest.raises(UserError, match="those are: none yet"):
        catalog.remove(name)


def test_two_of_one_title_and_a_title_of_another_network_have_names_of_their_own(model):
    names = [kept(model, title) for title in ("Pets", "pets", "LeNet", "???")]
    assert names == ["pets", "pets-2", "lenet-2", "mine"]
    assert sorted(entry.name for entry in own()) == sorted(names)


def test_a_file_that_was_saved_elsewhere_can_be_added(model, explore, tmp_path):
    file = save_network(explore(model), tmp_path / "Insects.keras")
    assert catalog.add(file).name == "insects"
    assert file.exists()
    model.save(tmp_path / "bare.keras")
    with pytest.raises(UserError, match="was not saved by"):
        catalog.add(tmp_path / "bare.keras")
    with pytest.raises(UserError, match="cannot be read"):
        catalog.add(tmp_path / "none.keras")


@pytest.mark.parametrize("name", ["../mine", "a/b", "", ".", "Mine", "x" * 5000, "a\0b"])
def test_only_names_of_the_folder_are_names(model, name):
    kept(model, "mine")
    assert own_networks.path_of(name) is None
    with pytest.raises(UserError):
        catalog.remove(name)


def spoilt(path, card):
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (entries | {"card.json": card}).items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    "card",
    [b"", b"[]", b"{}", b"[" * 100_000, b" " * (own_networks.MAX_CARD_BYTES + 1), b'{"input": 3}'],
)
def test_a_file_whose_card_is_spoilt_is_not_listed(model, card):
    name = kept(model, "mine")
    spoilt(own_networks.path_of(name), card)
    assert own() == []


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(["title", "data", "licence", "validation_accuracy", "classes", "input"]),
        st.one_of(st.none(), st.text(), st.floats(), st.integers(), st.lists(st.integers())),
    )
)
def test_whatever_a_card_says_its_row_is_bounded_or_missing(tmp_path, card):
    whole = {"input": [1, 2, 3], "classes": ["a"], "parameters": 4}
    path = tmp_path / "some.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("card.json", json.dumps(whole | card))
    entry = own_networks._entry(path)
    if entry is not None:
        words = (entry.title, entry.data, entry.licence, entry.source, entry.licence_name)
        assert all(len(word) <= own_networks.LONGEST_TEXT and "\n" not in word for word in words)
        assert entry.top1 is None or 0 <= entry.top1 <= 1
        assert len(entry.input) == 3
