"""Installers for the system that this runs on: `make installers`.

The program is frozen with its Python and all libraries into one folder, which is made smaller,
tried (every command once) and packed. What comes out is in dist/:

    Linux    .deb, .rpm, and a .run that needs no installation
    Windows  a setup.exe for one user, and a portable .zip
    macOS    a .dmg

beside it SHA256SUMS and a list of all that is inside (CycloneDX). It takes Python 3.11 to 3.13; on
Linux `strip` and `objdump` (binutils), `xz` and for the .rpm `rpmbuild`; on Windows `makensis`.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
import tomllib
import venv
import zipfile
from collections.abc import Callable
from importlib.metadata import Distribution, distributions
from pathlib import Path

import bundle_plan as plan

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent
FREEZERS = ["pyinstaller>=6.14", "pillow>=11"]
LISTERS = ["cyclonedx-bom>=7"]
ICON_SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


class Build:
    """One build: the folder it works in, and the steps in their order.

    Attributes:
        work: environments and everything between; kept, so that the next build is quicker.
        dist: where the finished files go.
        quick: whether packing is to be quick, not small: to try the packages.
        bundle: the frozen program.
    """

    def __init__(self, work: Path, dist: Path, *, quick: bool = False) -> None:
        self.work, self.dist, self.quick = work, dist, quick
        self.bundle = work / "frozen" / plan.FOLDER
        if sys.platform == "darwin":
            self.bundle = work / "frozen" / f"{plan.TITLE}.app"
        self.names = plan.outputs(sys.platform, platform.machine())

    def steps(self) -> dict[str, Callable[[], None]]:
        """Everything that is done, by name."""
        packing = {"win32": self.pack_windows, "darwin": self.pack_macos}
        return {
            "environment": self.environment,
            "icons": self.icons,
            "freeze": self.freeze,
            "trim": self.trim,
            "licences": self.licences,
            "try": self.try_commands,
            "pack": packing.get(sys.platform, self.pack_linux),
            "sums": self.sums,
        }

    # The environment that is frozen

    def environment(self) -> None:
        """An environment with the program, the CPU build of TensorFlow, and PyInstaller."""
        project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
        needed = plan.requirements(project, sys.platform)
        if not self.python("env").exists():
            venv.create(self.work / "env", with_pip=True)
            venv.create(self.work / "tools", with_pip=True)
        self.pip("env", *needed, *FREEZERS)
        # Its own requirement is `tensorflow`, which here has another name.
        self.pip("env", "--no-deps", "--force-reinstall", str(REPOSITORY))
        self.pip("tools", *LISTERS)

    def python(self, name: str) -> Path:
        """The Python of an environment."""
        where = Path("Scripts", "python.exe") if os.name == "nt" else Path("bin", "python")
        return self.work / name / where

    def pip(self, name: str, *arguments: str) -> None:
        """Install into an environment."""
        run(self.python(name), "-m", "pip", "install", "--quiet", *arguments)

    # The bundle

    def icons(self) -> None:
        """The icon of the program in all sizes, and in the formats of the systems."""
        folder = self.work / "icons"
        folder.mkdir(exist_ok=True)
        code = (HERE / "bundle" / "draw_icons.py").read_text(encoding="utf-8")
        sizes = map(str, ICON_SIZES)
        run(self.python("env"), "-c", code, REPOSITORY / "resources/icons/app.svg", folder, *sizes)

    def freeze(self) -> None:
        """The frozen program."""
        shutil.rmtree(self.work / "frozen", ignore_errors=True)
        options = [
            "--noconfirm",
            "--distpath",
            self.work / "frozen",
            "--workpath",
            self.work / "pyi",
        ]
        # The order of sets is in the files otherwise, and the time of the build.
        environment = {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": source_date()}
        run(
            *(self.python("env"), "-m", "PyInstaller", *options),
            HERE / "bundle" / "visualizer.spec",
            cwd=self.work,
            env=os.environ | environment,
        )

    def trim(self) -> None:
        """On Linux: symbols that nobody links against go, and the window gets its name."""
        if not sys.platform.startswith("linux"):
            return
        import elf

        saved, floor = 0, (0,)
        for file in sorted(self.bundle.rglob("*")):
            if elf.is_elf(file):
                if file.parent != self.bundle:  # the program itself carries its modules behind it
                    saved += elf.strip(file)
                floor = max(floor, elf.glibc_wanted(file))
        window = self.bundle / "visualizer-window"
        window.unlink(missing_ok=True)
        window.symlink_to("visualizer")
        print(f"Stripped {saved / 1e6:.0f} MB; needs glibc {'.'.join(map(str, floor))} or newer")
        if floor > plan.GLIBC:
            wanted = ".".join(map(str, plan.GLIBC))
            raise SystemExit(f"The bundle is to run on glibc {wanted}, and needs a newer one.")

    def licences(self) -> None:
        """The licences of all that is inside, and the list of it."""
        folder = self.documents / "licences"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy2(REPOSITORY / "LICENSE", folder / f"{plan.FOLDER}.txt")
        site = run(
            self.python("env"), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
        )
        for found in distributions(path=[site.strip()]):
            copy_licences(found, folder)
        if sys.platform.startswith("linux"):
            copy_debian_licences(self.bundle, folder)
        listed = self.work / "contents.cdx.json"
        run(
            *(self.python("tools"), "-m", "cyclonedx_py", "environment", self.python("env")),
            *("--pyproject", REPOSITORY / "pyproject.toml", "--output-reproducible", "-o", listed),
        )
        shutil.copy2(listed, self.documents / "contents.cdx.json")
        shutil.copy2(REPOSITORY / "docs" / "classroom.md", self.documents / "classroom.md")

    @property
    def documents(self) -> Path:
        """The folder of the bundle for people."""
        inside = self.bundle / "Contents" / "Resources" if sys.platform == "darwin" else self.bundle
        return inside / "documents"

    def try_commands(self) -> None:
        """Run every command in the bundle, as its user would; the first that fails ends it."""
        folder = self.work / "tried"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "photos").mkdir(parents=True)
        (photo,) = self.bundle.rglob("coffee.png")
        shutil.copy2(photo, folder / "cup.png")
        shutil.copy2(photo, folder / "photos" / "cup.png")
        # Nothing of the computer that builds may help.
        kept = ("SYSTEMROOT", "TEMP", "TMP", "PATHEXT", "LANG", "USERNAME", "LOCALAPPDATA")
        clean = {name: os.environ[name] for name in kept if name in os.environ}
        clean |= {"VISUALIZER_HOME": str(folder / "home"), "PATH": os.defpath}
        for arguments in plan.COMMANDS:
            began = time.monotonic()
            said = run(self.program, *arguments, cwd=folder, env=clean)
            print(
                f"{time.monotonic() - began:6.1f} s  visualizer {' '.join(arguments)}", flush=True
            )
            if arguments == ("self-test",):
                print(said)

    @property
    def program(self) -> Path:
        """The command in the bundle."""
        if sys.platform == "darwin":
            return self.bundle / "Contents" / "MacOS" / "visualizer"
        return self.bundle / ("visualizer.exe" if os.name == "nt" else "visualizer")

    # What is handed out

    def output(self, ending: str) -> Path:
        """The finished file with this ending, which is not there yet."""
        self.dist.mkdir(parents=True, exist_ok=True)
        (name,) = [name for name in self.names if name.endswith(ending)]
        (self.dist / name).unlink(missing_ok=True)
        return self.dist / name

    def pack_linux(self) -> None:
        """A .deb, an .rpm, and one file that runs without being installed."""
        import linux_packages

        root = linux_packages.lay_out(self.work, self.bundle, HERE / "linux")
        payload = linux_packages.packed(
            root, self.work / "data.tar.xz", source_date(), quick=self.quick
        )
        linux_packages.write_deb(root, payload, self.output(".deb"))
        linux_packages.write_run(payload, self.output(".run"), HERE / "linux" / "run.sh")
        if shutil.which("rpmbuild"):
            linux_packages.write_rpm(root, self.work, self.output(".rpm"), quick=self.quick)
        else:
            print("There is no rpmbuild here (package rpm), so no .rpm is made.")

    def pack_windows(self) -> None:
        """An installer for one user, and a folder to unpack."""
        script = HERE / "windows" / "installer.nsi"
        setup, portable = self.output("-setup.exe"), self.output("-portable.zip")
        run(
            *("makensis", "-V2", "-INPUTCHARSET", "UTF8"),
            *plan.nsis_defines(self.bundle, setup, self.work / "icons" / "app.ico"),
            script,
        )
        with zipfile.ZipFile(portable, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for file in sorted(self.bundle.rglob("*")):
                if file.is_file():
                    archive.write(file, Path(plan.FOLDER) / file.relative_to(self.bundle))

    def pack_macos(self) -> None:
        """A disk image with the application and the way to drag it.

        Whoever has a certificate names it in `CODESIGN_IDENTITY`, and a profile of notarytool in
        `NOTARY_PROFILE`.
        """
        image = self.output(".dmg")
        stage = self.work / "dmg"
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir()
        shutil.copytree(self.bundle, stage / self.bundle.name, symlinks=True)
        (stage / "Applications").symlink_to("/Applications")
        for command in plan.macos_commands(stage / self.bundle.name, stage, image, os.environ):
            run(*command)

    def sums(self) -> None:
        """The checksums and sizes of what is handed out."""
        listed = self.output(".cdx.json")
        shutil.copy2(self.documents / "contents.cdx.json", listed)
        files = [self.dist / name for name in self.names if (self.dist / name).is_file()]
        files = [file for file in files if file.name != "SHA256SUMS"]
        lines = []
        for file in files:
            lines.append(f"{digest(file)}  {file.name}\n")
            print(f"{file.stat().st_size / 1e6:8.1f} MB  {file.name}")
        (self.dist / "SHA256SUMS").write_text("".join(lines), encoding="ascii", newline="\n")
        size = sum(f.lstat().st_size for f in self.bundle.rglob("*") if not f.is_dir())
        print(f"{size / 1e6:8.1f} MB  unpacked")


def run(*command: object, **options: object) -> str:
    """Run a program and return what it printed; what it says when it fails ends the build."""
    words = [str(each) for each in command]
    done = subprocess.run(
        words,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        **options,
    )
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}\n{done.stdout[-6000:]}\nended with {done.returncode}")
    return done.stdout


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def source_date() -> str:
    """Seconds of the last commit, so that the same sources give the same dates."""
    told = subprocess.run(
        ["git", "log", "-1", "--format=%ct"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or os.environ.get("SOURCE_DATE_EPOCH", "315532800")


def copy_licences(found: Distribution, folder: Path) -> None:
    """Copy the licence files of an installed package."""
    words = ("LICEN", "COPYING", "NOTICE", "AUTHORS", "THIRD_PARTY")
    for file in found.files or ():
        inside = ".dist-info" in str(file) or file.name.upper().startswith(words)
        if inside and file.name.upper().startswith(words) and Path(file.locate()).is_file():
            target = folder / found.name / file.name
            target.parent.mkdir(exist_ok=True)
            shutil.copy2(file.locate(), target)


def copy_debian_licences(bundle: Path, folder: Path) -> None:
    """Copy the copyright files of the system's libraries that PyInstaller has put in."""
    if shutil.which("dpkg-query") is None:
        return
    for library in sorted((bundle / "_internal").glob("lib*.so*")):
        if library.is_symlink():
            continue
        told = subprocess.run(
            ["dpkg-query", "-S", f"*/{library.name}"], capture_output=True, text=True, check=False
        ).stdout
        for package in {line.split(":")[0] for line in told.splitlines()}:
            notice = Path("/usr/share/doc", package, "copyright")
            if notice.is_file():
                shutil.copy2(notice, folder / f"{package}.txt")


def main() -> None:
    """Run all steps, or those that are named."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--work", type=Path, default=REPOSITORY / "build" / "installers")
    options.add_argument("--dist", type=Path, default=REPOSITORY / "dist")
    options.add_argument("--quick", action="store_true", help="pack quickly, to try the packages")
    names = list(Build(Path(), Path()).steps())
    options.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(names))
    chosen = options.parse_args()
    if unknown := set(chosen.steps) - set(names):
        options.error(f"there is no step {', '.join(unknown)}")
    if not (3, 11) <= sys.version_info < (3, 14):
        raise SystemExit("Installers are built with Python 3.11 to 3.13.")
    build = Build(chosen.work.absolute(), chosen.dist.absolute(), quick=chosen.quick)
    build.work.mkdir(parents=True, exist_ok=True)
    for name, step in build.steps().items():
        if not chosen.steps or name in chosen.steps:
            began = time.monotonic()
            print(f"--- {name}", flush=True)
            step()
            print(f"--- {name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
