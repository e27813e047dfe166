#!/bin/sh
# Convnet Visualizer @VERSION@ in one file: nothing is installed, no administrator is needed.
#
#   sh FILE [FILES OR COMMAND]   start it; the first time it is unpacked to your cache folder
#   sh FILE --unpack-only        unpack it for later
#   sh FILE --remove             delete what was unpacked
#
# Behind this script are the program `xz` with its library, and the packed program.
set -eu
START=@START@ TOOLS=@TOOLS@ PAYLOAD=@PAYLOAD@
NEEDED=1500000 # kilobytes

say() { printf '%s\n' "$1" >&2; }

# A sentence for whoever double-clicked this file, and for a terminal.
fail() {
    say "$1"
    if [ ! -t 2 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
        for box in 'zenity --error --no-markup --text' 'kdialog --error' 'xmessage'; do
            # shellcheck disable=SC2086  # a command and its options
            if command -v "${box%% *}" >/dev/null 2>&1; then $box "$1"; break; fi
        done
    fi
    exit 2
}

# The folder to unpack to: the user's cache, or one in /tmp that is this user's alone.
cache=${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}/convnet-visualizer
if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then
    cache=${TMPDIR:-/tmp}/convnet-visualizer-$(id -u)
    mkdir -m 700 "$cache" 2>/dev/null || { [ ! -L "$cache" ] && [ -d "$cache" ] && [ -O "$cache" ]; } ||
        fail "There is no place to unpack to: neither your cache folder nor “$cache” can be written. Set XDG_CACHE_HOME to a folder that can."
fi
place=$cache/program-@VERSION@-@DIGEST@
mark=$place/complete

# A moving bar while it is unpacked, where there is something to draw it.
wait_visibly() {
    if [ ! -t 2 ] && [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && command -v zenity >/dev/null 2>&1
    then
        zenity --progress --pulsate --no-cancel --auto-close --title='Convnet Visualizer' \
            --text='Unpacking, this once…' >/dev/null 2>&1
    else
        cat >/dev/null
    fi
}

part() { tail -c +"$1" "$self" | head -c "$2"; }

unpack() {
    self=$0
    [ -r "$self" ] || fail "This file cannot be read again at “$self”; start it by its whole path."
    # What earlier starts left that were ended on the way.
    for old in "$cache"/part-*; do
        [ -d "$old" ] && ! kill -0 "${old##*-}" 2>/dev/null && rm -rf "$old"
    done
    free=$(df -Pk "$cache" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge $NEEDED ] ||
        fail "It needs $((NEEDED / 1000)) MB in “$cache”, and there are $((free / 1000)) MB; free some space, or set XDG_CACHE_HOME to a folder with more."
    say "Unpacking to $place, this once…"
    new=$cache/part-$$
    mkdir "$new"
    trap 'rm -rf "$new"' EXIT
    trap 'exit 130' INT TERM HUP
    mkdir "$new/tools"
    part "$START" "$TOOLS" | tar -xf - -C "$new/tools"
    code=$( {
        part $((START + TOOLS)) "$PAYLOAD" |
            LD_LIBRARY_PATH="$new/tools" "$new/tools/xz" --decompress --stdout --threads=0 |
            tar -xf - -C "$new" --strip-components=@LEVELS@ ./@FOLDER@ >&2 && echo 0
    } || true)
    [ "$code" = 0 ] || fail "The file is damaged, or the disk is full; copy it again and start anew."
    rm -rf "$new/tools"
    : >"$new/complete"
    # Another start may have been quicker; then its copy is as good.
    mv -T "$new" "$place" 2>/dev/null || [ -e "$mark" ] || fail "“$place” could not be made; delete it and start again."
    trap - EXIT INT TERM HUP
    rm -rf "$new"
    for old in "$cache"/program-*; do
        # Another version, unless it runs.
        [ "$old" = "$place" ] || ls -l /proc/[0-9]*/exe 2>/dev/null | grep -qF "$old/" || rm -rf "$old"
    done
}

if [ "${1:-}" = --remove ]; then
    rm -rf "$cache"/program-* "$cache"/part-*
    rmdir "$cache" 2>/dev/null || true
    exit 0
fi
if [ ! -e "$mark" ]; then
    rm -rf "$place"
    unpack | wait_visibly
    [ -e "$mark" ] || exit 2
fi
[ "${1:-}" = --unpack-only ] && exit 0
case ${1:-} in
    '' | */* | *.*) exec "$place/visualizer-window" "$@" ;; # the window, with files or without
    *) exec "$place/visualizer" "$@" ;;
esac
