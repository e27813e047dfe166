"""The catalogue in the window: every fact of a network, a search, and the keyboard alone."""

import time

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QPushButton

from visualizer.gui.core.theme import Theme
from visualizer.gui.networks.picker import NetworkPicker
from visualizer.gui.networks.table import COLUMNS
from visualizer.gui.shell.top_bar import NetworkBox, TopBar
from visualizer.models import catalog
from visualizer.models.entry import Entry
from visualizer.models.portraits import portraits

ROWS = (
    Entry(
        "lenet", "LeNet-5", "MNIST: digits", (28, 28, 1), 10, 61_706, 0.28, 0.994, "CC0-1.0",
        "LeCun 1998", "bundled", True,
    ),
    Entry(
        "resnet50", "ResNet50", "ImageNet (ILSVRC 2012)", (224, 224, 3), 1000, 25_636_712, 103.0,
        0.749, "Apache-2.0 (Keras)", "He et al. 2015", "download",
    ),
    Entry(
        "vgg16", "VGG16", "ImageNet (ILSVRC 2012)", (224, 224, 3), 1000, None, 553.5, None,
        "Apache-2.0 (Keras)", "Simonyan 2014", "download", True,
    ),
)  # fmt: skip


@pytest.fixture
def picker(qtbot):
    picker = NetworkPicker("resnet50", ROWS)
    picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(picker)
    with qtbot.waitExposed(picker):
        picker.show()
    return picker


def row(picker, number):
    rows = picker.view.model()
    return [rows.index(number, column).data() for column in range(len(COLUMNS))]


def test_each_row_says_what_the_network_is(picker):
    assert picker.shown() == ["lenet", "resnet50", "vgg16"]
    assert row(picker, 0) == [
        "LeNet-5", "28 × 28 × 1", "10", "62 k", "0.3", "99.4%", "CC0-1.0", "Bundled",
    ]  # fmt: skip
    assert row(picker, 1)[3:] == ["25.6 M", "103.0", "74.9%", "Apache-2.0", "To download"]
    assert row(picker, 2)[3:] == ["", "553.5", "", "Apache-2.0", "Downloaded"]


def test_the_open_network_is_chosen_and_told_of(picker):
    assert picker.entry.name == "resnet50"
    about = picker.about.text()
    assert "He et al. 2015" in about
    assert "Apache-2.0 (Keras)" in about
    assert picker.open_button.text() == "Download 103 MB and open"
    picker.view.setCurrentIndex(picker.view.model().index(0, 0))
    assert picker.open_button.text() == "Open"
    assert "LeCun 1998" in picker.about.text()


def test_every_network_of_the_catalogue_has_a_picture_of_its_own():
    known = [entry.name for entry in catalog.entries()]
    assert set(known) <= set(portraits())
    drawn = [portraits()[name] for name in known]
    assert len(set(drawn)) == len(drawn)
    for portrait in drawn:
        assert portrait[0][0].kind == "input"
        assert len(portrait[-1]) == 1  # the scores
    assert max(len(column) for column in portraits()["googlenet"]) == 4  # Inception's branches
    assert all(len(column) == 1 for column in portraits()["vgg16"])


def test_the_picture_is_seen(picker):
    image = picker.view.viewport().grab().toImage()
    box = picker.view.visualRect(picker.view.model().index(1, 0))
    em = picker.fontMetrics().height()
    line = {
        image.pixelColor(x, box.center().y()).name()
        for x in range(box.left() + em // 2, box.left() + 5 * em)
    }
    assert len(line) > 2


def test_typing_searches_all_the_facts(picker, qtbot):
    qtbot.keyClicks(picker.search, "imagenet 2014")
    assert picker.shown() == ["vgg16"]
    assert picker.entry.name == "vgg16"
    picker.search.setText("cc0")
    assert picker.shown() == ["lenet"]
    picker.search.setText("no such thing")
    assert picker.shown() == []
    assert not picker.open_button.isEnabled()
    assert "another word" in picker.about.text()
    picker.search.clear()
    assert picker.shown() == ["lenet", "resnet50", "vgg16"]


def test_the_keyboard_alone_chooses_and_opens(picker, qtbot):
    qtbot.keyClick(picker.search, Qt.Key.Key_Down)
    assert picker.entry.name == "vgg16"
    qtbot.keyClick(picker.search, Qt.Key.Key_Up)
    qtbot.keyClick(picker.search, Qt.Key.Key_Up)
    assert picker.entry.name == "lenet"
    with qtbot.waitSignal(picker.chosen) as chosen:
        qtbot.keyClick(picker.search, Qt.Key.Key_Return)
    assert chosen.args == ["lenet"]
    assert not picker.isVisible()


def test_escape_chooses_nothing(picker, qtbot):
    with qtbot.assertNotEmitted(picker.chosen):
        qtbot.keyClick(picker.search, Qt.Key.Key_Escape)
    assert not picker.isVisible()


def test_a_click_on_a_heading_sorts_by_number(picker):
    titles = [column.title for column in COLUMNS]
    picker.view.sortByColumn(titles.index("MB"), Qt.SortOrder.DescendingOrder)
    assert picker.shown() == ["vgg16", "resnet50", "lenet"]
    picker.view.sortByColumn(titles.index("Top-1"), Qt.SortOrder.DescendingOrder)
    assert picker.shown() == ["lenet", "resnet50", "vgg16"]
    picker.view.sortByColumn(titles.index("Classes"), Qt.SortOrder.AscendingOrder)
    assert picker.shown()[0] == "lenet"


def test_a_file_can_be_asked_for_instead(picker, qtbot):
    (button,) = [b for b in picker.findChildren(QPushButton) if "file" in b.text()]
    with qtbot.waitSignal(picker.file_wanted):
        button.click()
    assert not picker.isVisible()


def test_it_is_there_at_once(qtbot):
    spent = []
    for _ in range(3):
        began = time.process_time()  # of this program, whatever else the machine does
        picker = NetworkPicker("lenet")
        picker.show()
        picker.grab()
        spent.append(time.process_time() - began)
        picker.close()
    assert min(spent) < 0.2  # 0.1 is what `make bench` asks for


@pytest.fixture
def bar(session, qapp, qtbot, monkeypatch):
    style, palette, font = qapp.styleSheet(), qapp.palette(), qapp.font()
    monkeypatch.setattr(catalog, "entries", lambda: ROWS)
    theme = Theme(qapp, session.store)
    bar = TopBar(session, theme)
    qtbot.addWidget(bar)
    bar.show()
    yield bar
    qapp.setStyleSheet(style)
    qapp.setPalette(palette)
    qapp.setFont(font)


def press(widget, key):
    widget.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier))


def test_the_top_bar_opens_the_catalogue_and_what_is_chosen_in_it(bar, session, monkeypatch):
    asked = []
    monkeypatch.setattr(session, "open_network", lambda name, **_: asked.append(name))
    bar.network.showPopup()
    (picker,) = bar.findChildren(NetworkPicker)
    assert picker.isVisible()
    picker.search.setText("lenet")
    picker.open_button.click()
    assert asked == ["lenet"]


def test_keys_show_the_catalogue_and_the_wheel_opens_nothing(qtbot):
    box = NetworkBox()
    qtbot.addWidget(box)
    box.addItems(["one", "two"])
    asked, chosen = [], []
    box.asked.connect(lambda: asked.append(1))
    box.activated.connect(chosen.append)
    press(box, Qt.Key.Key_Down)
    press(box, Qt.Key.Key_Return)
    assert len(asked) == 2
    none = QPointF().toPoint()
    box.wheelEvent(
        QWheelEvent(
            QPointF(), QPointF(), none, QPointF(0, -120).toPoint(), Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )
    )  # fmt: skip
    assert chosen == []
    assert box.currentIndex() == 0
