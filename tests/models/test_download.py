"""The real code against a server on this machine that behaves as badly as servers do."""

import dataclasses
import threading

import pytest

from tests.models.misbehaving import CONTENT, PATIENCE, TITLE, cache, finish, remote, server
from visualizer.models import download, transfer
from visualizer.models.download import DownloadError, RemoteFile, fetch, pack

__all__ = ["cache", "server"]  # fixtures


@pytest.mark.parametrize("algorithm", ["sha256", "md5"])
def test_a_file_arrives_whole_and_is_not_asked_for_again(server, cache, algorithm):
    file = remote(server, algorithm=algorithm)
    assert not download.is_here(file)
    path, _ = finish(fetch(file, TITLE))
    assert path.parent == cache
    assert path.read_bytes() == CONTENT
    assert download.is_here(file)
    finish(fetch(file, TITLE))
    assert len(server.requests) == 1
    assert (
        sorted(p.name for p in cache.iterdir())
        == {
            "sha256": ["weights.h5"],
            "md5": ["weights.h5", "weights.h5.sha256"],
        }[algorithm]
    )


def test_a_file_that_was_damaged_on_disk_is_fetched_again(server, cache):
    file = remote(server)
    cache.mkdir(parents=True)
    (cache / file.name).write_bytes(b"rotten")
    path, _ = finish(fetch(file, TITLE))
    assert path.read_bytes() == CONTENT


def test_a_cut_in_the_middle_is_taken_up_where_it_broke(server):
    server.behaviours = ["cut", "cut"]
    path, _ = finish(fetch(remote(server), TITLE))
    assert path.read_bytes() == CONTENT
    third = len(CONTENT) // 3
    assert server.requests == [None, f"bytes={third}-", f"bytes={2 * third}-"]


def test_a_server_without_ranges_begins_again(server):
    server.behaviours = ["cut", "no ranges"]
    path, _ = finish(fetch(remote(server), TITLE))
    assert path.read_bytes() == CONTENT


def test_one_that_goes_on_breaking_says_how_far_it_came_and_goes_on_next_time(server, cache):
    server.behaviours = ["stalls", "stuck"]
    with pytest.raises(DownloadError, match=r"broke off at 0\.7 MB of 2\.1 MB"):
        finish(fetch(remote(server), TITLE))
    kept = (cache / "weights.h5.part").stat().st_size
    assert kept == len(CONTENT) // 3
    server.behaviours, before = [], len(server.requests)
    finish(fetch(remote(server), TITLE))
    assert server.requests[before:] == [f"bytes={kept}-"]


def test_a_wrong_file_is_thrown_away(server, cache):
    server.behaviours = ["login page"]
    with pytest.raises(DownloadError, match="wrong checksum"):
        finish(fetch(remote(server), TITLE))
    assert list(cache.iterdir()) == []


def test_wrong_beginnings_are_not_resumed_for_ever(server, cache):
    cache.mkdir(parents=True)
    (cache / "weights.h5.part").write_bytes(b"x" * 1000)
    path, _ = finish(fetch(remote(server), TITLE))
    assert path.read_bytes() == CONTENT
    assert server.requests == ["bytes=1000-", None]


def test_more_than_the_whole_file_is_not_kept(server, cache):
    cache.mkdir(parents=True)
    (cache / "weights.h5.part").write_bytes(CONTENT + b"too much")
    path, _ = finish(fetch(remote(server), TITLE))
    assert path.read_bytes() == CONTENT


def test_all_of_it_but_not_yet_moved_is_not_fetched_again(server, cache):
    cache.mkdir(parents=True)
    (cache / "weights.h5.part").write_bytes(CONTENT)
    path, _ = finish(fetch(remote(server), TITLE))
    assert path.read_bytes() == CONTENT
    assert server.requests == [f"bytes={len(CONTENT)}-"]


def test_a_server_that_never_answers_ends_in_a_sentence(server):
    server.behaviours = ["silent"]
    with pytest.raises(DownloadError, match="does not answer") as refusal:
        finish(fetch(remote(server), TITLE))
    assert server.outwaited == 0
    assert TITLE in str(refusal.value)
    assert download.MIRROR in str(refusal.value)


@pytest.mark.parametrize("behaviour", ["silent", "stalls"])
def test_cancel_does_not_wait_for_the_server(server, monkeypatch, behaviour):
    monkeypatch.setattr(transfer, "READ_SECONDS", 2.0 * PATIENCE)
    server.behaviours = [behaviour]
    fetching = fetch(remote(server), TITLE)
    for _ in range(4):
        next(fetching)
    fetching.close()
    assert server.outwaited == 0, "a slice, or the end, waited for the network"
    server.released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("download "):
            thread.join(10)
            assert not thread.is_alive()
    assert len(server.requests) == 1, "it asked again after it was cancelled"


def test_progress_is_told_and_a_cancelled_download_goes_on_later(server, cache):
    server.behaviours = ["stalls"]
    fetching = fetch(remote(server), TITLE)
    while (progress := next(fetching)).step == 0:
        pass
    assert 0 < progress.step < len(CONTENT)
    assert progress.total == len(CONTENT)
    while (cache / "weights.h5.part").stat().st_size < len(CONTENT) // 3:
        next(fetching)
    fetching.close()
    path, seen = finish(fetch(remote(server), TITLE))
    assert path.read_bytes() == CONTENT
    assert server.requests[1] == f"bytes={len(CONTENT) // 3}-"
    assert all(p.step <= len(CONTENT) for p in seen)


def test_a_late_answer_to_a_cancelled_download_touches_nothing(server, cache, monkeypatch):
    monkeypatch.setattr(transfer, "READ_SECONDS", 15.0)
    server.behaviours = ["late", "stalls"]
    cancelled = fetch(remote(server), TITLE)
    while not server.requests:
        next(cancelled)
    (late,) = [each for each in threading.enumerate() if each.name.startswith("download ")]
    cancelled.close()
    again = fetch(remote(server), TITLE)
    part = cache / "weights.h5.part"
    while not part.exists() or part.stat().st_size < len(CONTENT) // 3:
        next(again)
    server.answer.set()
    late.join(10)
    assert not late.is_alive()
    assert part.stat().st_size == len(CONTENT) // 3
    server.released.set()
    again.close()


def test_a_file_the_server_has_not_is_said(server):
    server.behaviours = ["missing"]
    with pytest.raises(DownloadError, match="404"):
        finish(fetch(remote(server), TITLE))


def test_without_internet_there_is_one_clear_sentence(server):
    port = server.server_port + 1 if server.server_port < 65535 else server.server_port - 1
    file = RemoteFile(f"http://127.0.0.1:{port}/weights.h5", f"md5:{'0' * 32}")
    with pytest.raises(DownloadError) as refusal:
        finish(fetch(file, TITLE))
    assert str(refusal.value) == (
        "TestNet is not on this computer yet and 127.0.0.1 does not answer; connect to the "
        "internet, or set VISUALIZER_MIRROR to a folder made by: visualizer networks pack"
    )


def test_a_mirror_folder_is_used_instead_of_the_internet(server, tmp_path, monkeypatch):
    file = remote(server)
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / file.name).write_bytes(CONTENT)
    monkeypatch.setenv(download.MIRROR, str(mirror))
    path, _ = finish(fetch(file, TITLE))
    assert path.read_bytes() == CONTENT
    assert server.requests == []


def test_a_mirror_with_a_wrong_file_is_noticed(server, tmp_path, monkeypatch):
    file = remote(server)
    (tmp_path / file.name).write_bytes(b"something else")
    monkeypatch.setenv(download.MIRROR, str(tmp_path))
    with pytest.raises(DownloadError, match="wrong checksum"):
        finish(fetch(file, TITLE))


def test_a_mirror_that_lacks_the_file_says_how_to_fill_it(server, tmp_path, monkeypatch):
    monkeypatch.setenv(download.MIRROR, str(tmp_path))
    with pytest.raises(DownloadError, match="visualizer networks pack"):
        finish(fetch(remote(server), TITLE))
    assert server.requests == []


def test_a_mirror_server_is_used_instead_of_the_internet(server, monkeypatch):
    address = f"http://127.0.0.1:{server.server_port}/networks/"
    monkeypatch.setenv(download.MIRROR, address)
    file = RemoteFile("https://nowhere.invalid/weights.h5", remote(server).hash)
    path, _ = finish(fetch(file, TITLE))
    assert path.read_bytes() == CONTENT


def test_a_packed_folder_is_a_mirror(server, tmp_path, monkeypatch, cache):
    file = remote(server)
    folder = tmp_path / "for the class"
    finish(pack(folder, [(file, TITLE)]))
    assert [p.name for p in folder.iterdir()] == [file.name]
    finish(pack(folder, [(file, TITLE)]))
    assert len(server.requests) == 1
    assert not download.is_here(file)
    monkeypatch.setenv(download.MIRROR, str(folder))
    path, _ = finish(fetch(file, TITLE))
    assert path == cache / file.name
    assert len(server.requests) == 1


def test_the_mirror_itself_can_be_filled(server, tmp_path, monkeypatch):
    mirror = tmp_path / "mirror"
    monkeypatch.setenv(download.MIRROR, str(mirror))
    file = remote(server)
    finish(pack(mirror, [(file, TITLE)]))
    assert (mirror / file.name).read_bytes() == CONTENT


def test_packing_takes_what_was_downloaded_before(server, tmp_path):
    file = remote(server)
    finish(fetch(file, TITLE))
    finish(pack(tmp_path / "packed", [(file, TITLE)]))
    assert (tmp_path / "packed" / file.name).read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_damaged_copy_in_the_cache_is_not_packed(server, tmp_path, cache):
    file = remote(server)
    cache.mkdir(parents=True)
    (cache / file.name).write_bytes(b"rotten")
    finish(pack(tmp_path / "packed", [(file, TITLE)]))
    assert (tmp_path / "packed" / file.name).read_bytes() == CONTENT
    assert len(server.requests) == 1


def test_a_server_that_announces_another_size_is_not_listened_to(server, cache):
    file = dataclasses.replace(remote(server), size=len(CONTENT) + 1)
    with pytest.raises(DownloadError, match=r"What 127\.0\.0\.1 sent .* is not the published file"):
        finish(fetch(file, TITLE))
    assert list(cache.iterdir()) == []


def test_more_than_the_known_size_never_reaches_the_disk(server, tmp_path, monkeypatch):
    (tmp_path / "weights.h5").write_bytes(CONTENT * 3)
    monkeypatch.setenv(download.MIRROR, str(tmp_path))
    file, written = dataclasses.replace(remote(server), size=len(CONTENT)), []
    monkeypatch.setattr(transfer.Transfer, "_write", counting(transfer.Transfer._write, written))
    with pytest.raises(DownloadError, match="not the published file"):
        finish(fetch(file, TITLE))
    assert sum(written) <= len(CONTENT)


def counting(write, written):
    def counted(transfer, writer, block):
        write(transfer, writer, block)
        written.append(len(block))

    return counted


def test_a_folder_that_cannot_be_written_is_said(server, tmp_path):
    (tmp_path / "packed").write_text("a file, not a folder")
    with pytest.raises(DownloadError, match="could not be kept"):
        finish(pack(tmp_path / "packed", [(remote(server), TITLE)]))


def test_what_the_policy_forbids_is_not_asked_for(server, set_policy):
    set_policy("downloads = false")
    with pytest.raises(DownloadError, match=r"is not on this computer yet. Downloads are not allo"):
        finish(fetch(remote(server), TITLE))
    assert server.requests == []


def test_the_mirror_of_the_policy_is_used_whatever_is_forbidden(server, set_policy, tmp_path):
    file = remote(server)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / file.name).write_bytes(CONTENT)
    set_policy(f"downloads = false\nmirror = '{tmp_path / 'mirror'}'")
    path, _ = finish(fetch(file, TITLE))
    assert path.read_bytes() == CONTENT
    assert server.requests == []


def test_what_is_here_already_opens_where_downloads_are_forbidden(server, cache, set_policy):
    file = remote(server)
    finish(fetch(file, TITLE))
    set_policy("downloads = false")
    finish(fetch(file, TITLE))
    assert len(server.requests) == 1
