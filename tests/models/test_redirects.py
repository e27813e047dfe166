"""Downloads stay with the publishers or the mirror, and do not go on for ever."""

import dataclasses
import threading

import pytest

from tests.models.misbehaving import CONTENT, TITLE, cache, finish, remote, server
from visualizer.models import transfer
from visualizer.models.download import DownloadError, RemoteFile, fetch

__all__ = ["cache", "server"]


@pytest.mark.parametrize("address", ["/elsewhere.h5", "elsewhere.h5"])
def test_a_server_may_send_on_within_itself(server, address):
    server.behaviours = [f"send on to {address}"]
    path, _ = finish(fetch(remote(server), TITLE))
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x", "https://nowhere.invalid/x", "file:///etc/passwd", "//x/y"]
)
def test_nobody_sends_on_to_where_the_file_is_not_published(server, cache, address):
    server.behaviours = [f"send on to {address}"]
    with pytest.raises(DownloadError, match="sends on to another address"):
        finish(fetch(remote(server), TITLE))
    assert list(cache.iterdir()) == []


def test_a_server_that_sends_on_for_ever_is_left(server):
    server.behaviours = ["send on to /again"] * 50
    with pytest.raises(DownloadError, match="sends on"):
        finish(fetch(remote(server), TITLE))
    assert len(server.requests) == transfer.REDIRECTS


def test_publishers_may_send_on_to_each_other_but_a_mirror_may_not(monkeypatch, tmp_path):
    file = RemoteFile("https://storage.googleapis.com/weights.h5", "sha256:" + "0" * 64)
    there = "https://download.pytorch.org/weights.h5"
    assert transfer.Transfer(file, TITLE, tmp_path)._may_follow(file.url, there)
    assert not transfer.Transfer(file, TITLE, tmp_path)._may_follow(
        file.url, there.replace("https", "http")
    )
    monkeypatch.setenv(transfer.MIRROR, "https://mirror.invalid")
    assert not transfer.Transfer(file, TITLE, tmp_path)._may_follow(
        "https://mirror.invalid/weights.h5", there
    )


def test_a_server_that_drips_for_ever_is_given_up(server, monkeypatch):
    monkeypatch.setattr(transfer, "WHOLE_SECONDS", 0.5)
    file = dataclasses.replace(remote(server), size=len(CONTENT))
    monkeypatch.setattr(transfer, "BYTES_A_SECOND", 10**9)
    server.behaviours = ["drips"]
    with pytest.raises(DownloadError, match="took longer than it may"):
        finish(fetch(file, TITLE))
    server.released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("download "):
            thread.join(10)
