#!/bin/sh
# All tests, drawn offscreen. Window tests that did not run are a failure, not a pass.
set -eu
cd "$(dirname "$0")/.."
export QT_QPA_PLATFORM=offscreen TF_CPP_MIN_LOG_LEVEL=2
# All of them in two processes of one TensorFlow thread each; some of them in one, to be debugged.
if [ $# -eq 0 ]; then
    export TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
    set -- -n 2 --dist worksteal
fi
exec "${PYTHON:-.venv/bin/python}" -m pytest -p tests.window_tests_ran "$@" </dev/null
