"""`visualizer show`: what can be said without opening it, and once all of it as a process."""

import json
import subprocess
import sys


def test_what_is_no_show_is_told_in_a_sentence(visualizer, tmp_path):
    said = visualizer("show", "nothing").refused()
    assert said.startswith("There is no show “nothing”; give a .show file, or one of hood")
    bad = tmp_path / "bad.show"
    bad.write_bytes(b"nothing")
    assert "is no show, or a damaged one" in visualizer("show", bad, "--check").refused()
    said = visualizer("show", "hood", "-o", tmp_path / "talk.docx").refused()
    assert "a handout ends in .pdf or .pptx" in said


def test_it_needs_a_display_to_present(visualizer, monkeypatch):
    monkeypatch.setattr("visualizer.cli.terminal.has_display", lambda: False)
    assert "no display here to present on" in visualizer("show", "hood").refused()


def test_a_show_is_checked_and_handed_out(tmp_path):
    """A process of its own: every scene of a bundled show stands, and is on a page."""
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "visualizer", "show", "training", "--check", "--json"),
            *("-o", str(tmp_path / "talk.pdf"), "--notes"),
        ],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)["scenes"]
    assert len(told) >= 6
    assert all(scene["stands"] and not scene["warnings"] for scene in told), told
    pdf = (tmp_path / "talk.pdf").read_bytes()
    assert pdf.count(b"/Type /Page\n") == len(told)
