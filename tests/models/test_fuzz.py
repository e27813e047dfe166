"""Anything at all in a model file: it opens, or is refused in one sentence, in a few seconds."""

import os
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.models.editing import edit_h5, edit_keras
from visualizer.engine.errors import UserError
from visualizer.models import loader

KINDS = st.sampled_from([".keras", ".h5", ".json"])
FUZZ = settings(
    max_examples=int(os.environ.get("VISUALIZER_FUZZ", "40")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def survives(data: bytes, end: str, folder) -> None:
    """The file opens, or is refused in one sentence, in a few seconds."""
    path = folder / f"net{end}"
    path.write_bytes(data)
    if end == ".json":
        (folder / "net.weights.h5").write_bytes(b"no weights")
    started = time.process_time()  # what it works, however busy the computer is otherwise
    sentence = ""
    try:
        loader.open_file(path)
    except UserError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert len(sentence) < 600
    assert time.process_time() - started < 20


@FUZZ
@given(kind=KINDS, share=st.floats(0, 1))
def test_truncated_files(kind, share, files, tmp_path):
    data = files[kind]
    survives(data[: int(share * len(data))], kind, tmp_path)


@FUZZ
@given(
    kind=KINDS,
    places=st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 7)), min_size=1, max_size=12),
)
def test_flipped_bits(kind, places, files, tmp_path):
    data = bytearray(files[kind])
    for share, bit in places:
        data[int(share * len(data))] ^= 1 << bit
    survives(bytes(data), kind, tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["class_name", "config", "layers", "name", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@FUZZ
@given(kind=st.sampled_from([".keras", ".h5"]), pick=st.integers(0, 10**6), value=JSON)
def test_any_value_anywhere_in_the_description(kind, pick, value, files, tmp_path):
    path = tmp_path / f"net{kind}"
    path.write_bytes(files[kind])

    def change(config):
        places = []
        waiting = [config]
        while waiting:
            item = waiting.pop()
            for key in item if isinstance(item, dict) else range(len(item)):
                places.append((item, key))
                if isinstance(item[key], (dict, list)):
                    waiting.append(item[key])
        table, key = places[pick % len(places)]
        table[key] = value

    (edit_keras if kind == ".keras" else edit_h5)(path, change)
    survives(path.read_bytes(), kind, tmp_path)
