from __future__ import annotations

import re
from types import SimpleNamespace
from typing import get_args

import pytest
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTextBrowser, QWidget

from visualizer.engine import operations
from visualizer.engine.resources import resource
from visualizer.gui.layers import text as explanations
from visualizer.gui.layers.stage_text import share, times
from visualizer.gui.shell.explain_panel import ExplainPanel
from visualizer.gui.workspace import Explanation


class Talker(QWidget):
    """A workspace as far as the panel knows it."""

    explanation_changed = Signal()

    def __init__(self, said):
        super().__init__()
        self.said = said

    def explanation(self):
        return self.said

    def say(self, said):
        self.said = said
        self.explanation_changed.emit()


@pytest.fixture
def panel(qtbot, session):
    panel = ExplainPanel(session)
    qtbot.addWidget(panel)
    panel.resize(320, 500)
    panel.show()
    return panel


def test_every_stage_of_a_network_is_explained_without_gaps(plain, residual, panel):
    for network in (plain, residual):
        for stage in network.stages:
            for unit in (None, stage.units - 1):
                said = explanations.for_stage(network, stage, unit)
                panel.show_explanation(said)
                words = panel.text
                assert stage.name in words
                assert not re.search(r"[{}<>]|  |\*\*|None", words), words
                assert "What to look for." in words
                assert words.index("What to look for.") + 40 < len(words)
                assert said.facts[0] == ("Output", times(stage.shape))


def test_a_convolution_is_explained_with_its_own_numbers(plain, panel):
    panel.show_explanation(explanations.for_stage(plain, "conv1", 2))
    words = panel.text
    assert "conv1: convolution · unit 2" in words
    assert "pattern of 3 × 3 × 3 numbers" in words
    assert "in steps of 2" in words
    assert "multiplies the 27 numbers" in words
    assert "Nobody drew the 4 patterns" in words
    assert "x(2i + u, 2j + v, c)" in words
    assert "ReLU" in words
    facts = dict(explanations.for_stage(plain, "conv1").facts)
    assert facts["Filter"] == "3 × 3 × 3"
    assert facts["Stride"] == "2"
    assert facts["Padding"] == "none (valid)"
    assert facts["Receptive field"] == "3 × 3 pixels"
    assert facts["Parameters"].startswith("112 (")


def test_what_to_look_for_depends_on_how_much_of_the_picture_a_unit_sees(plain):
    stage = plain.stage("conv1")
    seeing = [
        SimpleNamespace(receptive_field=SimpleNamespace(size=(side, side))) for side in (3, 12, 24)
    ]
    network = SimpleNamespace(size=(24, 24))
    assert [explanations.depth(network, each) for each in seeing] == ["early", "middle", "late"]
    assert "edges and patches of colour" in explanations.for_stage(plain, stage).body


def test_the_output_says_which_class_a_unit_is(plain, residual):
    assert "**cat**" in explanations.for_stage(plain, "output", 2).body
    assert "**class 3**" in explanations.for_stage(residual, "output", 3).body


def test_mean_and_max_pooling_are_told_apart(plain, residual):
    assert "max" in explanations.for_stage(plain, "pool1").formula
    means = [s for s in residual.stages if s.kind == "pooling" and not s.spatial]
    assert means, "the residual network ends in a global mean"
    assert "the mean" in explanations.for_stage(residual, means[0]).body


def test_every_kind_of_stage_has_a_page():
    for kind in get_args(operations.Kind):
        assert explanations.page(kind)["text"]


@pytest.mark.parametrize("name", sorted(p.stem for p in resource("explanations").glob("*.md")))
def test_every_page_is_complete(name):
    page = explanations.page(name)
    assert page["title"]
    if name == "functions":
        assert {"relu", "softmax", "linear"} <= set(page)
        return
    looks = {key for key in page if key.startswith("Look for")}
    depths = {"Look for: early", "Look for: middle", "Look for: late"}
    assert looks in ({"Look for"}, depths)
    # An attack or a dream has one of several formulas, which its workspace chooses.
    chosen_elsewhere = name.startswith(("attack", "dream-"))
    assert name == "other" or chosen_elsewhere or page.get("Formula")


def test_the_panel_follows_its_workspace(qtbot, panel):
    panel.set_workspace(first := Talker(Explanation("one", "first words")))
    assert "first words" in panel.text
    panel.set_workspace(second := Talker(Explanation("two", "second words")))
    first.say(Explanation("one", "unheard"))
    assert "second words" in panel.text
    second.say(Explanation("two", "third words"))
    assert "third words" in panel.text
    assert "unheard" not in panel.text
    for talker in (first, second):
        qtbot.addWidget(talker)


def test_names_are_never_taken_for_markup(panel):
    said = Explanation("<b>a & b</b>", "plain", "a < b<sub>k</sub>", (("<i>", "1 < 2"),))
    panel.show_explanation(said)
    for words in ("<b>a & b</b>", "a < bk", "<i>", "1 < 2"):
        assert words in panel.text


def test_while_only_numbers_change_it_stays_scrolled(panel):
    panel.resize(300, 150)
    long = "\n\n".join(f"Paragraph {n}." for n in range(40))
    panel.show_explanation(Explanation("same", long, facts=(("mean", "1"),)))
    bar = panel.findChild(QTextBrowser).verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    place = bar.value()
    assert place > 0
    panel.show_explanation(Explanation("same", long, facts=(("mean", "2"),)))
    assert bar.value() == place
    panel.show_explanation(Explanation("another", long))
    assert bar.value() == 0


def test_text_can_be_selected_and_copied(qtbot, panel):
    panel.show_explanation(Explanation("title", "to be copied", "y = x", (("Stride", "4"),)))
    panel.setFocus()
    browser = panel.findChild(QTextBrowser)
    QTest.keyClick(browser, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(browser, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text()
    assert "to be copied" in copied
    assert "Stride" in copied


def test_it_grows_with_the_text_size(panel):
    panel.show_explanation(Explanation("title", "words " * 60, "y = x"))
    document = panel.findChild(QTextBrowser).document()
    before = document.size().height()
    larger = QFont(panel.font())
    larger.setPointSizeF(panel.font().pointSizeF() * 1.5)
    panel.setFont(larger)
    assert document.size().height() > 1.5 * before


def test_shares_have_the_digits_that_mean_something():
    assert share(1, 3) == "33%"
    assert share(1, 30) == "3.3%"
    assert share(1, 100_000) == "under 0.1%"
    assert share(0, 0) == "0.0%"


def test_an_explanation_leads_to_its_lesson(qtbot, panel, monkeypatch):
    """By a click on its link; links of papers go to the browser."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    panel.show_explanation(Explanation("Dense", "Words.", page="dense"))
    assert "Try it: Perceptron and XOR" in panel.text
    browser = panel.findChild(QTextBrowser)
    found = re.search(r'href="(lesson:\w+)"', browser.toHtml())
    with qtbot.waitSignal(panel.lesson_wanted) as wanted:
        browser.anchorClicked.emit(QUrl(found[1]))
    assert wanted.args == ["perceptron"]
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    browser.anchorClicked.emit(QUrl("https://example.org/paper"))
    assert [url.host() for url in opened] == ["example.org"]
    panel.show_explanation(Explanation("Other", "Words."))
    assert "Try it" not in panel.text
