#!/bin/sh
# Build the installers for this system into dist/ (see build.py), with a Python that can be frozen.
set -eu
cd "$(dirname "$0")/.."
for python in python3.12 python3.13 python3.11 python3 python; do
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null &&
        exec "$python" packaging/build.py "$@"
done
echo "Installers are built with Python 3.11, 3.12 or 3.13; get one with: uv python install 3.12" >&2
exit 1
