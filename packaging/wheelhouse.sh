#!/bin/sh
# Put the program and everything it needs into one folder, for computers without internet.
#   sh packaging/wheelhouse.sh FOLDER [--for windows|macos|linux] [--python 3.12]
# For this computer's own system and Python unless told. The folder has a file in it to double-click
# or start there, which installs the program beside itself or in the user's folder, and opens it.
set -eu
usage() {
    echo "Usage: sh packaging/wheelhouse.sh FOLDER [--for windows|macos|linux] [--python 3.12]" >&2
    exit 2
}
folder='' system='' version=''
while [ $# -gt 0 ]; do
    case $1 in
        --for) [ $# -ge 2 ] || usage; system=$2; shift 2 ;;
        --python) [ $# -ge 2 ] || usage; version=$2; shift 2 ;;
        -*) usage ;;
        *) [ -z "$folder" ] || usage; folder=$1; shift ;;
    esac
done
[ -n "$folder" ] || usage
case $folder in /*) ;; *) folder=$PWD/$folder ;; esac
cd "$(dirname "$0")/.."
. packaging/find_python.sh
python=${PYTHON_FOR_WHEELS:-$(find_python)} || no_python

[ -n "$system" ] || case $(uname) in
    Darwin) system=macos ;;
    MINGW* | MSYS* | CYGWIN*) system=windows ;;
    *) system=linux ;;
esac
[ -n "$version" ] ||
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
    3.11 | 3.12 | 3.13 | 3.14) ;;
    *) echo "The program runs on Python 3.11 to 3.14, not $version." >&2; exit 2 ;;
esac
# How the resolver and the registry call the systems; the oldest that Qt's libraries run on.
case $system in
    windows) target=x86_64-pc-windows-msvc platforms=win_amd64 ;;
    macos) target=aarch64-apple-darwin platforms='macosx_13_0_arm64 macosx_12_0_arm64' ;;
    linux) target=x86_64-manylinux_2_34 platforms='manylinux_2_34_x86_64' ;;
    *) usage ;;
esac
if [ "$system" = linux ]; then
    for glibc in 28 27 26 24 17 12 5; do platforms="$platforms manylinux_2_${glibc}_x86_64"; done
    platforms="$platforms manylinux2014_x86_64 manylinux2010_x86_64 manylinux1_x86_64"
elif [ "$system" = macos ]; then
    platforms="$platforms macosx_11_0_arm64 macosx_13_0_universal2 macosx_12_0_universal2 macosx_11_0_universal2 macosx_10_13_universal2 macosx_10_9_universal2"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$folder"
echo "Choosing what $system with Python $version needs"
"$python" -m venv "$scratch/tools"
"$scratch/tools/bin/pip" install --quiet --disable-pip-version-check uv
"$scratch/tools/bin/uv" pip compile --quiet --no-header --no-annotate --only-binary :all: \
    --python-version "$version" --python-platform "$target" pyproject.toml \
    -o "$scratch/all.txt" || {
    echo "Not everything is to be had for $system with Python $version; is this computer connected to the internet?" >&2
    exit 1
}
echo "Fetching $(grep -c '==' "$scratch/all.txt") packages"
set --
for platform in $platforms; do set -- "$@" --platform "$platform"; done
"$scratch/tools/bin/pip" download --quiet --disable-pip-version-check --no-deps \
    --only-binary :all: --python-version "$version" --implementation cp --abi "cp$(echo "$version" | tr -d .)" \
    --abi abi3 --abi none "$@" --dest "$folder" -r "$scratch/all.txt" || {
    echo "Some packages could not be fetched; start it again, what is here is kept." >&2
    exit 1
}
"$scratch/tools/bin/pip" wheel --quiet --disable-pip-version-check --no-deps \
    --wheel-dir "$folder" .
# The program's own list, so that nothing is looked up there.
cp "$scratch/all.txt" "$folder/packages.txt"
sed "s/@PYTHON@/$version/g" "packaging/start/Start Convnet Visualizer.$(
    case $system in windows) echo bat ;; macos) echo command ;; *) echo sh ;; esac)" >"$folder/$(
    case $system in
        windows) echo 'Start Convnet Visualizer.bat' ;;
        macos) echo 'Start Convnet Visualizer.command' ;;
        *) echo start-convnet-visualizer.sh ;;
    esac)"
if [ "$system" = windows ]; then sed -i.bak 's/$/\r/' "$folder"/*.bat && rm -f "$folder"/*.bak
else chmod +x "$folder"/*tart*onvnet*isualizer.*
fi
echo "$(du -sm "$folder" | cut -f 1) MB in $folder, for $system with Python $version."
echo "Carry the folder to each computer and double-click its start file."
