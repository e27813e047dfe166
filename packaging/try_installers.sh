#!/bin/sh
# Try the packages for Linux on bare Debian systems, as root on a Debian computer with Xvfb:
#   sh packaging/try_installers.sh FOLDER [SUITE...]     FOLDER: where dist/ was made
# Each system is made with debootstrap in /var/tmp/try-installers (kept for the next time), without
# Python or Qt. There the .deb is installed, the window is started by its desktop entry as an ordinary
# user without network and photographed, a .keras file is opened by its type, the self-test runs, the
# package is removed, and what is left is listed. Then the same without installing: the .run file.
# What it finds is told line by line; the screenshots in FOLDER/tried are for looking at.
set -eu
[ $# -ge 1 ] || { echo "Usage: sh packaging/try_installers.sh FOLDER [SUITE...]" >&2; exit 2; }
dist=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- bookworm trixie
deb=$(ls "$dist"/*.deb) run=$(ls "$dist"/*.run)
shots=$dist/tried
systems=${SYSTEMS:-/var/tmp/try-installers}
display=:87
user=pupil
# shellcheck disable=SC2016  # apt's own words
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | sort -u | head -n 1)
mkdir -p "$shots" "$systems"

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }
seconds() { date +%s.%N; }
since() { echo "$(seconds) $1" | awk '{ printf "%.1f s", $1 - $2 }'; }

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }

# As an ordinary user, without network, in front of the screen.
as_user() {
    unshare --net chroot --userspec=$user:$user "$root" env -i PATH=/usr/bin:/bin HOME=/home/$user \
        USER=$user LOGNAME=$user LANG=C.UTF-8 DISPLAY=$display XDG_CURRENT_DESKTOP=X-Generic "$@"
}

# Start the window as a user does, who has it tell when its parts stand; wait for the first maps.
start_window() {
    : >"$systems/said"
    as_user VISUALIZER_VERBOSE=1 "$@" >"$systems/said" 2>&1 &
    for _ in $(seq 1800); do
        grep -q 'first maps after' "$systems/said" && return
        sleep 0.1
    done
    fail "no maps within 180 s: $(cat "$systems/said")"
}

told() { grep ' after ' "$systems/said" | tr '\n' ',' | sed 's/,$//; s/,/, /g'; }

photograph() {
    DISPLAY=$display scrot -o "$shots/$suite-$1.png"
    say "  look at $shots/$suite-$1.png"
}

running() { pgrep -u "$(inside id -u $user)" -f visualizer >/dev/null; }

# Close the window as Ctrl+C in a terminal does, and wait until the program has ended.
close_window() {
    pgrep -u "$(inside id -u $user)" -f visualizer | while read -r process; do
        kill -INT "$process" 2>/dev/null || true
    done
    for _ in $(seq 200); do
        running || return 0
        sleep 0.1
    done
    fail "the program did not end"
}

# Everything on the system but what its own bookkeeping writes and the user's folder.
files() {
    (cd "$root" && find . -xdev \( -path ./proc -o -path ./sys -o -path ./dev -o -path ./tmp \
        -o -path ./home -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/log \
        -o -path ./var/cache \) -prune -o -print | sort)
}

make_system() {
    if [ ! -e "$root/ready" ]; then
        say "Making $suite"
        rm -rf "$root"
        debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$systems/$suite.log" 2>&1 ||
            fail "debootstrap, see $systems/$suite.log"
        # What every desktop has: opening by type, and the caches of types.
        inside apt-get -qq install -y --no-install-recommends desktop-file-utils libglib2.0-bin \
            shared-mime-info xdg-utils >>"$systems/$suite.log" 2>&1
        inside useradd --create-home --uid 4711 $user
        touch "$root/ready"
    fi
    for program in python3 qmake6; do
        inside sh -c "command -v $program" >/dev/null 2>&1 && fail "there is a $program in $suite"
    done
    mkdir -p "$root/tmp/.X11-unix"
    mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
}

leave_system() {
    umount -l "$root/tmp/.X11-unix" "$root/proc" "$root/dev" 2>/dev/null || true
}

try_installed() {
    files >"$systems/before"
    cp "$deb" "$root/root/program.deb"
    inside apt-get -qq install -y --download-only /root/program.deb >>"$systems/$suite.log" 2>&1
    began=$(seconds)
    inside apt-get -qq install -y --no-install-recommends /root/program.deb \
        >>"$systems/$suite.log" 2>&1 || fail "the .deb does not install, see $systems/$suite.log"
    say "  installed, with what it needs, in $(since "$began")"
    rm "$root/root/program.deb"
    cp "$root/opt/convnet-visualizer/_internal/visualizer/pretrained/lenet/lenet.keras" \
        "$root/home/$user/digits.keras"
    inside chown $user:$user "/home/$user/digits.keras"

    start_window gio launch /usr/share/applications/convnet-visualizer.desktop
    say "  by its desktop entry: $(told)"
    sleep 3
    photograph started
    [ "$(as_user gio mime application/x-keras-model | grep -c convnet-visualizer)" -gt 0 ] ||
        fail "a .keras file is not ours"
    type=$(as_user gio info -a standard::content-type "/home/$user/digits.keras" | tail -n 1)
    case $type in *x-keras-model*) ;; *) fail "a .keras file is taken for $type" ;; esac
    before=$(pgrep -u "$(inside id -u $user)" -fc visualizer)
    as_user gio open "/home/$user/digits.keras"
    for _ in $(seq 200); do # the second start hands its file over and ends
        [ "$(pgrep -u "$(inside id -u $user)" -fc visualizer)" -le "$before" ] && break
        sleep 0.1
    done
    sleep 10
    photograph opened-by-type
    running || fail "the window is gone"
    close_window
    began=$(seconds)
    as_user visualizer self-test >"$shots/$suite-self-test.txt" 2>&1 ||
        fail "the self-test: $(cat "$shots/$suite-self-test.txt")"
    say "  self-test passed in $(since "$began"): $(wc -l <"$shots/$suite-self-test.txt") lines"
    began=$(seconds)
    inside apt-get -qq purge -y convnet-visualizer >>"$systems/$suite.log" 2>&1
    say "  removed in $(since "$began")"
    files >"$systems/after"
    # Its dependencies stay until `apt autoremove`; caches of types are the system's own.
    inside apt-get -qq autoremove -y --purge >>"$systems/$suite.log" 2>&1
    files >"$systems/after"
    left=$(comm -13 "$systems/before" "$systems/after" | grep -iE 'visualizer|convnet' || true)
    [ -z "$left" ] || fail "left behind: $left"
    say "  nothing of it is left but $(find "$root/home/$user" -type f | wc -l) files of the user"
}

try_run_file() {
    # What it takes from the system; every desktop has it.
    inside apt-get -qq install -y --no-install-recommends libegl1 libgl1 libxcb1 libexpat1 \
        libwayland-cursor0 libwayland-egl1 libgssapi-krb5-2 fontconfig-config xkb-data \
        >>"$systems/$suite.log" 2>&1
    cp "$run" "$root/home/$user/program.run"
    began=$(seconds)
    start_window sh "/home/$user/program.run"
    say "  the .run for the first time: maps after $(since "$began") with unpacking; $(told)"
    close_window
    began=$(seconds)
    start_window sh "/home/$user/program.run"
    say "  and for the second time: $(told)"
    sleep 3
    photograph run-file
    close_window
    began=$(seconds)
    as_user sh "/home/$user/program.run" self-test >"$shots/$suite-run-self-test.txt" 2>&1 ||
        fail "the self-test: $(cat "$shots/$suite-run-self-test.txt")"
    say "  self-test passed in $(since "$began")"
    as_user sh "/home/$user/program.run" --remove
    [ -z "$(find "$root/home/$user/.cache/convnet-visualizer" -name 'program-*' 2>/dev/null)" ] ||
        fail "--remove left the program"
    rm "$root/home/$user/program.run"
}

Xvfb $display -ac -noreset -nolisten tcp -screen 0 1280x800x24 >"$systems/xvfb.log" 2>&1 &
screen=$!
trap 'leave_system; kill $screen' EXIT
trap 'exit 130' INT TERM
for suite; do
    root=$systems/$suite
    say "$suite"
    make_system
    try_installed
    try_run_file
    leave_system
done
say "All of it works on $*"
