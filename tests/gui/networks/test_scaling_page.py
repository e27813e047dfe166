"""The scaling page asks once how a file takes its pixels, and keeps the answer."""

import keras
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from visualizer.engine.preprocessing import Preprocessing
from visualizer.engine.specimen import Provenance, Specimen
from visualizer.gui.core.compute import Compute
from visualizer.gui.core.session import Change, Session
from visualizer.gui.core.store import Store
from visualizer.gui.networks import scaling_page
from visualizer.models import doctor, remembered_scaling
from visualizer.models.doctor import candidates

PATIENCE = 60_000


def opened(qtbot, session):
    """Wait until another network is open."""
    is_network = lambda change: Change.NETWORK in change  # noqa: E731
    return qtbot.waitSignal(session.changed, timeout=PATIENCE, check_params_cb=is_network)


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
    with opened(qtbot, session):
        session.open_network(str(file))
    window = QWidget()
    qtbot.addWidget(window)
    page = scaling_page.ask(session, window)
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
        opened(qtbot, session),
        qtbot.waitSignal(page.answered, timeout=PATIENCE) as answered,
    ):
        page.use.click()
    assert answered.args == [chosen]
    assert session.network is not first
    assert session.network.preprocessing == chosen
    assert remembered_scaling.remembered(first.sha256) == chosen
    assert scaling_page.ask(session, QWidget()) is None
    with opened(qtbot, session):
        session.open_network(str(file))
    assert session.network.preprocessing == chosen
    assert scaling_page.ask(session, QWidget()) is None


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
    assert remembered_scaling.remembered(session.network.sha256) is None
    assert not page.isVisible()


def test_an_answer_that_cannot_be_kept_says_so(page, session, tmp_path):
    (tmp_path / "home").mkdir(exist_ok=True)
    data = tmp_path / "home" / "data" / "models"
    data.parent.mkdir(exist_ok=True)
    data.write_text("a file where the folder should be")
    page.use.click()
    assert "cannot be kept" in page.status.text()
    assert page.isVisible()


def test_a_way_of_ones_own_is_tried_beside_the_others_and_kept(page, session, qtbot):
    page.none.click()
    assert page.own.isVisible()
    count = len(page.cards)
    page.own.black.setText("-2")
    page.own.white.setText("1, 1, 3")
    page.own.order.setCurrentIndex(1)
    qtbot.keyClick(page.own.white, Qt.Key.Key_Return)
    assert len(page.cards) == count + 1
    own = page.cards[-1]
    assert own.isChecked()
    assert own.candidate.preprocessing == Preprocessing((3.0, 3.0, 5.0), -2.0, "bgr")
    assert own.candidate.title == "Black −2, −2, −2, white 1, 1, 3, blue first"
    qtbot.waitUntil(lambda: bool(page.cards[-1].candidate.top5), timeout=PATIENCE)
    assert {label for label, _ in own.candidate.top5} == {"Cat", "Dog", "Hamster"}
    sha256 = session.network.sha256
    with opened(qtbot, session):
        page.use.click()
    assert remembered_scaling.remembered(sha256) == own.candidate.preprocessing
    assert session.network.preprocessing == own.candidate.preprocessing


@pytest.mark.parametrize("text", ["", "one", "1, 2", "nan", "0", "1e999"])
def test_what_is_no_number_is_said(page, text):
    count = len(page.cards)
    page.none.click()
    page.own.white.setText(text)
    page.own.try_it.click()
    assert "two different numbers" in page.status.text()
    assert len(page.cards) == count


def test_class_names_can_be_given_and_are_kept(page, session, file, tmp_path, qtbot):
    (tmp_path / "wrong.txt").write_text("one\ntwo\n")
    page.take_names(tmp_path / "wrong.txt")
    assert page.status.text().startswith("wrong.txt has 2 class names, but the network has 3")
    (tmp_path / "mine.csv").write_text("Rex,Tom,Bugs")
    with opened(qtbot, session):
        page.take_names(tmp_path / "mine.csv")
    assert session.network.classes == ("Rex", "Tom", "Bugs")
    with opened(qtbot, session):
        session.open_network(str(file))
    assert session.network.classes == ("Rex", "Tom", "Bugs")


def test_what_was_found_at_opening_is_not_worked_out_again(session, file, qtbot, monkeypatch):
    diagnosed = []
    diagnose = doctor.Doctor.diagnose

    def counted(patient):
        diagnosed.append(patient)
        return diagnose(patient)

    monkeypatch.setattr(doctor.Doctor, "diagnose", counted)
    with opened(qtbot, session):
        session.open_network(str(file))
    window = QWidget()
    qtbot.addWidget(window)
    page = scaling_page.ask(session, window)
    qtbot.waitUntil(lambda: bool(page.cards), timeout=PATIENCE)
    assert len(diagnosed) == 1
    window.close()


def test_leaving_the_page_ends_its_work(page, session, qtbot):
    page.pictures.setCurrentIndex(1)
    page.reject()
    qtbot.waitUntil(session.compute.is_idle, timeout=PATIENCE)
    assert not [job for job in session.compute.jobs() if job.key == scaling_page.KEY]
