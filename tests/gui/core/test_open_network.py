"""Which network is open, and which is wanted: giving up, going back, falling back, names alike."""

import threading

import keras
import pytest
from keras import layers

from tests.gui.desk import changes
from visualizer.gui.core.session import Change
from visualizer.gui.core.theme import Theme
from visualizer.gui.networks.picker import NetworkPicker
from visualizer.gui.shell.top_bar import TopBar
from visualizer.models import loader, remembered_scaling
from visualizer.models.download import Progress
from visualizer.models.safety import CodeRefusedError


@pytest.fixture
def slow(catalogue, plain):
    """The catalogue opens "plain" and "residual" at once, and never has "far" whole."""
    closed = threading.Event()

    def far():
        try:
            while True:
                yield Progress(1, 100, "Far")
        finally:
            closed.set()

    refused = CodeRefusedError("code carries code", "do not open it.")
    catalogue.update({"alexnet": plain, "far": far, "code": refused})
    return closed


@pytest.fixture
def downloading(session, slow, settle, qtbot):
    """A session with "plain" open that is downloading "far"."""
    session.open_network("plain")
    settle(session.compute)
    session.open_network("far")
    qtbot.waitUntil(lambda: any(job.step == 1 for job in session.compute.jobs()), timeout=10_000)
    return session


def test_another_network_takes_the_place_of_a_download(downloading, slow, settle):
    downloading.open_network("residual")
    settle(downloading.compute)
    assert slow.is_set()
    assert downloading.network.name == "residual"
    assert downloading.network_wanted == "residual"
    assert downloading.busy == ""
    assert downloading.sentences == []


@pytest.fixture
def bar(downloading, qapp, qtbot):
    bar = TopBar(downloading, Theme(qapp, downloading.store))
    qtbot.addWidget(bar)
    return bar


def test_choosing_the_open_network_goes_back_to_it(bar, downloading, slow, settle, plain):
    assert bar.network.currentData() == "far"
    told = changes(downloading, Change.NETWORK)
    bar.network.activated.emit(bar.network.findData("plain"))
    settle(downloading.compute)
    assert slow.is_set()
    assert downloading.network is plain
    assert told == []  # it is not opened anew
    assert bar.network.currentData() == "plain"


def test_choosing_what_is_being_opened_changes_nothing(bar, downloading, slow, settle, qtbot):
    bar.network.activated.emit(bar.network.findData("far"))
    qtbot.wait(50)
    assert not slow.is_set()
    assert any(job.title.startswith("Opening") for job in downloading.compute.jobs())
    downloading.stay()
    settle(downloading.compute)


@pytest.mark.parametrize("gone", ["/nowhere/moved.keras", "code"])
def test_at_the_start_alexnet_is_opened_in_place_of_one_that_does_not_open(
    session, slow, settle, qtbot, gone
):
    session.store.remember("network", gone)
    session.start()
    qtbot.waitUntil(lambda: session.network is not None, timeout=20_000)
    settle(session.compute)
    told = [text for text, level in session.sentences if level == "warning"]
    assert len(told) == 1
    assert told[0].endswith("did not open, so AlexNet is opened instead.")


def test_later_the_open_network_stays_where_another_does_not_open(session, slow, settle, plain):
    session.start("plain")
    settle(session.compute)
    session.open_network("/nowhere/moved.keras")
    settle(session.compute)
    assert session.network is plain
    assert [level for _, level in session.sentences] == ["error"]


def test_a_file_called_like_a_network_of_the_catalogue_is_itself(session, settle, tmp_path, qapp):
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), layers.GlobalAveragePooling2D(), layers.Dense(3)]
    )
    path = tmp_path / "vgg16.keras"
    model.save(path)
    remembered_scaling.remember(loader.fingerprint(path), loader.open_file(path).preprocessing)
    session.open_network(str(path))
    settle(session.compute, 60_000)
    assert session.network.name == "vgg16"
    bar = TopBar(session, Theme(qapp, session.store))
    assert bar.network.currentText() == "vgg16.keras"
    assert bar.network.currentData() == str(path)
    assert NetworkPicker(session.network_open).entry.name != "vgg16"
    asked = []
    session.open_network = lambda name, **_: asked.append(name)
    bar.network.activated.emit(bar.network.findData("vgg16"))
    assert asked == ["vgg16"]
