"""A sample of the check over all classes (`python -m tests.checks.stimuli`)."""

from tests.checks.stimuli import SURE, check
from visualizer.engine.ascent.optimal_stimulus import StimulusSettings

CLASSES = ("goldfish", "monarch", "bell pepper", "lemon", "espresso")


def test_optimal_stimuli_are_seen_as_their_classes_even_after_a_shift_and_a_jpeg(alexnet):
    indices = [
        next(i for i, label in enumerate(alexnet.classes) if name in label.lower())
        for name in CLASSES
    ]
    found = list(check(alexnet, indices, StimulusSettings(steps=120)))
    assert all(each.plain >= SURE for each in found), found
    assert sum(each.treated >= SURE for each in found) >= 4, found
