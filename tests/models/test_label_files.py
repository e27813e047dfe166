"""Class names are found beside a model, in the forms people have."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer.models.label_files import LabelFileError, class_names, parse, read_labels

FORMS = {
    "teachable machine": ("labels.txt", "0 Cat\n1 Big dog\n2 Hamster\n"),
    "one a line": ("labels.txt", "Cat\nBig dog\nHamster"),
    "windows, byte order mark": ("labels.txt", "\ufeffCat\r\nBig dog\r\nHamster\r\n"),
    "number, colon": ("classes.txt", "0: Cat\n1: Big dog\n2: Hamster\n"),
    "number, comma, any order": ("classes.txt", "2,Hamster\n0,Cat\n1,Big dog\n"),
    "counted from one": ("classes.txt", "1. Cat\n2. Big dog\n3. Hamster\n"),
    "number behind": ("classes.txt", "Cat, 0\nBig dog, 1\nHamster, 2\n"),
    "wordnet": ("synset.txt", "n01440764 Cat\nn01443537 Big dog\nn01484850 Hamster\n"),
    "comment": ("labels.txt", "# my pets\n\nCat\nBig dog\nHamster\n"),
    "csv": ("labels.csv", "index,label\n0,Cat\n1,Big dog\n2,Hamster\n"),
    "csv, name first": ("labels.csv", "name;id\nHamster;2\nCat;0\nBig dog;1\n"),
    "csv, one column": ("labels.csv", "label\nCat\nBig dog\nHamster\n"),
    "csv, one line": ("labels.csv", "Cat,Big dog,Hamster"),
    "csv, quoted": ("labels.csv", '0,"Cat"\n1,"Big dog"\n2,"Hamster"\n'),
    "csv, wordnet": (
        "classes.csv",
        "id,wnid,name\n0,n01440764,Cat\n1,n01443537,Big dog\n2,n01484850,Hamster\n",
    ),
    "json list": ("labels.json", '["Cat", "Big dog", "Hamster"]'),
    "json, number to name": ("labels.json", '{"1": "Big dog", "0": "Cat", "2": "Hamster"}'),
    "json, keras class_indices": ("class_indices.json", '{"Hamster": 2, "Cat": 0, "Big dog": 1}'),
    "json, teachable machine": (
        "metadata.json",
        '{"tfjsVersion": "1.3", "labels": ["Cat", "Big dog", "Hamster"]}',
    ),
    "json, hugging face": (
        "labels.json",
        '{"id2label": {"0": "Cat", "1": "Big dog", "2": "Hamster"}}',
    ),
    "json, imagenet": (
        "class_index.json",
        '{"0": ["n01", "Cat"], "1": ["n02", "Big_dog"], "2": ["n03", "Hamster"]}',
    ),
    "json, tables": (
        "labels.json",
        '[{"id": 1, "name": "Big dog"}, {"id": 0, "name": "Cat"}, {"id": 2, "name": "Hamster"}]',
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_names_in_order(form, tmp_path):
    name, text = FORMS[form]
    (tmp_path / name).write_bytes(text.encode("utf-8"))
    assert class_names(tmp_path / "pets.h5", 3, []) == ("Cat", "Big dog", "Hamster")


def test_names_with_numbers_stay_whole():
    assert parse("7 up\nCanada dry") == ("7 up", "Canada dry")
    assert parse("0 7 up\n1 50 cent") == ("7 up", "50 cent")
    assert parse("zero\none\ntwo")[0] == "zero"
    assert parse("0\n1\n2") == ("0", "1", "2")


def test_other_encodings(tmp_path):
    (tmp_path / "labels.txt").write_bytes("Käse\nWürstchen".encode("cp1252"))
    assert read_labels(tmp_path / "labels.txt") == ("Käse", "Würstchen")
    (tmp_path / "labels.txt").write_bytes("Käse\nWürstchen".encode("utf-16"))
    assert read_labels(tmp_path / "labels.txt") == ("Käse", "Würstchen")


def test_a_file_of_another_length_or_purpose_is_left_alone(tmp_path):
    (tmp_path / "labels.txt").write_text("Cat\nDog\n")
    (tmp_path / "notes.txt").write_text("to do\nbuy milk\nfeed cat\n")
    (tmp_path / "pets.json").write_text(json.dumps({"class_name": "Sequential", "config": {}}))
    assert class_names(tmp_path / "pets.h5", 3, []) == ()


def test_the_file_named_like_the_model_wins(tmp_path):
    (tmp_path / "labels.txt").write_text("a\nb\n")
    (tmp_path / "pets_labels.txt").write_text("Cat\nDog\n")
    assert class_names(tmp_path / "pets.h5", 2, []) == ("Cat", "Dog")


def test_a_yes_or_no_network_has_two_names(tmp_path):
    (tmp_path / "labels.txt").write_text("no\nyes\n")
    assert class_names(tmp_path / "net.h5", 1, []) == ("no", "yes")


def test_a_thousand_classes_are_imagenets(tmp_path):
    names = class_names(tmp_path / "net.h5", 1000, [])
    assert len(names) == 1000
    assert names[967] == "espresso"
    assert class_names(tmp_path / "net.h5", 1001, [])[968] == "espresso"


def test_a_chosen_file_must_fit(tmp_path):
    (tmp_path / "mine.txt").write_text("Cat\nDog\n")
    assert class_names(tmp_path / "n.h5", 2, [], chosen=tmp_path / "mine.txt") == ("Cat", "Dog")
    with pytest.raises(LabelFileError, match=r"2 class names.*3 outputs.*3 names"):
        class_names(tmp_path / "n.h5", 3, [], chosen=tmp_path / "mine.txt")
    with pytest.raises(LabelFileError, match="cannot be read"):
        class_names(tmp_path / "n.h5", 3, [], chosen=tmp_path / "gone.txt")
    (tmp_path / "mine.txt").write_bytes(b"\0\1\2\3")
    with pytest.raises(LabelFileError, match="no class names"):
        class_names(tmp_path / "n.h5", 3, [], chosen=tmp_path / "mine.txt")


NAMES = st.lists(
    st.from_regex(r"[A-Za-zäöü][A-Za-zäöü '()]{0,20}[A-Za-zäöü)]", fullmatch=True),
    min_size=1,
    max_size=30,
)


@given(NAMES)
def test_what_is_written_is_read(names):
    expected = tuple(name.strip() for name in names)
    assert parse("\n".join(f"{i} {name}" for i, name in enumerate(names))) == expected
    assert parse(json.dumps(names), ".json") == tuple(names)
    assert parse(json.dumps(dict(enumerate(names))), ".json") == tuple(names)


@given(st.text(max_size=300), st.sampled_from([".txt", ".csv", ".json", ".tsv"]))
def test_any_text_gives_names_or_a_value_error(text, suffix):
    try:
        names = parse(text, suffix)
    except (ValueError, RecursionError):
        return
    assert all(isinstance(name, str) for name in names)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["labels", "0", "1", "name", "id"]), inner, max_size=4
            )
        ),
    )
)
def test_any_json_gives_names_or_a_value_error(value):
    try:
        names = parse(json.dumps(value), ".json")
    except ValueError:
        return
    assert all(isinstance(name, str) for name in names)
