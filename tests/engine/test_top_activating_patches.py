"""The tray ranked for a unit, and the patch of each picture."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from visualizer.engine import activations as forward
from visualizer.engine.receptive_field import ReceptiveField
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.engine.top_activating_patches import (
    SHOWN,
    PeakCache,
    patch_of,
    peaks_of,
    top_activating_patches,
)

FIELD = ReceptiveField(size=(11, 11), stride=(4, 4), start=(5, 5))
"""conv1 of AlexNet: 11 x 11, stride 4, no padding, on 135 x 135 pixels."""


class TestPeaks:
    def test_peaks_are_found_per_unit(self):
        maps = np.zeros((4, 5, 2), np.float32)
        maps[1, 2, 0], maps[3, 4, 1] = 7, 9
        peaks = peaks_of(np.zeros((8, 8, 3)), {"conv": maps, "fc": np.array([1.0, 5.0])})
        assert list(peaks.values["conv"]) == [7, 9]
        assert peaks.places["conv"].tolist() == [[1, 2], [3, 4]]
        assert list(peaks.values["fc"]) == [1, 5]
        assert "fc" not in peaks.places

    @settings(deadline=None)
    @given(
        st.tuples(*[st.integers(-30, 40)] * 2, *[st.integers(1, 40)] * 2),
    )
    def test_a_patch_is_never_empty_and_lies_in_the_picture(self, box):
        top, left, height, width = box
        picture = np.arange(20 * 20 * 3).reshape(20, 20, 3)
        patch = patch_of(picture, (top, left, top + height, left + width))
        assert patch.size > 0
        assert patch.shape[0] <= min(height, 20) or patch.shape[0] == 1
        assert np.isin(patch, picture).all()

    def test_the_patch_is_what_the_unit_sees(self):
        picture = np.arange(135 * 135 * 3).reshape(135, 135, 3)
        assert (patch_of(picture, FIELD.box(2, 3)) == picture[8:19, 12:23]).all()


class TestRanking:
    def pictures(self, count, seed):
        rng = np.random.default_rng(seed)
        made = (rng.random((24, 24, 3), np.float32) for _ in range(count))
        return [Specimen(each, f"{i}", Provenance("made")) for i, each in enumerate(made)]

    def test_the_strongest_come_first_with_what_the_unit_sees(self, plain):
        specimens = self.pictures(SHOWN + 2, 1)
        *_, last = top_activating_patches(plain, specimens, "crop", "conv2", 3)
        values = {
            each.id: float(forward.activations(plain, each.picture).strength("conv2")[3])
            for each in specimens
        }
        best = sorted(specimens, key=lambda each: -values[each.id])[:SHOWN]
        assert [each.specimen for each in last] == best
        assert [each.value for each in last] == [values[each.id] for each in best]
        seen = forward.activations(plain, best[0].picture)
        maps = seen.maps["conv2"][..., 3]
        box = plain.stage("conv2").receptive_field.box(*np.unravel_index(maps.argmax(), maps.shape))
        top, left = max(0, box[0]), max(0, box[1])
        cut = seen.picture[int(top) : int(box[2]), int(left) : int(box[3])]
        assert np.abs(last[0].patch / 255 - cut).max() < 0.003

    def test_each_picture_goes_through_the_network_once(self, plain, monkeypatch):
        specimens, passes = self.pictures(3, 2), []
        through = forward.activations
        monkeypatch.setattr(
            forward, "activations", lambda *a, **k: passes.append(1) or through(*a, **k)
        )
        first = list(top_activating_patches(plain, specimens, "crop", "conv1", 0))
        assert (len(first), len(passes)) == (4, 3)  # after each, and all of them
        for stage in ("conv2", "output"):
            assert len(list(top_activating_patches(plain, specimens, "crop", stage, 1))) == 1
        assert len(passes) == 3

    def test_the_cache_forgets_the_picture_used_longest_ago(self, plain):
        cache, specimens = PeakCache(plain, size=2), self.pictures(3, 3)
        for each in (0, 1, 0, 2):
            cache.peaks(specimens[each], "crop")
        assert [cache.holds(each, "crop") for each in specimens] == [True, False, True]
        assert not cache.holds(specimens[0], "fit")
