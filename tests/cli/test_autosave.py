"""A long ascent that is stopped leaves its newest picture in a file, a short one nothing."""

import numpy as np
import pytest

from visualizer.cli import autosave
from visualizer.cli.autosave import file_beside, saving_newest
from visualizer.engine.errors import UserError
from visualizer.engine.specimen import Provenance, Specimen, open_specimen
from visualizer.engine.technique import Frame


def frames(stop):
    for step in range(1, 9):
        if step == 5:
            raise stop
        yield Frame(step, 8, np.full((6, 8, 3), step / 10, np.float32) if step % 2 else None)


def specimen_of(frame):
    return Specimen(frame.picture, f"step {frame.step}", Provenance("technique"))


@pytest.fixture
def output(tmp_path, monkeypatch):
    monkeypatch.setattr(autosave, "SECONDS", 0.0)
    return tmp_path / "dream.png"


def test_ctrl_c_leaves_the_newest_picture(output, capsys):
    with pytest.raises(KeyboardInterrupt):
        list(saving_newest(frames(KeyboardInterrupt()), output, specimen_of))
    assert open_specimen(file_beside(output)).title == "step 3"
    assert "dream.unfinished.png" in capsys.readouterr().err
    assert list(output.parent.iterdir()) == [file_beside(output)]


def test_what_goes_wrong_says_where_the_picture_is(output, capsys):
    with pytest.raises(UserError, match=r"The steps are too large\. .*dream\.unfinished\.png"):
        list(saving_newest(frames(UserError("The steps are too large.")), output, specimen_of))
    assert capsys.readouterr().err == ""


def test_a_full_disk_does_not_stop_it(output, monkeypatch):
    def full(*_):
        raise UserError("the disk is full")

    monkeypatch.setattr(Specimen, "save", full)
    steps = []
    passed = saving_newest(frames(KeyboardInterrupt()), output, specimen_of)
    with pytest.raises(KeyboardInterrupt):
        steps.extend(frame.step for frame in passed)
    assert steps == [1, 2, 3, 4]


def test_what_was_short_leaves_nothing(tmp_path, capsys):
    output = tmp_path / "dream.png"
    with pytest.raises(KeyboardInterrupt):
        list(saving_newest(frames(KeyboardInterrupt()), output, specimen_of))
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().err == ""
