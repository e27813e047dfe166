#!/bin/sh
# Make .venv with the program in it, and the system libraries that Qt needs.
# Usage: setup.sh REQUIREMENT, where REQUIREMENT is "." or ".[dev]".
set -eu
cd "$(dirname "$0")/.."
VENV=${VENV:-.venv}
requirement=${1:-.}

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Install Debian packages where that is allowed without asking for a password; else return 1.
apt_install() {
    command -v apt-get >/dev/null 2>&1 || return 1
    if [ "$(id -u)" = 0 ]; then sudo=
    elif sudo -n true 2>/dev/null; then sudo="sudo -n"
    else return 1
    fi
    say "Installing from the system's packages: $*"
    run_apt install -y --no-install-recommends "$@" && return
    run_apt update && run_apt install -y --no-install-recommends "$@" && return
    tail -n 3 "$log" >&2
    return 1
}
run_apt() { $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" </dev/null >"$log" 2>&1; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT

. packaging/find_python.sh

make_environment() {
    python=$(find_python) || no_python
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        apt_install "python$version-venv" || fail "Python $version here lacks its venv module;" \
            "install it (sudo apt install python$version-venv) and run this command again."
    fi
    say "Making $VENV with Python $version"
    "$python" -m venv --clear "$VENV" || fail "$VENV could not be made; is the disk full or the" \
        "folder not yours to write?"
}

"$VENV/bin/python" -m pip --version >/dev/null 2>&1 || make_environment

say "Installing the program and the libraries it uses (a few minutes the first time)"
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    -e "$requirement" </dev/null ||
    fail "The libraries could not be installed; is this computer connected to the internet?" \
        "Without internet, see 'Offline classroom' in README.md."

# What Qt's window and offscreen plugins ask for and the system lacks.
missing_libraries() {
    [ "$(uname)" = Linux ] && command -v ldd >/dev/null 2>&1 || return 0
    qt=$("$VENV/bin/python" -c 'import importlib.util as u, pathlib
print(pathlib.Path(u.find_spec("PySide6").origin).parent / "Qt")')
    ldd "$qt"/lib/libQt6Widgets.so.6 "$qt"/lib/libQt6Svg.so.6 \
        "$qt"/plugins/platforms/libqoffscreen.so "$qt"/plugins/platforms/libqxcb.so \
        "$qt"/plugins/platforms/libqwayland.so 2>/dev/null | awk '/not found/ && !/libQt6/ { print $1 }' | sort -u
}
qt_packages="libegl1 libgl1 libopengl0 libglib2.0-0 libdbus-1-3 libfontconfig1 libfreetype6
    libxkbcommon0 libxkbcommon-x11-0 libx11-xcb1 libxcb-cursor0 libxcb-icccm4 libxcb-image0
    libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 libwayland-client0
    libwayland-cursor0 libwayland-egl1"

missing=$(missing_libraries | tr '\n' ' ')
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086  # a list of words
    apt_install $qt_packages || true
    missing=$(missing_libraries | tr '\n' ' ')
fi
if [ -n "$missing" ]; then
    say "The window needs system libraries that are not here: $missing"
    say "On Debian or Ubuntu they come with:"
    # shellcheck disable=SC2086
    say "  sudo apt install" $qt_packages
    "$VENV/bin/python" -c 'import PySide6.QtWidgets' >/dev/null 2>&1 || exit 1
fi
