"""A show as a file: it comes back as it was; whatever else is in it is refused in a sentence."""

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from visualizer.engine.generators import run_to_end
from visualizer.engine.shows import show_file
from visualizer.engine.shows.show import Animation, Scene, Show, ShowError, State
from visualizer.engine.shows.show_file import from_bytes, read_show, to_bytes, write_show
from visualizer.engine.specimen import Provenance, Specimen

RED = Specimen(np.full((6, 8, 3), (200, 20, 20), np.uint8), "red", Provenance("sample red"))
BLUE = Specimen(np.full((5, 5, 3), (0, 0, 250), np.uint8), "blue", Provenance("sample blue"))
THUMBNAIL = np.full((30, 48, 3), 90, np.uint8)
SCENE = Scene(
    "dream",
    title="Größe – “ε”",
    notes="Line one\nline two",
    network="alexnet",
    sha256="ab" * 32,
    picture=RED,
    compared=BLUE,
    fit_mode="fit",
    stage="conv3",
    unit=12,
    state=State({"page": "Dream", "Dream": {"rate": 0.5, "on": True}}, {"g": BLUE}, {"f": b"abc"}),
    animation=Animation("walk", {"seconds": 5.0}, at_once=True),
    thumbnail=THUMBNAIL,
)
SHOW = Show("A talk", (SCENE, replace(SCENE, title="again"), Scene("layers")), minutes=20)


def read(data):
    return run_to_end(from_bytes(data, "talk.show"))


def as_text(scene):
    """Everything of a scene that can be compared."""
    pictures = {name: each.id for name, each in scene.state.pictures.items()}
    rest = replace(scene, state=State(), picture=None, compared=None, thumbnail=None)
    ids = [each and (each.id, each.title) for each in (scene.picture, scene.compared)]
    seen = None if scene.thumbnail is None else scene.thumbnail.tolist()
    fields = {name: getattr(rest, name) for name in rest.__dataclass_fields__ if name != "state"}
    return (fields, ids, scene.state.settings, pictures, scene.state.files, seen)


def test_a_show_comes_back_as_it_was(tmp_path):
    path = write_show(SHOW, tmp_path / "talk.show")
    back = read_show(path)
    assert (back.title, back.minutes, len(back.scenes)) == ("A talk", 20, 3)
    assert [as_text(scene) for scene in back.scenes] == [as_text(scene) for scene in SHOW.scenes]
    assert to_bytes(back) == path.read_bytes()


def test_a_picture_is_in_the_file_once():
    with zipfile.ZipFile(io.BytesIO(to_bytes(SHOW))) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names)) == 5  # JSON, two pictures, a thumbnail, a result


def test_a_network_travels_if_it_is_what_it_says():
    import hashlib

    data = b"a network"
    whole = Show("t", (), networks={hashlib.sha256(data).hexdigest(): data})
    assert read(to_bytes(whole)).networks == whole.networks
    with pytest.raises(ShowError, match="damaged"):
        read(to_bytes(Show("t", (), networks={"0" * 64: data})))


def changed(show=SHOW, index=None, **members):
    """A show's file with other members; `index`: what changes its JSON."""
    parts = {}
    with zipfile.ZipFile(io.BytesIO(to_bytes(show))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    if index is not None:
        table = json.loads(parts["show.json"])
        index(table)
        parts["show.json"] = json.dumps(table).encode()
    parts |= {name: data for name, data in members.items() if data is not None}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return file.getvalue()


def first(**fields):
    return lambda table: table["scenes"][0].update(fields)


def deep(depth):
    return [deep(depth - 1)] if depth else 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no zip at all",
        to_bytes(SHOW)[:200],
        changed(**{"../evil.png": b"x"}),
        changed(**{"/etc/passwd": b"x"}),
        changed(**{"pictures/evil.exe": b"x"}),
        changed(**{"results/0123456789abcdef": b"\0" * (5 * 2**20)}),  # a bomb
        changed(**{"show.json": b"[1, 2]"}),
        changed(**{"show.json": b'{"version": 1}'}),
        changed(**{"show.json": b'{"version": 1, "scenes": [NaN]}'}),
        changed(**{"show.json": b"[" * 100_000}),
        changed(index=lambda t: t.update(scenes=[{}] * 501)),
        changed(index=lambda t: t.update(minutes=-1)),
        changed(index=lambda t: t.update(minutes=True)),
        changed(index=lambda t: t.update(title=["x"])),
        changed(index=first(unit=1e99)),
        changed(index=first(unit=-1)),
        changed(index=first(notes="x" * 10_001)),
        changed(index=first(settings={"a": deep(30)})),
        changed(index=first(settings={"a": [0] * 30_000})),
        changed(index=first(settings={"a": 2**70})),
        changed(index=first(picture="../../../etc/pass")),
        changed(index=first(picture="0000000000000000")),
        changed(index=first(picture=7)),
        changed(index=first(thumbnail="0000000000000000")),
        changed(index=first(files={"f": "../show.json"})),
        changed(index=first(animation={"settings": {}})),
        changed(index=first(animation=[])),
    ],
)
def test_what_is_no_show_is_refused_in_a_sentence(data):
    with pytest.raises(ShowError, match=r"“talk.show” is no show, or a damaged one .*\.$"):
        read(data)


def test_a_newer_version_is_told():
    with pytest.raises(ShowError, match="another version"):
        read(changed(index=lambda table: table.update(version=2)))


@pytest.mark.parametrize(("name", "most"), [("MAX_PIXELS", 60), ("MAX_PICTURE", 40)])
def test_pictures_are_counted_before_they_are_decoded(monkeypatch, name, most):
    monkeypatch.setattr(show_file, name, most)
    with pytest.raises(ShowError, match="too large"):
        read(to_bytes(SHOW))


def test_what_cannot_be_read_back_is_not_written(tmp_path):
    path = write_show(SHOW, tmp_path / "talk.show")
    before = path.read_bytes()
    for settings_ in ({"a": float("nan")}, {"a": object()}, {"a": deep(30)}):
        bad = Show("t", (replace(SCENE, state=State(settings_)),))
        with pytest.raises(ShowError, match="cannot be written"):
            write_show(bad, path)
    assert path.read_bytes() == before


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), VALUES, max_size=4))
@settings(max_examples=40, deadline=None)
def test_any_settings_come_back(values):
    back = read(to_bytes(Show("t", (Scene("layers", state=State(values)),))))
    assert back.scenes[0].state.settings == values


WHOLE = to_bytes(SHOW)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_damage_anywhere_is_harmless(data):
    """Bytes are changed or cut: it is read, or refused in one sentence; nothing else happens."""
    damaged = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    end = data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))
    try:
        show = read(bytes(damaged[:end]))
    except ShowError as error:
        assert str(error).endswith(".")  # noqa: PT017
    else:
        assert isinstance(show, Show)


@given(VALUES, st.sampled_from(["scenes", "title", "minutes", "version"]))
@settings(max_examples=60, deadline=None)
def test_any_index_is_harmless(value, name):
    try:
        read(changed(index=lambda table: table.update({name: value})))
    except ShowError:
        return
    assert name != "scenes" or value == []
