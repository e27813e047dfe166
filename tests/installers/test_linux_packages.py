"""The packages of Linux around a stand-in for the program, and the file that runs by itself."""

import os
import shutil
import subprocess
import tarfile
from types import SimpleNamespace

import pytest

from tests.installers.conftest import PACKAGING

PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*"
"""

needs = {
    name: pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
    for name in ("xz", "dpkg-deb", "makensis", "desktop-file-validate", "appstreamcli", "rpmbuild")
}


@pytest.fixture(scope="module")
def made(script, tmp_path_factory):
    """A package, a file that runs, and the tree in them."""
    if shutil.which("xz") is None:
        pytest.skip("xz is not installed")
    packages = script("linux_packages")
    work = tmp_path_factory.mktemp("work")
    bundle = work / "convnet-visualizer"
    icons = bundle / "_internal" / "visualizer" / "resources" / "icons"
    icons.mkdir(parents=True)
    (icons / "app.svg").write_text("<svg/>")
    (bundle / "visualizer").write_text(PROGRAM)
    (bundle / "visualizer").chmod(0o755)
    (bundle / "visualizer-window").symlink_to("visualizer")
    (bundle / "documents" / "licences").mkdir(parents=True)
    (bundle / "documents" / "licences" / "convnet-visualizer.txt").write_text("MIT")
    (work / "icons").mkdir()
    for size in (16, 24, 32, 48, 64, 128, 256, 512):
        (work / "icons" / f"{size}.png").write_bytes(b"png")
    root = packages.lay_out(work, bundle, PACKAGING / "linux")
    payload = packages.packed(root, work / "data.tar.xz", "1700000000")
    deb, run = work / "convnet-visualizer_0.1.0_amd64.deb", work / "convnet-visualizer.run"
    packages.write_deb(root, payload, deb)
    packages.write_run(payload, run, PACKAGING / "linux" / "run.sh")
    return SimpleNamespace(
        packages=packages, work=work, root=root, payload=payload, deb=deb, run=run
    )


def test_the_same_files_are_packed_the_same(made, tmp_path):
    again = made.packages.packed(made.root, tmp_path / "again.tar.xz", "1700000000")
    assert again.read_bytes() == made.payload.read_bytes()
    with tarfile.open(made.payload) as archive:
        members = {member.name: member for member in archive}
    assert members["./opt/convnet-visualizer/visualizer"].mode & 0o111
    assert members["./usr/bin/visualizer"].linkname == "/opt/convnet-visualizer/visualizer"
    assert {member.uid for member in members.values()} == {0}
    for place in (
        "applications/convnet-visualizer.desktop",
        "mime/packages/convnet-visualizer.xml",
        "icons/hicolor/256x256/apps/convnet-visualizer.png",
        "icons/hicolor/scalable/apps/convnet-visualizer.svg",
    ):
        assert f"./usr/share/{place}" in members


@needs["dpkg-deb"]
def test_dpkg_reads_the_package(made, tmp_path):
    def told(*options):
        done = subprocess.run(
            ["dpkg-deb", *options], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = told("--info", str(made.deb))
    assert "Package: convnet-visualizer" in said
    assert "libc6 (>= 2.35)" in said
    assert "./opt/convnet-visualizer/visualizer" in told("--contents", str(made.deb))
    told("--extract", str(made.deb), str(tmp_path))
    assert (tmp_path / "opt/convnet-visualizer/visualizer").read_text() == PROGRAM
    told("--control", str(made.deb), str(tmp_path / "control"))
    for line in (tmp_path / "control" / "md5sums").read_text().splitlines():
        assert (tmp_path / line.split("  ", 1)[1]).is_file()


@pytest.fixture
def start(made, tmp_path):
    """Start the file that runs, as a user with an empty home."""

    def start(*arguments, path=made.run, **environment):
        clean = {"PATH": os.defpath, "HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
        return subprocess.run(
            ["sh", str(path), *arguments],
            env=clean | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd=tmp_path,
        )

    return start


def unpacked(folder):
    return sorted(folder.glob("**/program-*"))


def test_the_file_runs_what_it_was_asked_for(start, tmp_path):
    for arguments, said in (
        ((), "visualizer-window "),
        (("photo.png",), "visualizer-window photo.png"),
        (("/a/b",), "visualizer-window /a/b"),
        (("self-test", "--json"), "visualizer self-test --json"),
        (("--version",), "visualizer --version"),
    ):
        ended = start(*arguments)
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == f"{said}\n"
    (place,) = unpacked(tmp_path)
    assert place.parent == tmp_path / "home/.cache/convnet-visualizer"
    assert ended.stderr == ""  # unpacked once
    assert start("--remove").returncode == 0
    assert unpacked(tmp_path) == []


def test_a_start_that_was_cut_off_is_begun_anew(start, tmp_path):
    assert start("--unpack-only").returncode == 0
    (place,) = unpacked(tmp_path)
    (place / "complete").unlink()
    (place / "visualizer").unlink()
    left = place.parent / "part-999999999"
    left.mkdir()
    older = place.parent / "program-0.0.1-aaaa"
    older.mkdir()
    assert start("--version").stdout == "visualizer --version\n"
    assert not left.exists()
    assert not older.exists()


def test_a_damaged_file_says_so_and_leaves_nothing(start, made, tmp_path):
    content = made.run.read_bytes()
    damaged = tmp_path / "damaged.run"
    for spoilt in (content[:-200], content[:-100] + b"x" * 100):
        damaged.write_bytes(spoilt)
        ended = start("--version", path=damaged)
        assert ended.returncode == 2
        assert "damaged, or the disk is full" in ended.stderr
        assert unpacked(tmp_path) == []
        assert not list(tmp_path.glob("**/part-*"))


def test_without_a_home_it_runs_from_a_folder_that_is_the_users_alone(start, tmp_path):
    ended = start("--version", HOME="/dev/null")
    assert ended.stdout == "visualizer --version\n"
    (place,) = unpacked(tmp_path)
    assert place.parent == tmp_path / f"convnet-visualizer-{os.getuid()}"
    assert place.parent.stat().st_mode & 0o077 == 0


def test_a_folder_that_someone_else_has_made_a_link_is_not_used(start, tmp_path):
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"convnet-visualizer-{os.getuid()}").symlink_to("theirs")
    ended = start("--version", HOME="/dev/null")
    assert ended.returncode == 2
    assert "Set XDG_CACHE_HOME" in ended.stderr


@needs["rpmbuild"]
def test_rpmbuild_makes_a_package(made, tmp_path):
    output = tmp_path / "convnet-visualizer-0.1.0-1.x86_64.rpm"
    made.packages.write_rpm(made.root, made.work, output)
    told = subprocess.run(
        ["rpm", "-qlp", "--nosignature", str(output)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "/usr/bin/visualizer-window\n" in told
    assert "/opt/convnet-visualizer/visualizer\n" in told
