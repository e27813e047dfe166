#!/bin/sh
# Open the window; where there is no display, write the pictures of the window instead.
set -u
cd "$(dirname "$0")/.."
program=${VENV:-.venv}/bin/visualizer

has_display() {
    [ "$(uname)" = Darwin ] && return 0
    [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || return 1
    # Set, but perhaps nothing answers there: Qt aborts then, so another process tries.
    "${PYTHON:-.venv/bin/python}" -c \
        'from PySide6.QtGui import QGuiApplication; QGuiApplication([])' >/dev/null 2>&1
}

if has_display; then
    exec "$program"
fi
echo "There is no display here, so the window is drawn into pictures instead (visualizer tour -o tour/)."
"$program" tour -o tour/ || exit
echo "Open $PWD/tour/index.html"
