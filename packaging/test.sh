#!/bin/sh
# All tests, drawn offscreen. Window tests that did not run are a failure, not a pass.
set -eu
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen TF_CPP_MIN_LOG_LEVEL=2
exec "${PYTHON:-.venv/bin/python}" -m pytest -p tests.window_tests_ran "$@" </dev/null
