#!/bin/sh
# Installs the program into your own folder the first time, from the files beside this one, and opens it.
here=$(cd "$(dirname "$0")" && pwd)
place="$HOME/Library/Application Support/convnet-visualizer/program"
if [ ! -e "$place/complete" ]; then
    echo "Installing Convnet Visualizer, this once. It takes some minutes."
    if ! command -v python@PYTHON@ >/dev/null; then
        echo "Python @PYTHON@ is not on this computer. Install it from python.org and double-click this file again."
        exit 1
    fi
    python@PYTHON@ -m venv --clear "$place" &&
        "$place/bin/pip" install --quiet --disable-pip-version-check --no-index \
            --find-links "$here" -r "$here/packages.txt" convnet-visualizer &&
        touch "$place/complete" || { echo "It could not be installed. Is the disk full?"; exit 1; }
fi
exec "$place/bin/visualizer-window"
