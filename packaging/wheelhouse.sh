#!/bin/sh
# Put the program and everything it needs into one folder, for computers without internet.
# Usage: wheelhouse.sh FOLDER [PYTHON]; run it with the system and Python that they have.
set -eu
[ $# -ge 1 ] || { echo "Usage: sh packaging/wheelhouse.sh FOLDER [PYTHON]" >&2; exit 2; }
case $1 in /*) folder=$1 ;; *) folder=$PWD/$1 ;; esac
python=${2:-python3}
cd "$(dirname "$0")/.."
mkdir -p "$folder"
"$python" -m pip wheel --quiet --wheel-dir "$folder" .
echo "Carry $folder to each computer and install with:"
echo "  python3 -m venv visualizer"
echo "  visualizer/bin/pip install --no-index --find-links $(basename "$folder") convnet-visualizer"
