"""Throws damaged and made-up files at what reads them, and counts how that ends.

    python -m tests.checks.fuzz KIND --count 10000 --seed 1 [--first 4000]

KIND is pictures, models, folders, labels, recipes or trainings. A round that was cut off goes on at
the number that it said last. Each file must open, or be refused in one bounded sentence, within the
time and memory of its kind; any other end is printed with the seed that makes the file again, and
the exit status is 1.
"""

from __future__ import annotations

import argparse
import collections
import functools
import io
import json
import random
import re
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from visualizer.engine.errors import LONGEST, UserError

Case = Callable[[random.Random, Path], str]
"""Makes a file of a random number generator and reads it; returns how it ended, in a word."""

SECONDS = {
    "pictures": 5.0,
    "models": 15.0,
    "folders": 15.0,
    "labels": 0.5,
    "recipes": 2.0,
    "trainings": 15.0,
}
"""Of the processor; each is a few times what the slowest sound file takes."""
MEMORY = 1 << 30
"""Bytes that reading one file may add."""
SAY_EVERY = 500
"""Files between two lines that say how far a round is."""


def damaged(data: bytes, rng: random.Random) -> bytes:
    """A file with some of its bytes changed, doubled, cut out or cut off."""
    kept = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 16])):
        at, length = rng.randrange(len(kept) or 1), rng.choice([1, 2, 4, 16, 256])
        how = rng.randrange(6)
        if how == 0:
            kept[at : at + 1] = bytes([rng.randrange(256)])
        elif how == 1:
            kept[at : at + length] = bytes(min(length, len(kept) - at))
        elif how == 2:
            kept[at : at + length] = b"\xff" * min(length, len(kept) - at)
        elif how == 3:
            del kept[at : at + length]
        elif how == 4:
            kept[at:at] = kept[at : at + length] * rng.choice([1, 2, 50])
        elif rng.random() < 0.2:
            del kept[at:]
    return bytes(kept)


# Pictures


def pictures() -> Case:
    """Small pictures of every format and mode, damaged."""
    from PIL import Image

    from visualizer.engine.pictures import read_picture
    from visualizer.engine.specimen import open_specimen

    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 4), np.uint8)
    colour = Image.fromarray(noise[..., :3])
    forms: list[tuple[Any, str, dict[str, Any]]] = [
        (colour, "PNG", {}),
        (Image.fromarray(noise), "PNG", {}),
        (colour.convert("P"), "PNG", {}),
        (colour.convert("L").convert("I;16"), "PNG", {}),
        (colour, "JPEG", {}),
        (colour, "JPEG", {"progressive": True}),
        (colour.convert("CMYK"), "JPEG", {}),
        (colour.convert("P"), "GIF", {}),
        (colour, "WEBP", {}),
        (Image.fromarray(noise), "WEBP", {"lossless": True}),
        (colour, "TIFF", {}),
        (colour, "TIFF", {"compression": "tiff_lzw"}),
        (colour.convert("F"), "TIFF", {"compression": "tiff_adobe_deflate"}),
        (colour, "BMP", {}),
        (colour, "PPM", {}),
        (colour, "TGA", {}),
        (colour, "JPEG2000", {}),
        (colour, "AVIF", {}),
    ]
    whole = []
    for image, kind, options in forms:
        memory = io.BytesIO()
        image.save(memory, kind, **options)
        whole.append(memory.getvalue())
    digits = b" ".join(b"%d" % value for value in noise[..., :3].ravel()[:3600])
    whole.append(b"P3\n# made here\n40 30\n255\n" + digits)

    def case(rng: random.Random, _: Path) -> str:
        data = damaged(rng.choice(whole), rng)
        picture = open_specimen(data).picture if rng.random() < 0.5 else read_picture(data)
        assert picture.dtype == np.float32
        assert picture.ndim == 3
        return "opened"

    return case


# Labels


def labels() -> Case:
    """Texts of long runs and of lines, as lists of class names."""
    from visualizer.models.label_files import MAX_BYTES, LabelFileError, read_labels

    pieces = [*" \t0'\",;-=>:|()#n\n\r[]{}", "n01440764 ", "cat", "é", "\u2028", " -", "->", "\0"]
    forms = ["{i} {w}", "{w}, {i}", "{i}: {w}", "{w}", "n{i:08d} {w}", '"{w}"', "{i};{w};{w}"]

    def case(rng: random.Random, folder: Path) -> str:
        if rng.random() < 0.5:
            text = "".join(rng.choice(pieces) * rng.choice([1, 3, 1000, 100_000]) for _ in "12345")
        else:
            form, word = rng.choice(forms), "".join(rng.choices(pieces, k=3))
            lines = [form.format(i=i, w=word) for i in range(rng.choice([3, 1000, 21_843]))]
            text = rng.choice(["\n", "\r\n", "\r"]).join(lines)
            if rng.random() < 0.3:
                text = json.dumps(rng.choice([lines, dict(enumerate(lines)), {"labels": lines}]))
        path = folder / f"labels{rng.choice(['.txt', '.csv', '.json', '.tsv'])}"
        data = text.encode("utf-8", "replace")[:MAX_BYTES]
        path.write_bytes(damaged(data, rng) if rng.random() < 0.3 else data)
        try:
            names = read_labels(path)
        except LabelFileError as error:
            if "holds no class names" in str(error):
                return "no names"
            raise
        assert all(isinstance(name, str) for name in names)
        return "opened"

    return case


# Recipes


def recipes() -> Case:
    """PNGs with any JSON, or nearly JSON, where the recipe is; what is read must be writable."""
    from PIL import Image

    from visualizer.engine import png
    from visualizer.engine.specimen import KEYWORD, open_specimen

    memory = io.BytesIO()
    Image.new("RGB", (6, 4), "teal").save(memory, "PNG")
    plain = memory.getvalue()
    numbers = [
        "1e999",
        "-1e999",
        "NaN",
        "Infinity",
        "9" * 400,
        "9" * 5000,
        "1e308",
        "-0",
        "7",
        "0.1",
    ]
    words = ['"a"', '"\\ud800"', '"\\u2028"', '"\\u0000"', f'"{"é" * 9000}"', f'"{"x" * 20000}"']
    keys = ["source", "technique", "settings", "seed", "network", "network_sha256", "parents", "x"]

    def value(rng: random.Random, depth: int = 0) -> str:
        kind = rng.randrange(7 if depth < 3 else 4)
        if kind == 4:
            inside = [f'"{rng.choice(keys)}{i}": {value(rng, depth + 1)}' for i in range(3)]
            return "{" + ", ".join(inside) + "}"
        if kind == 5:
            return "[" + ", ".join(value(rng, depth + 1) for _ in range(3)) + "]"
        if kind == 6:
            return "[" * 2000
        return rng.choice([numbers, numbers, words, ["null", "true", "false"]][kind])

    def case(rng: random.Random, _: Path) -> str:
        made = {"source": rng.choice(words[:4]), "technique": '"dream"', "seed": "7"}
        if rng.random() < 0.3:
            made[rng.choice(keys)] = value(rng)
        plausible = [*numbers[4:], *words[:4], "null", "true"]
        settings = ", ".join(
            f'"s{i}": {rng.choice(plausible) if rng.random() < 0.99 else value(rng, 3)}'
            for i in range(rng.choice([0, 2, 60]))
        )
        inside = ", ".join(f'"{key}": {each}' for key, each in made.items())
        text = (
            f'{{"version": 1, "title": {rng.choice(words)}, "scale": {rng.choice("11234")}, '
            f'"provenance": {{{inside}, "settings": {{{settings}}}}}}}'
        )
        if rng.random() < 0.3:
            text = damaged(text.encode(), rng).decode("utf-8", "replace")
        opened = open_specimen(png.with_text(plain, KEYWORD, text))
        again = open_specimen(opened.png())
        assert again.provenance == opened.provenance
        assert np.array_equal(again.picture, opened.picture)
        return "with its recipe" if opened.provenance.source != "bytes" else "as a picture"

    return case


# Models


ODD: list[Any] = [
    *(None, True, -1, 0, 1, 3, 1e9, 10**6, 10**12, float("nan"), "", "x" * 5000, "relu", "get"),
    *([], {}, [[]], [10**6, 10**6], {"class_name": "Lambda", "config": {}}, "\x1b[1m", "a/b"),
]
"""Values that stand where a description has others."""


def models() -> Case:
    """Small models in three formats: bytes changed, and values of their descriptions replaced."""
    import keras
    from keras import layers

    from tests.models.editing import edit, save
    from visualizer.models import loader

    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(2, 3, activation="relu", name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="scores"),
        ]
    )
    with tempfile.TemporaryDirectory() as place:
        whole = {
            end: save(model, Path(place) / f"net{end}").read_bytes() for end in (".keras", ".h5")
        }

    odd = ODD

    def case(rng: random.Random, folder: Path) -> str:
        end = rng.choice([".keras", ".h5"])
        path = folder / f"net{end}"
        if rng.random() < 0.4:
            path.write_bytes(damaged(whole[end], rng))
        elif end == ".keras" and rng.random() < 0.3:
            parts = zipfile.ZipFile(io.BytesIO(whole[end]))
            with zipfile.ZipFile(path, "w") as archive:
                for name in parts.namelist():
                    archive.writestr(name, damaged(parts.read(name), rng))
        else:
            path.write_bytes(whole[end])
            edit(path, lambda config: _replace(config, rng, odd))
        loader.open_file(path, preprocessing="0..1")
        return "opened"

    return case


def _replace(config: dict[str, Any], rng: random.Random, odd: list[Any]) -> None:
    """Replace some values anywhere in a description."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        places: list[tuple[Any, Any]] = []
        waiting: list[Any] = [config]
        while waiting:
            item = waiting.pop()
            for key in list(item) if isinstance(item, dict) else range(len(item)):
                places.append((item, key))
                if isinstance(item[key], (dict, list)):
                    waiting.append(item[key])
        table, key = rng.choice(places)
        table[key] = rng.choice(odd)


def folders() -> Case:
    """A SavedModel folder of Keras 2, with some of its files damaged."""
    from visualizer.models import loader

    saved = Path(__file__).parents[1] / "models" / "files" / "transfer_savedmodel"
    whole = {path.relative_to(saved): path.read_bytes() for path in saved.rglob("*.*")}

    def case(rng: random.Random, folder: Path) -> str:
        chosen = rng.sample(sorted(whole), rng.choice([1, 1, 2]))
        for name, data in whole.items():
            path = folder / "saved" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(damaged(data, rng) if name in chosen else data)
        loader.open_file(folder / "saved", preprocessing="0..1")
        return "opened"

    return case


def trainings() -> Case:
    """Trainings to go on with, with bytes, variables and values of their record changed."""
    from visualizer.engine.generators import run_to_end
    from visualizer.engine.training import training_file
    from visualizer.engine.training.checkpoints import META
    from visualizer.engine.training.train_settings import TrainSettings
    from visualizer.models.training_recipe import Recipe, preparing, resuming

    recipe = Recipe(model="softmax")
    begun = run_to_end(preparing(recipe, TrainSettings(epochs=2, batch_size=512)))
    run_to_end(begun.training.run("epoch"))
    run_to_end(begun.training.run("batch"))
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "whole.training"
        training_file.save(begun.training, path, recipe.to_dict())
        whole = path.read_bytes()

    def case(rng: random.Random, folder: Path) -> str:
        path = folder / "mine.training"
        if rng.random() < 0.3:
            path.write_bytes(damaged(whole, rng))
        else:
            parts = zipfile.ZipFile(io.BytesIO(whole))
            content = {name: parts.read(name) for name in parts.namelist()}
            if rng.random() < 0.7:
                meta = json.loads(content[META])
                _replace(meta, rng, ODD)
                content[META] = json.dumps(meta).encode()
            else:
                name = rng.choice(list(content))
                content[name] = damaged(content[name], rng)
            how = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
            with zipfile.ZipFile(path, "w", how) as archive:
                for name, data in content.items():
                    archive.writestr(name, data)
        found = run_to_end(resuming(path))
        run_to_end(found.training.run("batch"))
        found.training.history.to_dict()
        return "gone on with"

    return case


KINDS: dict[str, Callable[[], Case]] = {
    "pictures": pictures,
    "models": models,
    "folders": folders,
    "labels": labels,
    "recipes": recipes,
    "trainings": trainings,
}


def _memory() -> int:
    import psutil

    return psutil.Process().memory_info().rss


def run(
    kind: str, count: int, seed: int, say: Callable[[str], None] = print, first: int = 0
) -> int:
    """Read `count` files of a kind; return how many ended in another way than they may."""
    case = KINDS[kind]()
    ends: collections.Counter[str] = collections.Counter()
    slowest, most, wrong = 0.0, 0, 0
    with tempfile.TemporaryDirectory() as place:
        for number in range(first, first + count):
            if number % SAY_EVERY == 0 and number > first:
                say(f"{kind}, seed {seed}: at number {number}, {wrong} wrong since {first}")
            rng = random.Random(f"{seed} {number}")
            before, began = _memory(), time.process_time()
            fault = ""
            try:
                end = case(rng, Path(place))
            except UserError as error:
                end, sentence = f"refused ({type(error).__name__})", str(error)
                if "\n" in sentence or len(sentence) > LONGEST or re.search(r"\x1b", sentence):
                    fault = f"not one bounded sentence: {sentence!r}"
            except Exception as error:  # what the fuzzer is for
                end, fault = "failed", f"{type(error).__name__}: {error}"[:300]
            seconds, taken = time.process_time() - began, _memory() - before
            if seconds > SECONDS[kind] and number > first:  # the first imports libraries
                fault = fault or f"took {seconds:.1f} s"
            if taken > MEMORY:
                fault = fault or f"took {taken / 1e6:.0f} MB"
            slowest = max(slowest, seconds if number > first else 0.0)
            most, ends[end] = max(most, taken), ends[end] + 1
            if fault:
                wrong += 1
                say(f"{kind}, seed {seed}, number {number}: {fault}")
    say(
        f"{count} {kind}, seed {seed}, from {first}: "
        + ", ".join(f"{n} {end}" for end, n in ends.most_common())
    )
    say(f"slowest {slowest:.2f} s of the processor, most {most / 1e6:.0f} MB, {wrong} wrong")
    return wrong


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    given = parser.parse_args()
    say = functools.partial(print, flush=True)
    return 1 if run(given.kind, given.count, given.seed, say, given.first) else 0


if __name__ == "__main__":
    sys.exit(main())
