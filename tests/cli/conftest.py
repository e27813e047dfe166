"""A command run as a user runs it, and pictures for it to read."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from visualizer.cli import main
from visualizer.engine.pictures import samples
from visualizer.engine.specimen import Provenance, Specimen


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status and what it wrote."""

    status: int
    out: str
    err: str

    def refused(self) -> str:
        """The one sentence of a command that did not do what it was asked."""
        assert self.status == 2
        assert self.err.count("\n") == 1, self.err
        assert self.err.endswith("\n")
        assert "Traceback" not in self.err
        return self.err.strip()


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """The user's own settings and logs stay out of it."""
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture
def visualizer(capfd):
    """Run the command with some arguments; stderr is the process's, with what C libraries say."""

    def run(*arguments: object) -> Ended:
        capfd.readouterr()
        status = main([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Ended(status, out, err)

    return run


@pytest.fixture(scope="session")
def coffee(tmp_path_factory) -> Path:
    """A photo of a cup of coffee as a PNG file."""
    sample = samples()[0]
    path = tmp_path_factory.mktemp("pictures") / "a cup of coffee.png"
    return Specimen(sample.load(), sample.title, Provenance("sample")).save(path)


@pytest.fixture(scope="session")
def digit(tmp_path_factory) -> Path:
    """A handwritten digit as a PNG file."""
    sample = samples()[-1]
    path = tmp_path_factory.mktemp("digits") / "digit.png"
    return Specimen(sample.load(), sample.title, Provenance("sample")).save(path)


@pytest.fixture
def broken(tmp_path, coffee) -> Path:
    """A PNG file that ends in the middle."""
    path = tmp_path / "broken.png"
    path.write_bytes(coffee.read_bytes()[:2000])
    return path
