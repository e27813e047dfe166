"""Good model files of each kind, to spoil."""

import pytest

from tests.models.editing import save
from tests.models.refusals import small


class Files(dict):
    """Ending -> bytes; short where a failing test shows its arguments."""

    def __repr__(self) -> str:
        return "Files()"


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """One good file of each kind, as bytes."""
    folder = tmp_path_factory.mktemp("good")
    model = small()
    kinds = {end: save(model, folder / f"net{end}").read_bytes() for end in (".keras", ".h5")}
    return Files(kinds | {".json": model.to_json().encode()})


@pytest.fixture(params=[".keras", ".h5"])
def file(request, files, tmp_path):
    """A good file of each kind that a whole model is saved in."""
    path = tmp_path / f"net{request.param}"
    path.write_bytes(files[request.param])
    return path
