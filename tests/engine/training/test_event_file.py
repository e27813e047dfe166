"""TensorFlow's own reader reads what is written."""

import numpy as np

from visualizer.engine.training.event_file import write_events
from visualizer.engine.training.history import EpochDone, History


def test_every_number_is_read_back(tmp_path):
    from tensorflow.compat.v1.train import summary_iterator

    history = History()
    for i in range(300):
        history.add(1 / (i + 1), 0.5, float("nan"), 0.01)
    history.add_epoch(EpochDone(1, 300, 0.1, 0.5, 0.25, 0.75, float("nan"), 2.0))
    path = write_events(tmp_path, history, began=1.5e9)
    found = {}
    for event in summary_iterator(str(path)):  # checks the checksums
        assert event.wall_time == 1.5e9
        for value in event.summary.value:
            found.setdefault(value.tag, []).append((event.step, value.simple_value))
    assert set(found) == {
        *("train/loss", "train/accuracy", "train/learning_rate"),
        *("validation/loss", "validation/accuracy"),
    }
    steps, losses = zip(*found["train/loss"], strict=True)
    assert list(steps) == list(range(1, 301))
    np.testing.assert_allclose(losses, 1 / np.arange(1, 301), rtol=1e-6)
    assert found["validation/accuracy"] == [(300, 0.75)]
