"""`visualizer self-test`: whether the program works on this computer, a line for each trial."""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import visualizer
from visualizer.cli import terminal
from visualizer.cli.options import JsonOption
from visualizer.cli.window import offscreen_window, qt_libraries
from visualizer.engine.errors import UserError, one_line
from visualizer.engine.policy import policy

if TYPE_CHECKING:
    from visualizer.engine.technique import Technique

Check = tuple[str, Callable[[], str]]
"""What is tried, and a function that tries it and says what it found."""

CHEAP = {"population": 8, "random_starts": 8, "copies": 2, "steps": 2, "frames": 2, "units": 2}
"""Settings with which one step is quick; each technique takes those it has."""


class SelfTestError(UserError):
    """Something does not work as it should on this computer."""


def self_test(*, json: JsonOption = False) -> int:
    """Try the program on this computer: the window, every technique, a training, files.

    Takes about half a minute, needs no screen and changes nothing of the user's own. Ends with 0 if
    all of it works, else with 2.
    """
    rows = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, offscreen_window():
        for name, check in checks(Path(folder)):
            began = time.monotonic()
            try:
                found, passed = check(), True
            except Exception as error:
                said = str(error) if isinstance(error, UserError) else one_line(error)
                found, passed = f"{type(error).__name__}: {said}", False
            seconds = round(time.monotonic() - began, 1)
            rows.append({"check": name, "passed": passed, "found": found, "seconds": seconds})
            if not json:
                print(
                    f"{'ok' if passed else 'FAILED':<7} {name}: {found} ({seconds} s)", flush=True
                )
    if json:
        terminal.print_json(rows)
    return 0 if all(row["passed"] for row in rows) else 2


def checks(folder: Path) -> Iterator[Check]:
    """Everything that is tried, with a folder to write to; techniques are known when they come."""
    yield "program", about
    yield "devices", devices
    yield "window", window
    from visualizer.engine.technique import techniques

    for technique in techniques().values():
        yield technique.title, partial(one_step, technique)
    yield "training", training
    yield "sample pictures", sample_pictures
    yield "picture file", partial(picture_file, folder)
    yield "model file", partial(model_file, folder)
    yield "film", partial(film, folder)
    yield "policy", rules


def about() -> str:
    """The versions of the program and of what it stands on."""
    names = ("keras", "numpy", "PySide6_Essentials")
    found = ", ".join(f"{name} {version(name)}" for name in names)
    system = platform.platform()
    return f"{visualizer.__version__}, Python {platform.python_version()}, {found}, {system}"


def devices() -> str:
    """What computes here."""
    from visualizer.engine import backend

    found = backend.devices()
    words = ", ".join(device.label for device in found)
    kind = "GPU" if any(device.id.startswith("GPU") for device in found) else "no GPU"
    return f"{backend.name()}, {kind}: {words}"


def window() -> str:
    """The window opens, offscreen, and walks a cup of coffee through every stage of AlexNet."""
    with qt_libraries():
        from visualizer.gui.tour import Guide

    guide = Guide()
    try:
        guide.open("alexnet", [])
        session = guide.session
        assert session.network is not None
        for stage in session.network.stages:
            session.select_stage(stage.name)
            guide.wait()
        activations = session.activations
        if activations is None:
            raise SelfTestError("The window shows no activations.")
        built = len(guide.window.workspaces)
        best = session.network.top(activations.probabilities, 1)[0]
    finally:
        guide.close()
    if best.label != "espresso":
        raise SelfTestError(f"AlexNet takes the cup of coffee for {best.label}, not espresso.")
    return (
        f"{built} workspaces, {len(session.network.stages)} stages, "
        f"{best.label} {100 * best.probability:.0f}%"
    )


def one_step(technique: Technique) -> str:
    """A technique's first frame that shows something, of a digit in LeNet."""
    from visualizer.engine.pictures import samples
    from visualizer.engine.specimen import Provenance, Specimen
    from visualizer.models.catalog import open_network

    sample = samples()[-1]
    names = {field.name for field in technique.fields}
    settings = technique.settings(**{n: value for n, value in CHEAP.items() if n in names})
    frames = technique(
        open_network("lenet"), Specimen(sample.load(), sample.title, Provenance("sample")), settings
    )
    for frame in frames:
        if frame.picture is not None:
            shown = np.asarray(frame.picture)
            if not np.isfinite(shown).all():
                raise SelfTestError(f"{technique.title} gave numbers that are none.")
            return f"{shown.shape[1]} x {shown.shape[0]} pixels"
    raise SelfTestError(f"{technique.title} gave no picture.")


def training() -> str:
    """One batch of the bundled digits."""
    from visualizer.engine.generators import run_to_end
    from visualizer.engine.training.loop import BatchDone
    from visualizer.engine.training.train_settings import TrainSettings
    from visualizer.models.training_recipe import Recipe, preparing

    prepared = run_to_end(preparing(Recipe(model="softmax"), TrainSettings(epochs=1)))
    for event in prepared.training.run("batch"):
        if isinstance(event, BatchDone):
            return f"the first batch has a loss of {event.loss:.2f}"
    raise SelfTestError("The training came to no batch.")


def sample_pictures() -> str:
    """Every picture that comes along can be read."""
    from visualizer.engine.pictures import samples

    return ", ".join(f"{sample.title} {sample.load().shape[1]}" for sample in samples())


def picture_file(folder: Path) -> str:
    """A picture is saved with its recipe, and read again."""
    from visualizer.engine.pictures import samples
    from visualizer.engine.specimen import Provenance, Specimen, open_specimen

    sample = samples()[0]
    made = Specimen(sample.load(), sample.title, Provenance(f"sample {sample.name}", seed=7))
    again = open_specimen(made.save(folder / "cup.png"))
    if again.provenance != made.provenance or again.id != made.id:
        raise SelfTestError("The picture came back as another one.")
    return f"{again.size[1]} x {again.size[0]} pixels and their recipe"


def model_file(folder: Path) -> str:
    """A model file is read by the process that is kept for files of strangers."""
    from visualizer.engine.resources import pretrained
    from visualizer.models.catalog import open_network

    file = folder / "digits.keras"
    file.write_bytes((pretrained() / "lenet" / "lenet.keras").read_bytes())
    network = open_network(file, scaling="0..1")
    return f"{file.name} opens with {len(network.stages)} stages"


def film(folder: Path) -> str:
    """A film is written."""
    from visualizer.engine.ascent.film import filmed
    from visualizer.engine.technique import Frame

    picture = np.zeros((64, 64, 3), np.uint8)
    for _ in filmed((Frame(step, 8, picture) for step in range(8)), folder / "film.mp4", 8):
        pass
    return f"MP4, {(folder / 'film.mp4').stat().st_size:,} bytes"


def rules() -> str:
    """What is set for all users of this computer."""
    found = policy()
    if found.problem:
        raise SelfTestError(found.problem)
    return str(found.file) if found.file is not None else "none, everything is allowed"
