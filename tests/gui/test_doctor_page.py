"""The doctor's page asks once how a file takes its pixels, and keeps the answer."""

import keras
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.compute import Compute
from visualizer.gui.session import Session
from visualizer.gui.store import Store
from visualizer.gui.widgets import doctor_page
from visualizer.models import answers
from visualizer.models.doctor import candidates

PATIENCE = 60_000


@pytest.fixture
def file(tmp_path):
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.save(tmp_path / "pets.keras")
    (tmp_path / "labels.txt").write_text("0 Cat\n1 Dog\n2 Hamster\n")
    return tmp_path / "pets.keras"


@pytest.fixture
def session(tmp_path, monkeypatch, qtbot):
    monkeypatch.setenv("VISUALIZER_HOME", str(tmp_path / "home"))
    session = Session(Compute(), Store())
    rng = np.random.default_rng(0)
    for place, title in enumerate(("Rex", "Tom")):
        picture = rng.random((24, 30, 3), np.float32)
        session.insert(Specimen(picture, title, Provenance(source="test")), place, built_in=True)
    session.specimen = session.specimens[0]
    yield session
    session.compute.stop()


@pytest.fixture
def page(session, file, qtbot):
    """The page as the window opens it, after the file was opened for the first time."""
    with qtbot.waitSignal(session.network_changed, timeout=PATIENCE):
        session.open_network(str(file))
    window = QWidget()
    qtbot.addWidget(window)
    page = doctor_page.ask(session, window)
    assert page is not None
    with qtbot.waitExposed(page):
        page.show()
    qtbot.waitUntil(lambda: bool(page.cards), timeout=PATIENCE)
    yield page
    window.close()


def test_every_way_is_shown_with_the_names_beside_the_file(page):
    assert {card.candidate.preprocessing for card in page.cards} == set(candidates(3).values())
    for card in page.cards:
        assert {label for label, _ in card.candidate.top5} == {"Cat", "Dog", "Hamster"}
    assert [card.recommended for card in page.cards] == [True] + [False] * (len(page.cards) - 1)
    assert page.chosen is page.cards[0].candidate
    assert not page.grab().toImage().isNull()


def test_the_answer_is_kept_and_never_asked_again(page, session, file, qtbot):
    chosen = page.cards[1].candidate.preprocessing
    first = session.network
    qtbot.keyClick(page, Qt.Key.Key_2)
    assert page.cards[1].isChecked()
    assert not page.cards[0].isChecked()
    with (
        qtbot.waitSignal(session.network_changed, timeout=PATIENCE),
        qtbot.waitSignal(page.answered, timeout=PATIENCE) as answered,
    ):
        page.use.click()
    assert answered.args == [chosen]
    assert session.network is not first
    assert session.network.preprocessing == chosen
    assert answers.remembered(first.sha256) == chosen
    assert doctor_page.ask(session, QWidget()) is None
    with qtbot.waitSignal(session.network_changed, timeout=PATIENCE):
        session.open_network(str(file))
    assert session.network.preprocessing == chosen
    assert doctor_page.ask(session, QWidget()) is None


def test_another_picture_gets_its_own_answers_in_the_same_places(page, session, qtbot):
    before = {card.candidate.preprocessing: card.candidate.top5 for card in page.cards}
    places = [card.candidate.preprocessing for card in page.cards]
    page.pictures.setCurrentIndex(1)
    assert page.view.image.width() == session.specimens[1].picture.shape[1]
    qtbot.waitUntil(
        lambda: any(before[c.candidate.preprocessing] != c.candidate.top5 for c in page.cards),
        timeout=PATIENCE,
    )
    assert [card.candidate.preprocessing for card in page.cards] == places


def test_arrow_keys_go_from_card_to_card(page, qtbot):
    page.activateWindow()
    page.cards[0].setFocus()
    qtbot.keyClick(page.cards[0], Qt.Key.Key_Right)
    assert sum(card.isChecked() for card in page.cards) == 1
    assert not page.cards[0].isChecked()


def test_escape_asks_again_next_time(page, session, qtbot):
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    assert answers.remembered(session.network.sha256) is None
    assert not page.isVisible()


def test_an_answer_that_cannot_be_kept_says_so(page, session, tmp_path):
    (tmp_path / "home").mkdir(exist_ok=True)
    data = tmp_path / "home" / "data" / "models"
    data.parent.mkdir(exist_ok=True)
    data.write_text("a file where the folder should be")
    page.use.click()
    assert "cannot be kept" in page.status.text()
    assert page.isVisible()
