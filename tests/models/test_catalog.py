import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from visualizer.engine.errors import UserError
from visualizer.models import catalog, doctor, download, loader
from visualizer.models.catalog import UnknownNetworkError


def test_the_catalogue_is_read_without_keras_or_numpy():
    program = (
        "import sys; from visualizer.models.catalog import entries; entries();"
        "print([m for m in ('keras', 'tensorflow', 'numpy', 'requests') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_rows_are_complete_and_names_unique():
    rows = catalog.entries()
    names = [row.name for row in rows]
    assert len(set(names)) == len(names)
    assert {"efficientnet-lite0", "alexnet-imagenet", "googlenet", "vgg16"} <= set(names)
    assert sum(row.where == "download" for row in rows) == 10
    for row in rows:
        assert row.name == row.name.lower()
        assert row.title
        assert row.data
        assert row.licence
        assert row.source
        assert len(row.input) == 3
        assert row.top1 is None or 0 < row.top1 < 1
        assert row.megabytes > 0 or not row.available


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("vgg-16", "did you mean 'vgg16'"),
        ("efficientnet", "efficientnet-lite0"),
        ("nonsense", "There is no network called 'nonsense'"),
        ("", "There is no network called ''"),
        ("models/mine.keras", "There is no file models/mine.keras"),
        ("mine.h5", "There is no file mine.h5"),
    ],
)
def test_an_unknown_name_is_told_what_there_is(given, expected):
    with pytest.raises(UnknownNetworkError) as refusal:
        catalog.open_network(given)
    assert expected in str(refusal.value)
    assert "googlenet" in str(refusal.value)


@pytest.fixture
def asked(monkeypatch):
    """What the loader was asked to open: (path, options); it opens nothing."""
    given = []

    def opening(path, **options):
        given.append((path, {key: value for key, value in options.items() if value}))
        yield doctor.Trial(1, 2)
        return "network"

    monkeypatch.setattr(loader, "opening", opening)
    return given


def test_a_path_is_opened_as_a_file_with_what_was_said_of_it(tmp_path, asked):
    path = tmp_path / "mine.keras"
    path.touch()
    assert catalog.open_network(path) == "network"
    names = tmp_path / "names.txt"
    assert catalog.open_network(str(path), trust=True, labels=names, scaling="caffe") == "network"
    said = {"trust": True, "labels": names, "preprocessing": "caffe"}
    assert asked == [(path, {}), (path, said)]


def test_an_output_is_named_after_the_path(tmp_path, asked):
    path = tmp_path / "mine.keras"
    path.touch()
    assert catalog.open_network(f"{path}:breed") == "network"
    (tmp_path / "odd.keras:breed").touch()  # a colon may also be part of a name
    assert catalog.open_network(tmp_path / "odd.keras:breed") == "network"
    assert asked == [(path, {"output": "breed"}), (tmp_path / "odd.keras:breed", {})]
    for name in (f"{path}:", "nowhere.keras:breed", ":breed"):
        with pytest.raises(UnknownNetworkError, match="There is no"):
            catalog.open_network(name)


@pytest.mark.parametrize("said", [{"scaling": "caffe"}, {"labels": "names.txt"}])
def test_nothing_is_to_be_said_of_the_catalogues_networks(said):
    for name in ("lenet", "vgg16", "efficientnet-lite0"):
        with pytest.raises(catalog.OptionError, match=f"of {name} are known; --labels"):
            catalog.open_network(name, **said)


def test_a_download_reports_progress_and_then_opens(tmp_path, monkeypatch):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "net.h5").write_bytes(b"weights")
    row = catalog.entries()[-1]
    file = download.RemoteFile(
        "https://nowhere.invalid/net.h5", "md5:63f4f1e9b725370f459720575cd5f953"
    )
    network = download.Published(row, file, lambda path: SimpleNamespace(data=path.read_bytes()))
    monkeypatch.setattr(catalog, "_published", lambda: (network,))
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path))
    monkeypatch.setenv("VISUALIZER_MIRROR", str(mirror))
    told = []
    opened = catalog.open_network(row.name, progress=told.append)
    assert opened.data == b"weights"
    assert opened.card["licence"] == row.licence
    assert told
    assert catalog.entries()[-1].available


def test_packing_an_unknown_network_is_refused_before_anything_is_fetched(tmp_path):
    with pytest.raises(UserError, match="'lenet' is no network to download"):
        catalog.pack(tmp_path / "packed", ["vgg16", "lenet"])
    assert not (tmp_path / "packed").exists()


def test_packing_without_internet_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("VISUALIZER_MIRROR", str(tmp_path / "empty"))
    with pytest.raises(UserError, match="there is no file alexnet-owt"):
        list(catalog.pack(Path(tmp_path / "packed")))
