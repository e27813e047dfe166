#!/bin/sh
# All tests, drawn offscreen. Window tests that did not run are a failure, not a pass.
set -eu
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen TF_CPP_MIN_LOG_LEVEL=2
# All of them in two processes, each with its own half in order; some of them in one, to be debugged.
[ $# -gt 0 ] || set -- -n 2 --dist worksteal
exec "${PYTHON:-.venv/bin/python}" -m pytest -p tests.window_tests_ran "$@" </dev/null
