#!/bin/sh
# To be read by other scripts (. packaging/find_python.sh): which Python runs the program.

# Print the command of the first Python that there is, 3.11 to 3.14; fail if there is none.
find_python() {
    for candidate in python3 python3.13 python3.12 python3.14 python3.11 python; do
        "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
            >/dev/null 2>&1 && { printf '%s\n' "$candidate"; return; }
    done
    return 1
}

# Say which Python to get, and how, on the system that this is; end with 1.
no_python() {
    here=$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || here=
    wrong="Python 3.11, 3.12, 3.13 or 3.14 was not found"
    [ -z "$here" ] || wrong="$wrong (here is Python $here)"
    if command -v apt-get >/dev/null 2>&1; then way="sudo apt install python3 python3-venv"
    elif command -v dnf >/dev/null 2>&1; then way="sudo dnf install python3.13"
    elif command -v brew >/dev/null 2>&1; then way="brew install python@3.13"
    else way="see python.org"
    fi
    if command -v uv >/dev/null 2>&1; then way="uv python install 3.13"
    elif [ -n "$here" ]; then
        way="uv python install 3.13 (python3 -m pip install uv brings uv), or $way"
    fi
    printf '%s\n' "$wrong. Get one with: $way. Then run this command again." >&2
    exit 1
}
