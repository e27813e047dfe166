"""What is planned for each system, without building it."""

import json
import re
import tomllib
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import visualizer
from tests.installers.conftest import PACKAGING
from visualizer.cli.app import build
from visualizer.engine.pictures import samples

PROJECT = tomllib.loads((PACKAGING.parent / "pyproject.toml").read_text(encoding="utf-8"))
SYSTEMS = ("linux", "win32", "darwin")


@pytest.mark.parametrize("system", SYSTEMS)
def test_everything_declared_is_installed_and_tensorflow_without_gpu_where_there_is_one(
    plan, system
):
    declared = {Requirement(line).name for line in PROJECT["project"]["dependencies"]}
    planned = [Requirement(line) for line in plan.requirements(PROJECT, system)]
    names = {each.name for each in planned}
    flow = "tensorflow" if system == "darwin" else "tensorflow-cpu"
    assert names == declared - {"tensorflow"} | {flow}
    (wanted,) = [each for each in planned if each.name == flow]
    assert "2.21.0" in wanted.specifier
    assert wanted.marker.evaluate({"python_version": "3.12"})


@pytest.mark.parametrize(
    ("system", "machine", "files"),
    [
        (
            "linux",
            "x86_64",
            [
                "convnet-visualizer_{}_amd64.deb",
                "convnet-visualizer-{}-1.x86_64.rpm",
                "convnet-visualizer-{}-linux-x86_64.run",
                "convnet-visualizer-{}-linux-x86_64.cdx.json",
            ],
        ),
        (
            "win32",
            "AMD64",
            [
                "convnet-visualizer-{}-windows-x86_64-setup.exe",
                "convnet-visualizer-{}-windows-x86_64-portable.zip",
                "convnet-visualizer-{}-win32-x86_64.cdx.json",
            ],
        ),
        (
            "darwin",
            "arm64",
            [
                "convnet-visualizer-{}-macos-arm64.dmg",
                "convnet-visualizer-{}-darwin-arm64.cdx.json",
            ],
        ),
    ],
)
def test_the_files_that_come_out(plan, system, machine, files):
    expected = [name.format(visualizer.__version__) for name in files]
    assert plan.outputs(system, machine) == [*expected, "SHA256SUMS"]


def test_windows_has_a_program_with_a_console_and_one_without(plan):
    assert dict(plan.programs("win32")) == {"visualizer-window": False, "visualizer": True}
    assert dict(plan.programs("linux")) == {"visualizer": True}
    assert dict(plan.programs("darwin")) == {"visualizer": False}
    assert plan.icon("win32", Path("icons")).endswith("app.ico")
    assert plan.icon("darwin", Path("icons")).endswith("app.icns")
    assert plan.icon("linux", Path("icons")) is None


@pytest.mark.parametrize(
    "place",
    [
        "tensorflow/libtensorflow_cc.so.2",
        "scipy/optimize/_highspy/_core.cpython-311-x86_64-linux-gnu.so",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqoffscreen.so",
        "PySide6/Qt/lib/libQt6Network.so.6",
        "libX11.so.6",
        "libglib-2.0.so.0",
    ],
)
def test_what_stays(plan, place):
    assert plan.is_kept(place)
    assert plan.is_kept(place.replace("/", "\\")) or "\\" not in place


@pytest.mark.parametrize(
    "place",
    [
        "libstdc++.so.6",
        "libgcc_s.so.1",
        "libexpat.so.1",
        "libgtk-3.so.0",
        "libQt6EglFSDeviceIntegration.so.6",
        "PySide6/Qt/lib/libQt6EglFsKmsSupport.so.6",
        "PySide6/Qt/plugins/platforms/libqeglfs.so",
        "PySide6/Qt/plugins/egldeviceintegrations/libqeglfs-kms-integration.so",
        "tensorflow/compiler/mlir/stablehlo/stablehlo_extension.so",
        "tensorflow/compiler/tf2xla/ops/_xla_ops.so",
    ],
)
def test_what_goes(plan, place):
    assert not plan.is_kept(place)


def test_no_module_that_the_program_imports_is_left_out(plan):
    source = PACKAGING.parent / "visualizer"
    for file in source.rglob("*.py"):
        imported = re.findall(
            r"^\s*(?:from|import) ([\w.]+)", file.read_text(encoding="utf-8"), re.MULTILINE
        )
        for name in imported:
            if name in ("torch", "jax"):  # the other backends, where they are installed
                continue
            parents = [str(each).replace("/", ".") for each in PurePosixPath(name).parents]
            assert not {name, *parents}.intersection(plan.EXCLUDED_MODULES), f"{file.name}: {name}"


def test_all_sample_pictures_come_along(plan):
    wanted = {"coffee.png", "chelsea.png", "rocket.jpg", "astronaut.png", "hubble_deep_field.jpg"}
    assert {name.removeprefix("data/") for name in plan.PHOTOS} == wanted
    assert len(samples()) == len(wanted) + 2 + 3  # two photos and three digits of scikit-learn


def test_every_command_is_tried_in_the_bundle(plan):
    commands = {name for name in build() if not name.startswith("-")}
    tried = {words[0] for words in plan.COMMANDS}
    assert commands <= tried, f"add {', '.join(commands - tried)} to COMMANDS"


def test_the_licences_of_the_environment_are_not_tools(plan):
    names = {
        canonicalize_name(Requirement(each).name) for each in plan.requirements(PROJECT, "linux")
    }
    assert not names & {"pyinstaller", "cyclonedx-bom"}


def test_what_macos_is_told(plan):
    told = plan.info_plist()
    assert "camera" in told["NSCameraUsageDescription"]
    kinds = {
        ending
        for each in told["CFBundleDocumentTypes"]
        for ending in each["CFBundleTypeExtensions"]
    }
    assert kinds == {"keras", "h5", "show", "png"}
    assert json.dumps(told)


def test_a_disk_image_is_signed_and_notarised_where_there_is_a_certificate(plan):
    app, stage, image = Path("s/A.app"), Path("s"), Path("a.dmg")
    plain = plan.macos_commands(app, stage, image, {})
    assert [command[0] for command in plain] == ["codesign", "hdiutil"]
    assert plain[0][-2:] == ["-", app]
    signed = plan.macos_commands(
        app, stage, image, {"CODESIGN_IDENTITY": "Developer", "NOTARY_PROFILE": "school"}
    )
    assert [command[0] for command in signed] == ["codesign", "hdiutil", "xcrun", "xcrun"]
    assert "runtime" in signed[0]
    assert signed[0][-2:] == ["Developer", app]
    assert signed[2][-2:] == ["school", "--wait"]


def test_the_windows_script_is_told_of_the_bundle(plan, tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "a.bin").write_bytes(b"x" * 4096)
    told = plan.nsis_defines(tmp_path / "bundle", tmp_path / "setup.exe", tmp_path / "app.ico")
    assert f"-DVERSION={visualizer.__version__}" in told
    assert "-DKILOBYTES=4" in told
