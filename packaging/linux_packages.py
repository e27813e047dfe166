"""The packages of Linux: one tree of files as .deb, as .rpm and as a file that runs by itself."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import subprocess
import tarfile
from pathlib import Path

import bundle_plan as plan

PLACE = Path("opt", plan.FOLDER)
"""Where the program lies on an installed system."""
MAINTAINER = "The Convnet Visualizer authors <nobody@invalid>"
DEPENDS = (
    *("libc6 (>= 2.35)", "libstdc++6 (>= 11)", "libgcc-s1", "libegl1", "libgl1", "libxcb1"),
    *("libwayland-cursor0", "libwayland-egl1", "libgssapi-krb5-2", "libexpat1"),
    *("fontconfig-config", "xkb-data", "shared-mime-info"),
)
"""What the libraries in the bundle take from the system (Debian 12, Ubuntu 22.04 and newer)."""
REQUIRES = (
    *("glibc >= 2.35", "libglvnd-egl", "libglvnd-glx", "libxcb", "libwayland-cursor"),
    *("libwayland-egl", "krb5-libs", "expat", "fontconfig", "xkeyboard-config", "shared-mime-info"),
)
"""The same, as Fedora calls it."""


def digest(file: Path, kind: str) -> str:
    """The checksum of a file, in hexadecimal digits."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, kind).hexdigest()


def lay_out(work: Path, bundle: Path, sources: Path) -> Path:
    """Lay out the files of an installed system in a folder; those of the bundle are hard links."""
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    (root / "opt").mkdir(parents=True)
    # Links to the same files: a copy of more than a gigabyte would do no more.
    shutil.copytree(bundle, root / PLACE, symlinks=True, copy_function=os.link)
    commands = root / "usr" / "bin"
    commands.mkdir(parents=True)
    for name in ("visualizer", "visualizer-window"):
        (commands / name).symlink_to(f"/{PLACE}/{name}")
    share = root / "usr" / "share"
    for size in (16, 24, 32, 48, 64, 128, 256, 512):
        icon = share / f"icons/hicolor/{size}x{size}/apps/{plan.FOLDER}.png"
        icon.parent.mkdir(parents=True)
        shutil.copy2(work / "icons" / f"{size}.png", icon)
    scalable = share / f"icons/hicolor/scalable/apps/{plan.FOLDER}.svg"
    scalable.parent.mkdir(parents=True)
    drawing = bundle / "_internal" / "visualizer" / "resources" / "icons" / "app.svg"
    shutil.copy2(drawing, scalable)
    for folder, name in (
        ("applications", f"{plan.FOLDER}.desktop"),
        ("mime/packages", f"{plan.FOLDER}.xml"),
        ("metainfo", f"{plan.IDENTIFIER}.metainfo.xml"),
    ):
        (share / folder).mkdir(parents=True)
        shutil.copy2(sources / name, share / folder / name)
    copyright_file = share / "doc" / plan.FOLDER / "copyright"
    copyright_file.parent.mkdir(parents=True)
    shutil.copy2(bundle / "documents" / "licences" / f"{plan.FOLDER}.txt", copyright_file)
    return root


def packed(root: Path, output: Path, date: str, *, quick: bool = False) -> Path:
    """Pack a tree, owned by root, always the same for the same files: data.tar.xz.

    A `quick` one is a third larger and takes a sixth of the time, to be tried.
    """
    names = sorted(path.name for path in root.iterdir())
    # Code of x86 packs smaller where its jumps are made absolute first.
    filters = ["--x86"] if platform.machine() == "x86_64" else []
    collect = [
        *("tar", "--create", "--sort=name", "--format=gnu", "--numeric-owner"),
        *("--owner=0", "--group=0", f"--mtime=@{date}", "--mode=u+rw,go+r,go-w,a+X"),
        *("--hard-dereference", "--directory", str(root)),
        *(f"./{name}" for name in names),
    ]
    effort = "--lzma2=preset=1" if quick else "--lzma2=preset=6,dict=64MiB"
    squeeze = ["xz", "--threads=0", "--block-size=192MiB", *filters, effort]
    with (
        output.open("wb") as file,
        subprocess.Popen(collect, stdout=subprocess.PIPE) as tar,
        subprocess.Popen(squeeze, stdin=tar.stdout, stdout=file) as xz,
    ):
        if xz.wait() != 0 or tar.wait() != 0:
            raise SystemExit("The files could not be packed; is the disk full?")
    return output


def write_deb(root: Path, payload: Path, output: Path) -> None:
    """Write a package of Debian: three members of an `ar` archive."""
    architecture = output.stem.rpartition("_")[2]
    size = sum(f.lstat().st_size for f in root.rglob("*") if not f.is_dir()) // 1024
    control = {
        "Package": plan.FOLDER,
        "Version": plan.version(),
        "Architecture": architecture,
        "Maintainer": MAINTAINER,
        "Installed-Size": str(size),
        "Depends": ", ".join(DEPENDS),
        "Recommends": "desktop-file-utils, xdg-utils",
        "Section": "education",
        "Priority": "optional",
        "Description": f"{plan.SUMMARY}\n"
        " A window onto convolutional networks, with trained networks and sample pictures, its\n"
        " own Python and all libraries. It works without internet.",
    }
    text = "".join(f"{name}: {value}\n" for name, value in control.items())
    sums = "".join(
        f"{digest(file, 'md5')}  {file.relative_to(root)}\n"
        for file in sorted(root.rglob("*"))
        if file.is_file() and not file.is_symlink()
    )
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": _control({"control": text, "md5sums": sums}),
    }
    with output.open("wb") as file:
        file.write(b"!<arch>\n")
        for name, content in members.items():
            _member(file, name, len(content))
            file.write(content + b"\n" * (len(content) % 2))
        size = payload.stat().st_size
        _member(file, "data.tar.xz", size)
        with payload.open("rb") as data:
            shutil.copyfileobj(data, file, 1 << 20)
        file.write(b"\n" * (size % 2))


def _member(file: io.BufferedWriter, name: str, size: int) -> None:
    """The heading of a member of an `ar` archive."""
    file.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{size:<10}`\n".encode("ascii"))


def _control(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:xz", format=tarfile.GNU_FORMAT) as archive:
        for name, text in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(f"./{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def write_run(payload: Path, output: Path, script: Path) -> None:
    """Write a file that unpacks itself to the user's cache and runs: script, `xz`, payload.

    `xz` comes along with its library, as small systems have neither.
    """
    tools = io.BytesIO()
    with tarfile.open(fileobj=tools, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for place in _xz():
            entry = tarfile.TarInfo(place.name)
            content = place.read_bytes()
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
    values = {
        "VERSION": plan.version(),
        "DIGEST": digest(payload, "sha256")[:16],
        "FOLDER": str(PLACE),
        "LEVELS": str(len(PLACE.parts) + 1),
        "TOOLS": str(len(tools.getvalue())),
        "PAYLOAD": str(payload.stat().st_size),
    }
    text = script.read_text(encoding="utf-8")
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    length = len(text.encode()) - len("@START@") + 8
    text = text.replace("@START@", f"{length + 1:<8d}")  # no leading zeros: sh takes them for octal
    with output.open("wb") as file:
        file.write(text.encode() + tools.getvalue())
        with payload.open("rb") as data:
            shutil.copyfileobj(data, file, 1 << 20)
    output.chmod(0o755)


def _xz() -> list[Path]:
    """The program `xz` of this computer, and the library it needs beside the C library."""
    program = Path(shutil.which("xz") or "/usr/bin/xz").resolve()
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True).stdout
    (library,) = [line.split()[2] for line in told.splitlines() if "liblzma" in line]
    return [program, Path(library)]


def write_rpm(root: Path, work: Path, output: Path, *, quick: bool = False) -> None:
    """Write a package of Fedora and openSUSE with `rpmbuild`; a `quick` one as in `packed`."""
    version, release, _ = _rpm_name(output)
    lines = [
        f"Name: {plan.FOLDER}",
        f"Version: {version}",
        f"Release: {release}",
        f"Summary: {plan.SUMMARY}",
        "License: MIT",
        "AutoReqProv: no",
        *(f"Requires: {each}" for each in REQUIRES),
        "%description",
        "A window onto convolutional networks, with trained networks and sample pictures, its own",
        "Python and all libraries. It works without internet.",
        "%install",
        f"mkdir -p %{{buildroot}} && cp -al {root}/. %{{buildroot}}/",
        "%files",
        "%defattr(-,root,root,-)",
        f"/{PLACE}",
        *(
            f"/{path.relative_to(root)}"
            for path in sorted((root / "usr").rglob("*"))
            if not path.is_dir()
        ),
    ]
    specification = work / f"{plan.FOLDER}.spec"
    specification.write_text("\n".join(lines) + "\n", encoding="utf-8")
    top = work / "rpm"
    settings = {
        "_topdir": top,
        "_binary_payload": "w1T0.xzdio" if quick else "w6T0.xzdio",
        "_build_id_links": "none",
        "__os_install_post": "%{nil}",
        "__brp_compress": "%{nil}",
        "clamp_mtime_to_source_date_epoch": "1",
        "_buildhost": "localhost",
    }
    options = [word for name, value in settings.items() for word in ("--define", f"{name} {value}")]
    done = subprocess.run(
        ["rpmbuild", "-bb", "--quiet", *options, str(specification)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"rpmbuild ended with {done.returncode}:\n{done.stderr[-3000:]}")
    (made,) = (top / "RPMS").rglob("*.rpm")
    shutil.move(made, output)


def _rpm_name(output: Path) -> tuple[str, str, str]:
    """Version, release and architecture of name-version-release.arch.rpm."""
    name, _, architecture = output.stem.rpartition(".")
    name, _, release = name.rpartition("-")
    return name.rpartition("-")[2], release, architecture
