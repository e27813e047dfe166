"""Programs that the frozen one starts get the system's libraries."""

import os

from visualizer.cli.frozen import leave_bundle_behind


def test_what_the_start_of_the_bundle_has_set_is_taken_back(monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/convnet-visualizer/_internal")
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/usr/local/lib")
    monkeypatch.setenv("DYLD_LIBRARY_PATH", "/Applications/bundle")
    monkeypatch.delenv("DYLD_LIBRARY_PATH_ORIG", raising=False)
    leave_bundle_behind()
    assert os.environ["LD_LIBRARY_PATH"] == "/usr/local/lib"
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ
    assert "DYLD_LIBRARY_PATH" not in os.environ
