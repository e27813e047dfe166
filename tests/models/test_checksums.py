"""A file whose publisher names an MD5 only is known by its SHA-256 from its first arrival on."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.models import checksums, download
from visualizer.models.download import DownloadError, RemoteFile, fetch, pack

CONTENT = bytes(range(256)) * 64
SHA256 = hashlib.sha256(CONTENT).hexdigest()
FILE = RemoteFile("https://nowhere.invalid/vgg.h5", f"md5:{hashlib.md5(CONTENT).hexdigest()}")


@pytest.fixture(autouse=True)
def mirror(tmp_path, monkeypatch):
    """A folder with the file, in place of the internet."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / FILE.name).write_bytes(CONTENT)
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(download.MIRROR, str(folder))
    return folder


def arrived():
    steps = fetch(FILE, "VGG")
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def forged(monkeypatch, data: bytes) -> None:
    """Let every file have the published MD5, as one made on purpose would."""
    real = checksums._digest
    published = FILE.hash.removeprefix("md5:")
    monkeypatch.setattr(
        checksums, "_digest", lambda path, how: published if how == "md5" else real(path, how)
    )
    assert hashlib.sha256(data).hexdigest() != SHA256


def test_the_sha256_is_noted_as_sha256sum_writes_it():
    path = arrived()
    note = path.with_name("vgg.h5.sha256").read_text()
    assert note == f"{SHA256}  vgg.h5\n"
    assert checksums.noted(path) == f"sha256:{SHA256}"


def test_later_loads_are_checked_by_sha256(monkeypatch, mirror):
    path = arrived()
    path.write_bytes(b"another file of the same MD5")
    forged(monkeypatch, path.read_bytes())
    assert arrived().read_bytes() == CONTENT  # fetched again


def test_another_file_of_the_same_md5_does_not_replace_it(monkeypatch, mirror):
    path = arrived()
    path.unlink()
    (mirror / FILE.name).write_bytes(b"another file of the same MD5")
    forged(monkeypatch, (mirror / FILE.name).read_bytes())
    with pytest.raises(DownloadError, match=r"published MD5, but not the SHA-256.*vgg\.h5\.sha256"):
        arrived()
    assert not path.exists()


def test_the_note_goes_along_into_a_packed_folder_and_from_there(monkeypatch, mirror, tmp_path):
    packed = tmp_path / "packed"
    list(pack(packed, [(FILE, "VGG")]))
    assert checksums.noted(packed / FILE.name) == f"sha256:{SHA256}"
    (packed / FILE.name).write_bytes(b"another file of the same MD5")
    monkeypatch.setenv(download.MIRROR, str(packed))
    forged(monkeypatch, (packed / FILE.name).read_bytes())
    with pytest.raises(DownloadError, match="not the SHA-256"):
        arrived()


def test_a_note_that_cannot_be_read_is_made_again():
    path = arrived()
    path.with_name("vgg.h5.sha256").write_bytes(b"\xff\xfe rotten")
    assert checksums.noted(path) is None
    path.write_bytes(b"rotten too")
    arrived()
    assert checksums.noted(path) == f"sha256:{SHA256}"


@given(st.binary(max_size=200))
def test_any_note_is_a_sha256_or_none(data):
    found = checksums.parse(data.decode("latin-1"))
    assert found is None or (len(found) == 71 and int(found.removeprefix("sha256:"), 16) >= 0)
