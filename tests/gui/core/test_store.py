"""What is remembered, and what happens when the disk does not play along."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from visualizer.engine.specimen import Provenance, Specimen, open_specimen
from visualizer.gui.core.store import Store, StoreError, data_folder, log_folder


@pytest.fixture
def home(tmp_path, monkeypatch, qapp):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def picture(value, title="grey"):
    return Specimen(np.full((4, 5, 3), value, np.float32), title, Provenance("made", seed=7))


def test_values_come_back_as_what_they_were(home):
    store = Store()
    store.remember("name", "AlexNet · 200, “quoted”, [x]\n%20")
    store.remember("size", 1.25)
    store.remember("shown", True)
    store.remember("hidden", False)
    assert store.save()
    again = Store()
    assert again.text("name") == "AlexNet · 200, “quoted”, [x]\n%20"
    assert again.number("size", 1, 0.5, 2) == 1.25
    assert again.flag("shown")
    assert not again.flag("hidden", default=True)
    assert again.text("unknown", "usual") == "usual"
    assert again.state("unknown").isEmpty()


@given(st.one_of(st.text(), st.floats(), st.integers(), st.lists(st.text(max_size=3), max_size=3)))
def test_a_number_is_in_its_range_whatever_the_file_says(tmp_path_factory, qapp, value):
    os.environ["VISUALIZER_HOME"] = str(tmp_path_factory.getbasetemp() / "numbers")
    try:
        store = Store()
        store.remember("scale", value)
        assert 0.5 <= store.number("scale", 1.0, 0.5, 2.0) <= 2.0
        assert isinstance(store.text("scale", "usual"), str)
        store.flag("scale")
        store.state("scale")
    finally:
        del os.environ["VISUALIZER_HOME"]


def test_a_damaged_settings_file_is_as_good_as_none(home):
    (home / "data").mkdir(parents=True)
    (home / "data" / "window.ini").write_bytes(b"\x00\xff[[[=\n%%%\ngeometry=@ByteArray(junk")
    assert Store().number("scale", 1.0, 0.5, 2.0) == 1.0


def test_everything_is_under_the_home_that_is_set(home):
    assert data_folder().is_relative_to(home)
    assert log_folder().is_relative_to(home)


def test_without_it_the_folders_are_the_users_own(monkeypatch):
    monkeypatch.delenv("VISUALIZER_HOME", raising=False)
    assert "convnet-visualizer" in str(data_folder())
    assert data_folder() != log_folder()


def test_pictures_are_kept_in_order_with_their_recipe(home):
    store = Store()
    for value in (0.2, 0.6, 0.4):
        store.keep(picture(value, f"grey {value}"))
    store.keep(picture(0.2))  # the same pixels again
    again = [Store().read_kept(file) for file in Store().kept()]
    assert [specimen.title for specimen in again] == ["grey 0.2", "grey 0.6", "grey 0.4"]
    assert again[0].provenance.seed == 7
    store.forget(picture(0.6).id)
    store.forget("never there")
    assert len(store.kept()) == 2


def test_a_reduced_photograph_is_the_same_next_time_and_takes_a_byte_a_level(home, tmp_path):
    photo = np.random.default_rng(0).integers(0, 256, (40, 3000, 3), np.uint8)
    Image.fromarray(photo).save(tmp_path / "holiday.png")
    specimen = open_specimen(tmp_path / "holiday.png")
    again = Store().read_kept(Store().keep(specimen))
    assert again.id == specimen.id
    assert specimen.pixels.dtype == again.pixels.dtype == np.uint8


def test_a_disk_that_refuses_leaves_no_half_picture(home, monkeypatch):
    def full(self, path, scale=1):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Specimen, "save", full)
    store = Store()
    with pytest.raises(StoreError, match=r"“grey” is in the tray but cannot be kept .*No space"):
        store.keep(picture(0.5))
    assert store.kept() == []


def test_a_home_that_cannot_be_made_is_no_reason_to_fail(tmp_path, monkeypatch, qapp):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("VISUALIZER_HOME", str(blocked))
    store = Store()
    store.remember("name", "value")
    assert not store.save()
    assert store.kept() == []
    with pytest.raises(StoreError):
        store.keep(picture(0.5))
