"""The fingerprint of a model is of what is read of it, however it is named."""

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.models.editing import save
from tests.models.refusals import small
from visualizer.models import label_files, loader

FILES = Path(__file__).parent / "files"


@pytest.fixture
def whole(tmp_path):
    return save(small(), tmp_path / "net.keras")


def test_the_same_file_has_the_same_fingerprint(whole, tmp_path):
    (tmp_path / "other").mkdir()
    copy = tmp_path / "other" / "renamed.keras"
    copy.write_bytes(whole.read_bytes())
    assert loader.open_file(whole).sha256 == loader.open_file(copy).sha256
    assert len(loader.open_file(whole).sha256) == 64


@pytest.mark.parametrize("description", ["net.json", "net.txt"])
def test_a_description_counts_with_its_weights(description, tmp_path):
    model = small()
    model.save_weights(tmp_path / "net.weights.h5")
    (tmp_path / description).write_text(model.to_json())
    before = loader.fingerprint(tmp_path / description)
    if description == "net.json":
        assert loader.fingerprint(tmp_path / "net.weights.h5") == before
    model.set_weights([2 * weight + 1 for weight in model.get_weights()])
    model.save_weights(tmp_path / "net.weights.h5")
    assert loader.fingerprint(tmp_path / description) != before


def unpacked(whole, folder):
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(folder)


def alone(whole, folder):
    shutil.copy(whole, folder)


def saved_model(whole, folder):
    shutil.copytree(FILES / "transfer_savedmodel", folder, dirs_exist_ok=True)


@pytest.mark.parametrize(
    ("fill", "read"),
    [
        (unpacked, "model.weights.h5"),
        (alone, "net.keras"),
        (saved_model, "variables/variables.data-00000-of-00001"),
    ],
)
def test_a_folder_counts_by_what_is_read_of_it(fill, read, whole, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    fill(whole, folder)
    before = loader.open_file(folder, preprocessing="0..1").sha256
    (folder / "labels.txt").write_text("cat\ndog\nmouse\n")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "train").mkdir()
    (folder / "train" / "cat.jpg").write_bytes(b"x")
    assert loader.fingerprint(folder) == before
    with (folder / read).open("ab") as file:
        file.write(b"x")
    assert loader.fingerprint(folder) != before


def test_a_text_in_the_archive_that_is_too_long_for_names_is_passed_over(whole, tmp_path):
    path = tmp_path / "net.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(whole, "net.keras")
        archive.writestr("log.txt", b"loss\n" * (label_files.MAX_BYTES // 4))
        archive.writestr("labels.txt", "cat\ndog\nmouse\n")
    assert loader.open_file(path, preprocessing="0..1").classes == ("cat", "dog", "mouse")
