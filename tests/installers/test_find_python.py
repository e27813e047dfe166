"""Which Python `make run` takes, and what it says where none fits."""

import subprocess

import pytest

from tests.installers.conftest import PACKAGING

FAKE = """#!/bin/sh
case "$2" in *print*) echo {version} ;; *) exit {status} ;; esac
"""


@pytest.fixture
def find(tmp_path):
    """Look for a Python on a computer that has these programs, each with its version."""

    def find(**programs):
        for name, version in programs.items():
            fits = version in ("3.11", "3.12", "3.13", "3.14")
            file = tmp_path / name.replace("_", ".")
            file.write_text(FAKE.format(version=version, status=0 if fits else 1))
            file.chmod(0o755)
        return subprocess.run(
            ["/bin/sh", "-c", ". ./find_python.sh; find_python || no_python"],
            cwd=PACKAGING,
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return find


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_the_systems_own_python_is_taken(find, version):
    assert find(python3=version).stdout == "python3\n"


def test_another_one_is_found_beside_an_old_one(find):
    assert find(python3="3.9", python3_12="3.12").stdout == "python3.12\n"


@pytest.mark.parametrize(
    ("programs", "way"),
    [
        ({"python3": "3.9", "apt-get": ""}, "uv python install 3.13 (python3 -m pip install uv"),
        ({"apt-get": ""}, "sudo apt install python3 python3-venv"),
        ({"dnf": ""}, "sudo dnf install python3.13"),
        ({"uv": "", "apt-get": ""}, "uv python install 3.13."),
        ({}, "see python.org"),
    ],
)
def test_where_none_fits_it_says_which_and_how(find, programs, way):
    ended = find(**programs)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("Python 3.11, 3.12, 3.13 or 3.14 was not found")
    assert way in ended.stderr
    assert ("here is Python 3.9" in ended.stderr) == ("python3" in programs)
    assert ended.stderr.count("\n") == 1
