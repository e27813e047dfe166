"""The files that tell a system of the program, and the script of the Windows installer."""

import configparser
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

import visualizer
from tests.installers.conftest import PACKAGING

LINUX = PACKAGING / "linux"
MIME = "{http://www.freedesktop.org/standards/shared-mime-info}"


def entry():
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str
    parser.read(LINUX / "convnet-visualizer.desktop", encoding="utf-8")
    return parser["Desktop Entry"]


def check(*command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=PACKAGING,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_desktop_entry_opens_what_has_a_type():
    types = entry()["MimeType"].rstrip(";").split(";")
    declared = {
        each.get("type"): [glob.get("pattern") for glob in each.iter(f"{MIME}glob")]
        for each in ET.parse(LINUX / "convnet-visualizer.xml").iter(f"{MIME}mime-type")
    }
    assert set(types) == {*declared, "image/png"}
    assert sorted(each for globs in declared.values() for each in globs) == [
        "*.h5",
        "*.keras",
        "*.show",
    ]
    assert entry()["Exec"] == "visualizer-window %F"
    assert entry()["Terminal"] == "false"


def test_the_catalogue_of_programs_names_this_version(plan):
    (file,) = LINUX.glob("*.metainfo.xml")
    told = ET.parse(file).getroot()
    assert told.findtext("id") == plan.IDENTIFIER == file.name.removesuffix(".metainfo.xml")
    assert told.findtext("summary") == plan.SUMMARY
    assert told.find("releases")[0].get("version") == visualizer.__version__
    assert told.findtext("launchable") == "convnet-visualizer.desktop"


def test_desktop_file_validate_accepts_the_entry():
    assert check("desktop-file-validate", LINUX / "convnet-visualizer.desktop") == ""


def test_appstreamcli_accepts_the_metadata():
    (file,) = LINUX.glob("*.metainfo.xml")
    check("appstreamcli", "validate", "--no-net", file)


def test_makensis_compiles_the_installer(tmp_path):
    stand_in = tmp_path / "program"
    (stand_in / "_internal").mkdir(parents=True)
    (stand_in / "_internal" / "a.dll").write_bytes(b"MZ")
    for name in ("visualizer.exe", "visualizer-window.exe"):
        (stand_in / name).write_bytes(b"MZ")
    setup = tmp_path / "try-setup.exe"
    icon = next(Path("/usr/share/nsis").rglob("*.ico"), None)
    said = check(
        *("makensis", "-V2", "-INPUTCHARSET", "UTF8", f"-DVERSION={visualizer.__version__}"),
        *(f"-DBUNDLE={stand_in}", f"-DOUTPUT={setup}", f"-DICON={icon}", "-DKILOBYTES=1"),
        "windows/installer.nsi",
    )
    assert setup.read_bytes()[:2] == b"MZ"
    assert "warning" not in said.lower()
