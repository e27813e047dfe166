"""Choosing a network that has to be downloaded: progress, cancel, and no internet."""

import hashlib

import pytest
from PySide6.QtCore import QTimer

from tests.models.misbehaving import CONTENT, server
from visualizer.gui.shell.jobs_bar import describe
from visualizer.models import catalog, download, lenet

__all__ = ["server"]


@pytest.fixture
def published(server, monkeypatch):
    """The catalogue with one network to download, from the server."""
    monkeypatch.delenv(download.MIRROR, raising=False)
    server.behaviours += ["pauses"] * 9

    def load(path):
        from visualizer.engine.network import Network
        from visualizer.engine.preprocessing import Preprocessing

        return Network(
            lenet.build(), name="far", title="Far", classes=(), sha256="",
            preprocessing=Preprocessing(channels=1),
        )  # fmt: skip

    row = catalog.Entry("far", "Far", "", (28, 28, 1), 10, 1, 2.1, None, "", "", "download")
    digest = hashlib.sha256(CONTENT).hexdigest()
    file = download.RemoteFile(f"http://127.0.0.1:{server.server_port}/far.h5", f"sha256:{digest}")
    monkeypatch.setattr(catalog, "_published", lambda: (download.Published(row, file, load),))


def job_in_words(session) -> str:
    return next(
        (describe(job) for job in session.compute.jobs() if job.title.startswith("Opening")), ""
    )


def test_the_job_tells_how_much_is_here_and_the_window_stays_smooth(
    session, server, published, qtbot
):
    session.open_network("far")
    ticks = []
    timer = QTimer(interval=5)
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start()
    qtbot.waitUntil(lambda: "1.0 of 2.1 MB" in job_in_words(session), timeout=30_000)
    ticks.clear()
    qtbot.waitUntil(lambda: len(ticks) > 30, timeout=30_000)
    timer.stop()
    assert "1.0 of 2.1 MB" in job_in_words(session)  # the server still keeps it waiting
    assert session.network is None
    server.answer.set()
    qtbot.waitUntil(lambda: session.network is not None, timeout=60_000)
    assert session.network.name == "far"


def test_cancel_gives_the_download_up_and_keeps_what_has_come(session, server, published, qtbot):
    session.open_network("far")
    qtbot.waitUntil(lambda: "1.0 of 2.1 MB" in job_in_words(session), timeout=30_000)
    session.stay()
    qtbot.waitUntil(lambda: session.compute.is_idle() and not session.busy, timeout=20_000)
    assert session.network is None
    assert (download.cache_folder() / "far.h5.part").stat().st_size == len(CONTENT) // 2


def test_without_internet_the_user_is_told_and_the_rest_goes_on(
    session, published, qtbot, monkeypatch
):
    monkeypatch.setenv(download.MIRROR, "http://127.0.0.1:1")
    session.open_network("far")
    qtbot.waitUntil(lambda: bool(session.sentences), timeout=20_000)
    ((sentence, level),) = session.sentences
    assert level == "error"
    assert "Far is not on this computer yet" in sentence
    session.open_network("lenet")
    qtbot.waitUntil(lambda: session.network is not None, timeout=60_000)
    assert session.network.name == "lenet"
