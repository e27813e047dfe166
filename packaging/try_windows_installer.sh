#!/bin/sh
# Try the Windows installer on this computer, where no Windows is: the script is compiled by makensis
# around a stand-in for the program, installed by wine without a word, looked at, and removed.
#   sh packaging/try_windows_installer.sh          (Debian: apt install nsis wine wine64)
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export WINEPREFIX="$scratch/prefix" WINEDEBUG=-all WINEDLLOVERRIDES="mscoree=;mshtml=;winemenubuilder.exe="
unset DISPLAY
fail() { echo "FAILED: $*" >&2; exit 1; }

stand_in=$scratch/convnet-visualizer
mkdir -p "$stand_in/_internal/sub folder" "$stand_in/documents"
program=$(find /usr/lib -name notepad.exe -path '*x86_64-windows*' 2>/dev/null | head -n 1)
[ -n "$program" ] || fail "wine's own notepad.exe, the stand-in for the program, is not here"
cp "$program" "$stand_in/visualizer.exe"
cp "$program" "$stand_in/visualizer-window.exe"
echo data >"$stand_in/_internal/sub folder/data.txt"
echo text >"$stand_in/documents/classroom.md"
icon=${1:-$(find /usr/share/nsis -name 'modern-install.ico' | head -n 1)}

makensis -V2 -INPUTCHARSET UTF8 -DVERSION=0.1.0 -DBUNDLE="$stand_in" -DKILOBYTES=100 \
    -DOUTPUT="$scratch/try-setup.exe" -DICON="$icon" packaging/windows/installer.nsi
wineboot --init >/dev/null 2>&1
local=$(wine cmd /c 'echo %LOCALAPPDATA%' 2>/dev/null | tr -d '\r')
home=$(winepath -u "$local")/Programs/ConvnetVisualizer
value() { wine reg query "$1" ${2:+/v "$2"} 2>/dev/null | tr -d '\r'; }

wine "$scratch/try-setup.exe" /S
for file in visualizer.exe visualizer-window.exe uninstall.exe '_internal/sub folder/data.txt'; do
    [ -f "$home/$file" ] || fail "$file is not installed in $home"
done
value 'HKCU\Software\Classes\.keras' | grep -q ConvnetVisualizer.Model || fail ".keras is not ours"
value 'HKCU\Software\Classes\ConvnetVisualizer.Show\shell\open\command' |
    grep -q 'visualizer-window.exe" "%1"' || fail "a .show file has no program"
value 'HKCU\Software\Classes\.png\OpenWithProgids' | grep -q ConvnetVisualizer.Picture ||
    fail "a .png file cannot be opened with it"
value 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\ConvnetVisualizer' DisplayName |
    grep -q 'Convnet Visualizer' || fail "it is not among the programs"
[ -n "$(find "$WINEPREFIX" -name 'Convnet Visualizer.lnk')" ] || fail "no entry in the Start menu"
echo "installed, with file types and an entry in the Start menu"

# Over itself, with a file of an older version and one of the user's in it.
echo old >"$home/_internal/old.dll"
echo mine >"$home/policy.toml"
wine "$scratch/try-setup.exe" /S
[ ! -e "$home/_internal/old.dll" ] || fail "a file of the older version is still there"
[ -f "$home/policy.toml" ] || fail "the policy was removed by an update"
echo "installed over itself"

rm "$home/policy.toml"
wine "$home/uninstall.exe" /S "_?=$(winepath -w "$home")"
rm -f "$home/uninstall.exe" # with _? it waits for the end, and cannot remove itself
rmdir "$home" 2>/dev/null || fail "left behind: $(find "$home")"
for key in '.keras' '.show' 'ConvnetVisualizer.Model' 'ConvnetVisualizer.Picture'; do
    value "HKCU\\Software\\Classes\\$key" | grep -q REG_SZ && fail "$key is still there"
done
value 'HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\ConvnetVisualizer' DisplayName |
    grep -q REG_SZ &&
    fail "it is still among the programs"
[ -z "$(find "$WINEPREFIX" -name 'Convnet Visualizer.lnk')" ] || fail "an entry is left in the Start menu"
echo "removed, and nothing is left"
